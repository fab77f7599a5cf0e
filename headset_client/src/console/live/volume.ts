/**
 * The image beside the overlay: grey and labels on a grid whose axes are the patient's.
 *
 * Points are patient mm: +x left, +y posterior, +z superior; i runs with x, j with y, k with z.
 */

export type Point = readonly [number, number, number];

export interface SliceVolume {
  /** Voxels along i, j, k. */
  readonly size: Point;
  /** Centre of the first voxel. */
  readonly originMm: Point;
  readonly spacingMm: number;
  /** The image's values at 0 and 255. */
  readonly window: readonly [number, number];
  /** Of the structures; a label is 1 + the place in here. */
  readonly keys: readonly string[];
  readonly grey: Uint8Array;
  readonly labels: Uint8Array;
}

/** The host sent bytes that are no slices. */
export class SliceFault extends Error {}

const FORMAT = 1;
const LINE_END = 10;

interface Head {
  readonly format: number;
  readonly shape_kji: Point;
  readonly origin_patient_mm: Point;
  readonly spacing_mm: number;
  readonly window: readonly [number, number];
  readonly keys: readonly string[];
}

/** Read slices that were unpacked already. */
export function readSlices(bytes: Uint8Array): SliceVolume {
  const end = bytes.indexOf(LINE_END);
  const head = readHead(bytes.subarray(0, Math.max(0, end)));
  const [k, j, i] = head.shape_kji;
  const voxels = i * j * k;
  if (bytes.length !== end + 1 + 2 * voxels) throw new SliceFault("The slices are damaged.");
  return {
    size: [i, j, k],
    originMm: head.origin_patient_mm,
    spacingMm: head.spacing_mm,
    window: head.window,
    keys: head.keys,
    grey: bytes.subarray(end + 1, end + 1 + voxels),
    labels: bytes.subarray(end + 1 + voxels),
  };
}

function readHead(line: Uint8Array): Head {
  let head: Head;
  try {
    head = JSON.parse(new TextDecoder().decode(line)) as Head;
  } catch {
    throw new SliceFault("The slices are damaged.");
  }
  if (head.format !== FORMAT) throw new SliceFault("The slices are of another version of orview.");
  return head;
}

/** A point of a message, metres, as slices have it. */
export function mmOf(pointM: readonly number[]): Point {
  const [x, y, z] = pointM as unknown as Point;
  return [x * 1000, y * 1000, z * 1000];
}

/** The voxel whose centre is nearest to a point, i, j, k; null for a point off the image. */
export function voxelAt(volume: SliceVolume, pointMm: Point): Point | null {
  const at = pointMm.map((mm, axis) => Math.round((mm - volume.originMm[axis]!) / volume.spacingMm));
  const inside = at.every((n, axis) => n >= 0 && n < volume.size[axis]!);
  return inside ? (at as unknown as Point) : null;
}

/** Where a voxel's centre is. */
export function pointOf(volume: SliceVolume, [i, j, k]: Point): Point {
  const { originMm, spacingMm } = volume;
  return [originMm[0] + i * spacingMm, originMm[1] + j * spacingMm, originMm[2] + k * spacingMm];
}

/** The number of a voxel in `grey` and `labels`. */
export function indexOf(volume: SliceVolume, [i, j, k]: Point): number {
  return (k * volume.size[1] + j) * volume.size[0] + i;
}

/** The structure shown at a point, or null. */
export function structureAt(volume: SliceVolume, pointMm: Point): string | null {
  const voxel = voxelAt(volume, pointMm);
  const label = voxel === null ? 0 : volume.labels[indexOf(volume, voxel)]!;
  return label === 0 ? null : (volume.keys[label - 1] ?? null);
}

/** The box round a structure, by the middles of its voxels; null where it is nowhere in the image. */
export function boxOf(volume: SliceVolume, key: string): { readonly least: Point; readonly most: Point } | null {
  const label = volume.keys.indexOf(key) + 1;
  if (label === 0) return null;
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  const [ni, nj] = volume.size;
  for (let at = volume.labels.indexOf(label); at >= 0; at = volume.labels.indexOf(label, at + 1)) {
    const voxel = [at % ni, Math.floor(at / ni) % nj, Math.floor(at / (ni * nj))];
    for (let axis = 0; axis < 3; axis += 1) {
      low[axis] = Math.min(low[axis]!, voxel[axis]!);
      high[axis] = Math.max(high[axis]!, voxel[axis]!);
    }
  }
  return low[0] === Infinity ? null : { least: pointOf(volume, low), most: pointOf(volume, high) };
}

/** The middle of a structure, of its box; null where it is nowhere in the image. */
export function middleOf(volume: SliceVolume, key: string): Point | null {
  const box = boxOf(volume, key);
  if (box === null) return null;
  const middle = box.least.map((mm, axis) => (mm + box.most[axis]!) / 2) as unknown as Point;
  // The middle of a voxel.
  return pointOf(volume, voxelAt(volume, middle)!);
}
