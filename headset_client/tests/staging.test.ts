import assert from "node:assert/strict";
import { test } from "node:test";

import { type Stage, stageNow, stageWords, stepFrom, turnWords } from "../src/overlay/staging.ts";

const DIGEST = "34".repeat(32);

function stage(key: string, position: Stage["position"]): Stage {
  return { key, name: `Stage ${key}`, position, looks: [], planes: [], mobilises: [], releases_specimen: false };
}

const PLAN = {
  digest: DIGEST,
  stages: [stage("front", "supine"), stage("back", "prone"), stage("rebuild", "prone")],
  specimen: ["tumour"],
};
const at = (number: number) => stageNow(PLAN, { plan_digest: DIGEST, stage: number });

test("there is a stage only where the plan that is here is the one that is locked, H17", () => {
  assert.equal(at(2)!.stage.key, "back");
  assert.equal(stageNow(PLAN, { plan_digest: "56".repeat(32), stage: 2 }), null);
  assert.equal(stageNow(PLAN, { plan_digest: null, stage: 0 }), null);
  assert.equal(stageNow({ ...PLAN, digest: null }, { plan_digest: null, stage: 1 }), null);
  assert.equal(stageNow(null, { plan_digest: DIGEST, stage: 1 }), null);
  assert.equal(stageNow(PLAN, null), null);
  for (const nowhere of [0, 4, -1, NaN]) assert.equal(at(nowhere), null);
});

test("its words tell number, name and how the patient lies", () => {
  assert.equal(stageWords(at(2)), "Stage 2 of 3: Stage back, prone");
  assert.equal(stageWords(stageNow({ ...PLAN, stages: [stage("a", "left_side")] }, { plan_digest: DIGEST, stage: 1 })),
    "Stage 1 of 1: Stage a, on the left side");
  assert.equal(stageWords(null), "");
});

test("a step leads on and back, says whether the patient is turned, and why it leads nowhere", () => {
  const on = stepFrom(at(1), 1);
  assert.ok("to" in on && on.to.key === "back" && on.number === 2 && on.turns && on.digest === DIGEST);
  const further = stepFrom(at(2), 1);
  assert.ok("to" in further && further.to.key === "rebuild" && !further.turns);
  const back = stepFrom(at(2), -1);
  assert.ok("to" in back && back.to.key === "front" && back.turns);
  assert.deepEqual(stepFrom(at(3), 1), { words: "This is the last stage." });
  assert.deepEqual(stepFrom(at(1), -1), { words: "This is the first stage." });
  assert.deepEqual(stepFrom(null, 1), { words: "There is no locked plan." });
});

test("turning the patient is said to end the overlay", () => {
  assert.equal(turnWords(PLAN.stages[1]!, 1), "Next: Stage back. The patient is turned: the overlay ends.");
  assert.equal(turnWords(PLAN.stages[0]!, -1), "Back: Stage front. The patient is turned: the overlay ends.");
});
