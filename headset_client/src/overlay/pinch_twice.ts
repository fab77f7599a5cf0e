/**
 * The one gesture: pinch twice with the same hand and hold the second. It hides all at once, or shows again.
 *
 * Two pinches in a row are rare while hands work, and holding the second rarer still; a hide by mistake costs
 * a second, and showing again still asks for everything LIVE asks for.
 */

export interface PinchTimes {
  /** The first pinch is shorter than this, ms. */
  readonly tapMs: number;
  /** From the end of the first to the begin of the second, at most, ms. */
  readonly gapMs: number;
  /** The second is held this long, ms. */
  readonly holdMs: number;
}

export const PINCH: PinchTimes = { tapMs: 400, gapMs: 500, holdMs: 600 };

interface Hand {
  /** When it pinched last, when it let go; -Infinity for never. */
  downMs: number;
  upMs: number;
  down: boolean;
  second: boolean;
}

/** Of any number of hands, each known by the object that stands for it. */
export class PinchTwice {
  readonly #times: PinchTimes;
  readonly #hands = new Map<object, Hand>();

  constructor(times: PinchTimes = PINCH) {
    this.#times = times;
  }

  /** A hand began to pinch. */
  down(hand: object, nowMs: number): void {
    const before = this.#hands.get(hand);
    const second =
      before !== undefined &&
      !before.down &&
      !before.second &&
      before.upMs - before.downMs <= this.#times.tapMs &&
      nowMs - before.upMs <= this.#times.gapMs;
    this.#hands.set(hand, { downMs: nowMs, upMs: -Infinity, down: true, second });
  }

  /** A hand let go. */
  up(hand: object, nowMs: number): void {
    const held = this.#hands.get(hand);
    if (held === undefined || !held.down) return;
    held.down = false;
    held.upMs = nowMs;
  }

  /** Whether the gesture is complete now; true once for each. */
  completed(nowMs: number): boolean {
    for (const [hand, held] of this.#hands) {
      if (!held.down || !held.second || nowMs - held.downMs < this.#times.holdMs) continue;
      this.#hands.delete(hand);
      return true;
    }
    return false;
  }

  /** These hands are gone, or what they did was meant for a button. */
  forget(hand?: object): void {
    if (hand === undefined) this.#hands.clear();
    else this.#hands.delete(hand);
  }
}
