/**
 * Guides the touching of the board's corners, one after the other: what rests is a touch, what cannot be the corner is
 * touched again. Where the room stands from there is the host's to say.
 */

import { carried, distance, type Point } from "./points.ts";
import { type Rest, Resting } from "./rest.ts";

/** A touch rests this long within this ball; a hand trembles, and a person must be able to keep it up. */
const REST_MS = 700;
const REST_WITHIN_M = 0.006;
/** After a rest the tip leaves its place before another counts: else one rest would be two touches, or the dimple one. */
const LEAVE_M = 0.025;
/** Distances of touched corners may be off by so many sigmas, and by this much at least. */
const MOST_SIGMAS = 4;
const LEAST_OFF_M = 0.008;

export type TouchNews = "none" | "taken" | "wrong" | "complete";

/** With what the corners are touched, and how well its tip is known, one sigma along each axis, metres. */
export interface Tool {
  readonly name: "fingertip" | "pinch" | "controller tip";
  readonly sigma: number;
}

export class TouchGuide {
  readonly #resting = new Resting(REST_WITHIN_M, REST_MS);
  #corners: readonly Point[] = [];
  #touched: Point[] = [];
  #sigmas: number[] = [];
  /** Where the tip has rested and must leave first. */
  #leave: Point | null = null;
  #offMm = 0;

  /** Begin with the first corner; where the tip rested just now is none. */
  begin(corners: readonly Point[]): void {
    this.#corners = corners;
    this.#touched = [];
    this.#sigmas = [];
    this.#offMm = 0;
    this.#resting.clear();
  }

  /** The tip rests here for another reason: that is no touch. */
  mustLeave(place: Point): void {
    this.#leave = place;
    this.#resting.clear();
  }

  get corners(): readonly Point[] {
    return this.#corners;
  }

  get touched(): readonly Point[] {
    return this.#touched;
  }

  /** One sigma of one touch along each axis, the worst of all, metres. */
  get sigma(): number {
    return Math.max(...this.#sigmas, 0);
  }

  /** How far the last touch was from where it had to be, mm; 0 where it fitted. */
  get offMm(): number {
    return this.#offMm;
  }

  fraction(nowMs: number): number {
    return this.#resting.fraction(nowMs);
  }

  /** Where the next corner is, as far as those touched tell; null before three. */
  get nextPlace(): Point | null {
    const count = this.#touched.length;
    if (count < 3 || count >= this.#corners.length) return null;
    return carried(this.#corners, this.#touched, this.#corners[count]!);
  }

  /** The tip is here now, or unknown. */
  add(nowMs: number, tip: Point | null, tool: Tool): TouchNews {
    if (this.#corners.length === 0 || this.#touched.length >= this.#corners.length) return "none";
    if (this.#leave !== null && tip !== null && distance(tip, this.#leave) > LEAVE_M) this.#leave = null;
    const rest = this.#resting.add(nowMs, this.#leave === null ? tip : null);
    if (rest === null) return "none";
    this.#leave = rest.at;
    return this.#take(rest, tool);
  }

  #take(rest: Rest, tool: Tool): TouchNews {
    const number = this.#touched.length;
    const sigma = Math.hypot(tool.sigma, rest.scatter);
    this.#offMm = 0;
    for (let other = 0; other < number; other += 1) {
      const known = distance(this.#corners[number]!, this.#corners[other]!);
      const off = Math.abs(distance(rest.at, this.#touched[other]!) - known);
      if (off > Math.max(LEAST_OFF_M, MOST_SIGMAS * Math.SQRT2 * sigma)) {
        this.#offMm = Math.round(off * 1000);
        // Of two that disagree nobody knows which is wrong.
        if (number === 1) {
          this.#touched = [];
          this.#sigmas = [];
        }
        return "wrong";
      }
    }
    this.#touched.push(rest.at);
    this.#sigmas.push(sigma);
    return this.#touched.length === this.#corners.length ? "complete" : "taken";
  }
}
