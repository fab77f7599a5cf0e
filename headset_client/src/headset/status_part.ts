/** The plate of words in the headset: state, reason, expected error, age, and the caution, always there. */

import { ageText, expectedErrorText } from "../overlay/words.ts";
import { Panel } from "../scene/panel.ts";
import { caution } from "./caution.ts";
import type { Evidence } from "./evidence.ts";
import type { HeadsetFrame, HeadsetPart } from "./headset_view.ts";
import type { Told } from "./told.ts";

const WORDS_EVERY_MS = 200;

export class StatusPart implements HeadsetPart {
  readonly #panel = new Panel();
  readonly #told: Told;
  readonly #evidence: Evidence;
  #saidMs = -Infinity;
  #word = "";
  #why = "";

  constructor(told: Told, evidence: Evidence) {
    this.#told = told;
    this.#evidence = evidence;
  }

  get object() {
    return this.#panel.object;
  }

  frame({ nowMs, worldFromHead, standing }: HeadsetFrame): void {
    this.#panel.follow(worldFromHead);
    // At once when the word or the reason changes, else a few times a second.
    const changed = this.#word !== standing.word || this.#why !== standing.why;
    if (!changed && nowMs - this.#saidMs < WORDS_EVERY_MS) return;
    this.#saidMs = nowMs;
    this.#word = standing.word;
    this.#why = standing.why;
    this.#panel.say({
      word: standing.word,
      why: standing.why,
      error: this.#errorAtTarget(),
      age: `pose ${ageText(this.#evidence.poseAgeMs(nowMs))}`,
      caution: caution(this.#told.welcome),
      simulated: this.#told.welcome?.simulated ?? false,
    });
  }

  #errorAtTarget(): string {
    const { session } = this.#told;
    const target = session?.structures.find((structure) => structure.key === session.target_key)?.name;
    if (session === null || target === undefined) return "";
    return `Expected error at ${target} ${expectedErrorText(session.expected_error_mm)}`;
  }
}
