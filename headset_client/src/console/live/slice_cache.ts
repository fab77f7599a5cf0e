/** Slices that were cut, and tables of greys that were made: pages are drawn twice a second, and these are made once. */

import { greyTable, type Plane, type PlaneName, planeThrough } from "./plane.ts";
import type { Point, SliceVolume } from "./volume.ts";

const TABLES = new WeakMap<SliceVolume, Map<string, Uint8ClampedArray>>();

/** What each grey step is drawn as where these values are black and white. */
export function greysOf(volume: SliceVolume, [low, high]: readonly [number, number]): Uint8ClampedArray {
  const tables = TABLES.get(volume) ?? new Map<string, Uint8ClampedArray>();
  TABLES.set(volume, tables);
  const table = tables.get(`${low} ${high}`) ?? greyTable(volume, low, high);
  tables.set(`${low} ${high}`, table);
  return table;
}

/** The newest slice of each direction; one is cut anew only where it is another. */
export class SliceCache {
  readonly #kept = new Map<PlaneName, { volume: SliceVolume; key: string; plane: Plane | null }>();

  planeOf(volume: SliceVolume, name: PlaneName, point: Point): Plane | null {
    const key = point.map((mm) => Math.round(mm / volume.spacingMm)).join(" ");
    const kept = this.#kept.get(name);
    if (kept?.volume === volume && kept.key === key) return kept.plane;
    const plane = planeThrough(volume, name, point);
    this.#kept.set(name, { volume, key, plane });
    return plane;
  }

  /** Let go of everything of the patient. */
  forget(): void {
    this.#kept.clear();
  }
}
