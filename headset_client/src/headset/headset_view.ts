/** The surgeon's view: the model on the patient, in the headset's own world, and the parts that go with it. */

import type { Object3D } from "three";

import { identity, type Matrix } from "../frames.ts";
import { Field } from "../overlay/field.ts";
import type { Standing, ViewFault } from "../overlay/state.ts";
import type { Stage } from "../scene/stage.ts";
import type { Immersive } from "../xr/session.ts";
import type { Evidence } from "../observing/evidence.ts";
import type { Footing } from "./footing.ts";
import { PatientPlace } from "./patient_place.ts";

const BEHIND_MENU: ViewFault = { word: "HOLD", why: "The headset's own menu is open.", reason: "NOT_ALIGNED" };
const HEAD_UNKNOWN: ViewFault = { word: "LOST", why: "The headset does not know where it is.", reason: "NOT_ALIGNED" };
const NO_ROOM: ViewFault = {
  word: "HOLD",
  why: "This headset does not show the room: nothing stands on the patient.",
  reason: "NOT_ALIGNED",
};

/** One frame as its parts see it. The same object every frame: nothing of it may be kept. */
export interface HeadsetFrame {
  nowMs: number;
  xr: XRFrame;
  session: XRSession;
  space: XRReferenceSpace;
  /** False while the headset does not know where it is; `worldFromHead` is then the last that was known. */
  headKnown: boolean;
  readonly worldFromHead: Matrix;
  standing: Standing;
}

/** Something that lives in the headset beside the model: words, a menu, hands, a camera. */
export interface HeadsetPart {
  /** What the part draws, in world coordinates; hidden while no session runs. */
  readonly object?: Object3D;
  begin?(session: XRSession): void;
  /** Called once a frame, after the model was placed and before it is drawn. */
  frame?(frame: HeadsetFrame): void;
  end?(): void;
}

export class HeadsetView {
  readonly #stage: Stage;
  readonly #immersive: Immersive;
  readonly #footing: Footing;
  readonly #evidence: Evidence;
  readonly #parts: readonly HeadsetPart[];
  readonly #worldFromHead = identity();
  readonly #worldFromField = identity();
  readonly #fieldMiddle = this.#worldFromField.subarray(12, 15);
  readonly #field = new Field();
  readonly #patient = new PatientPlace();
  #frame: HeadsetFrame | null = null;

  constructor(
    stage: Stage,
    immersive: Immersive,
    footing: Footing,
    evidence: Evidence,
    parts: readonly HeadsetPart[],
  ) {
    this.#stage = stage;
    this.#immersive = immersive;
    this.#footing = footing;
    this.#evidence = evidence;
    this.#parts = parts;
    for (const { object } of parts) {
      if (object === undefined) continue;
      object.visible = false;
      stage.scene.add(object);
    }
  }

  /** A session began. */
  begin(session: XRSession): void {
    for (const part of this.#parts) {
      if (part.object !== undefined) part.object.visible = true;
      part.begin?.(session);
    }
  }

  /** The session ended. */
  end(): void {
    this.#frame = null;
    this.#footing.end();
    this.#field.reset();
    this.#patient.forget();
    this.#evidence.away = null;
    for (const part of this.#parts) {
      if (part.object !== undefined) part.object.visible = false;
      part.end?.();
    }
  }

  /** Draw a frame; returns how the overlay stands, or null between two sessions. */
  frame(nowMs: number, xr: XRFrame): Standing | null {
    const { session, space } = this.#immersive;
    if (session === null || space === null) return null;
    const headKnown = this.#immersive.headInto(this.#worldFromHead, xr);
    const { pose } = this.#evidence.newest;
    const live = pose?.state === "LIVE" ? pose : null;
    this.#footing.frame(xr, space, live, this.#stage.centreInPatient);
    const fault = this.#fault(headKnown, pose?.room_frame_id ?? null);
    if (live === null) this.#patient.forget();
    else {
      this.#patient.frame(live, this.#stage.centreInPatient, this.#evidence.hostNowMs(nowMs));
      // Also while it is not drawn: whoever turned away from the field must know it to come back.
      if (fault === null) this.#stage.placeAt(this.#patient.roomFromPatient, this.#footing.worldFromRoom);
    }
    this.#evidence.away = this.#away(nowMs, headKnown && fault === null && live !== null);
    const standing = this.#evidence.standing(nowMs, fault);
    this.#stage.setVisible(standing.visible);
    this.#stage.setFaded(standing.faded);
    const worldFromHead = this.#worldFromHead;
    this.#frame ??= { nowMs, xr, session, space, headKnown, worldFromHead, standing };
    this.#frame.nowMs = nowMs;
    this.#frame.xr = xr;
    this.#frame.space = space;
    this.#frame.headKnown = headKnown;
    this.#frame.standing = standing;
    for (const part of this.#parts) part.frame?.(this.#frame);
    this.#stage.drawInHeadset();
    return standing;
  }

  /** Why the wearer is away from the field, or null; while nobody knows where both are, nobody is away. */
  #away(nowMs: number, known: boolean): string | null {
    if (!known || !this.#stage.fieldInto(this.#worldFromField)) this.#field.reset();
    else this.#field.at(nowMs, this.#worldFromHead, this.#fieldMiddle, this.#stage.radiusM);
    return this.#field.away;
  }

  #fault(headKnown: boolean, roomFrameId: number | null): ViewFault | null {
    if (!this.#immersive.inSight) return BEHIND_MENU;
    if (!headKnown) return HEAD_UNKNOWN;
    if (!this.#immersive.onPatient) return NO_ROOM;
    return this.#footing.fault(roomFrameId);
  }
}
