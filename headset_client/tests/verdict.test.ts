/** The registration in numbers: every error is told, the target first, and only an accepting verdict is accepted. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { EN } from "../src/console/messages/en.ts";
import { speak } from "../src/console/messages/messages.ts";
import { actOf } from "../src/console/steps/register.ts";
import { acceptObstacle, errorRows, percents, verdictWords } from "../src/console/verdict.ts";
import type { ConsoleActions } from "../src/console/console_state.ts";
import type { ClientMessage, LinkShare, Registration } from "../src/protocol.gen.ts";

speak("en", EN);
const DIGEST = "12".repeat(32);
const GOOD: Registration = {
  type: "registration", state: "accepted", digest: DIGEST, method: "board", target_key: "tumour", limit_mm: 2, matched: 8, known: 9,
  structures: [
    { key: "sacrum", name: "Sacrum", expected_error_mm: 1 },
    { key: "tumour", name: "Tumour", expected_error_mm: 1.3 },
    { key: "nerve_s1_left", name: "S1 root left", expected_error_mm: 2.6 },
  ],
  links: [], reasons: ["8 of 9 beads match."], advice: [], accepted: false,
};
const REFUSED: Registration = { ...GOOD, state: "refused", reasons: ["The beads do not match."], advice: ["Look at the board."] };

function links(...shares: number[]): LinkShare[] {
  return shares.map((share) => ({ link: "camera", share, words: "the camera" }));
}

test("the target comes first, then the least sure; bars are parts of the longest, and so is the limit", () => {
  const { rows, limit } = errorRows(GOOD);
  assert.deepEqual(rows.map(({ name }) => name), ["Tumour", "S1 root left", "Sacrum"]);
  assert.deepEqual(rows.map(({ inside }) => inside), [true, false, true]);
  assert.deepEqual(rows.map(({ part }) => part.toFixed(3)), ["0.500", "1.000", "0.385"]);
  assert.equal(limit.toFixed(3), "0.769");
  assert.equal(rows[0]?.error, "1.3\u00a0mm\u00a0(95\u00a0%)");
  assert.deepEqual(errorRows({ ...GOOD, structures: [], limit_mm: null }), { rows: [], limit: 0 });
});

test("shares are whole percents that are 100 together", () => {
  for (const shares of [[0.335, 0.333, 0.332], [0.5, 0.5], [1], [0.996, 0.002, 0.002], [1 / 7, 2 / 7, 4 / 7]]) {
    const whole = percents(links(...shares));
    assert.equal(whole.reduce((sum, one) => sum + one, 0), 100, String(shares));
    whole.forEach((one, at) => assert.ok(Math.abs(one - 100 * shares[at]!) < 1));
  }
  assert.deepEqual(percents([]), []);
});

test("the light says whether a person has still to accept", () => {
  assert.deepEqual(verdictWords(GOOD), { light: "wait", word: "TO ACCEPT" });
  assert.deepEqual(verdictWords({ ...GOOD, accepted: true }), { light: "good", word: "ACCEPTED" });
  assert.deepEqual(verdictWords(REFUSED), { light: "bad", word: "REFUSED" });
  assert.deepEqual(verdictWords({ ...GOOD, state: "missing" }), { light: "wait", word: "TO DO" });
});

test("ACCEPT works for an accepting verdict alone, and accepts the one that was looked at", () => {
  assert.equal(acceptObstacle(GOOD), null);
  assert.equal(acceptObstacle(REFUSED), "The beads do not match.");
  assert.notEqual(acceptObstacle({ ...GOOD, state: "missing", reasons: [] }), null);
  assert.notEqual(acceptObstacle(undefined), null);
  const sent: ClientMessage[] = [];
  const actions = { send: (message: ClientMessage) => sent.push(message), go: () => {} } as unknown as ConsoleActions;
  const act = actOf({ heard: { registration: GOOD } }, actions);
  assert.deepEqual([act.label, act.kind, act.obstacle], ["ACCEPT", "start", null]);
  act.act();
  assert.deepEqual(sent, [{ type: "accept_registration", digest: DIGEST }]);
  assert.notEqual(actOf({ heard: { registration: REFUSED } }, actions).obstacle, null);
  assert.equal(actOf({ heard: { registration: { ...GOOD, accepted: true } } }, actions).kind, "go");
});
