/**
 * The cut-away window: a prism from the viewer to the middle of the target, in which bone and skin are not drawn.
 *
 * It follows the viewer, so that it always opens the shortest way to the target; its rim moves over what lies behind,
 * which tells how deep that lies.
 */

export const WINDOW_SIDES = 6;
export const WINDOW_PLANES = WINDOW_SIDES + 1;
export const WINDOW_RADIUS_M = 0.035;

/** Four numbers a plane: its normal and its constant; a point is on the positive side where n x + c > 0. */
export type Planes = Float64Array;

export function newPlanes(): Planes {
  return new Float64Array(4 * WINDOW_PLANES);
}

/**
 * Write the planes of the window into `out`: what lies on the negative side of all of them is cut away.
 *
 * `eye` and `target` are x y z in the same axes, metres.
 */
export function aimWindow(out: Planes, eye: ArrayLike<number>, target: ArrayLike<number>): void {
  const [tx, ty, tz] = [target[0]!, target[1]!, target[2]!];
  let [dx, dy, dz] = [tx - eye[0]!, ty - eye[1]!, tz - eye[2]!];
  const far = Math.hypot(dx, dy, dz) || 1;
  dx /= far;
  dy /= far;
  dz /= far;
  // Across the line of sight, level where that has a meaning.
  let [ux, uy, uz] = Math.abs(dy) < 0.9 ? [-dz, 0, dx] : [0, dz, -dy];
  const across = Math.hypot(ux, uy, uz);
  ux /= across;
  uy /= across;
  uz /= across;
  const [vx, vy, vz] = [dy * uz - dz * uy, dz * ux - dx * uz, dx * uy - dy * ux];
  for (let side = 0; side < WINDOW_SIDES; side += 1) {
    const cos = Math.cos((2 * Math.PI * side) / WINDOW_SIDES);
    const sin = Math.sin((2 * Math.PI * side) / WINDOW_SIDES);
    const [nx, ny, nz] = [cos * ux + sin * vx, cos * uy + sin * vy, cos * uz + sin * vz];
    write(out, side, nx, ny, nz, -(nx * tx + ny * ty + nz * tz) - WINDOW_RADIUS_M);
  }
  // No farther than the middle of the target.
  write(out, WINDOW_SIDES, dx, dy, dz, -(dx * tx + dy * ty + dz * tz));
}

function write(out: Planes, plane: number, nx: number, ny: number, nz: number, constant: number): void {
  out[4 * plane] = nx;
  out[4 * plane + 1] = ny;
  out[4 * plane + 2] = nz;
  out[4 * plane + 3] = constant;
}
