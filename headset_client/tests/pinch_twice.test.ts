import assert from "node:assert/strict";
import { test } from "node:test";

import { PINCH, PinchTwice } from "../src/overlay/pinch_twice.ts";

const LEFT = {};
const RIGHT = {};
type Step = readonly [at: number, hand: object, what: "down" | "up"];

/** Play the pinches; returns when the gesture was complete, ms. */
function play(steps: readonly Step[], forMs = 4000): number[] {
  const gesture = new PinchTwice();
  const completed: number[] = [];
  for (let nowMs = 0; nowMs < forMs; nowMs += 10) {
    for (const [at, hand, what] of steps) if (at === nowMs) gesture[what](hand, nowMs);
    if (gesture.completed(nowMs)) completed.push(nowMs);
  }
  return completed;
}

const TWICE: readonly Step[] = [[100, LEFT, "down"], [250, LEFT, "up"], [450, LEFT, "down"]];

test("twice and held hides once", () => {
  assert.deepEqual(play(TWICE), [450 + PINCH.holdMs]);
  assert.deepEqual(play([...TWICE, [1500, LEFT, "up"], [1600, LEFT, "down"]]), [450 + PINCH.holdMs]);
});

test("what hands do otherwise is no gesture", () => {
  const others: readonly (readonly Step[])[] = [
    [[100, LEFT, "down"]],
    [[100, LEFT, "down"], [250, LEFT, "up"]],
    // The second let go at once: a double click.
    [...TWICE, [600, LEFT, "up"]],
    // The first held long, as a grip is.
    [[100, LEFT, "down"], [900, LEFT, "up"], [1000, LEFT, "down"]],
    // Too long between the two.
    [[100, LEFT, "down"], [250, LEFT, "up"], [1000, LEFT, "down"]],
    // One hand after the other, or both at once.
    [[100, LEFT, "down"], [250, LEFT, "up"], [450, RIGHT, "down"]],
    [[100, LEFT, "down"], [100, RIGHT, "down"]],
    // A third pinch is no second one.
    [...TWICE, [500, LEFT, "up"], [600, LEFT, "down"]],
  ];
  for (const steps of others) assert.deepEqual(play(steps), [], JSON.stringify(steps.map(([at]) => at)));
});

test("a hand that presses a button, or is gone, is forgotten", () => {
  const gesture = new PinchTwice();
  for (const forget of [() => gesture.forget(LEFT), () => gesture.forget()]) {
    gesture.down(LEFT, 0);
    gesture.up(LEFT, 100);
    gesture.down(LEFT, 200);
    forget();
    assert.equal(gesture.completed(2000), false);
  }
});

test("a controller's trigger counts as a hand does", () => {
  assert.deepEqual(play([[0, RIGHT, "down"], [100, RIGHT, "up"], [200, RIGHT, "down"]]), [200 + PINCH.holdMs]);
});
