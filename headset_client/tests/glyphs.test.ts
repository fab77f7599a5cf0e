import assert from "node:assert/strict";
import { test } from "node:test";

import { CHARACTERS, inkOf, MOST_OFF, runsOf, shows, strokesOf, worstOff } from "../src/overlay/glyphs.ts";

const WIDTH = 20;
const HEIGHT = 32;

test("no two characters are so alike that one could pass for the other, H33", () => {
  let nearest = Infinity;
  let pair = "";
  for (const one of CHARACTERS) {
    for (const other of CHARACTERS) {
      if (one === other) continue;
      const off = worstOff(inkOf(one, WIDTH, HEIGHT)!, inkOf(other, WIDTH, HEIGHT)!, WIDTH);
      if (off < nearest) [nearest, pair] = [off, `${one} ${other}`];
      assert.equal(shows(inkOf(one, WIDTH, HEIGHT)!, other, WIDTH, HEIGHT), false, `${one} passes for ${other}`);
    }
  }
  assert.ok(nearest > 1.5 * MOST_OFF, `${pair}: ${nearest}`);
});

test("every character passes for itself, and none of it may be missing or cut, H33", () => {
  for (const character of CHARACTERS) {
    const ink = inkOf(character, WIDTH, HEIGHT)!;
    assert.ok(shows(ink, character, WIDTH, HEIGHT));
    if (character === " ") continue;
    assert.equal(shows(new Float32Array(ink.length), character, WIDTH, HEIGHT), false, `blank for ${character}`);
    // A piece of 4 x 4 pixels may be missing nowhere where there was ink.
    for (let row = 2; row < HEIGHT - 6; row += 2) {
      for (let column = 2; column < WIDTH - 6; column += 2) {
        const inPiece = (at: number) =>
          Math.floor(at / WIDTH) - row >= 0 && Math.floor(at / WIDTH) - row < 4 && (at % WIDTH) - column >= 0 && (at % WIDTH) - column < 4;
        const lost = ink.reduce((sum, value, at) => sum + (inPiece(at) ? value : 0), 0);
        if (lost < 8) continue;
        assert.equal(shows(ink.map((value, at) => (inPiece(at) ? 0 : value)), character, WIDTH, HEIGHT), false, character);
      }
    }
  }
});

test("every digit stays within its cell", () => {
  for (const character of CHARACTERS) {
    const ink = inkOf(character, WIDTH, HEIGHT)!;
    for (let row = 0; row < HEIGHT; row += 1) {
      assert.equal(ink[row * WIDTH], 0, character);
      assert.equal(ink[row * WIDTH + WIDTH - 1], 0, character);
    }
  }
});

test("what has no lines of its own is told", () => {
  assert.equal(strokesOf("S"), null);
  assert.equal(inkOf("x", WIDTH, HEIGHT), null);
  assert.equal(shows(new Float32Array(WIDTH * HEIGHT), "x", WIDTH, HEIGHT), false);
  assert.ok(strokesOf("\u2212"));
  assert.ok(strokesOf("\u00a0"));
});

test("a sentence is cut into words and numbers with their units; no digit is left to a font", () => {
  const texts: [string, string[]][] = [
    ["Nerve root S2 left 1.1\u00a0mm\u00a0(95\u00a0%)", ["2", "1.1\u00a0mm", "(95\u00a0%)"]],
    ["No fresh pose for 150 ms.", ["150 ms"]],
    ["moved by 8 mm and 0.5 deg: look again.", ["8 mm", "0.5"]],
    ["checked 4 min ago", ["4 min"]],
    ["3 structures, 12 sutures", ["3", "12"]],
    ["over 100 s", ["100 s"]],
    ["-3.5 mm", ["-3.5 mm"]],
    ["", []],
  ];
  for (const [text, numerals] of texts) {
    const runs = runsOf(text);
    assert.equal(runs.map((run) => run.text).join(""), text);
    assert.deepEqual(runs.filter((run) => run.numeral).map((run) => run.text), numerals, text);
    for (const run of runs) {
      if (run.numeral) for (const character of run.text) assert.ok(strokesOf(character), character);
      else assert.doesNotMatch(run.text, /\d/);
    }
  }
});
