/**
 * Lines with a width: WebGL draws lines one pixel thin, which in a headset nobody sees.
 *
 * Each line becomes a bar of three sides, a little longer than it at both ends so that bars which meet leave no notch.
 */

/** Triangles of a bar: two for each of its sides. */
export const BAR_TRIANGLES = 6;
const SIDES = 3;

export interface Bars {
  /** x y z of six points a bar; and the corners of its triangles. */
  readonly positions: Float32Array;
  readonly index: Uint32Array;
}

/** Bars along these lines, told as x y z of the ends of each in turn; as wide as `radius` on every side, m. */
export function barsOf(lines: ArrayLike<number>, radius: number): Bars {
  const count = Math.floor(lines.length / 6);
  const positions = new Float32Array(count * 2 * SIDES * 3);
  const index = new Uint32Array(count * BAR_TRIANGLES * 3);
  for (let bar = 0; bar < count; bar += 1) {
    writeBar(positions, bar, lines, radius);
    const first = bar * 2 * SIDES;
    for (let side = 0; side < SIDES; side += 1) {
      const [a, b] = [first + side, first + ((side + 1) % SIDES)];
      index.set([a, b, b + SIDES, a, b + SIDES, a + SIDES], (bar * SIDES + side) * 6);
    }
  }
  return { positions, index };
}

function writeBar(out: Float32Array, bar: number, lines: ArrayLike<number>, radius: number): void {
  const from = 6 * bar;
  let dx = lines[from + 3]! - lines[from]!;
  let dy = lines[from + 4]! - lines[from + 1]!;
  let dz = lines[from + 5]! - lines[from + 2]!;
  const length = Math.hypot(dx, dy, dz) || 1;
  dx /= length;
  dy /= length;
  dz /= length;
  // Across it: square to the axis it follows least.
  const [x, y, z] = [Math.abs(dx), Math.abs(dy), Math.abs(dz)];
  let [ux, uy, uz] = x <= y && x <= z ? [0, dz, -dy] : y <= z ? [-dz, 0, dx] : [dy, -dx, 0];
  const across = Math.hypot(ux, uy, uz) || 1;
  ux /= across;
  uy /= across;
  uz /= across;
  const [vx, vy, vz] = [dy * uz - dz * uy, dz * ux - dx * uz, dx * uy - dy * ux];
  for (let end = 0; end < 2; end += 1) {
    const beyond = (end === 0 ? -1 : 1) * radius;
    for (let side = 0; side < SIDES; side += 1) {
      const cos = radius * Math.cos((2 * Math.PI * side) / SIDES);
      const sin = radius * Math.sin((2 * Math.PI * side) / SIDES);
      const at = 3 * (bar * 2 * SIDES + end * SIDES + side);
      out[at] = lines[from + 3 * end]! + beyond * dx + cos * ux + sin * vx;
      out[at + 1] = lines[from + 3 * end + 1]! + beyond * dy + cos * uy + sin * vy;
      out[at + 2] = lines[from + 3 * end + 2]! + beyond * dz + cos * uz + sin * vz;
    }
  }
}
