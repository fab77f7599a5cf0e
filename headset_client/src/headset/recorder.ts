/** Writes down what each frame drew. */

import { type FrameFacts, FrameLog, type View } from "../overlay/frame_log.ts";
import type { Standing } from "../overlay/state.ts";
import type { PoseMessage } from "../protocol.gen.ts";
import type { Stage } from "../scene/stage.ts";
import type { Evidence } from "../observing/evidence.ts";

export class Recorder {
  readonly frames = new FrameLog();
  readonly #stage: Stage;
  readonly #evidence: Evidence;
  #facts: FrameFacts | null = null;

  constructor(stage: Stage, evidence: Evidence) {
    this.#stage = stage;
    this.#evidence = evidence;
  }

  /** A frame that began then was drawn: the overlay stands so, and the model at this pose. */
  frame(view: View, atMs: number, standing: Standing, pose: PoseMessage | null): void {
    const { drawnDigest, drawnPlan } = this.#stage;
    const { ages } = this.#evidence;
    // The same object every frame.
    const facts = (this.#facts ??= { atMs, tookMs: 0, view, standing, twin: false, pose, drawnDigest, drawnPlan, ages });
    facts.atMs = atMs;
    facts.tookMs = performance.now() - atMs;
    facts.view = view;
    facts.standing = standing;
    facts.twin = this.#stage.twin.shows;
    facts.pose = pose;
    facts.drawnDigest = drawnDigest;
    facts.drawnPlan = drawnPlan;
    facts.ages = ages;
    this.frames.take(facts);
  }
}
