/**
 * Asks the host what a plane would mean while a hand moves it: one question on its way at most, and of those that wait
 * the newest.
 */

import type { PlaneTold, PlaneTried, PlanPlane, TryPlane } from "../../protocol.gen.ts";

/** An answer that did not come by then is not waited for: the link was lost, or the host was restarted. */
const ANSWER_WITHIN_MS = 2000;

export class Trying {
  readonly #send: (question: TryPlane) => void;
  #number = 0;
  #asked: { readonly number: number; readonly key: string; readonly sinceMs: number } | null = null;
  #next: PlanPlane | null = null;
  #told: { readonly key: string; readonly facts: PlaneTold } | null = null;

  constructor(send: (question: TryPlane) => void) {
    this.#send = send;
  }

  /** Ask what this plane would mean, now or once the host has answered what was asked before. */
  ask(plane: PlanPlane, nowMs: number): void {
    if (this.#asked !== null && nowMs - this.#asked.sinceMs < ANSWER_WITHIN_MS) {
      this.#next = plane;
      return;
    }
    this.#next = null;
    this.#number += 1;
    this.#asked = { number: this.#number, key: plane.key, sinceMs: nowMs };
    this.#send({ type: "try_plane", number: this.#number, plane });
  }

  /** Take an answer, and ask what waits. */
  hear(answer: PlaneTried, nowMs: number): void {
    if (this.#asked === null || answer.number !== this.#asked.number) return;
    this.#told = { key: this.#asked.key, facts: answer.facts };
    this.#asked = null;
    if (this.#next !== null) this.ask(this.#next, nowMs);
  }

  /** What the host said last of a plane while it was moved. */
  factsOf(key: string): PlaneTold | null {
    return this.#told?.key === key ? this.#told.facts : null;
  }

  /** Forget questions and answers: the plane was let go of, or the link was lost. */
  forget(): void {
    this.#asked = null;
    this.#next = null;
    this.#told = null;
  }
}
