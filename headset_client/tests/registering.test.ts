import assert from "node:assert/strict";
import { test } from "node:test";

import "./english.ts";
import { promiseWords, registerObstacle, touchObstacle } from "../src/console/registering.ts";
import type { Landmarks, Session } from "../src/protocol.gen.ts";

const HELD = { state: "HOLD" } as Session;

function landmarks(touched: number, changes: Partial<Landmarks> = {}): Landmarks {
  const names = ["a", "b", "c", "d", "e"];
  return {
    type: "landmarks",
    state: "touching",
    landmarks: names.map((name, index) => ({ name, touched: index < touched })),
    fewest: 4,
    expected_error_mm: null,
    words: "",
    ...changes,
  };
}

test("a case is registered by enough touches, and not while the overlay stands", () => {
  assert.match(registerObstacle(landmarks(3), HELD) ?? "", /3 of at least 4/);
  assert.equal(registerObstacle(landmarks(4), HELD), null);
  assert.match(registerObstacle(landmarks(4), { ...HELD, state: "LIVE" }) ?? "", /End the session/);
  assert.match(touchObstacle(landmarks(0), { ...HELD, state: "LOST" }) ?? "", /End the session/);
  assert.match(touchObstacle(landmarks(4, { state: "working" }), HELD) ?? "", /being registered/);
  assert.equal(touchObstacle(landmarks(0), { ...HELD, state: "OFF" }), null);
});

test("what the touches promise is said once there are enough", () => {
  assert.equal(promiseWords(landmarks(3)), "");
  assert.match(promiseWords(landmarks(4, { expected_error_mm: 1.4 })), /1\.4\s*mm\s*\(95\s*%\)/u);
});
