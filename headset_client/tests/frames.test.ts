import assert from "node:assert/strict";
import { test } from "node:test";

import {
  CAMERA_FROM_VIEW,
  fitInside,
  identity,
  invertRigid,
  type Matrix,
  multiply,
  PATIENT_FROM_MODEL,
  setFromPose,
  setProjection,
} from "../src/frames.ts";

function apply(matrix: Matrix, point: readonly number[]): number[] {
  const [x = 0, y = 0, z = 0, w = 1] = point;
  return [0, 1, 2, 3].map((row) => matrix[row]! * x + matrix[4 + row]! * y + matrix[8 + row]! * z + matrix[12 + row]! * w);
}

function near(actual: readonly number[], expected: readonly number[], tolerance = 1e-12): void {
  expected.forEach((value, index) => assert.ok(Math.abs(actual[index]! - value) < tolerance, `${actual} ${expected}`));
}

const HALF = Math.SQRT1_2;

test("model left, superior, anterior become patient left, superior, anterior", () => {
  near(apply(PATIENT_FROM_MODEL, [1, 0, 0]), [1, 0, 0, 1]);
  near(apply(PATIENT_FROM_MODEL, [0, 1, 0]), [0, 0, 1, 1]);
  near(apply(PATIENT_FROM_MODEL, [0, 0, 1]), [0, -1, 0, 1]);
});

test("a pose turns and moves points", () => {
  const matrix = setFromPose(identity(), { position: [1, 2, 3], quatXyzw: [0, 0, HALF, HALF] });
  near(apply(matrix, [1, 0, 0]), [1, 3, 3, 1]);
  near(apply(matrix, [0, 1, 0]), [0, 2, 3, 1]);
});

test("a rigid inverse undoes its matrix", () => {
  const matrix = setFromPose(identity(), { position: [0.3, -0.2, 1.7], quatXyzw: [0.5, -0.5, 0.5, 0.5] });
  const product = multiply(identity(), invertRigid(identity(), matrix), matrix);
  near([...product], [...identity()]);
});

test("composition meets in the middle", () => {
  const aFromB = setFromPose(identity(), { position: [1, 0, 0], quatXyzw: [0, 0, HALF, HALF] });
  const bFromC = setFromPose(identity(), { position: [0, 2, 0], quatXyzw: [HALF, 0, 0, HALF] });
  const point = [0.3, 0.4, 0.5];
  near(apply(multiply(identity(), aFromB, bFromC), point), apply(aFromB, apply(bFromC, point)));
});

test("a point lands on the pixel the pinhole gives, pixel (0, 0) being a centre", () => {
  const lens = { fx: 530, fy: 531, cx: 318.2, cy: 182.9, width: 640, height: 360 };
  const projection = setProjection(identity(), lens, 0.05, 10);
  for (const [x, y, z] of [
    [0, 0, 0.6],
    [0.1, -0.05, 0.5],
    [-0.2, 0.12, 0.8],
  ] as const) {
    const [clipX, clipY, , clipW] = apply(projection, apply(CAMERA_FROM_VIEW, [x, y, z])) as [number, number, number, number];
    const column = ((clipX / clipW + 1) / 2) * lens.width - 0.5;
    const row = ((1 - clipY / clipW) / 2) * lens.height - 0.5;
    near([column, row], [(lens.fx * x) / z + lens.cx, (lens.fy * y) / z + lens.cy], 1e-9);
  }
});

test("near and far meet the ends of the depth range", () => {
  const lens = { fx: 500, fy: 500, cx: 319.5, cy: 179.5, width: 640, height: 360 };
  const projection = setProjection(identity(), lens, 0.05, 10);
  const depth = (z: number) => apply(projection, [0, 0, z])[2]! / apply(projection, [0, 0, z])[3]!;
  near([depth(-0.05), depth(-10)], [-1, 1]);
});

test("a picture keeps its shape in any window", () => {
  const picture = { width: 640, height: 360 };
  assert.deepEqual(fitInside(picture, { width: 1280, height: 720 }), { width: 1280, height: 720 });
  assert.deepEqual(fitInside(picture, { width: 1000, height: 1000 }), { width: 1000, height: 563 });
  assert.deepEqual(fitInside(picture, { width: 2000, height: 360 }), { width: 640, height: 360 });
});
