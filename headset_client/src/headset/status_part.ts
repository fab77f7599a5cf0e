/** The plate of words and the ring in the headset: state, reason, expected error, ages, and the caution, always there. */

import { Group } from "three";

import { expectedErrorMm } from "../overlay/expected.ts";
import { checkedText } from "../overlay/checked.ts";
import { stageWords } from "../overlay/staging.ts";
import { GazeNews } from "../overlay/gaze_news.ts";
import { WorstAge } from "../overlay/worst_age.ts";
import { ageText, expectedErrorText } from "../overlay/words.ts";
import type { ClientMessage, StructureEntry } from "../protocol.gen.ts";
import type { Stage } from "../scene/stage.ts";
import { Panel } from "../scene/panel.ts";
import { Ring } from "../scene/ring.ts";
import { caution } from "./caution.ts";
import type { Evidence } from "../observing/evidence.ts";
import type { HeadsetFrame, HeadsetPart } from "./headset_view.ts";
import { LookedAt } from "./looked_at.ts";
import type { Told } from "../observing/told.ts";

const WORDS_EVERY_MS = 200;

export class StatusPart implements HeadsetPart {
  readonly object = new Group();
  readonly #panel = new Panel();
  readonly #ring = new Ring();
  readonly #worstAge = new WorstAge();
  readonly #lookedAt: LookedAt;
  readonly #told: Told;
  readonly #evidence: Evidence;
  readonly #gazeNews = new GazeNews();
  readonly #send: (message: ClientMessage) => void;
  #saidMs = -Infinity;
  #word = "";
  #why = "";

  constructor(told: Told, evidence: Evidence, stage: Stage, send: (message: ClientMessage) => void) {
    this.#send = send;
    this.#lookedAt = new LookedAt(stage);
    this.#told = told;
    this.#evidence = evidence;
    this.object.add(this.#panel.object, this.#ring.object);
  }

  /** What the plate says, for whoever looks in from outside. */
  get said() {
    return this.#panel.said;
  }

  begin(): void {
    this.#gazeNews.forget();
  }

  end(): void {
    this.#tellGaze(null, null);
  }

  frame({ nowMs, worldFromHead, standing }: HeadsetFrame): void {
    this.#panel.follow(worldFromHead);
    this.#ring.show(standing.word, worldFromHead);
    if (this.#word !== standing.word) this.#worstAge.reset();
    const ageMs = this.#worstAge.at(nowMs, this.#evidence.ages?.sightMs ?? null);
    // At once when the word or the reason changes, else a few times a second.
    const changed = this.#word !== standing.word || this.#why !== standing.why;
    if (!changed && nowMs - this.#saidMs < WORDS_EVERY_MS) return;
    this.#saidMs = nowMs;
    this.#word = standing.word;
    this.#why = standing.why;
    const { session, welcome, checkPoints, world } = this.#told;
    const on = session !== null && session.state !== "OFF";
    const target = session?.structures.find((structure) => structure.key === session.target_key);
    const looked = on ? this.#lookedAt.at(nowMs, worldFromHead) : null;
    const place = looked ?? target;
    // What nobody can see is looked at by nobody.
    this.#tellGaze(looked, standing.visible ? this.#lookedAt.pointPatientM : null);
    this.#panel.say({
      word: standing.word,
      stage: stageWords(this.#told.stage),
      why: standing.why,
      place: on && place !== undefined ? wordsOf(place, looked !== null) : "",
      error: on && place !== undefined ? expectedErrorText(expectedErrorMm(place.key, session, world)) : "",
      age: `pose ${ageText(ageMs)}`,
      checked: on ? checkedText(checkPoints, this.#evidence.hostNowMs(nowMs)) : "",
      caution: caution(welcome),
      simulated: welcome?.simulated ?? false,
    });
  }

  #tellGaze(looked: StructureEntry | null, pointPatientM: readonly number[] | null): void {
    const news = this.#gazeNews.next(looked?.key ?? null, pointPatientM);
    if (news !== null) this.#send(news);
  }
}

/** What moves with the tissue was there on the scan, and the error says nothing of how far it went since. */
function wordsOf({ name, rigid }: StructureEntry, looked: boolean): string {
  return `${looked ? name : `Expected error at ${name}`}${rigid ? "" : ", as on the scan"}`;
}
