import assert from "node:assert/strict";
import { test } from "node:test";

import { waiting, type WaitingState } from "../src/overlay/waiting.ts";

const QUIET: WaitingState = {
  mode: "immersive-ar",
  roomName: "Room 3",
  connected: true,
  session: { state: "OFF", why: "No session is on." },
  presence: "outside",
  refused: false,
};

test("the room waits for the nurse, and says what happens next", () => {
  const words = waiting(QUIET);
  assert.equal(words.title, "Room 3, waiting for the nurse");
  assert.match(words.next, /The nurse chooses the case/);
  assert.equal(words.enter, "Enter AR");
  assert.equal(words.trouble, "");
});

test("each state of the room has its word, and the host's reason beside it", () => {
  for (const [state, word] of [["HOLD", "held"], ["LOST", "tracking lost"], ["LIVE", "live"]] as const) {
    const words = waiting({ ...QUIET, session: { state, why: "The reason." } });
    assert.equal(words.title, `Room 3, ${word}`);
    assert.match(words.next, /The reason\./);
  }
  assert.match(waiting({ ...QUIET, session: null }).title, /waiting for the nurse/);
});

test("before the door and after a cut it says that it goes on by itself", () => {
  const before = waiting({ ...QUIET, roomName: null });
  assert.match(before.next, /by itself.*network/);
  assert.equal(before.enter, null);
  const cut = waiting({ ...QUIET, connected: false });
  assert.equal(cut.title, "Room 3, no answer");
  assert.match(cut.next, /reconnects by itself/);
});

test("who was inside finds the way back", () => {
  for (const presence of ["off_head", "returning", "asking"] as const) {
    assert.equal(waiting({ ...QUIET, presence }).enter, "Back to AR");
  }
  assert.match(waiting({ ...QUIET, refused: true }).trouble, /Allow it for this page/);
});

test("VR never promises the patient, and a browser without either says what it shows", () => {
  const vr = waiting({ ...QUIET, mode: "immersive-vr" });
  assert.equal(vr.enter, "Enter VR");
  assert.match(vr.next, /never on the patient/);
  const observer = waiting({ ...QUIET, mode: "observer" });
  assert.equal(observer.enter, null);
  assert.match(observer.next, /camera's picture/);
});
