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
    if (model === null || !this.#stage.drawnInto(this.#worldFromModel)) return null;
    this.#parts = model.parts;
    invertRigid(this.#modelFromWorld, this.#worldFromModel);
    multiply(this.#modelFromHead, this.#modelFromWorld, worldFromHead);
    const structures = this.#parts[this.#gaze.at(nowMs, this.#modelFromHead, this.#isDrawn)]?.structures;
    return structures?.length === 1 ? structures[0]! : null;
  }

  readonly #isDrawn = (part: number): boolean => this.#parts[part]?.look.style !== "hidden";
}
