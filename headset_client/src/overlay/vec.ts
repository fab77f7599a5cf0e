/** Three numbers along the patient's axes: sums, products and turns of them. */

export type Vec = readonly [number, number, number];

export function sum(a: Vec, b: Vec): Vec {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function less(a: Vec, b: Vec): Vec {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function times(a: Vec, by: number): Vec {
  return [a[0] * by, a[1] * by, a[2] * by];
}

export function dot(a: Vec, b: Vec): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vec, b: Vec): Vec {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function unit(a: Vec): Vec {
  return times(a, 1 / (Math.hypot(...a) || 1));
}

/** Turn a vector about a unit axis by the right hand (Rodrigues). */
export function turned(a: Vec, axis: Vec, rad: number): Vec {
  const along = times(axis, dot(axis, a) * (1 - Math.cos(rad)));
  return sum(sum(times(a, Math.cos(rad)), times(cross(axis, a), Math.sin(rad))), along);
}

/** How far along a line (a point and a unit direction) it comes nearest to a ray; null where both run alike. */
export function nearestOnLine(point: Vec, direction: Vec, rayFrom: Vec, rayAlong: Vec): number | null {
  const both = dot(direction, rayAlong);
  const apart = 1 - both * both;
  if (apart < 1e-4) return null;
  const offset = less(rayFrom, point);
  return (dot(offset, direction) - both * dot(offset, rayAlong)) / apart;
}
