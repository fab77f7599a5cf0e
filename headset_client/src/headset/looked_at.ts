/** The structure the wearer looks at, on the patient or beside, some times a second. */

import { identity, invertRigid, type Matrix, multiply } from "../frames.ts";
import { Gaze } from "../overlay/gaze.ts";
import type { StructureEntry } from "../protocol.gen.ts";
import type { Dressed, DressedModel } from "../scene/dress.ts";
import type { Stage } from "../scene/stage.ts";

export class LookedAt {
  readonly #stage: Stage;
  readonly #gaze = new Gaze();
  readonly #worldFromModel = identity();
  readonly #modelFromWorld = identity();
  readonly #modelFromHead = identity();
  #model: DressedModel | null = null;
  #parts: readonly Dressed[] = [];
  readonly #point = [0, 0, 0];
  #sees = false;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Ask with the head, told as world from head; null for none, and for those that share a mesh with others. */
  at(nowMs: number, worldFromHead: Matrix): StructureEntry | null {
    const { model } = this.#stage;
    if (model !== this.#model) {
      this.#model = model;
      this.#gaze.begin(model?.samples() ?? []);
    }
    this.#sees = false;
    if (model === null || !this.#stage.drawnInto(this.#worldFromModel)) return null;
    this.#parts = model.parts;
    invertRigid(this.#modelFromWorld, this.#worldFromModel);
    multiply(this.#modelFromHead, this.#modelFromWorld, worldFromHead);
    const part = this.#gaze.at(nowMs, this.#modelFromHead, this.#isDrawn);
    if (part >= 0) this.#gaze.pointInto(this.#point, part);
    this.#sees = part >= 0;
    const structures = this.#parts[part]?.structures;
    return structures?.length === 1 ? structures[0]! : null;
  }

  /** The point that was looked at when it was asked last, patient axes, m; null for none. */
  get pointPatientM(): readonly number[] | null {
    if (!this.#sees) return null;
    // Model axes are left, superior, anterior; the patient's left, posterior, superior.
    const [left, superior, anterior] = this.#point as [number, number, number];
    return [left, -anterior, superior];
  }

  readonly #isDrawn = (part: number): boolean => this.#parts[part]?.look.style !== "hidden";
}
