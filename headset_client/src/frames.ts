/**
 * The client's only place for axes and units.
 *
 * `aFromB` turns coordinates in b into coordinates in a. Lengths are metres here, angles radians.
 *
 * | frame   | axes                                                              |
 * |---------|-------------------------------------------------------------------|
 * | model   | glTF: +x left, +y superior, +z anterior of the patient            |
 * | patient | DICOM: +x left, +y posterior, +z superior                         |
 * | room    | at rest: the room camera's axes                                   |
 * | camera  | +x right, +y down, +z forward; pixel (0, 0) is a pixel centre     |
 * | view    | WebGL's camera: +x right, +y up, -z forward                       |
 * | world   | the WebXR reference space, +y up                                  |
 *
 * Matrices are 4x4, stored column by column as WebGL, WebXR and three.js do. Functions of the frame
 * loop write into `out`, so that no frame allocates.
 */

export type Matrix = Float64Array;

/** Three numbers along the axes of a frame: a place or a direction. */
export type Place = readonly [number, number, number];

/** A rigid pose: origin in metres and a unit quaternion x, y, z, w. */
export interface Pose {
  readonly position: readonly [number, number, number];
  readonly quatXyzw: readonly [number, number, number, number];
}

/** The pinhole of an undistorted picture, px. */
export interface Lens {
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A new identity matrix. */
export function identity(): Matrix {
  const m = new Float64Array(16);
  m[0] = m[5] = m[10] = m[15] = 1;
  return m;
}

/** Model axes to patient axes, both in metres: (left, superior, anterior) to (left, posterior, superior). */
export const PATIENT_FROM_MODEL: Matrix = Float64Array.of(1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 1);

/** A place or direction in model axes, of one in patient axes; the unit stays. */
export function inModel([left, posterior, superior]: Place): Place {
  return [left, superior, -posterior];
}

/** A place or direction in patient axes, of one in model axes; the unit stays. */
export function inPatient([left, superior, anterior]: Place): Place {
  return [left, -anterior, superior];
}

/** Camera axes (y down, z forward) from view axes (y up, z backward); its own inverse. */
export const CAMERA_FROM_VIEW: Matrix = Float64Array.of(1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1);

/**
 * Write the matrix of a pose into `out`.
 *
 * The quaternion is normalised: what arrives as float32 is unit to 1e-7 only.
 */
export function setFromPose(out: Matrix, pose: Pose): Matrix {
  const [px, py, pz] = pose.position;
  const [qx, qy, qz, qw] = pose.quatXyzw;
  const length = Math.hypot(qx, qy, qz, qw);
  const x = qx / length;
  const y = qy / length;
  const z = qz / length;
  const w = qw / length;
  out[0] = 1 - 2 * (y * y + z * z);
  out[1] = 2 * (x * y + z * w);
  out[2] = 2 * (x * z - y * w);
  out[3] = 0;
  out[4] = 2 * (x * y - z * w);
  out[5] = 1 - 2 * (x * x + z * z);
  out[6] = 2 * (y * z + x * w);
  out[7] = 0;
  out[8] = 2 * (x * z + y * w);
  out[9] = 2 * (y * z - x * w);
  out[10] = 1 - 2 * (x * x + y * y);
  out[11] = 0;
  out[12] = px;
  out[13] = py;
  out[14] = pz;
  out[15] = 1;
  return out;
}

/** Write position and unit quaternion x, y, z, w of a rigid matrix into seven numbers of `out`, from `at` on. */
export function setNumbers(out: Float64Array, at: number, m: Matrix): void {
  out[at] = m[12]!;
  out[at + 1] = m[13]!;
  out[at + 2] = m[14]!;
  // Shepperd 1978: of the four the largest is divided by, so that no digit is lost.
  const xx = m[0]!;
  const yy = m[5]!;
  const zz = m[10]!;
  const trace = xx + yy + zz;
  const largest = Math.max(trace, xx, yy, zz);
  const root = Math.sqrt(1 + 2 * largest - trace);
  const part = 0.5 / root;
  const x = m[6]! - m[9]!;
  const y = m[8]! - m[2]!;
  const z = m[1]! - m[4]!;
  const xy = m[1]! + m[4]!;
  const xz = m[8]! + m[2]!;
  const yz = m[6]! + m[9]!;
  if (largest === trace) setFour(out, at + 3, x * part, y * part, z * part, 0.5 * root);
  else if (largest === xx) setFour(out, at + 3, 0.5 * root, xy * part, xz * part, x * part);
  else if (largest === yy) setFour(out, at + 3, xy * part, 0.5 * root, yz * part, y * part);
  else setFour(out, at + 3, xz * part, yz * part, 0.5 * root, z * part);
}

function setFour(out: Float64Array, at: number, x: number, y: number, z: number, w: number): void {
  out[at] = x;
  out[at + 1] = y;
  out[at + 2] = z;
  out[at + 3] = w;
}

/** Write `aFromB @ bFromC` into `out`, which must be neither of the two. */
export function multiply(out: Matrix, aFromB: Matrix, bFromC: Matrix): Matrix {
  for (let column = 0; column < 4; column += 1) {
    for (let row = 0; row < 4; row += 1) {
      let sum = 0;
      for (let k = 0; k < 4; k += 1) sum += aFromB[k * 4 + row]! * bFromC[column * 4 + k]!;
      out[column * 4 + row] = sum;
    }
  }
  return out;
}

/** Write the inverse of a rigid matrix into `out`, which must not be the matrix itself. */
export function invertRigid(out: Matrix, aFromB: Matrix): Matrix {
  for (let column = 0; column < 3; column += 1) {
    for (let row = 0; row < 3; row += 1) out[column * 4 + row] = aFromB[row * 4 + column]!;
    out[column * 4 + 3] = 0;
  }
  for (let row = 0; row < 3; row += 1) {
    out[12 + row] = -(
      out[row]! * aFromB[12]! +
      out[4 + row]! * aFromB[13]! +
      out[8 + row]! * aFromB[14]!
    );
  }
  out[15] = 1;
  return out;
}

/**
 * Write WebGL's projection for a picture's own lens into `out`.
 *
 * The picture covers the pixels -0.5 to width - 0.5, since pixel (0, 0) is a pixel's centre.
 */
export function setProjection(out: Matrix, lens: Lens, nearM: number, farM: number): Matrix {
  out.fill(0);
  out[0] = (2 * lens.fx) / lens.width;
  out[5] = (2 * lens.fy) / lens.height;
  out[8] = 1 - (2 * (lens.cx + 0.5)) / lens.width;
  out[9] = (2 * (lens.cy + 0.5)) / lens.height - 1;
  out[10] = -(farM + nearM) / (farM - nearM);
  out[11] = -1;
  out[14] = (-2 * farM * nearM) / (farM - nearM);
  return out;
}

/** The largest box of the picture's shape inside a window, px. */
export function fitInside(picture: Size, window: Size): Size {
  const scale = Math.min(window.width / picture.width, window.height / picture.height);
  return { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) };
}
