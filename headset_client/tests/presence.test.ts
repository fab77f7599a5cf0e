import assert from "node:assert/strict";
import { test } from "node:test";

import { after, type Presence, type PresenceAction, type PresenceEvent } from "../src/overlay/presence.ts";

const EVENTS: readonly PresenceEvent[] = [
  "pressed",
  "granted",
  "started",
  "refused",
  "left",
  "lost",
  "seen",
  "shut_out",
];

/** Every event in every state; null: nothing changes and nothing is done. */
const EXPECTED: Readonly<Record<Presence, readonly (readonly [Presence, PresenceAction] | null)[]>> = {
  //           pressed                  granted                   started             refused             left                lost                seen                     shut_out
  outside: [["entering", "request"], ["entering", "request"], null, null, null, null, null, null],
  entering: [null, null, ["inside", null], ["outside", null], ["outside", null], ["asking", null], null, ["leaving", null]],
  inside: [null, null, null, null, ["asking", null], ["off_head", null], null, ["leaving", "end"]],
  off_head: [["entering", "request"], ["returning", "request"], null, null, null, null, ["returning", "request"], ["outside", null]],
  returning: [null, null, ["inside", null], ["asking", null], ["asking", null], ["off_head", null], null, ["leaving", null]],
  asking: [["entering", "request"], ["returning", "request"], null, null, null, null, null, ["outside", null]],
  leaving: [null, null, ["leaving", "end"], ["outside", null], ["outside", null], ["outside", null], null, null],
};

for (const [presence, row] of Object.entries(EXPECTED) as [Presence, (typeof EXPECTED)[Presence]][]) {
  for (const [index, event] of EVENTS.entries()) {
    test(`${presence}: ${event}`, () => assert.deepEqual(after(presence, event), row[index] ?? [presence, null]));
  }
}

function walk(...events: PresenceEvent[]): { presence: Presence; requests: number } {
  let presence: Presence = "outside";
  let requests = 0;
  for (const event of events) {
    const [next, action] = after(presence, event);
    presence = next;
    if (action === "request") requests += 1;
  }
  return { presence, requests };
}

test("taken off and put on again: back by itself, or one button", () => {
  assert.deepEqual(walk("pressed", "started", "lost", "seen", "started"), { presence: "inside", requests: 2 });
  assert.deepEqual(walk("pressed", "started", "lost", "seen", "refused"), { presence: "asking", requests: 2 });
  assert.deepEqual(walk("pressed", "started", "lost", "seen", "refused", "seen", "seen"), { presence: "asking", requests: 2 });
  assert.equal(walk("pressed", "started", "lost", "seen", "refused", "pressed", "started").presence, "inside");
});

test("who leaves on purpose is not pulled back in", () => {
  assert.deepEqual(walk("pressed", "started", "left", "seen", "seen"), { presence: "asking", requests: 1 });
});

test("who was put out stays out, whatever was under way", () => {
  for (const events of [
    ["pressed", "shut_out", "started", "left"],
    ["pressed", "started", "shut_out", "left", "seen"],
    ["pressed", "started", "lost", "shut_out", "seen"],
    ["pressed", "started", "lost", "seen", "shut_out", "refused", "seen"],
  ] as PresenceEvent[][]) {
    assert.equal(walk(...events).presence, "outside", events.join(" "));
  }
});
