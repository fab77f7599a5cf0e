import assert from "node:assert/strict";
import { test } from "node:test";

import { isPictureRecent, Pairing, PATIENCE_MS, PICTURE_LIMIT_MS } from "../src/overlay/pairing.ts";

const MS = 1e6;

function pairing(): { pairing: Pairing<{ taken_ns: number }, { capture_ns: number }>; released: number[] } {
  const released: number[] = [];
  return { pairing: new Pairing((picture) => released.push(picture.taken_ns / MS)), released };
}

test("a picture is drawn with the pose of its own exposure, not with the newest", () => {
  const { pairing: pairs } = pairing();
  for (const at of [0, 33, 66, 100]) pairs.addPose({ capture_ns: at * MS });
  pairs.addPicture({ taken_ns: 33 * MS }, 120);
  assert.equal(pairs.choose(121)?.pose?.capture_ns, 33 * MS);
});

test("a picture waits for its pose, and the one before stands until then", () => {
  const { pairing: pairs, released } = pairing();
  pairs.addPose({ capture_ns: 0 });
  pairs.addPicture({ taken_ns: 0 }, 10);
  const first = pairs.choose(11);
  pairs.addPicture({ taken_ns: 33 * MS }, 40);
  assert.equal(pairs.choose(41), first);
  pairs.addPose({ capture_ns: 33 * MS });
  assert.equal(pairs.choose(42)?.picture.taken_ns, 33 * MS);
  assert.deepEqual(released, [0]);
});

test("after waiting in vain it is drawn without a pose", () => {
  const { pairing: pairs } = pairing();
  pairs.addPicture({ taken_ns: 33 * MS }, 40);
  assert.equal(pairs.choose(40 + PATIENCE_MS - 1), null);
  assert.equal(pairs.choose(40 + PATIENCE_MS)?.pose, null);
});

test("a pose that was overtaken is replaced by the nearest, within 50 ms", () => {
  const { pairing: pairs } = pairing();
  pairs.addPose({ capture_ns: 10 * MS });
  pairs.addPose({ capture_ns: 60 * MS });
  pairs.addPicture({ taken_ns: 43 * MS }, 70);
  assert.equal(pairs.choose(70)?.pose?.capture_ns, 60 * MS);
  pairs.addPose({ capture_ns: 400 * MS });
  pairs.addPicture({ taken_ns: 300 * MS }, 410);
  assert.equal(pairs.choose(410 + PATIENCE_MS)?.pose, null);
});

test("the newest complete pair wins, older pictures are released, late ones too", () => {
  const { pairing: pairs, released } = pairing();
  for (const at of [0, 33, 66]) {
    pairs.addPose({ capture_ns: at * MS });
    pairs.addPicture({ taken_ns: at * MS }, at);
  }
  assert.equal(pairs.choose(70)?.picture.taken_ns, 66 * MS);
  pairs.addPicture({ taken_ns: 33 * MS }, 71);
  assert.deepEqual(released, [0, 33, 33]);
});

test("a page that draws nothing holds few pictures", () => {
  const { pairing: pairs, released } = pairing();
  for (let at = 0; at < 100; at += 1) pairs.addPicture({ taken_ns: at * MS }, at);
  assert.equal(released.length, 96);
  pairs.clear();
  assert.equal(released.length, 100);
});

test("a picture that stands too long is no view of now", () => {
  assert.ok(isPictureRecent({ arrivedMs: 100 }, 100 + PICTURE_LIMIT_MS));
  assert.ok(!isPictureRecent({ arrivedMs: 100 }, 101 + PICTURE_LIMIT_MS));
});
