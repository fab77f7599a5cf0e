/**
 * Gets the model of the session: fetched by content hash, verified, drawn in its structures' looks.
 *
 * Coarsest level first, then the headset level in its place; a download that was cut is resumed. Nothing
 * reaches the scene whose SHA-256 is not the one the host announced (hazard H17).
 */

import { Download, ModelFault } from "../net/download.ts";
import { looksOf } from "../overlay/look.ts";
import { FIRST_VIEW } from "../overlay/presets.ts";
import type { StageSight } from "../overlay/stage_sight.ts";
import type { ModelEntry, StructureEntry, View } from "../protocol.gen.ts";
import { DressedModel } from "./dress.ts";
import { readGlb } from "./glb.ts";
import type { Wardrobe } from "./wardrobe.ts";
import { levelsToFetch } from "../net/wire.ts";

/** A model whose every byte is what the host said it would be. */
export interface VerifiedModel {
  readonly digest: string;
  readonly level: string;
  readonly triangles: number;
  readonly dressed: DressedModel;
}

export interface ModelEvents {
  /** A model, or a finer one, is ready; the one before may be disposed of. Null: show none. */
  onModel(model: VerifiedModel | null): void;
  onFault(sentence: string | null): void;
}

const RETRY_MS = 1000;

/** Keeps the scene's model the one the session names. */
export class ModelKeeper {
  readonly #economy: boolean;
  readonly #wardrobe: Wardrobe;
  readonly #events: ModelEvents;
  #wanted: string | null = null;
  #shown: VerifiedModel | null = null;
  #structures: readonly StructureEntry[] = [];
  #view: View = FIRST_VIEW;
  #sight: StageSight | null = null;
  #painted: string | null = null;
  #abort = new AbortController();

  /** `economy`: the coarsest level only. */
  constructor(economy: boolean, wardrobe: Wardrobe, events: ModelEvents) {
    this.#economy = economy;
    this.#wardrobe = wardrobe;
    this.#events = events;
  }

  /** Show this model and no other; null for none. Asking for the same again changes nothing. */
  want(model: ModelEntry | null, structures: readonly StructureEntry[]): void {
    if ((model?.digest ?? null) === this.#wanted) return;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#wanted = model?.digest ?? null;
    this.#structures = structures;
    this.#show(null);
    this.#events.onFault(null);
    if (model !== null) void this.#load(model, structures, this.#abort.signal);
  }

  /** Draw the model as this view says in this stage, now and later; `painted`: the plan's colours are on this structure. */
  wear(view: View, sight: StageSight | null = null, painted: string | null = null): void {
    this.#view = view;
    this.#sight = sight;
    this.#painted = painted;
    if (this.#shown !== null) this.#dress(this.#shown.dressed);
  }

  #dress(dressed: DressedModel): void {
    dressed.wear(looksOf(this.#structures, this.#view, this.#sight, this.#painted), this.#view.clip !== null);
  }

  async #load(model: ModelEntry, structures: readonly StructureEntry[], signal: AbortSignal): Promise<void> {
    for (const level of levelsToFetch(model, this.#economy)) {
      // Kept over all tries: one that was cut is resumed.
      const download = new Download(level);
      while (!signal.aborted) {
        try {
          const dressed = await this.#fetch(download, structures, signal);
          dressed.root.name = model.digest;
          if (signal.aborted) {
            dressed.dispose();
            return;
          }
          this.#dress(dressed);
          this.#show({ digest: model.digest, level: level.level, triangles: level.triangles, dressed });
          this.#events.onFault(null);
          break;
        } catch (error) {
          if (signal.aborted) return;
          // A finer level that fails leaves the coarser one standing, which is verified too.
          if (this.#shown === null) this.#events.onFault(sentenceOf(error));
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
      }
    }
  }

  async #fetch(
    download: Download,
    structures: readonly StructureEntry[],
    signal: AbortSignal,
  ): Promise<DressedModel> {
    const scene = await readGlb(await download.run(signal));
    return new DressedModel(scene, structures, this.#wardrobe);
  }

  #show(model: VerifiedModel | null): void {
    const before = this.#shown;
    this.#shown = model;
    this.#events.onModel(model);
    before?.dressed.dispose();
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof ModelFault ? error.message : "The model cannot be loaded. Trying again.";
}
