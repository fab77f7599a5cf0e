/** What the page tells of itself to tests, and to people with its console open: it cannot be steered from there. */

import type { FrameLog } from "../overlay/frame_log.ts";
import type { MenuSheet } from "../overlay/menu.ts";
import type { drawNumeral } from "../scene/numerals.ts";
import type { PanelWords } from "../scene/panel.ts";
import type { PlateContent } from "../scene/plate.ts";
import type { DrawCounts } from "../scene/stage.ts";

export interface Outside {
  /** What each frame drew. */
  readonly frames: FrameLog;
  /** Where the model on the patient was drawn last, world from model: column by column, metres. */
  readonly worldFromModel: () => number[];
  /** What the newest frame cost, what lies on the graphics card, and the names beside the model. */
  readonly counts: () => DrawCounts;
  /** What the plate in the headset says; null before it said anything. */
  readonly said: () => PanelWords | null;
  /** What stands on the menu. */
  readonly menu: () => MenuSheet;
  /** What the plate that guides the aligning says; null while it says nothing. */
  readonly guidance: () => PlateContent | null;
  /** Draws a number as the plate does, on whatever canvas is brought. */
  readonly drawNumeral: typeof drawNumeral;
}

declare global {
  interface Window {
    orview?: Outside;
  }
}
