/**
 * Gets what a locked plan draws: fetched by content hash, verified, resumed where it was cut, tried until it is here.
 *
 * Nothing of it reaches the scene whose SHA-256 is not the one the host announced (hazard H17).
 */

import { type Announced, Download } from "../net/download.ts";
import { readGlb } from "./glb.ts";
import { PlanShapes } from "./plan_shapes.ts";

const RETRY_MS = 1000;

export class PlanKeeper {
  readonly #onShapes: (shapes: PlanShapes | null) => void;
  #wanted: string | null = null;
  #shown: PlanShapes | null = null;
  #abort = new AbortController();

  /** `onShapes` is told what is to be drawn from now on; null for nothing. */
  constructor(onShapes: (shapes: PlanShapes | null) => void) {
    this.#onShapes = onShapes;
  }

  /** Show this file and no other; null for none. Asking for the same again changes nothing. */
  want(file: Announced | null): void {
    if ((file?.sha256 ?? null) === this.#wanted) return;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#wanted = file?.sha256 ?? null;
    this.#show(null);
    if (file !== null) void this.#load(file, this.#abort.signal);
  }

  async #load(file: Announced, signal: AbortSignal): Promise<void> {
    // Kept over all tries: one that was cut is resumed.
    const download = new Download(file);
    while (!signal.aborted) {
      try {
        const shapes = new PlanShapes(await readGlb(await download.run(signal), true));
        if (signal.aborted) shapes.dispose();
        else this.#show(shapes);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #show(shapes: PlanShapes | null): void {
    const before = this.#shown;
    this.#shown = shapes;
    this.#onShapes(shapes);
    before?.dispose();
  }
}
