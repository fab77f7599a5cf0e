import assert from "node:assert/strict";
import { test } from "node:test";

import {
  CAMERA_FROM_VIEW,
  fitInside,
  identity,
  invertRigid,
  type Matrix,
  multiply,
  inModel,
  inPatient,
  PATIENT_FROM_MODEL,
  setFromPose,
  setProjection,
} from "../src/frames.ts";
import { vectors } from "./vectors.ts";

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

interface Places {
  world_from_room: { position: [number, number, number]; quat_xyzw: [number, number, number, number] };
  room_from_patient: { position: [number, number, number]; quat_xyzw: [number, number, number, number] };
  points: { name: string; model_m: number[]; world_m: number[] }[];
}

/** How far off, in metres, the worst of the host's points is drawn when the model is read by `patientFromModel`. */
function worstM(patientFromModel: Matrix): number {
  const { world_from_room: room, room_from_patient: patient, points } = vectors<Places>("places");
  const worldFromRoom = setFromPose(identity(), { position: room.position, quatXyzw: room.quat_xyzw });
  const roomFromPatient = setFromPose(identity(), { position: patient.position, quatXyzw: patient.quat_xyzw });
  const worldFromPatient = multiply(identity(), worldFromRoom, roomFromPatient);
  const worldFromModel = multiply(identity(), worldFromPatient, patientFromModel);
  return Math.max(
    ...points.map(({ model_m, world_m }) => {
      const drawn = apply(worldFromModel, model_m);
      return Math.hypot(...world_m.map((value, axis) => drawn[axis]! - value));
    }),
  );
}

/** The 48 ways to take the axes of a model: each order, each set of signs. */
function* axes(): Generator<Matrix> {
  for (const order of ["012", "021", "102", "120", "201", "210"]) {
    for (let signs = 0; signs < 8; signs += 1) {
      const matrix = new Float64Array(16);
      [...order].forEach((row, column) => {
        matrix[column * 4 + Number(row)] = (signs >> column) & 1 ? -1 : 1;
      });
      matrix[15] = 1;
      yield matrix;
    }
  }
}

test("of the 48 ways to read a model's axes the client's alone draws the host's points in their places", () => {
  assert.ok(worstM(PATIENT_FROM_MODEL) < 1e-6);
  const right = [...axes()].filter((matrix) => worstM(matrix) < 0.1);
  assert.deepEqual(right, [PATIENT_FROM_MODEL]);
});

test("a model in another unit than metres is drawn elsewhere", () => {
  for (const scale of [0.001, 0.01, 10, 25.4, 1000]) {
    const scaled = PATIENT_FROM_MODEL.map((value, index) => (index < 12 ? scale * value : value));
    assert.ok(worstM(scaled) > 0.1, `${scale}`);
  }
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

test("the axes of model and patient are told in one place", () => {
  const model = [0.25, -0.5, 1] as const;
  assert.deepEqual(inPatient(model), apply(PATIENT_FROM_MODEL, model).slice(0, 3));
  assert.deepEqual(inModel(inPatient(model)), model);
});
