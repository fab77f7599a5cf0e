/** Points in metres, and the few things that are done with them outside the frame loop. */

export type Point = readonly [number, number, number];

export function minus(a: Point, b: Point): Point {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function cross(a: Point, b: Point): Point {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function unit(a: Point): Point {
  const length = Math.hypot(...a);
  return [a[0] / length, a[1] / length, a[2] / length];
}

/** Three axes at right angles from three points: along the first two, and out of the plane of all. */
function axes(points: readonly Point[]): readonly Point[] {
  const along = unit(minus(points[1]!, points[0]!));
  const out = unit(cross(along, minus(points[2]!, points[0]!)));
  return [along, cross(out, along), out];
}

/**
 * Where `wanted` is, told in the frame in which three known points were found; as good as these three are.
 *
 * For showing the way only: an alignment is the host's, by all points and their noise.
 */
export function carried(known: readonly Point[], found: readonly Point[], wanted: Point): Point {
  const from = axes(known);
  const into = axes(found);
  const off = minus(wanted, known[0]!);
  const out: [number, number, number] = [...found[0]!];
  from.forEach((axis, number) => {
    const part = axis[0] * off[0] + axis[1] * off[1] + axis[2] * off[2];
    for (let k = 0; k < 3; k += 1) out[k] = out[k]! + part * into[number]![k]!;
  });
  return out;
}
