/** The form for the patient's identifiers: what is asked for, what is taken, and that only proofs leave the page. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { type Given, NOTHING_GIVEN, NOTHING_PLANNED } from "../src/console/given.ts";
import { compareObstacle, dayFault, identityMessage, isToBeSet, kindsAsked, plannedNow, usableKinds } from "../src/console/identity_form.ts";
import { EN } from "../src/console/messages/en.ts";
import { speak } from "../src/console/messages/messages.ts";
import { encodeToHost, type Identity } from "../src/protocol.gen.ts";

speak("en", EN);
const ASKS: Identity = {
  type: "identity", case_id: "c1", salt: "5a17".repeat(8), kinds: ["name", "birth_date", "patient_id"], matched: [], settable: false,
  locked: false, words: "",
};
const NOBODY: Identity = { ...ASKS, kinds: [], settable: true };
const TYPED: Given = { name: "Jörg Müller", birth_date: "02.04.1961", patient_id: "" };

test("a case is asked what its images tell, and told what they do not", () => {
  assert.deepEqual(kindsAsked({ ...ASKS, kinds: ["name", "patient_id"] }, false), ["name", "patient_id"]);
  assert.deepEqual(kindsAsked(NOBODY, false), ["name", "birth_date", "patient_id"]);
  assert.equal(isToBeSet(NOBODY, false), true);
  assert.equal(isToBeSet({ ...NOBODY, kinds: ["patient_id"] }, false), true);
  const set: Identity = { ...NOBODY, kinds: ["name", "birth_date"] };
  assert.equal(isToBeSet(set, false), false);
  assert.equal(isToBeSet(set, true), true);
  assert.equal(isToBeSet(ASKS, true), false);
});

test("two that can be read are enough, one is not, and one that cannot be read holds all back", () => {
  assert.equal(compareObstacle(ASKS, false, NOTHING_GIVEN, "en"), "Give two identifiers.");
  assert.equal(compareObstacle(ASKS, false, { ...TYPED, birth_date: "" }, "en"), "Give two identifiers.");
  assert.equal(compareObstacle(ASKS, false, TYPED, "en"), null);
  assert.equal(compareObstacle(ASKS, false, { ...TYPED, birth_date: "2/4/1961" }, "en"), "Which is the day, which the month? Write it as 1961-04-02.");
  assert.equal(compareObstacle(ASKS, false, { ...TYPED, birth_date: "2/4/1961" }, "de"), null);
  assert.equal(compareObstacle(ASKS, false, { ...TYPED, patient_id: "4711", birth_date: "Mai" }, "en"), "One of these says nothing: mend or clear it.");
  assert.equal(compareObstacle(ASKS, false, { ...TYPED, patient_id: " - " }, "en"), "One of these says nothing: mend or clear it.");
  assert.equal(compareObstacle({ ...ASKS, locked: true }, false, TYPED, "en"), "Too many wrong tries: wait half a minute.");
});

test("what the case does not have is not given", () => {
  const kinds = ["name", "patient_id"] as const;
  assert.deepEqual(usableKinds(kinds, TYPED, "en"), ["name"]);
  assert.equal(compareObstacle({ ...ASKS, kinds: [...kinds] }, false, TYPED, "en"), "Give two identifiers.");
});

test("a day that is still being typed is not wrong yet", () => {
  assert.equal(dayFault("2/4", "en"), "");
  assert.equal(dayFault("31.02.1961", "en"), "This is no day: write it as 1961-04-02.");
  assert.equal(dayFault("02.04. 61", "en"), "Write the year with four digits.");
  assert.equal(dayFault("02.04.1961", "en"), "");
});

test("only proofs leave the page, H21", async () => {
  for (const identity of [ASKS, NOBODY]) {
    const message = await identityMessage(identity, false, TYPED, "en");
    assert.ok(message !== null);
    assert.equal(message.type, identity === ASKS ? "identify" : "set_identity");
    const text = encodeToHost(message);
    for (const secret of ["ller", "rg", "1961", "04-02", "0402"]) assert.ok(!text.replaceAll(/[0-9a-f]{64}/gu, "").includes(secret), secret);
    assert.deepEqual([...text.matchAll(/[0-9a-f]{64}/gu)].length, 3);
  }
  assert.equal(await identityMessage({ ...ASKS, case_id: null, salt: null }, false, TYPED, "en"), null);
});

test("side and procedure stand as they were typed, else as the host has them", () => {
  const kept = { type: "procedure", side: "left", procedure: "Resection" } as const;
  assert.deepEqual(plannedNow(NOTHING_PLANNED, undefined), { side: null, procedure: "" });
  assert.deepEqual(plannedNow(NOTHING_PLANNED, kept), { side: "left", procedure: "Resection" });
  assert.deepEqual(plannedNow({ side: "right", procedure: null }, kept), { side: "right", procedure: "Resection" });
  assert.deepEqual(plannedNow({ side: null, procedure: "" }, kept), { side: "left", procedure: "" });
});
