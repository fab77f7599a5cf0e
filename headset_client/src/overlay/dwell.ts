/**
 * A gaze that rests on a button presses it; one that only crosses never does.
 *
 * What is looked at counts frame by frame, and no frame counts for more than `mostPerFrameMs`: a page that
 * was held up has not seen where the gaze was meanwhile.
 */

export interface DwellTimes {
  /** How long the gaze rests before it presses, ms. */
  readonly dwellMs: number;
  /** How long it may leave the button, as a trembling head does, without beginning anew, ms. */
  readonly graceMs: number;
  /** After a press no button takes any time in, ms. */
  readonly cooldownMs: number;
  readonly mostPerFrameMs: number;
}

export const DWELL: DwellTimes = { dwellMs: 1000, graceMs: 120, cooldownMs: 800, mostPerFrameMs: 100 };

export type DwellEvent = "entered" | "pressed" | null;

/** Turns what the gaze hits, told every frame, into presses. */
export class Dwell {
  readonly #times: DwellTimes;
  #target: string | null = null;
  #restedMs = 0;
  #awayMs = 0;
  #lastMs = -Infinity;
  #quietUntilMs = -Infinity;
  /** Pressed and not left since: it takes no time in, unless it repeats. */
  #spent = false;

  constructor(times: DwellTimes = DWELL) {
    this.#times = times;
  }

  /** The button the gaze rests on, or null. */
  get target(): string | null {
    return this.#target;
  }

  /** How much of the dwell has passed, 0 to 1. */
  get progress(): number {
    return this.#target === null ? 0 : Math.min(1, this.#restedMs / this.#times.dwellMs);
  }

  /** The gaze is on this button now, or on none. `repeats`: staying on it presses again and again. */
  look(nowMs: number, target: string | null, repeats: boolean): DwellEvent {
    const passedMs = Math.min(Math.max(0, nowMs - this.#lastMs), this.#times.mostPerFrameMs);
    this.#lastMs = nowMs;
    if (target !== this.#target) return this.#left(target, passedMs);
    this.#awayMs = 0;
    if (target === null || nowMs < this.#quietUntilMs || (this.#spent && !repeats)) return null;
    this.#restedMs += passedMs;
    if (this.#restedMs < this.#times.dwellMs) return null;
    this.#press(nowMs);
    return "pressed";
  }

  /** The button was pressed otherwise, by a pinch: dwelling on it must not press it once more. */
  pressedOtherwise(nowMs: number): void {
    this.#press(nowMs);
  }

  /** Forget everything: the buttons changed, or nothing may be pressed now. */
  reset(): void {
    this.#enter(null);
  }

  #press(nowMs: number): void {
    this.#restedMs = 0;
    this.#spent = true;
    this.#quietUntilMs = nowMs + this.#times.cooldownMs;
  }

  #left(target: string | null, passedMs: number): DwellEvent {
    this.#awayMs += passedMs;
    // Onto another button there is no grace: two must never share one rest.
    if (target === null && this.#target !== null && this.#awayMs <= this.#times.graceMs) return null;
    this.#enter(target);
    return target === null ? null : "entered";
  }

  #enter(target: string | null): void {
    this.#target = target;
    this.#restedMs = 0;
    this.#awayMs = 0;
    this.#spent = false;
  }
}
