import assert from "node:assert/strict";
import { test } from "node:test";

import { bandWords, Paints } from "../src/overlay/paints.ts";

test("nothing is on at first, and what the plan's model does not bring is not offered", () => {
  const paints = new Paints();
  assert.deepEqual(paints.labels, { colours: null, shell: null });
  paints.nextColours();
  paints.nextShell();
  assert.deepEqual([paints.colours, paints.shell], [null, null]);
  paints.offer(["margin", "shell_10"]);
  assert.deepEqual(paints.labels, { colours: "Margin colours", shell: "Shell 10 mm" });
});

test("each press leads to what the button said, and round to off", () => {
  const paints = new Paints();
  paints.offer(["shell_15", "near", "margin", "shell_5", "shell_10"]);
  const colours = ["margin", "near", null].map((wanted) => {
    const { colours: label } = paints.labels;
    paints.nextColours();
    assert.equal(paints.colours, wanted);
    return label;
  });
  assert.deepEqual(colours, ["Margin colours", "Nearness colours", "Colours off"]);
  const shells = ["shell_5", "shell_10", "shell_15", null].map((wanted) => {
    const { shell: label } = paints.labels;
    paints.nextShell();
    assert.equal(paints.shell, wanted);
    return label;
  });
  assert.deepEqual(shells, ["Shell 5 mm", "Shell 10 mm", "Shell 15 mm", "Shell off"]);
});

test("another plan's model that does not have it switches it off", () => {
  const paints = new Paints();
  paints.offer(["margin", "shell_5"]);
  paints.nextColours();
  paints.nextShell();
  paints.offer(["margin"]);
  assert.deepEqual([paints.colours, paints.shell], ["margin", null]);
  paints.offer([]);
  assert.deepEqual([paints.colours, paints.shell], [null, null]);
});

test("a band below all others is told by what is measured", () => {
  const below = { from_mm: null, words: "beyond the cut" };
  assert.equal(bandWords("margin", below), "beyond the cut");
  assert.equal(bandWords("near", below), "within one of them");
  assert.equal(bandWords("near", { from_mm: 5, words: "5 to 10 mm" }), "5 to 10 mm");
});
