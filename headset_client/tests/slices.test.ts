/** Slices read as Python wrote them, and cut so that left, front and top are where their letters say. */

import assert from "node:assert/strict";
import test from "node:test";

import {
  greyTable,
  type Letter,
  labelsIn,
  outlinePath,
  PLANE_NAMES,
  planeThrough,
  pointUnder,
  scaleMm,
} from "../src/console/live/plane.ts";
import {
  indexOf,
  middleOf,
  mmOf,
  type Point,
  readSlices,
  SliceFault,
  structureAt,
  voxelAt,
} from "../src/console/live/volume.ts";
import { vectors } from "./vectors.ts";

interface Vector {
  readonly hex: string;
  readonly points: readonly { readonly patient_mm: Point; readonly grey: number; readonly structure: string | null }[];
}

const VECTOR = vectors<Vector>("slices");
const BYTES = Uint8Array.from(VECTOR.hex.match(/../g)!, (pair) => parseInt(pair, 16));
const VOLUME = readSlices(BYTES);
const MIDDLE: Point = [-9, 121, -899.25];

/** The way of each letter in patient axes. */
const WAYS: Readonly<Record<Letter, Point>> = {
  L: [1, 0, 0],
  R: [-1, 0, 0],
  P: [0, 1, 0],
  A: [0, -1, 0],
  S: [0, 0, 1],
  I: [0, 0, -1],
};

test("every voxel is where Python put it", () => {
  for (const point of VECTOR.points) {
    const voxel = voxelAt(VOLUME, point.patient_mm)!;
    assert.equal(VOLUME.grey[indexOf(VOLUME, voxel)], point.grey);
    assert.equal(structureAt(VOLUME, point.patient_mm), point.structure);
  }
  assert.equal(voxelAt(VOLUME, [-11, 120.25, -900]), null);
  assert.equal(structureAt(VOLUME, [-11, 120.25, -900]), null);
  assert.deepEqual(mmOf([0.01, -0.2, 0.3]), [10, -200, 300]);
});

test("bytes that are no slices of this version are refused in words", () => {
  const text = new TextEncoder();
  for (const bytes of [new Uint8Array(), text.encode("{}"), BYTES.subarray(0, -1), text.encode('{"format":1\n')])
    assert.throws(() => readSlices(bytes), SliceFault);
  assert.throws(() => readSlices(text.encode('{"format":2}\n')), /another version/);
});

for (const name of PLANE_NAMES) {
  test(`the ${name} slice shows what is under each of its pixels, and its letters are true`, () => {
    const plane = planeThrough(VOLUME, name, MIDDLE)!;
    assert.deepEqual(pointUnder(VOLUME, name, MIDDLE, ...plane.cross), MIDDLE);
    for (let row = 0; row < plane.height; row += 1) {
      for (let column = 0; column < plane.width; column += 1) {
        const point = pointUnder(VOLUME, name, MIDDLE, column, row)!;
        const index = indexOf(VOLUME, voxelAt(VOLUME, point)!);
        assert.equal(plane.grey[row * plane.width + column], VOLUME.grey[index]);
        assert.equal(plane.labels[row * plane.width + column], VOLUME.labels[index]);
      }
    }
    const middle = pointUnder(VOLUME, name, MIDDLE, 1, 1)!;
    const { left, right, top, bottom } = plane.letters;
    for (const [letter, column, row] of [[left, 0, 1], [right, 2, 1], [top, 1, 0], [bottom, 1, 2]] as const) {
      const there = pointUnder(VOLUME, name, MIDDLE, column, row)!;
      const way = there.map((mm, axis) => Math.round((mm - middle[axis]!) / VOLUME.spacingMm));
      assert.deepEqual(way.map((n) => n + 0), [...WAYS[letter]], `${letter} of ${name}`);
    }
    assert.equal(pointUnder(VOLUME, name, MIDDLE, -1, 0), null);
    assert.equal(pointUnder(VOLUME, name, MIDDLE, plane.width, 0), null);
  });
}

test("a structure that lies to the left, in front or on top is seen on that side", () => {
  const axial = planeThrough(VOLUME, "axial", MIDDLE)!;
  const coronal = planeThrough(VOLUME, "coronal", MIDDLE)!;
  const sagittal = planeThrough(VOLUME, "sagittal", MIDDLE)!;
  const at = (plane: typeof axial, column: number, row: number): string | undefined =>
    VOLUME.keys[plane.labels[row * plane.width + column]! - 1];
  assert.equal(at(axial, axial.width - 1, 1), "nerve_s1_left");
  assert.equal(at(coronal, coronal.width - 1, 1), "nerve_s1_left");
  assert.equal(at(axial, 0, 0), "bladder");
  assert.equal(at(sagittal, 0, 1), "bladder");
  assert.equal(at(coronal, 0, 0), "vertebra_l5");
  assert.equal(at(sagittal, 2, 0), "vertebra_l5");
});

test("there is no slice through a point off the image", () => {
  for (const name of PLANE_NAMES) assert.equal(planeThrough(VOLUME, name, [0, 0, 0]), null);
});

test("the middle of a structure is in the middle of its voxels", () => {
  assert.deepEqual(middleOf(VOLUME, "nerve_s1_left"), [-7.5, 121, -898.5]);
  assert.equal(middleOf(VOLUME, "tumour"), null);
});

test("an outline runs round its voxels, along their edges, each edge once, and not along the image's end", () => {
  const plane = { ...planeThrough(VOLUME, "axial", MIDDLE)!, width: 4, height: 4 };
  const labels = Uint8Array.of(0, 0, 0, 0, 0, 5, 5, 0, 0, 5, 0, 0, 0, 0, 0, 0);
  const path = outlinePath({ ...plane, labels }, 5);
  // An L of three voxels: eight edges around it in six straight lines.
  assert.equal(path, "M0.5 0.5H2.5M1.5 1.5H2.5M0.5 2.5H1.5M0.5 0.5V2.5M1.5 1.5V2.5M2.5 0.5V1.5");
  assert.equal(outlinePath({ ...plane, labels }, 7), "");
  assert.deepEqual(labelsIn({ ...plane, labels }), [5]);
  const toTheEnd = Uint8Array.of(5, 5, 5, 5, 5, 5, 5, 5, 0, 0, 0, 0, 0, 0, 0, 0);
  assert.equal(outlinePath({ ...plane, labels: toTheEnd }, 5), "M-0.5 1.5H3.5");
});

test("between two structures runs the outline of the more important one alone", () => {
  const plane = { ...planeThrough(VOLUME, "axial", MIDDLE)!, width: 4, height: 3 };
  const labels = Uint8Array.of(9, 9, 9, 0, 9, 1, 9, 0, 9, 9, 9, 0);
  assert.equal(outlinePath({ ...plane, labels }, 1), "M0.5 0.5H1.5M0.5 1.5H1.5M0.5 0.5V1.5M1.5 0.5V1.5");
  assert.equal(outlinePath({ ...plane, labels }, 9), "M2.5 -0.5V2.5");
});

test("a narrower window spreads its greys from black to white", () => {
  const whole = greyTable(VOLUME, ...VOLUME.window);
  assert.deepEqual([whole[0], whole[128], whole[255]], [0, 128, 255]);
  const soft = greyTable(VOLUME, -110, 190);
  assert.deepEqual([soft[0], soft[34], soft[35], soft[255]], [0, 0, 0, 255]);
  // 4 HU a step: 40 HU, the middle of the window, is the 72nd or 73rd.
  assert.ok(soft[72]! <= 128 && soft[73]! >= 127 && soft[72]! < soft[73]!);
});

test("the scale is a round length that fits", () => {
  assert.deepEqual([300, 256, 120, 30, 2].map(scaleMm), [100, 100, 20, 10, 1]);
});
