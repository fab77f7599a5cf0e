/** A check point touched with a bare fingertip: follows the tips, and tells the host where one rested. */

import { identity, setFromPose } from "../frames.ts";
import { poseOf } from "../net/wire.ts";
import { Fingertip, FINGERTIP_SIGMA_MM, inRoom } from "../overlay/touch.ts";
import type { CheckEntry, CheckLandmark, ClientMessage } from "../protocol.gen.ts";
import { indexTip } from "../xr/input.ts";
import type { Evidence } from "../observing/evidence.ts";
import type { Footing } from "./footing.ts";
import type { HeadsetFrame } from "./headset_view.ts";
import type { Told } from "../observing/told.ts";

const SEEN_WITHIN_MS = 500;

type Side = "left" | "right";

export class Toucher {
  readonly #told: Told;
  readonly #evidence: Evidence;
  readonly #footing: Footing;
  readonly #send: (message: ClientMessage) => void;
  readonly #tips: Readonly<Record<Side, Fingertip>> = { left: new Fingertip(), right: new Fingertip() };
  readonly #seenMs: Record<Side, number> = { left: -Infinity, right: -Infinity };
  #nowMs = 0;
  #landmark: string | null = null;
  #words = "";
  #sent = false;
  /** What the host had said of the landmark before it was touched. */
  #before: CheckEntry | null = null;

  constructor(told: Told, evidence: Evidence, footing: Footing, send: (message: ClientMessage) => void) {
    this.#told = told;
    this.#evidence = evidence;
    this.#footing = footing;
    this.#send = send;
  }

  get landmark(): string | null {
    return this.#landmark;
  }

  get handsSeen(): boolean {
    return Math.max(this.#seenMs.left, this.#seenMs.right) >= this.#nowMs - SEEN_WITHIN_MS;
  }

  /** What became of the newest touch, in words; empty for nothing. */
  answer(): string {
    if (!this.#sent) return this.#words;
    const touched = this.#known()?.touched ?? null;
    return touched === null || touched.at_ns === this.#before?.at_ns ? "Touched. The host is judging." : touched.words;
  }

  choose(landmark: string): void {
    this.forget();
    this.#landmark = landmark;
  }

  forget(): void {
    this.#landmark = null;
    this.#words = "";
    this.#sent = false;
    this.#tips.left.lost();
    this.#tips.right.lost();
  }

  frame({ nowMs, xr, session, space }: HeadsetFrame): void {
    this.#nowMs = nowMs;
    for (const source of session.inputSources) {
      if (source.handedness === "none") continue;
      const place = indexTip(xr, source, space);
      if (place === undefined) continue;
      this.#tips[source.handedness].add(nowMs, place.x, place.y, place.z);
      this.#seenMs[source.handedness] = nowMs;
    }
  }

  /** Take a tip's rest as the touch. `by`: the hand that pinched, which touches nothing. Returns whether it was told. */
  touch(by: XRInputSource | null, nowMs: number): boolean {
    const landmark = this.#known();
    const { worldFromRoom } = this.#footing;
    const { pose } = this.#evidence.newest;
    if (landmark === null) return false;
    if (worldFromRoom === null || pose === null) {
      this.#words = "This headset is not aligned.";
      return false;
    }
    const expected = setFromPose(identity(), poseOf(pose));
    const [x, y, z] = landmark.position_patient_m as [number, number, number];
    let nearest: [number, number, number] | null = null;
    let nearestM = Infinity;
    for (const side of ["left", "right"] as const) {
      const rest = side === by?.handedness ? null : this.#tips[side].rest(nowMs);
      if (rest === null) continue;
      const touched = inRoom(worldFromRoom, rest);
      const offM = Math.hypot(
        ...[0, 1, 2].map(
          (row) => touched[row]! - (expected[row]! * x + expected[4 + row]! * y + expected[8 + row]! * z + expected[12 + row]!),
        ),
      );
      if (offM >= nearestM) continue;
      nearestM = offM;
      nearest = touched;
    }
    if (nearest === null) {
      this.#words = `Hold the fingertip still on ${landmark.name}.`;
      return false;
    }
    this.#before = landmark.touched;
    this.#sent = true;
    this.#send({
      type: "check_point",
      landmark: landmark.name,
      room_frame_id: pose.room_frame_id,
      touched_room_m: nearest,
      sigma_mm: FINGERTIP_SIGMA_MM,
    });
    return true;
  }

  #known(): CheckLandmark | null {
    return this.#told.checkPoints?.landmarks.find(({ name }) => name === this.#landmark) ?? null;
  }
}
