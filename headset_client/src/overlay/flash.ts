/** A device that is meant: for some seconds it shows a bright ring and its name, beside whatever else it shows. */

import type { Flashing } from "../protocol.gen.ts";

/** One beat: slow enough for everybody (WCAG 2.3.1: at most three flashes a second). */
const BEAT_MS = 1000;

export class Flash {
  #name = "";
  #beganMs = 0;
  #endMs = -Infinity;

  /** The console means this device. */
  begin({ name, seconds }: Pick<Flashing, "name" | "seconds">, nowMs: number): void {
    // What is asked again while it shows goes on without a jump.
    if (nowMs >= this.#endMs) this.#beganMs = nowMs;
    this.#name = name;
    this.#endMs = nowMs + 1000 * seconds;
  }

  /** Another host, or none: whatever was asked is over. */
  end(): void {
    this.#endMs = -Infinity;
  }

  /** The name to show, null while nobody means this device. */
  nameAt(nowMs: number): string | null {
    return nowMs < this.#endMs ? this.#name : null;
  }

  /** Whether the ring is bright now: it beats, and is bright at first. */
  isBrightAt(nowMs: number): boolean {
    return nowMs < this.#endMs && (nowMs - this.#beganMs) % BEAT_MS < BEAT_MS / 2;
  }
}
