import assert from "node:assert/strict";
import { test } from "node:test";

import { identity, type Matrix, multiply, setFromPose } from "../src/frames.ts";
import { Anchoring } from "../src/overlay/anchoring.ts";

function pose(x: number, y: number, z: number, aboutYRad = 0): Matrix {
  return setFromPose(identity(), {
    position: [x, y, z],
    quatXyzw: [0, Math.sin(aboutYRad / 2), 0, Math.cos(aboutYRad / 2)],
  });
}

function near(a: Matrix, b: Matrix): void {
  for (let index = 0; index < 16; index += 1) assert.ok(Math.abs(a[index]! - b[index]!) < 1e-12, `${a} is not ${b}`);
}

const ROOM = pose(0.4, -0.2, 1.5, 0.7);
const ANCHOR = pose(0.1, 0.9, -0.6, -0.3);

function hung(): Anchoring {
  const anchoring = new Anchoring();
  anchoring.hang(3, ROOM, ANCHOR);
  return anchoring;
}

test("the room moves with the anchor, as one body", () => {
  const anchoring = hung();
  near(anchoring.worldFromRoom(3, ROOM)!, ROOM);
  const slide = pose(0.001, -0.002, 0.0015, 0.001);
  const slid = multiply(identity(), slide, ANCHOR);
  anchoring.moved(slid);
  assert.equal(anchoring.fault(3), null);
  near(anchoring.worldFromRoom(3, ROOM)!, multiply(identity(), slide, ROOM));
});

for (let mm = 1; mm <= 20; mm += 1) {
  test(`a step of ${mm} mm is ${mm > 5 ? "flagged at once" : "followed"}, H09`, () => {
    const anchoring = hung();
    // In no direction of an axis, so that no single coordinate passes the limit.
    const along = (mm / 1000 - 1e-9) / Math.sqrt(3);
    anchoring.moved(multiply(identity(), pose(along, along, along), ANCHOR));
    anchoring.moved(ANCHOR);
    // The step of the anchor itself, wherever the world's axes point.
    const direct = hung();
    const stepped = Float64Array.from(ANCHOR);
    stepped[12]! += mm / 1000 - 1e-9;
    direct.moved(stepped);
    assert.equal(direct.fault(3) !== null, mm > 5);
    assert.equal(anchoring.fault(3) !== null, mm > 5, "stays flagged when it goes back");
  });
}

test("a turn beyond what 5 mm are at 0.2 m is flagged, a small one is followed, H09", () => {
  for (const [degrees, flagged] of [[0.5, false], [1.4, false], [1.5, true], [5, true], [-5, true]] as const) {
    const anchoring = hung();
    anchoring.moved(multiply(identity(), ANCHOR, pose(0, 0, 0, (degrees * Math.PI) / 180)));
    assert.equal(anchoring.fault(3) !== null, flagged, `${degrees} deg`);
  }
});

test("a drifted room stays where it was last trusted, and only being found anew ends the doubt", () => {
  const anchoring = hung();
  anchoring.moved(multiply(identity(), pose(0.02, 0, 0), ANCHOR));
  assert.match(anchoring.fault(3)!.why, /Look at the board/);
  near(anchoring.worldFromRoom(3, ROOM)!, ROOM);
  anchoring.hang(4, ROOM, ANCHOR);
  assert.equal(anchoring.fault(4), null);
});

test("a room found anew does not hang on the anchor of the one before", () => {
  const anchoring = hung();
  assert.equal(anchoring.holds(3), true);
  assert.equal(anchoring.holds(4), false);
  const other = pose(1, 2, 3);
  near(anchoring.worldFromRoom(4, other)!, other);
  assert.equal(anchoring.worldFromRoom(3, null), null);
  anchoring.letGo();
  assert.equal(anchoring.holds(3), false);
  anchoring.moved(ANCHOR);
  near(anchoring.worldFromRoom(3, other)!, other);
});

test("an anchor that is nowhere is a drift", () => {
  const anchoring = hung();
  anchoring.moved(pose(NaN, 0, 0));
  assert.ok(anchoring.fault(3) !== null);
});
