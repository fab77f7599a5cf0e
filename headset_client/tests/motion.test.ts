import assert from "node:assert/strict";
import { test } from "node:test";

import { identity, type Matrix, setFromPose } from "../src/frames.ts";
import { MOST_AHEAD_MS, Motion, SLOW_M_PER_S } from "../src/overlay/motion.ts";

const MIDDLE = [0.02, -0.31, 0.45];
const AXIS = [0.6, 0, 0.8];

/** The pose of a patient whose middle is at `at` and which is turned by `angle` about `AXIS`. */
function poseAt(at: readonly number[], angle: number): Matrix {
  const s = Math.sin(angle / 2);
  const pose = setFromPose(identity(), {
    position: [0, 0, 0],
    quatXyzw: [AXIS[0]! * s, AXIS[1]! * s, AXIS[2]! * s, Math.cos(angle / 2)],
  });
  for (let row = 0; row < 3; row += 1) {
    let turned = 0;
    for (let k = 0; k < 3; k += 1) turned += pose[4 * k + row]! * MIDDLE[k]!;
    pose[12 + row] = at[row]! - turned;
  }
  return pose;
}

function worst(one: Matrix, other: Matrix): number {
  return Math.max(...one.map((value, at) => Math.abs(value - other[at]!)));
}

/** Streams a motion at a rate, and returns the motion with the time of the newest pose. */
function streamed(path: (ms: number) => Matrix, untilMs: number, hz: number): { motion: Motion; newestMs: number } {
  const motion = new Motion();
  let newestMs = 0;
  for (let n = 0; (1000 * n) / hz <= untilMs; n += 1) {
    newestMs = (1000 * n) / hz;
    motion.take(newestMs * 1e6, path(newestMs), MIDDLE);
  }
  return { motion, newestMs };
}

const out = identity();

test("a patient at rest, or breathing, is drawn exactly as streamed", () => {
  const rest = () => poseAt([0.1, 0.2, 0.9], 0.3);
  const breath = (ms: number) => poseAt([0.1, 0.2 + 0.0075 * Math.sin((2 * Math.PI * 0.3 * ms) / 1000), 0.9], 0.3);
  for (const path of [rest, breath]) {
    for (let untilMs = 100; untilMs < 4000; untilMs += 33) {
      const { motion, newestMs } = streamed(path, untilMs, 60);
      assert.equal(motion.moves, false);
      assert.equal(worst(motion.into(out, 80), path(newestMs)), 0);
    }
  }
});

test("a steady motion is carried on to where the patient truly is", () => {
  const v = [0.12, -0.05, 0.03];
  const along = (ms: number) => v.map((speed, axis) => [0.1, 0.2, 0.9][axis]! + (speed * ms) / 1000);
  const paths: ((ms: number) => Matrix)[] = [
    (ms) => poseAt(along(ms), 0.3),
    (ms) => poseAt(along(ms), 0.3 + 0.0008 * ms),
    (ms) => poseAt([0.1, 0.2, 0.9], 0.0006 * ms),
  ];
  for (const path of paths) {
    for (const hz of [20, 30, 60, 90]) {
      const { motion, newestMs } = streamed(path, 500, hz);
      assert.equal(motion.moves, true, `${hz} Hz`);
      for (const ageMs of [0, 1, 40, MOST_AHEAD_MS]) {
        const error = worst(motion.into(out, ageMs), path(newestMs + ageMs));
        assert.ok(error < 1e-9, `${hz} Hz, ${ageMs} ms: ${error}`);
      }
    }
  }
});

test("it is never carried on further than 100 ms, nor back", () => {
  const path = (ms: number) => poseAt([0.1 + 0.0002 * ms, 0.2, 0.9], 0.3);
  const { motion, newestMs } = streamed(path, 500, 60);
  assert.ok(worst(motion.into(out, 5000), path(newestMs + MOST_AHEAD_MS)) < 1e-9);
  assert.equal(worst(motion.into(out, -40), path(newestMs)), 0);
  assert.equal(worst(motion.into(out, NaN), path(newestMs)), 0);
});

test("below the threshold it is the pose, above it the motion", () => {
  for (const share of [0.5, 0.95, 1.05, 2]) {
    const path = (ms: number) => poseAt([0.1 + (share * SLOW_M_PER_S * ms) / 1000, 0.2, 0.9], 0.3);
    assert.equal(streamed(path, 500, 60).motion.moves, share > 1, `${share}`);
  }
});

test("one wrong pose, or a jump of any size, is never carried on", () => {
  for (const jumpM of [0.002, 0.006, 0.01, 0.015, 0.03, 0.2]) {
    for (const lasting of [false, true]) {
      const motion = new Motion();
      for (let n = 0; n < 60; n += 1) {
        const off = lasting ? n >= 30 : n === 30;
        const pose = poseAt([0.1 + (off ? jumpM : 0), 0.2, 0.9], 0.3);
        motion.take((n * 1e9) / 60, pose, MIDDLE);
        assert.equal(worst(motion.into(out, 80), pose), 0, `${jumpM} m, pose ${n}`);
      }
    }
  }
});

test("who stops is drawn at rest within two poses, and overshoots no farther than what it moved in one age", () => {
  const speed = 0.1;
  const path = (ms: number) => poseAt([0.1 + (speed * Math.min(ms, 500)) / 1000, 0.2, 0.9], 0.3);
  const motion = new Motion();
  let worstM = 0;
  for (let n = 0; n < 60; n += 1) {
    const ms = (1000 * n) / 60;
    motion.take(ms * 1e6, path(ms), MIDDLE);
    worstM = Math.max(worstM, worst(motion.into(out, 60), path(ms + 60)));
    if (ms > 550) assert.equal(worst(motion.into(out, 60), path(ms)), 0, `${ms}`);
  }
  assert.ok(worstM <= speed * 0.0601 + 1e-9, `${worstM}`);
});

test("noise of a tracker alone moves nothing", () => {
  let seed = 1;
  const noise = () => {
    seed = (seed * 16807) % 2147483647;
    return (seed / 2147483647 - 0.5) * 2 * 0.0003;
  };
  const motion = new Motion();
  for (let n = 0; n < 2000; n += 1) {
    motion.take((n * 1e9) / 60, poseAt([0.1 + noise(), 0.2 + noise(), 0.9 + noise()], 0.3), MIDDLE);
    assert.equal(motion.moves, false, `pose ${n}`);
  }
});

test("after a gap, another room or the same pose again nothing is carried on", () => {
  const path = (ms: number) => poseAt([0.1 + 0.0002 * ms, 0.2, 0.9], 0.3);
  const { motion } = streamed(path, 500, 60);
  motion.take(500e6, path(500), MIDDLE);
  motion.take(800e6, path(800), MIDDLE);
  assert.equal(motion.moves, false);
  assert.equal(worst(motion.into(out, 80), path(800)), 0);
  motion.clear();
  motion.take(1e6, path(0), MIDDLE);
  assert.equal(worst(motion.into(out, 80), path(0)), 0);
});
