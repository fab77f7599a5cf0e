/**
 * Whether the overlay is drawn as outline only: before what is shown becomes too old to be shown.
 *
 * At once when an age reaches the limit, and back only after some time without: a camera whose poses are just
 * about so old would make the picture flicker. Only a stricter host could change more, and it needs no message
 * for it: any state but LIVE hides.
 */

import { FADE_HOLD_MS, FADE_LIMIT_MS } from "../protocol.gen.ts";
import type { Ages } from "./freshness.ts";

export class Fade {
  #agedMs = -Infinity;

  /** Ask before every frame, also those that draw nothing; true for outlines. */
  at(nowMs: number, ages: Ages | null): boolean {
    // No age is greater than that of the sight. What is no number, or unknown, counts as aged.
    if (!((ages?.sightMs ?? NaN) < FADE_LIMIT_MS)) this.#agedMs = nowMs;
    return nowMs - this.#agedMs < FADE_HOLD_MS;
  }
}
