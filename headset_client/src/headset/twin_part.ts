/** The model beside the patient, for when nothing stands on the patient: shown, placed, and turned by a held pinch. */

import { identity } from "../frames.ts";
import { Beside, BesidePlace } from "../overlay/beside.ts";
import type { Stage } from "../scene/stage.ts";
import type { Immersive } from "../xr/session.ts";
import type { Evidence } from "../observing/evidence.ts";
import type { HeadsetFrame, HeadsetPart } from "./headset_view.ts";
import type { Told } from "../observing/told.ts";

export class TwinPart implements HeadsetPart {
  readonly #stage: Stage;
  readonly #immersive: Immersive;
  readonly #told: Told;
  readonly #evidence: Evidence;
  readonly #beside = new Beside();
  readonly #facts = { allowed: false, overlaid: false, room: false, wanted: false, away: false };
  readonly #place = new BesidePlace();
  readonly #field = identity();
  readonly #head = identity();
  #session: XRSession | null = null;
  #held = false;

  constructor(stage: Stage, immersive: Immersive, told: Told, evidence: Evidence) {
    this.#stage = stage;
    this.#immersive = immersive;
    this.#told = told;
    this.#evidence = evidence;
  }

  begin(session: XRSession): void {
    this.#session = session;
    this.#place.forget();
    session.addEventListener("selectstart", this.#hold);
    session.addEventListener("selectend", this.#letGo);
  }

  end(): void {
    this.#session?.removeEventListener("selectstart", this.#hold);
    this.#session?.removeEventListener("selectend", this.#letGo);
    this.#session = null;
    this.#held = false;
    this.#stage.twin.hide();
  }

  frame({ nowMs, worldFromHead, headKnown, standing }: HeadsetFrame): void {
    const { twin, radiusM } = this.#stage;
    const facts = this.#facts;
    facts.allowed = headKnown && this.#immersive.inSight && this.#evidence.mayShowBeside;
    facts.overlaid = standing.visible;
    facts.room = this.#stage.hasRoomForTwo;
    facts.wanted = (this.#told.view?.twin ?? false) || !this.#immersive.onPatient;
    facts.away = this.#evidence.away !== null;
    if (!this.#beside.shows(nowMs, facts)) {
      twin.hide();
      this.#place.forget();
      return;
    }
    this.#head.set(worldFromHead);
    this.#place.hold(this.#held, worldFromHead);
    // A headset that does not know the room knows no field either.
    const known = standing.hiddenWhy !== "NOT_ALIGNED" && this.#stage.worldFromModelInto(this.#field);
    this.#place.update(worldFromHead, known ? this.#field : null, this.#stage.middleInModel, radiusM);
    twin.show(this.#place.worldFromModel, this.#place.middle, radiusM);
  }

  readonly #hold = (): void => {
    this.#held = this.#stage.twin.shows && this.#place.isLookedAt(this.#head, this.#stage.radiusM);
  };

  readonly #letGo = (): void => {
    this.#held = false;
  };
}
