import assert from "node:assert/strict";
import { test } from "node:test";

import { HostClock, isUsable, pingPauseMs } from "../src/net/clock.ts";
import { vectors } from "./vectors.ts";

type Step =
  | { do: "exchange"; sent_ms: number; host_ms: number; received_ms: number }
  | { do: "pose"; send_ms: number; received_ms: number }
  | { do: "ask"; at_ms: number; offset_ms: number | null; uncertainty_ms: number | null };

for (const { name, steps } of vectors<{ scripts: { name: string; steps: Step[] }[] }>("clock").scripts) {
  test(`clock: ${name}`, () => {
    const clock = new HostClock();
    for (const step of steps) {
      if (step.do === "exchange") {
        clock.add({ sentMs: step.sent_ms, hostMs: step.host_ms, receivedMs: step.received_ms });
        continue;
      }
      if (step.do === "pose") {
        clock.addPose(step.send_ms, step.received_ms);
        continue;
      }
      const estimate = clock.estimate(step.at_ms);
      assert.equal(estimate === null, step.offset_ms === null);
      if (estimate === null) continue;
      assert.ok(Math.abs(estimate.offsetMs - step.offset_ms!) < 1e-5, `${estimate.offsetMs}`);
      assert.ok(Math.abs(estimate.uncertaintyMs - step.uncertainty_ms!) < 1e-5, `${estimate.uncertaintyMs}`);
    }
  });
}

test("a reset forgets the host, as another connection may be another one", () => {
  const clock = new HostClock();
  clock.add({ sentMs: 0, hostMs: 100, receivedMs: 2 });
  assert.ok(isUsable(clock.estimate(3)));
  clock.reset();
  assert.equal(clock.estimate(3), null);
  assert.ok(!isUsable(clock.estimate(3)));
});

test("an exchange that took longer than twice the limit is not good enough", () => {
  const clock = new HostClock();
  clock.add({ sentMs: 0, hostMs: 100, receivedMs: 151 });
  assert.ok(!isUsable(clock.estimate(151)));
});

test("pings come in a burst, then calmly", () => {
  assert.equal(pingPauseMs(0), 25);
  assert.equal(pingPauseMs(127), 25);
  assert.equal(pingPauseMs(128), 500);
});
