/** How old the poses were that each headset showed, of late: for a plot. Pure. */

import type { ClientEntry } from "../../protocol.gen.ts";

/** So much of the past is shown. */
export const SPAN_MS = 60_000;
/** Older than this is drawn at the top: what is hidden anyway needs no scale. */
export const MOST_MS = 300;

interface Sample {
  readonly atMs: number;
  /** Null where the headset knew of none. */
  readonly ageMs: number | null;
}

export class Ages {
  readonly #samples = new Map<string, Sample[]>();

  /** Take what the headsets reported, at a time of this page's clock. */
  take(clients: readonly ClientEntry[], nowMs: number): void {
    const inside = new Set(clients.map(({ device_id }) => device_id));
    for (const device of this.#samples.keys()) if (!inside.has(device)) this.#samples.delete(device);
    for (const { device_id, role, pose_age_ms } of clients) {
      if (role === "nurse") continue;
      const samples = this.#samples.get(device_id) ?? [];
      samples.push({ atMs: nowMs, ageMs: pose_age_ms });
      while (samples.length > 0 && nowMs - samples[0]!.atMs > SPAN_MS) samples.shift();
      this.#samples.set(device_id, samples);
    }
  }

  /** The line of a headset as data of an SVG path, in a box of `width` by `height`; now is at the right, 0 ms below. */
  path(device: string, nowMs: number, width: number, height: number): string {
    let path = "";
    let down = false;
    for (const { atMs, ageMs } of this.#samples.get(device) ?? []) {
      if (ageMs === null) {
        down = false;
        continue;
      }
      const x = width * (1 - (nowMs - atMs) / SPAN_MS);
      path += `${down ? "L" : "M"}${x.toFixed(1)} ${heightOf(ageMs, height).toFixed(1)}`;
      down = true;
    }
    return path;
  }
}

/** How high an age is drawn. */
export function heightOf(ageMs: number, height: number): number {
  return height * (1 - Math.min(Math.max(ageMs, 0), MOST_MS) / MOST_MS);
}
