/** Tells the host once a second what this device shows, and sooner when it shows something else. */

import type { Battery } from "../net/battery.ts";
import type { Standing } from "../overlay/state.ts";
import type { Report } from "../protocol.gen.ts";
import type { Evidence } from "../observing/evidence.ts";

const EVERY_MS = 1000;
/** After a change; what flickers is told no more often. */
const SOON_MS = 200;
const MOST_FPS = 1000;
/** Of a time in a report: a camera that never saw the board is told to have seen it so long ago. */
const MOST_MS = 1e9;

export class Reporter {
  readonly #evidence: Evidence;
  readonly #battery: Battery;
  readonly #send: (report: Report) => void;
  #lastMs = 0;
  #frames = 0;
  #shown = false;
  #hiddenWhy: Standing["hiddenWhy"] = null;

  constructor(evidence: Evidence, battery: Battery, send: (report: Report) => void) {
    this.#evidence = evidence;
    this.#battery = battery;
    this.#send = send;
  }

  /** A frame was drawn, and the overlay stands so. */
  frame(nowMs: number, standing: Standing): void {
    this.#frames += 1;
    const elapsedMs = nowMs - this.#lastMs;
    const changed = standing.visible !== this.#shown || standing.hiddenWhy !== this.#hiddenWhy;
    if (elapsedMs < (changed ? SOON_MS : EVERY_MS)) return;
    const fps = Math.min((1000 * this.#frames) / elapsedMs, MOST_FPS);
    this.#lastMs = nowMs;
    this.#frames = 0;
    this.#shown = standing.visible;
    this.#hiddenWhy = standing.hiddenWhy;
    this.#send({
      type: "report",
      fps,
      shown: standing.visible,
      hidden_why: standing.hiddenWhy,
      pose_age_ms: timeOf(this.#evidence.poseAgeMs(nowMs)),
      latency_ms: timeOf(this.#evidence.latencyMs(nowMs)),
      model_digest: this.#evidence.model?.digest ?? null,
      ...this.#evidence.newest.counts,
      clock_uncertainty_ms: this.#evidence.clockUncertaintyMs(nowMs),
      battery: this.#battery.level,
    });
  }
}

function timeOf(ms: number | null): number | null {
  return ms === null ? null : Math.min(Math.max(ms, 0), MOST_MS);
}
