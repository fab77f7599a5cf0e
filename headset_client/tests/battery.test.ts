import assert from "node:assert/strict";
import { test } from "node:test";

import { Battery } from "../src/net/battery.ts";

test("the charge is told where the browser tells it", async () => {
  const manager = { level: 0.5 };
  const battery = new Battery({ getBattery: async () => manager });
  assert.equal(battery.level, null);
  await Promise.resolve();
  assert.equal(battery.level, 0.5);
  manager.level = 0.25;
  assert.equal(battery.level, 0.25);
  manager.level = Number.NaN;
  assert.equal(battery.level, null);
});

test("where it does not, the charge is unknown", async () => {
  assert.equal(new Battery({}).level, null);
  const refused = new Battery({ getBattery: async () => Promise.reject(new Error("not allowed")) });
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(refused.level, null);
});
