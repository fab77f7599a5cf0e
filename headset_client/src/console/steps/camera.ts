/** Step 3: the room camera, whether it is calibrated, and calibrating it. */

import { html } from "lit-html";

import { calibrate, calibrateObstacle, calibratingTemplate } from "../calibrating.ts";
import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { t } from "../messages/messages.ts";
import { type Act, goOn, type StepPage } from "../parts.ts";

/** The page. */
export function page(state: ConsoleState, actions: ConsoleActions): StepPage {
  const { camera } = state.heard;
  const body =
    camera === undefined
      ? html`<p class="card waiting">${t("camera.none")}</p>`
      : calibratingTemplate(camera, state, actions);
  return { body, act: actOf(state, actions) };
}

function actOf(state: ConsoleState, actions: ConsoleActions): Act {
  const { camera } = state.heard;
  const board = state.picked.calibrationBoard;
  if (camera === undefined || camera.state === "fits" || camera.state === "calibrating") return goOn("camera", actions);
  return {
    label: t("camera.calibrate"),
    kind: "start",
    obstacle: calibrateObstacle(camera, board),
    act: () => calibrate(camera, board, actions),
  };
}
