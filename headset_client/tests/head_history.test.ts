import assert from "node:assert/strict";
import { test } from "node:test";

import { identity, setFromPose } from "../src/frames.ts";
import { HeadHistory } from "../src/overlay/head_history.ts";
import { turned } from "./moving.ts";

test("heads are told once, oldest first, by the host's clock, and the newest where there are too many", () => {
  const heads = new HeadHistory();
  for (let number = 0; number < 200; number += 1) {
    const pose = turned([0.3, -1, 0.2], number * 0.03, [number, 0, 0]);
    heads.add(number, pose);
    heads.add(number, identity());
  }
  const told = heads.take(64, 1000);
  assert.equal(told.length, 64);
  assert.deepEqual(told.map((head) => head.position_m[0]), Array.from({ length: 64 }, (_, k) => 136 + k));
  assert.equal(told[0]!.at_ns, (136 + 1000) * 1e6);
  for (const head of told) {
    const again = setFromPose(identity(), { position: head.position_m, quatXyzw: head.quat_xyzw });
    const truth = turned([0.3, -1, 0.2], head.position_m[0] * 0.03, [head.position_m[0], 0, 0]);
    assert.ok(again.every((part, k) => Math.abs(part - truth[k]!) < 1e-12));
  }
  assert.equal(heads.waiting, 0);
  heads.add(201, identity());
  assert.equal(heads.take(64, 0).length, 1);
});
