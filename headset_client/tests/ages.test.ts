/** The lines of how old poses were: the last minute, a gap where nobody knew, nothing of who left. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Ages, heightOf, MOST_MS, SPAN_MS } from "../src/console/live/ages.ts";
import type { ClientEntry } from "../src/protocol.gen.ts";

function client(device_id: string, pose_age_ms: number | null, role: ClientEntry["role"] = "surgeon"): ClientEntry {
  return { device_id, pose_age_ms, role } as ClientEntry;
}

test("a line runs from right to left, old is high, and a gap stays a gap", () => {
  const ages = new Ages();
  ages.take([client("a", 0)], 0);
  ages.take([client("a", MOST_MS / 2)], SPAN_MS / 4);
  ages.take([client("a", null)], SPAN_MS / 2);
  ages.take([client("a", 10 * MOST_MS)], (3 * SPAN_MS) / 4);
  assert.equal(ages.path("a", SPAN_MS, 400, 100), "M0.0 100.0L100.0 50.0M300.0 0.0");
  assert.equal(heightOf(-5, 100), 100);
});

test("what is older than a minute, consoles, and headsets that left have no line", () => {
  const ages = new Ages();
  ages.take([client("a", 10), client("n", 10, "nurse")], 0);
  ages.take([client("a", 20), client("b", 20)], SPAN_MS + 1);
  assert.equal(ages.path("n", SPAN_MS, 400, 100), "");
  assert.equal(ages.path("a", SPAN_MS + 1, 400, 100).match(/[ML]/g)?.length, 1);
  ages.take([client("b", 20)], SPAN_MS + 2);
  assert.equal(ages.path("a", SPAN_MS + 2, 400, 100), "");
  assert.notEqual(ages.path("b", SPAN_MS + 2, 400, 100), "");
});
