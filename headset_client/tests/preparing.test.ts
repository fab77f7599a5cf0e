import assert from "node:assert/strict";
import { test } from "node:test";

import "./english.ts";
import { isUnderWay } from "../src/console/making.ts";
import { entryWords, prepareObstacle, seriesWords } from "../src/console/preparing.ts";
import { NO_WISH } from "../src/console/wish.ts";
import type { Inbox, InboxEntry, InboxSeries, Preparing } from "../src/protocol.gen.ts";

const SERIES: InboxSeries = {
  number: 3,
  modality: "CT",
  description: "PELVIS SOFT 1.0",
  acquired: "2026-01-01",
  slices: 300,
  spacing_mm: "0.78 x 0.78 x 1",
};
const ENTRY: InboxEntry = {
  entry: "0123456789abcdef",
  kind: "archive",
  arrived_utc: "2026-01-02T03:04:05+00:00",
  megabytes: 31.54,
  series: [SERIES],
  problem: "",
};

test("a series is told by what it shows, when and how finely", () => {
  assert.equal(seriesWords(SERIES), "CT, PELVIS SOFT 1.0, 1 Jan 2026, 300 slices, 0.78 x 0.78 x 1 mm");
  const bare = { ...SERIES, modality: "", description: "", acquired: null, spacing_mm: "" };
  assert.equal(seriesWords(bare), "no date, 300 slices");
  assert.equal(seriesWords({ ...bare, acquired: "2026-99-99" }), "2026-99-99, 300 slices");
});

test("an entry is told by its kind and size, never by a name", () => {
  assert.match(entryWords(ENTRY), /^ZIP, 31\.5 MB, came \d/);
});

test("why no case can be made is said", () => {
  const inbox: Inbox = { type: "inbox", folder: "/inbox", entries: [ENTRY, { ...ENTRY, entry: "f".repeat(16), problem: "It is empty." }] };
  assert.equal(prepareObstacle(inbox, NO_WISH), "Choose what to make it from.");
  assert.equal(prepareObstacle(inbox, { ...NO_WISH, entry: ENTRY.entry }), null);
  assert.equal(prepareObstacle(inbox, { ...NO_WISH, entry: "f".repeat(16) }), "It is empty.");
  assert.equal(prepareObstacle(inbox, { ...NO_WISH, entry: "0".repeat(16) }), "Choose what to make it from.");
});

test("waiting and running are under way, the ends are not", () => {
  const preparing: Preparing = { type: "preparing", entry: ENTRY.entry, state: "waiting", stage: "", fraction: 0, case_id: null, words: "", picture: null };
  const under = (["waiting", "running", "done", "refused", "stopped"] as const).map((state) => isUnderWay({ ...preparing, state }));
  assert.deepEqual(under, [true, true, false, false, false]);
});
