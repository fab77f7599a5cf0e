import assert from "node:assert/strict";
import { test } from "node:test";

import { aligningWords } from "../src/overlay/aligning_words.ts";
import { Alignment } from "../src/overlay/alignment.ts";
import type { HeadsetWorld, Room } from "../src/protocol.gen.ts";

const ROOM: Room = { type: "room", room_frame_id: 4, world_from_room: null, simulated: false };

function world(version: number, changes: Partial<HeadsetWorld> = {}): HeadsetWorld {
  return {
    type: "headset_world",
    state: "aligned",
    version,
    room_frame_id: 4,
    world_from_room: [version, 0, 0, 0, 0, 0, 1],
    covariance: [],
    expected_error_mm: 1.4,
    words: "The headset knows where the room is.",
    corners: [],
    structure_errors: [],
    ...changes,
  };
}

const LOOKING = { state: "looking", world_from_room: null, expected_error_mm: null } as const;

test("a room is where the host finds it, told once for each version", () => {
  const alignment = new Alignment();
  alignment.take(ROOM);
  assert.equal(alignment.takeWorld(world(0, LOOKING)), false);
  assert.equal(alignment.fault(4)?.reason, "NOT_ALIGNED");
  assert.equal(alignment.takeWorld(world(1)), true);
  assert.equal(alignment.takeWorld(world(1, { expected_error_mm: 1.5 })), false);
  assert.equal(alignment.fault(4), null);
  assert.equal(alignment.fault(5)?.reason, "NOT_ALIGNED");
  assert.equal(alignment.worldFromRoom?.[12], 1);
  assert.equal(alignment.message()?.sigma_mm, 1.5 / 2.8);
  assert.equal(alignment.takeWorld(world(2, { room_frame_id: 5 })), false);
  assert.equal(alignment.worldFromRoom?.[12], 1);
});

test("a world that drifted hides, with the host's words, until it is found again", () => {
  const alignment = new Alignment();
  alignment.take(ROOM);
  alignment.takeWorld(world(1));
  alignment.takeWorld(world(1, { ...LOOKING, state: "drifted", words: "It moved by 12 mm." }));
  assert.equal(alignment.worldFromRoom, null);
  assert.equal(alignment.fault(4)?.why, "It moved by 12 mm.");
  // The same look may have been the wrong one: then the host tells the version it had.
  alignment.takeWorld(world(2));
  assert.equal(alignment.fault(4), null);
});

test("after a reset of the world nothing counts that the host found before it", () => {
  const alignment = new Alignment();
  alignment.take(ROOM);
  alignment.takeWorld(world(3));
  alignment.recentre();
  assert.equal(alignment.worldFromRoom, null);
  // On the way when the world jumped, and made of looks from before.
  for (const version of [3, 4]) assert.equal(alignment.takeWorld(world(version)), false);
  assert.equal(alignment.fault(4)?.reason, "NOT_ALIGNED");
  alignment.takeWorld(world(4, LOOKING));
  assert.equal(alignment.takeWorld(world(5)), true);
  assert.equal(alignment.fault(4), null);
});

test("a touch after the reset tells the new world", () => {
  const alignment = new Alignment();
  alignment.take(ROOM);
  alignment.takeWorld(world(3));
  alignment.recentre();
  alignment.touched();
  assert.equal(alignment.takeWorld(world(3)), false);
  assert.equal(alignment.takeWorld(world(4)), true);
});

test("another room frame or connection voids where the room was found", () => {
  const alignment = new Alignment();
  alignment.take(ROOM);
  alignment.takeWorld(world(3));
  alignment.take({ ...ROOM, room_frame_id: 5 });
  assert.equal(alignment.worldFromRoom, null);
  assert.equal(alignment.takeWorld(world(1, { room_frame_id: 5 })), true);
  alignment.take({ ...ROOM, room_frame_id: 5 });
  assert.notEqual(alignment.worldFromRoom, null);
  alignment.clear();
  assert.equal(alignment.fault(5)?.reason, "NOT_ALIGNED");
});

test("a simulated room is where it is proposed, whatever else is found", () => {
  const alignment = new Alignment();
  alignment.take({ ...ROOM, simulated: true, world_from_room: [7, 0, 0, 0, 0, 0, 1] });
  assert.equal(alignment.takeWorld(world(1)), false);
  assert.equal(alignment.worldFromRoom?.[12], 7);
});

test("the plate says what to do next, and how well it went", () => {
  const touch = { step: "corner", number: 2, count: 4, tool: null, trouble: "" } as const;
  assert.equal(aligningWords(world(0, LOOKING), "camera", null).title, "Look at the board and hold still");
  assert.equal(aligningWords(world(0, LOOKING), "camera", touch).title, "Touch corner 2 of 4");
  assert.equal(aligningWords(world(0, LOOKING), "camera", { ...touch, trouble: "It slipped." }).line, "It slipped.");
  assert.match(aligningWords(world(1, { ...LOOKING, state: "drifted" }), "camera", null).title, /again/);
  const worn = aligningWords(world(0, { ...LOOKING, words: "Turn your head." }), "worn board", null);
  assert.match(worn.title, /room's camera/);
  assert.equal(worn.line, "Turn your head.");
  assert.match(aligningWords(world(0, LOOKING), null, null).line, /touch/);
  assert.equal(aligningWords(world(1), "camera", null).title, "Aligned: 1.4\u00a0mm");
  assert.equal(aligningWords(world(1, { expected_error_mm: null }), "camera", null).title, "Aligned");
});
