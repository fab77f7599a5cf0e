/** Which point the slices go through: what a headset looks at, or where the nurse went; else the target. Pure. */

import type { Gaze } from "../../protocol.gen.ts";
import { middleOf, mmOf, type Point, pointOf, type SliceVolume, voxelAt } from "./volume.ts";

export interface Looking {
  /** Where the nurse went, patient mm; null while a headset is followed. */
  readonly point: Point | null;
  /** The headset that is followed; null for whichever looks at something. */
  readonly device: string | null;
  /** Which values of the image are spread from black to white. */
  readonly window: "bone" | "soft";
}

/** Follow whichever headset looks at something. */
export const FOLLOWING: Looking = { point: null, device: null, window: "bone" };

/** Values of a CT's soft tissue, HU: 300 wide around 40. */
const SOFT: readonly [number, number] = [-110, 190];

/** The gaze that is followed. */
export function gazeOf(gazes: readonly Gaze[], { device }: Looking): Gaze | null {
  return gazes.find(({ device_id }) => device === null || device_id === device) ?? null;
}

/** The point the slices go through now, within the image. */
export function pointNow(
  volume: SliceVolume,
  looking: Looking,
  gaze: Gaze | null,
  lastSeen: Point | null,
  targetKey: string | null,
): Point {
  const wished = looking.point ?? (gaze === null ? lastSeen : mmOf(gaze.point_patient_m));
  if (wished !== null && voxelAt(volume, wished) !== null) return wished;
  const target = targetKey === null ? null : middleOf(volume, targetKey);
  return target ?? pointOf(volume, volume.size.map((n) => Math.floor(n / 2)) as unknown as Point);
}

/** The values at black and white. */
export function windowOf(volume: SliceVolume, { window }: Looking): readonly [number, number] {
  const [low, high] = volume.window;
  // The soft window is one of a CT: an image whose own window is another's keeps that.
  return window === "soft" && low <= SOFT[0] && SOFT[1] <= high ? SOFT : volume.window;
}
