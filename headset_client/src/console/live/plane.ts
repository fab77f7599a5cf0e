/**
 * One slice through a point, as radiologists look at it: axial from the feet, coronal from the front, sagittal from the
 * patient's left. What is left, right, top and bottom of a picture is said in letters, and stands in one table.
 */

import { indexOf, type Point, pointOf, type SliceVolume, voxelAt } from "./volume.ts";

export const PLANE_NAMES = ["axial", "coronal", "sagittal"] as const;
export type PlaneName = (typeof PLANE_NAMES)[number];

/** The ends of the patient's axes: right, left, anterior, posterior, inferior, superior. */
export type Letter = "R" | "L" | "A" | "P" | "I" | "S";

interface Layout {
  /** Axis of the volume (0 = i, 1 = j, 2 = k) along a picture's columns, always upwards in it. */
  readonly columns: number;
  readonly rows: number;
  /** Whether rows run against their axis: superior is up, and k grows upwards. */
  readonly rowsAgainst: boolean;
  readonly through: number;
  readonly letters: { readonly left: Letter; readonly right: Letter; readonly top: Letter; readonly bottom: Letter };
}

const LAYOUTS: Readonly<Record<PlaneName, Layout>> = {
  axial: { columns: 0, rows: 1, rowsAgainst: false, through: 2, letters: { left: "R", right: "L", top: "A", bottom: "P" } },
  coronal: { columns: 0, rows: 2, rowsAgainst: true, through: 1, letters: { left: "R", right: "L", top: "S", bottom: "I" } },
  sagittal: { columns: 1, rows: 2, rowsAgainst: true, through: 0, letters: { left: "A", right: "P", top: "S", bottom: "I" } },
};

export interface Plane {
  readonly name: PlaneName;
  readonly width: number;
  readonly height: number;
  readonly grey: Uint8Array;
  readonly labels: Uint8Array;
  /** Column and row of the point it goes through. */
  readonly cross: readonly [number, number];
  readonly letters: Layout["letters"];
}

/** The slice through a point; null for a point off the image. */
export function planeThrough(volume: SliceVolume, name: PlaneName, pointMm: Point): Plane | null {
  const voxel = voxelAt(volume, pointMm);
  if (voxel === null) return null;
  const layout = LAYOUTS[name];
  const width = volume.size[layout.columns]!;
  const height = volume.size[layout.rows]!;
  const grey = new Uint8Array(width * height);
  const labels = new Uint8Array(width * height);
  const at: [number, number, number] = [...voxel];
  for (let row = 0; row < height; row += 1) {
    at[layout.rows] = alongRows(layout, height, row);
    at[layout.columns] = 0;
    const first = indexOf(volume, at);
    at[layout.columns] = 1;
    const step = indexOf(volume, at) - first;
    for (let column = 0; column < width; column += 1) {
      const from = first + column * step;
      grey[row * width + column] = volume.grey[from]!;
      labels[row * width + column] = volume.labels[from]!;
    }
  }
  const cross = [voxel[layout.columns]!, alongRows(layout, height, voxel[layout.rows]!)] as const;
  return { name, width, height, grey, labels, cross, letters: layout.letters };
}

/** The point of the patient under a column and row of the slice through `pointMm`. */
export function pointUnder(
  volume: SliceVolume,
  name: PlaneName,
  pointMm: Point,
  column: number,
  row: number,
): Point | null {
  const voxel = voxelAt(volume, pointMm);
  if (voxel === null) return null;
  const layout = LAYOUTS[name];
  const at: [number, number, number] = [...voxel];
  at[layout.columns] = Math.round(column);
  at[layout.rows] = alongRows(layout, volume.size[layout.rows]!, Math.round(row));
  const point = pointOf(volume, at);
  return voxelAt(volume, point) === null ? null : point;
}

/** The patient's axis a slice lies across: 0 left, 1 posterior, 2 superior. */
export function throughAxis(name: PlaneName): 0 | 1 | 2 {
  return LAYOUTS[name].through as 0 | 1 | 2;
}

/** Column and row, not whole, under which a point of the patient lies in a slice, or beside it. */
export function placeOf(volume: SliceVolume, name: PlaneName, pointMm: Point): readonly [number, number] {
  const layout = LAYOUTS[name];
  const at = (axis: number) => (pointMm[axis]! - volume.originMm[axis]!) / volume.spacingMm;
  return [at(layout.columns), alongRows(layout, volume.size[layout.rows]!, at(layout.rows))];
}

/** The way between two places of a slice, columns and rows, in the patient, mm. */
export function wayBetween(volume: SliceVolume, name: PlaneName, columns: number, rows: number): Point {
  const layout = LAYOUTS[name];
  const way: [number, number, number] = [0, 0, 0];
  way[layout.columns] = columns * volume.spacingMm;
  way[layout.rows] = (layout.rowsAgainst ? -rows : rows) * volume.spacingMm;
  return way;
}

function alongRows(layout: Layout, height: number, n: number): number {
  return layout.rowsAgainst ? height - 1 - n : n;
}

/**
 * The outline of a label in a slice as the data of an SVG path, px of the slice with voxel centres at whole numbers;
 * empty where it is not seen. Edges that go on in a straight line are one line.
 *
 * Between two structures runs the outline of the more important one, whose label is the lower; so that what lies all
 * around, like skin, is outlined where it ends and not around everything in it. Where the image ends nothing does.
 */
export function outlinePath(plane: Plane, label: number): string {
  const { width, height, labels } = plane;
  const at = (column: number, row: number): number =>
    column >= 0 && column < width && row >= 0 && row < height ? labels[row * width + column]! : label;
  const isEdge = (one: number, other: number): boolean =>
    (one === label) !== (other === label) && (one === 0 || other === 0 || Math.min(one, other) === label);
  return lines(height, width, (row, column) => isEdge(at(column, row), at(column, row - 1)), true) +
    lines(width, height, (column, row) => isEdge(at(column, row), at(column - 1, row)), false);
}

/** Lines along rows (`level`) or columns: `isEdge(line, n)` says whether there is an edge before a line at a place of it. */
function lines(count: number, length: number, isEdge: (line: number, n: number) => boolean, level: boolean): string {
  let path = "";
  for (let line = 1; line < count; line += 1) {
    let from = -1;
    for (let n = 0; n <= length; n += 1) {
      const edge = n < length && isEdge(line, n);
      if (edge && from < 0) from = n;
      else if (!edge && from >= 0) {
        path += level ? `M${from - 0.5} ${line - 0.5}H${n - 0.5}` : `M${line - 0.5} ${from - 0.5}V${n - 0.5}`;
        from = -1;
      }
    }
  }
  return path;
}

/** The labels seen in a slice, each once, least first. */
export function labelsIn(plane: Plane): number[] {
  const seen = new Uint8Array(256);
  for (const label of plane.labels) seen[label] = 1;
  return [...seen.keys()].filter((label) => label > 0 && seen[label] === 1);
}

/** What each grey step is drawn as where a narrower window of the image's values is looked at. */
export function greyTable(volume: SliceVolume, low: number, high: number): Uint8ClampedArray {
  const table = new Uint8ClampedArray(256);
  const [first, last] = volume.window;
  for (let step = 0; step < 256; step += 1) {
    const value = first + (step * (last - first)) / 255;
    table[step] = Math.round((255 * (value - low)) / (high - low));
  }
  return table;
}

/** A round length in mm for a scale that takes about a third of a width. */
export function scaleMm(widthMm: number): number {
  const most = widthMm / 2.5;
  return [200, 100, 50, 20, 10, 5, 2].find((mm) => mm <= most) ?? 1;
}

/** The point so many slices on from this one, against the patient's axis where `by` is negative; null at the image's end. */
export function stepped(volume: SliceVolume, name: PlaneName, pointMm: Point, by: number): Point | null {
  const { through } = LAYOUTS[name];
  const to = pointMm.map((mm, axis) => (axis === through ? mm + by * volume.spacingMm : mm)) as unknown as Point;
  return voxelAt(volume, to) === null ? null : to;
}
