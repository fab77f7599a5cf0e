import assert from "node:assert/strict";
import { test } from "node:test";

import "./english.ts";
import { canTouch, tipWords } from "../src/console/touching.ts";
import { TIP_STATES, type Pointer, type Session } from "../src/protocol.gen.ts";

const POINTER: Pointer = { type: "pointer", tip: "away", words: "", landmark: null };
const SESSION = { state: "HOLD" } as Session;

test("every state of the tip has a word of its own, never colour alone", () => {
  assert.equal(new Set(TIP_STATES.map((tip) => tipWords(tip).word)).size, TIP_STATES.length);
});

test("touches are asked for with a pointer and while a session is on", () => {
  assert.equal(canTouch(POINTER, SESSION), true);
  assert.equal(canTouch(undefined, SESSION), false);
  assert.equal(canTouch({ ...POINTER, tip: "absent" }, SESSION), false);
  assert.equal(canTouch(POINTER, { ...SESSION, state: "OFF" }), false);
});
