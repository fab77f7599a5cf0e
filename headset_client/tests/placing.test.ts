import assert from "node:assert/strict";
import { test } from "node:test";

import { identity, type Matrix, setFromPose } from "../src/frames.ts";
import { buttonBox, FACE, MOST_BUTTONS } from "../src/overlay/menu.ts";
import { KEPT_FREE_RAD, MENU_DISTANCE_M, Placing } from "../src/overlay/placing.ts";

function head(x: number, y: number, z: number, pitchRad: number, yawRad: number): Matrix {
  // Turn about y, then about the head's own x.
  const [sp, cp, sy, cy] = [Math.sin(pitchRad / 2), Math.cos(pitchRad / 2), Math.sin(yawRad / 2), Math.cos(yawRad / 2)];
  return setFromPose(identity(), { position: [x, y, z], quatXyzw: [cy * sp, sy * cp, -sy * sp, cy * cp] });
}

function point(menu: Matrix, x: number, y: number): number[] {
  return [0, 1, 2].map((axis) => menu[axis]! * x + menu[4 + axis]! * y + menu[12 + axis]!);
}

function angle(from: Matrix, a: readonly number[], b: readonly number[]): number {
  const [u, v] = [a, b].map((end) => end.map((part, axis) => part - from[12 + axis]!)) as [number[], number[]];
  const dot = u.reduce((sum, part, axis) => sum + part * v[axis]!, 0);
  return Math.acos(dot / (Math.hypot(...u) * Math.hypot(...v)));
}

function field(x: number, y: number, z: number): Matrix {
  const m = identity();
  m[12] = x;
  m[13] = y;
  m[14] = z;
  return m;
}

const CORNERS = [[-1, -1], [-1, 1], [1, -1], [1, 1], [0, 1], [0, -1], [-1, 0], [1, 0]] as const;

test("no part of the menu is within 20 degrees of the line to the field, wherever head and field are", () => {
  for (let turn = 0; turn < 200; turn += 1) {
    const yaw = turn * 0.7;
    const pitch = -1.3 + (turn % 27) * 0.08;
    const worldFromHead = head(0.3 * Math.sin(turn), 1.6, 0.2 * Math.cos(turn), pitch, yaw);
    const ahead = [0, 1, 2].map((axis) => worldFromHead[12 + axis]! - 0.55 * worldFromHead[8 + axis]!);
    const aside = field(ahead[0]! + 0.1 * Math.sin(3 * turn), ahead[1]! - 0.1, ahead[2]! + 0.1 * Math.cos(5 * turn));
    const menu = identity();
    assert.equal(new Placing().update(menu, worldFromHead, aside, false), true);
    for (const [sx, sy] of CORNERS) {
      const corner = point(menu, (sx * FACE.width) / 2, (sy * FACE.height) / 2);
      assert.ok(angle(worldFromHead, corner, [aside[12]!, aside[13]!, aside[14]!]) > KEPT_FREE_RAD);
    }
    const middle = point(menu, 0, 0);
    const away = middle.map((part, axis) => part - worldFromHead[12 + axis]!);
    assert.ok(Math.abs(Math.hypot(...away) - MENU_DISTANCE_M) < 1e-9);
    // It faces the head: its +z points back along the line to it.
    assert.ok(away.reduce((sum, part, axis) => sum + part * menu[8 + axis]!, 0) < -0.999 * MENU_DISTANCE_M);
  }
});

test("it hangs right of the field and low", () => {
  const menu = identity();
  new Placing().update(menu, head(0, 1.6, 0, 0, 0), field(0, 1.6, -0.6), false);
  assert.ok(menu[12]! > 0.3, "right");
  assert.ok(menu[13]! < 1.6 - 0.1, "low");
  assert.ok(menu[14]! < -0.3, "ahead");
  // A right-handed frame, upright.
  assert.ok(menu[5]! > 0.8 && menu[0]! > 0.5);
});

test("whatever head and field do, it comes no nearer than 20 degrees to the line between them", () => {
  const placing = new Placing();
  const menu = identity();
  for (let step = 0; step < 3000; step += 1) {
    const t = step / 60;
    const worldFromHead = head(0.4 * Math.sin(0.7 * t), 1.6 + 0.1 * Math.sin(t), 0.3 * Math.cos(0.4 * t), -0.7, 0.6 * Math.sin(2 * t));
    const there = field(0.15 * Math.sin(1.3 * t), 1.1, -0.5 + 0.1 * Math.cos(t));
    placing.update(menu, worldFromHead, there, false);
    for (const [sx, sy] of CORNERS) {
      const corner = point(menu, (sx * FACE.width) / 2, (sy * FACE.height) / 2);
      assert.ok(angle(worldFromHead, corner, [there[12]!, there[13]!, there[14]!]) >= KEPT_FREE_RAD - 1e-9, `${step}`);
    }
  }
});

test("it rests while the head turns to it, and while it is looked at", () => {
  const placing = new Placing();
  const menu = identity();
  const there = field(0, 1.1, -0.4);
  assert.equal(placing.update(menu, head(0, 1.6, 0, -0.8, 0), there, false), true);
  const before = Float64Array.from(menu);
  for (const yaw of [-0.2, -0.5, -0.8, 0.5, 1.5]) {
    assert.equal(placing.update(menu, head(0, 1.6, 0, -0.4, yaw), there, false), false);
  }
  assert.equal(placing.update(menu, head(0, 1.6, -1.2, -0.4, 3), there, true), false, "looked at");
  assert.deepEqual(menu, before);
  assert.equal(placing.update(menu, head(0, 1.6, -1.2, -0.4, 3), there, false), true, "on the other side of the table");
  placing.reset();
  assert.equal(placing.update(menu, head(0, 1.6, -1.2, -0.4, 3), there, false), true, "another session");
});

test("without a field it lets the head turn to it, and follows one that turned away", () => {
  const placing = new Placing();
  const menu = identity();
  assert.equal(placing.update(menu, head(0, 1.6, 0, 0, 0), null, false), true);
  assert.equal(placing.update(menu, head(0, 1.6, 0, -0.2, -0.6), null, false), false);
  assert.equal(placing.update(menu, head(0, 1.6, 0, 0, 0.5), null, false), false);
  assert.equal(placing.update(menu, head(0, 1.6, 0, 0, 1.6), null, false), true);
});

test("buttons lie on the face, apart, and are 5 degrees wide at least", () => {
  const boxes = Array.from({ length: MOST_BUTTONS }, (_, index) => buttonBox(index));
  for (const box of boxes) {
    assert.ok(Math.abs(box.x) + box.width / 2 <= FACE.width / 2 && box.y - box.height / 2 >= -FACE.height / 2);
    assert.ok(Math.atan(box.width / MENU_DISTANCE_M) > (5 * Math.PI) / 180);
    assert.ok(Math.atan(box.height / MENU_DISTANCE_M) > (2 * Math.PI) / 180);
    for (const other of boxes) {
      const apart = Math.abs(box.x - other.x) >= box.width + FACE.gap - 1e-9 || Math.abs(box.y - other.y) >= box.height;
      assert.ok(other === box || apart);
    }
  }
});
