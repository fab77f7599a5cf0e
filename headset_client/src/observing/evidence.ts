/** Everything the judge asks for, in one place: link, session, newest pose, clock and model. */

import type { EstimateRoom } from "../net/clock.ts";
import type { Connection } from "../net/socket.ts";
import { Fade } from "../overlay/fade.ts";
import { type Ages, type AgesRoom, NewestPose } from "../overlay/freshness.ts";
import { type Inputs, judge, newStanding, type Standing, type ViewFault } from "../overlay/state.ts";
import type { PoseMessage } from "../protocol.gen.ts";
import type { VerifiedModel } from "../scene/model.ts";
import type { Told } from "./told.ts";

const CLEARED_FOR_ALL = "The view is cleared for everybody.";

export class Evidence {
  readonly newest = new NewestPose<PoseMessage>();
  model: VerifiedModel | null = null;
  /** Why there is no model, in a sentence; null while none is known. */
  modelFault: string | null = null;
  /** Why the wearer of this device wants nothing drawn, in a sentence; null while the wearer does. */
  clearedHere: string | null = null;
  /** Why the head is not with the field, in a sentence; null while it is. */
  away: string | null = null;
  /** The ages of the newest pose as they were judged last; the same object in every frame. */
  ages: Ages | null = null;
  readonly #estimate: EstimateRoom = { offsetMs: 0, uncertaintyMs: 0 };
  readonly #ages: AgesRoom = { heardMs: 0, sentMs: null, sightMs: null };
  readonly #standing = newStanding();
  readonly #fade = new Fade();
  readonly #inputs: { -readonly [name in keyof Inputs]: Inputs[name] } = {
    joined: false,
    connected: false,
    session: null,
    pose: null,
    ages: null,
    faded: false,
    shownDigest: null,
    planDigest: null,
    modelFault: null,
    viewFault: null,
    cleared: null,
  };
  readonly #told: Told;
  readonly #connection: Connection;

  constructor(told: Told, connection: Connection) {
    this.#told = told;
    this.#connection = connection;
  }

  /**
   * Judge the overlay now; `viewFault` is what the view itself lacks.
   *
   * The same object in every frame: nothing of it may be kept.
   */
  standing(nowMs: number, viewFault: ViewFault | null): Standing {
    this.ages = this.newest.ages(nowMs, this.#connection.clock.estimate(nowMs, this.#estimate), this.#ages);
    const inputs = this.#inputs;
    inputs.joined = this.#told.welcome !== null;
    inputs.connected = this.#connection.state === "connected";
    inputs.session = this.#told.session;
    inputs.pose = this.newest.pose;
    inputs.ages = this.ages;
    inputs.faded = this.#fade.at(nowMs, this.ages);
    inputs.shownDigest = this.model?.digest ?? null;
    inputs.modelFault = this.modelFault;
    inputs.planDigest = this.#told.plan?.digest ?? null;
    inputs.viewFault = viewFault;
    inputs.cleared = this.#told.view?.cleared ? CLEARED_FOR_ALL : (this.clearedHere ?? this.away);
    return judge(inputs, this.#standing);
  }

  /**
   * Whether the model may be shown beside the patient: this session's own, in the stage of its own plan, heard now, and
   * nobody wants it hidden.
   */
  get mayShowBeside(): boolean {
    const { session, view, stage } = this.#told;
    return (
      this.#connection.state === "connected" &&
      session !== null &&
      session.state !== "OFF" &&
      this.model !== null &&
      this.model.digest === session.model?.digest &&
      (session.plan_digest === null || stage !== null) &&
      this.clearedHere === null &&
      !(view?.cleared ?? false)
    );
  }

  /** Since the camera saw what the newest pose tells, at most, ms; null while that is unknown. */
  poseAgeMs(nowMs: number): number | null {
    return this.newest.ages(nowMs, this.#connection.clock.estimate(nowMs))?.sightMs ?? null;
  }

  /** From the exposure to the arrival here, ms; null while that is unknown. */
  latencyMs(nowMs: number): number | null {
    return this.newest.latencyMs(this.#connection.clock.estimate(nowMs));
  }

  /** The host's clock now, ms; null while it is unknown. */
  hostNowMs(nowMs: number): number | null {
    const estimate = this.#connection.clock.estimate(nowMs, this.#estimate);
    return estimate === null ? null : nowMs + estimate.offsetMs;
  }

  /** How far the clock may be off, ms; null while the host's is unknown. */
  clockUncertaintyMs(nowMs: number): number | null {
    return this.#connection.clock.estimate(nowMs)?.uncertaintyMs ?? null;
  }
}
