/** Where somebody looks at the model from: round a point, nearer and farther; the patient's head stays up. */

import { sum, times, type Vec } from "../../overlay/vec.ts";

export interface Orbit {
  /** Looked at, patient mm. */
  readonly target: Vec;
  /** From the patient's front towards the left, and up towards the head, radians. */
  readonly azimuth: number;
  readonly elevation: number;
  readonly distanceMm: number;
}

export const SIDES = ["front", "back", "left", "right", "head", "feet"] as const;
export type From = (typeof SIDES)[number];

const STEEPEST = 1.5;
const NEAREST_MM = 60;
const FARTHEST_MM = 2000;

const ANGLES: Readonly<Record<From, readonly [number, number]>> = {
  front: [0.3, 0.25],
  back: [Math.PI - 0.3, 0.25],
  left: [Math.PI / 2, 0.1],
  right: [-Math.PI / 2, 0.1],
  head: [0, STEEPEST],
  feet: [0, -STEEPEST],
};

/** Seen from a side of the patient. */
export function seenFrom(orbit: Orbit, from: From): Orbit {
  const [azimuth, elevation] = ANGLES[from];
  return { ...orbit, azimuth, elevation };
}

export function swung(orbit: Orbit, azimuth: number, elevation: number): Orbit {
  return {
    ...orbit,
    azimuth: orbit.azimuth + azimuth,
    elevation: Math.min(STEEPEST, Math.max(-STEEPEST, orbit.elevation + elevation)),
  };
}

export function zoomed(orbit: Orbit, by: number): Orbit {
  return { ...orbit, distanceMm: Math.min(FARTHEST_MM, Math.max(NEAREST_MM, orbit.distanceMm * by)) };
}

/** Where the eye is, patient mm. */
export function eyeMm({ target, azimuth, elevation, distanceMm }: Orbit): Vec {
  const flat = Math.cos(elevation);
  // The front is -y, the left +x, the head +z.
  const way: Vec = [Math.sin(azimuth) * flat, -Math.cos(azimuth) * flat, Math.sin(elevation)];
  return sum(target, times(way, distanceMm));
}
