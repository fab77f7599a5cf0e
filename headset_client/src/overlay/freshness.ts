/**
 * How old the newest pose is by this device's own monotonic clock, and whether that is too old.
 *
 * A pose counts from the moment the host sent it, carried into local time by the measured clock
 * offset: after an outage TCP delivers hundreds of old poses at once, and by their arrival alone each
 * would look fresh. The arrival bounds it, so that no wrong offset makes a pose younger than the last
 * time anything was heard (hazard H01).
 */

import { LINK_LIMIT_MS, SIGHT_LIMIT_MS } from "../protocol.gen.ts";

export interface TimedPose {
  readonly sequence: number;
  readonly send_ns: number;
  readonly sight_age_ms: number;
}

export interface LocalTime {
  readonly known: boolean;
  localFromHost(hostMs: number): number;
}

/** Keeps the newest pose of one connection. */
export class NewestPose<P extends TimedPose> {
  readonly #clock: LocalTime;
  #pose: P | null = null;
  #arrivedMs = -Infinity;
  #counted = 0;
  #gaps = 0;

  constructor(clock: LocalTime) {
    this.#clock = clock;
  }

  /** Take in a pose that arrived just now. Returns false for one that is older, or the same again. */
  accept(pose: P, arrivedMs: number): boolean {
    if (this.#pose !== null) {
      // 32-bit sequence numbers wrap: the difference, taken as signed, tells the order.
      const step = (pose.sequence - this.#pose.sequence) | 0;
      if (step <= 0 || pose.send_ns <= this.#pose.send_ns) return false;
      this.#gaps += step - 1;
    }
    this.#counted += 1;
    this.#pose = pose;
    this.#arrivedMs = arrivedMs;
    return true;
  }

  /** Forget the pose: another connection counts anew. */
  clear(): void {
    this.#pose = null;
    this.#arrivedMs = -Infinity;
  }

  get pose(): P | null {
    return this.#pose;
  }

  /** Poses taken in, and poses that were sent and never came, since the page was opened. */
  get counts(): { readonly poses: number; readonly gaps: number } {
    return { poses: this.#counted, gaps: this.#gaps };
  }

  /** Time since the newest pose was sent, ms; infinite without one. */
  linkAgeMs(nowMs: number): number {
    if (this.#pose === null) return Infinity;
    return nowMs - Math.min(this.#arrivedMs, this.#sentMs(this.#pose));
  }

  /** Time since a camera saw what the newest pose tells, ms; infinite without a pose. */
  sightAgeMs(nowMs: number): number {
    return this.#pose === null ? Infinity : this.#pose.sight_age_ms + this.linkAgeMs(nowMs);
  }

  /** From the exposure to the arrival here, ms; null without a pose or while the clock is unknown. */
  get latencyMs(): number | null {
    if (this.#pose === null || !this.#clock.known) return null;
    return Math.max(0, this.#arrivedMs - this.#sentMs(this.#pose)) + this.#pose.sight_age_ms;
  }

  #sentMs(pose: P): number {
    return this.#clock.known ? this.#clock.localFromHost(pose.send_ns / 1e6) : this.#arrivedMs;
  }
}

/** Whether an age is within the link's limit. Not a number is not. */
export function isLinkFresh(ageMs: number): boolean {
  return ageMs <= LINK_LIMIT_MS;
}

/** Whether the last sight is recent enough. */
export function isSightFresh(ageMs: number): boolean {
  return ageMs <= SIGHT_LIMIT_MS;
}
