/** What the plate says while the headset is aligned: what to do next, and what came of it. */

import type { HeadsetWorld } from "../protocol.gen.ts";
import type { Tool } from "./touch_guide.ts";

const SEEN = "Let the room's camera see your headset";
const NO_BREAK_SPACE = "\u00a0";

export interface PlateWords {
  readonly title: string;
  readonly line: string;
}

/** How the touching stands; null while the camera looks for the board. */
export interface TouchStand {
  readonly step: "pivot" | "corner" | "waiting";
  readonly number: number;
  readonly count: number;
  readonly tool: Tool["name"] | null;
  /** What went wrong before; empty for nothing. */
  readonly trouble: string;
}

const WITH: Readonly<Record<Tool["name"], string>> = {
  fingertip: "Rest the tip of your finger on it.",
  pinch: "Hold it between two fingers.",
  "controller tip": "Rest the tip on it and hold the trigger.",
};

/** What finds the room by itself: the headset's camera, the room's camera by a board the headset wears, or nothing. */
export type Finder = "camera" | "worn board" | null;

/** The words for someone who looks for the board, or touches it, or has just been aligned. */
export function aligningWords(world: HeadsetWorld | null, finder: Finder, touch: TouchStand | null): PlateWords {
  if (touch !== null) return touchWords(touch);
  if (world?.state === "aligned") return alignedWords(world.expected_error_mm);
  const drifted = world?.state === "drifted";
  const title = finder === "worn board" ? SEEN : drifted ? "Look at the board again" : "Look at the board and hold still";
  if (world === null) return { title, line: "Waiting for the host." };
  return { title, line: finder === null ? "This headset gives no camera: touch the board's corners." : world.words };
}

function touchWords({ step, number, count, tool, trouble }: TouchStand): PlateWords {
  if (step === "waiting") return { title: "Aligning", line: "" };
  if (step === "pivot") {
    return {
      title: "Find the controller's tip",
      line: trouble || "Rest the tip in a dimple, hold the trigger, and tilt it to all sides.",
    };
  }
  return {
    title: `Touch corner ${number} of ${count}`,
    line: trouble || (tool === null ? "Use a fingertip, or a controller's tip." : `${WITH[tool]} Keep still.`),
  };
}

function alignedWords(errorMm: number | null): PlateWords {
  if (errorMm === null) return { title: "Aligned", line: "The error at the target is told once a case is chosen." };
  return {
    title: `Aligned: ${errorMm.toFixed(1)}${NO_BREAK_SPACE}mm`,
    line: `Expected error at the target (95${NO_BREAK_SPACE}%).`,
  };
}
