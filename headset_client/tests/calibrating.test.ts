/** The words and the picture of a calibration: in mm, and honest about what is not known yet. */

import assert from "node:assert/strict";
import { test } from "node:test";

import "./english.ts";
import { calibrateObstacle, chosenBoard, errorWords, outcomeWords, outlinePoints, viewWords } from "../src/console/calibrating.ts";
import type { CalibrationEntry, Camera, CameraState } from "../src/protocol.gen.ts";

const ENTRY: CalibrationEntry = {
  board: "calibration_a4", state: "capturing", words: "Hold it still.", took: false, views: 7, most: 25, error_mm: null, limit_mm: 1,
  width_px: 1280, height_px: 720, outlines: [], advice: [],
};

test("an error that is not known is said to be so, and a known one is compared with its limit", () => {
  assert.equal(errorWords(ENTRY), "Expected error at 0.5 m: not known yet, to come below 1.00 mm");
  assert.equal(errorWords({ ...ENTRY, error_mm: 1.418 }), "Expected error at 0.5 m: 1.42 mm, to come below 1.00 mm");
  assert.equal(errorWords({ ...ENTRY, error_mm: 0.4 }), "Expected error at 0.5 m: 0.40 mm, below 1.00 mm: good");
  assert.equal(viewWords(ENTRY), "7 of at most 25 views");
});

test("only an end has an outcome", () => {
  assert.equal(outcomeWords(ENTRY), null);
  assert.equal(outcomeWords({ ...ENTRY, state: "solving" }), null);
  assert.equal(outcomeWords({ ...ENTRY, state: "accepted" }), "The camera is calibrated.");
  assert.match(outcomeWords({ ...ENTRY, state: "refused" }) ?? "", /stays as it was/);
});

test("outlines are pairs of numbers", () => {
  assert.equal(outlinePoints([1, 2, 30.5, 4, -5, 6]), "1,2 30.5,4 -5,6");
});

test("the board the nurse chose is held as long as the host knows it, and why none can be held is said", () => {
  const camera = (state: CameraState, boards: string[]): Camera => ({ type: "camera", state, words: "", cameras: [], chosen: null, profile: null, boards, calibration: null });
  assert.equal(chosenBoard(camera("fits", ["a", "b"]), "b"), "b");
  assert.equal(chosenBoard(camera("fits", ["a", "b"]), "gone"), "a");
  assert.equal(chosenBoard(camera("fits", []), "b"), null);
  assert.equal(calibrateObstacle(camera("unfit", ["a"]), null), null);
  assert.match(calibrateObstacle(camera("away", ["a"]), null) ?? "", /no pictures/);
  assert.match(calibrateObstacle(camera("unfit", []), null) ?? "", /No calibration board/);
  assert.match(calibrateObstacle(camera("checking", ["a"]), null) ?? "", /Wait/);
});
