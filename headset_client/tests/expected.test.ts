import assert from "node:assert/strict";
import { test } from "node:test";

import { expectedErrorMm } from "../src/overlay/expected.ts";
import type { StructureEntry } from "../src/protocol.gen.ts";

function structure(key: string, errorMm: number | null): StructureEntry {
  return {
    key,
    name: key,
    kind: "nerve",
    color_srgb: [1, 0, 0],
    rigid: true,
    side: "left",
    expected_error_mm: errorMm,
  };
}

const SESSION = {
  structures: [structure("tumour", 1.2), structure("nerve_s2_left", 1.1), structure("rectum", null)],
  target_key: "tumour",
  expected_error_mm: 1.2,
};
const WORLD = {
  structure_errors: [
    { key: "tumour", expected_error_mm: 2.1 },
    { key: "nerve_s2_left", expected_error_mm: 2.4 },
  ],
  expected_error_mm: 2.1,
};

test("without a place of its own a headset shows the room's errors", () => {
  assert.equal(expectedErrorMm("nerve_s2_left", SESSION, null), 1.1);
  assert.equal(expectedErrorMm("tumour", SESSION, null), 1.2);
  assert.equal(expectedErrorMm("rectum", SESSION, null), null);
  assert.equal(expectedErrorMm("nobody", SESSION, null), null);
});

test("one that found its place shows errors with that in them, and never the smaller ones without", () => {
  assert.equal(expectedErrorMm("nerve_s2_left", SESSION, WORLD), 2.4);
  assert.equal(expectedErrorMm("tumour", SESSION, WORLD), 2.1);
  assert.equal(expectedErrorMm("rectum", SESSION, WORLD), null);
  const unknown = { structure_errors: [], expected_error_mm: null };
  for (const key of ["tumour", "nerve_s2_left"]) assert.equal(expectedErrorMm(key, SESSION, unknown), null);
  assert.equal(expectedErrorMm("tumour", SESSION, { ...unknown, expected_error_mm: 2.2 }), 2.2);
});
