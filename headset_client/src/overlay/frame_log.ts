/**
 * What each frame drew, in memory made once: nothing is sent, and nothing names a patient.
 *
 * `window.orview.frames` is read by the tests and by whoever looks into a headset that misbehaves. A frame
 * costs some writes into typed arrays; rows are made only for who asks. The newest `CAPACITY` frames stay,
 * nine minutes at 120 Hz: read in time, from `count` to `count`.
 */

import { HIDE_REASONS, type HideReason, modelPrefix, OVERLAY_STATES, type OverlayState } from "../protocol.gen.ts";

export const CAPACITY = 1 << 16;

/** The views a page draws in. */
export const VIEWS = ["picture", "ar", "vr"] as const;
export type View = (typeof VIEWS)[number];

/** One frame, as its row tells it. */
export interface FrameRow {
  /** Number of the frame, from 0 as long as the page is open. */
  readonly index: number;
  /** This device's clock when the frame began, and how long the page worked on it, ms. */
  readonly atMs: number;
  readonly tookMs: number;
  readonly view: View;
  readonly word: OverlayState;
  readonly hiddenWhy: HideReason | null;
  /** Whether the model was drawn on the patient, and if so whether as outline only. */
  readonly visible: boolean;
  readonly faded: boolean;
  /** Whether the model was drawn beside the patient. */
  readonly twin: boolean;
  /** The pose the model stands at: its number, and the first 8 bytes of the model it is for; null without one. */
  readonly sequence: number | null;
  readonly posePrefix: string | null;
  /** The first 8 bytes of the digest of the model that was drawn, on the patient or beside; null for none. */
  readonly drawnPrefix: string | null;
  /** The same of the plan: the one the pose was streamed in, and the one that was drawn. */
  readonly posePlan: string | null;
  readonly drawnPlan: string | null;
  /** Age of the newest pose and of the sight it tells, ms, as the rule counts them; null while unknown. */
  readonly linkAgeMs: number | null;
  readonly sightAgeMs: number | null;
}

/** What a frame has to say; the log keeps nothing of it. */
export interface FrameFacts {
  atMs: number;
  tookMs: number;
  view: View;
  standing: {
    readonly word: OverlayState;
    readonly visible: boolean;
    readonly hiddenWhy: HideReason | null;
    readonly faded: boolean;
  };
  twin: boolean;
  pose: { readonly sequence: number; readonly model_prefix: string; readonly plan_prefix: string } | null;
  drawnDigest: string | null;
  drawnPlan: string | null;
  ages: { readonly sentMs: number | null; readonly sightMs: number | null } | null;
}

const VISIBLE = 1;
const FADED = 2;
const TWIN = 4;
const POSE = 8;

export class FrameLog {
  readonly #atMs = new Float64Array(CAPACITY);
  readonly #tookMs = new Float32Array(CAPACITY);
  readonly #linkAgeMs = new Float32Array(CAPACITY);
  readonly #sightAgeMs = new Float32Array(CAPACITY);
  readonly #sequence = new Uint32Array(CAPACITY);
  readonly #posePrefix = new Uint32Array(2 * CAPACITY);
  readonly #drawnPrefix = new Uint32Array(2 * CAPACITY);
  readonly #posePlan = new Uint32Array(2 * CAPACITY);
  readonly #drawnPlan = new Uint32Array(2 * CAPACITY);
  readonly #flags = new Uint8Array(CAPACITY);
  readonly #view = new Uint8Array(CAPACITY);
  readonly #word = new Uint8Array(CAPACITY);
  /** Position in `HIDE_REASONS`, from 1; 0 for none. */
  readonly #why = new Uint8Array(CAPACITY);
  readonly #ofPose = new PrefixNumbers();
  readonly #ofModel = new PrefixNumbers();
  readonly #ofPosePlan = new PrefixNumbers();
  readonly #ofPlan = new PrefixNumbers();
  #count = 0;

  /** How many frames were logged since the page was opened. */
  get count(): number {
    return this.#count;
  }

  /** Write one frame down. */
  take(facts: FrameFacts): void {
    const { standing, pose, ages } = facts;
    const at = this.#count % CAPACITY;
    this.#count += 1;
    this.#atMs[at] = facts.atMs;
    this.#tookMs[at] = facts.tookMs;
    this.#linkAgeMs[at] = ages?.sentMs ?? NaN;
    this.#sightAgeMs[at] = ages?.sightMs ?? NaN;
    this.#sequence[at] = pose?.sequence ?? 0;
    this.#ofPose.write(this.#posePrefix, at, pose?.model_prefix ?? null);
    this.#ofModel.write(this.#drawnPrefix, at, facts.drawnDigest);
    this.#ofPosePlan.write(this.#posePlan, at, pose?.plan_prefix ?? null);
    this.#ofPlan.write(this.#drawnPlan, at, facts.drawnPlan);
    this.#flags[at] =
      (standing.visible ? VISIBLE : 0) |
      (standing.faded ? FADED : 0) |
      (facts.twin ? TWIN : 0) |
      (pose === null ? 0 : POSE);
    this.#view[at] = VIEWS.indexOf(facts.view);
    this.#word[at] = OVERLAY_STATES.indexOf(standing.word);
    this.#why[at] = standing.hiddenWhy === null ? 0 : HIDE_REASONS.indexOf(standing.hiddenWhy) + 1;
  }

  /** The frames from this number on that are still kept, oldest first. */
  rows(from = 0): FrameRow[] {
    const rows: FrameRow[] = [];
    for (let index = Math.max(from, this.#count - CAPACITY, 0); index < this.#count; index += 1) {
      rows.push(this.#row(index));
    }
    return rows;
  }

  #row(index: number): FrameRow {
    const at = index % CAPACITY;
    const flags = this.#flags[at]!;
    const hasPose = (flags & POSE) !== 0;
    return {
      index,
      atMs: this.#atMs[at]!,
      tookMs: this.#tookMs[at]!,
      view: VIEWS[this.#view[at]!]!,
      word: OVERLAY_STATES[this.#word[at]!]!,
      hiddenWhy: HIDE_REASONS[this.#why[at]! - 1] ?? null,
      visible: (flags & VISIBLE) !== 0,
      faded: (flags & FADED) !== 0,
      twin: (flags & TWIN) !== 0,
      sequence: hasPose ? this.#sequence[at]! : null,
      posePrefix: hasPose ? hexAt(this.#posePrefix, at) : null,
      drawnPrefix: hexAt(this.#drawnPrefix, at),
      posePlan: hasPose ? hexAt(this.#posePlan, at) : null,
      drawnPlan: hexAt(this.#drawnPlan, at),
      linkAgeMs: numberOrNull(this.#linkAgeMs[at]!),
      sightAgeMs: numberOrNull(this.#sightAgeMs[at]!),
    };
  }
}

/** Turns digests into two numbers, and reads one anew only when it is another than in the frame before. */
class PrefixNumbers {
  #digest: string | null = null;
  #high = 0;
  #low = 0;

  write(into: Uint32Array, at: number, digest: string | null): void {
    if (digest !== this.#digest) {
      this.#digest = digest;
      const prefix = digest === null ? "" : modelPrefix(digest);
      this.#high = Number.parseInt(prefix.slice(0, 8), 16) || 0;
      this.#low = Number.parseInt(prefix.slice(8), 16) || 0;
    }
    into[2 * at] = this.#high;
    into[2 * at + 1] = this.#low;
  }
}

function hexAt(numbers: Uint32Array, at: number): string | null {
  const high = numbers[2 * at]!;
  const low = numbers[2 * at + 1]!;
  if (high === 0 && low === 0) return null;
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
