/**
 * The newest pose, and how old it is by this device's own monotonic clock.
 *
 * A pose counts from the moment the host sent it, carried over by the measured clock offset: after an
 * outage TCP delivers hundreds of old poses at once, and by their arrival alone each would look fresh.
 * The clock's uncertainty is added and the arrival is a floor, so no age is told too young (hazard H01).
 */

import { type ClockEstimate, isUsable } from "../net/clock.ts";
import { LINK_LIMIT_MS, SIGHT_LIMIT_MS } from "../protocol.gen.ts";

/** The thing whose pose carries the model. */
const PATIENT_THING_ID = 0;

export interface TimedPose {
  readonly thing_id: number;
  readonly sequence: number;
  readonly send_ns: number;
  readonly sight_age_ms: number;
}

/** Ages of the newest pose, ms: since it came, since it was sent, since the camera saw what it tells. */
export interface Ages {
  readonly heardMs: number;
  /** Null while the host's clock is not known well enough. */
  readonly sentMs: number | null;
  readonly sightMs: number | null;
}

/** Ages to be written into, so that no frame makes any. */
export type AgesRoom = { -readonly [name in keyof Ages]: Ages[name] };

/** Keeps the newest pose of one connection. */
export class NewestPose<P extends TimedPose> {
  #pose: P | null = null;
  #arrivedMs = 0;
  #counted = 0;
  #gaps = 0;
  #latestMs = -Infinity;

  /** Take in a pose that arrived just now. Returns false for one that is older, the same again, or another thing's. */
  accept(pose: P, arrivedMs: number): boolean {
    if (pose.thing_id !== PATIENT_THING_ID) return false;
    if (this.#pose !== null) {
      // 32-bit sequence numbers wrap: the difference, taken as signed, tells the order.
      const step = (pose.sequence - this.#pose.sequence) | 0;
      if (step <= 0 || pose.send_ns <= this.#pose.send_ns) return false;
      this.#gaps += step - 1;
    }
    this.#watchClock(arrivedMs);
    this.#counted += 1;
    this.#pose = pose;
    this.#arrivedMs = arrivedMs;
    return true;
  }

  /** Forget the pose: another connection counts anew. */
  clear(): void {
    this.#pose = null;
  }

  get pose(): P | null {
    return this.#pose;
  }

  /** Poses taken in, and poses that were sent and never came, since the page was opened. */
  get counts(): { readonly poses: number; readonly gaps: number } {
    return { poses: this.#counted, gaps: this.#gaps };
  }

  /** The ages now, written into `out`; or null without a pose. */
  ages(
    nowMs: number,
    clock: ClockEstimate | null,
    out: AgesRoom = { heardMs: 0, sentMs: null, sightMs: null },
  ): Ages | null {
    this.#watchClock(nowMs);
    if (this.#pose === null) return null;
    out.heardMs = nowMs - this.#arrivedMs;
    out.sentMs = out.sightMs = null;
    if (!isUsable(clock)) return out;
    const latestHostMs = nowMs + clock.offsetMs + clock.uncertaintyMs;
    out.sentMs = Math.max(latestHostMs - this.#pose.send_ns / 1e6, out.heardMs);
    out.sightMs = this.#pose.sight_age_ms + out.sentMs;
    return out;
  }

  /** Let go of the pose where the clock went back: how long ago it came is not known any more (hazard H12). */
  #watchClock(nowMs: number): void {
    if (nowMs < this.#latestMs) this.#pose = null;
    this.#latestMs = nowMs;
  }

  /** From the exposure to the arrival here, ms; null without a pose or clock. */
  latencyMs(clock: ClockEstimate | null): number | null {
    if (this.#pose === null || !isUsable(clock)) return null;
    const underWayMs = this.#arrivedMs + clock.offsetMs - this.#pose.send_ns / 1e6;
    return this.#pose.sight_age_ms + Math.max(0, underWayMs);
  }
}

/** Whether a pose of this age is fresh. Not a number is not. */
export function isLinkFresh(ageMs: number): boolean {
  return ageMs <= LINK_LIMIT_MS;
}

/** Whether the last sight is recent enough. */
export function isSightFresh(ageMs: number): boolean {
  return ageMs <= SIGHT_LIMIT_MS;
}
