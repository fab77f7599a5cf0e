/** The panel of the room camera: how it stands, checking it after a knock, and calibrating it with a board in hand. */

import { html, nothing, svg, type TemplateResult } from "lit-html";

import type { CalibrationEntry, Camera, CameraState } from "../protocol.gen.ts";
import { choosingTemplate, profileTemplate } from "./choosing.ts";
import type { ConsoleActions, ConsoleState } from "./console_state.ts";
import { h } from "./host_words.ts";
import { t } from "./messages/messages.ts";
import { button, lamp } from "./parts.ts";
import type { SeenPicture } from "./room_picture.ts";
import { seenTemplate } from "./seen.ts";
import type { Light } from "./steps.ts";

const LIGHTS: Readonly<Record<CameraState, Light>> = {
  away: "bad",
  fits: "good",
  unfit: "bad",
  doubted: "bad",
  checking: "wait",
  calibrating: "wait",
};

/** "Expected error at 0.5 m: 1.42 mm, to come below 1.00 mm" */
export function errorWords(entry: CalibrationEntry): string {
  const limit = `${entry.limit_mm.toFixed(2)} mm`;
  if (entry.error_mm === null) return t("camera.error_unknown", { limit });
  const error = `${entry.error_mm.toFixed(2)} mm`;
  return t(entry.error_mm <= entry.limit_mm ? "camera.error_good" : "camera.error_open", { error, limit });
}

/** "7 of at most 25 views" */
export function viewWords(entry: CalibrationEntry): string {
  return t("camera.views", { views: entry.views, most: entry.most });
}

/** The heading of what came of a calibration; null while it is under way. */
export function outcomeWords(entry: CalibrationEntry): string | null {
  switch (entry.state) {
    case "accepted":
      return t("camera.accepted");
    case "refused":
      return t("camera.refused");
    case "stopped":
      return t("camera.stopped");
    case "capturing":
    case "solving":
      return null;
  }
}

/** Points of an outline as SVG has them: "x,y x,y". */
export function outlinePoints(numbers: readonly number[]): string {
  const points: string[] = [];
  for (let index = 0; index + 1 < numbers.length; index += 2) points.push(`${numbers[index]},${numbers[index + 1]}`);
  return points.join(" ");
}

/** The board the nurse chose, if the host still knows it; else the host's first. */
export function chosenBoard(camera: Camera, board: string | null): string | null {
  return board !== null && camera.boards.includes(board) ? board : (camera.boards[0] ?? null);
}

/** Why the camera cannot be calibrated now, or null. */
export function calibrateObstacle(camera: Camera, board: string | null): string | null {
  if (camera.state === "away") return t("camera.no_pictures");
  if (chosenBoard(camera, board) === null) return t("camera.no_board");
  return camera.state === "checking" ? t("camera.wait_measurement") : null;
}

/** Begin to calibrate with the board the nurse chose. */
export function calibrate(camera: Camera, board: string | null, actions: ConsoleActions): void {
  const chosen = chosenBoard(camera, board);
  if (chosen !== null) actions.send({ type: "calibrate", board: chosen });
}

/** The whole panel. */
export function calibratingTemplate(camera: Camera, state: ConsoleState, actions: ConsoleActions): TemplateResult {
  const entry = camera.calibration;
  const running = camera.state === "calibrating";
  return html`<section class="card camera" aria-labelledby="camera-title">
    <h3 id="camera-title">${t("camera.title")} ${lamp(LIGHTS[camera.state], t(`camera.state.${camera.state}`))}</h3>
    <p class="says">${h(camera.words)}</p>
    ${running ? runningTemplate(entry, state.picture, actions) : restingTemplate(camera, state, actions)}
  </section>`;
}

/** What the camera sees beside everything that can be done about it. */
function restingTemplate(camera: Camera, state: ConsoleState, actions: ConsoleActions): TemplateResult {
  const entry = camera.calibration;
  return html`<div class="views">
    <div class="stack">
      ${profileTemplate(camera)} ${choosingTemplate(camera, state, actions)}
      ${entry === null ? nothing : outcomeTemplate(entry)}
      ${beginTemplate(camera, state.picked.calibrationBoard, actions)}
    </div>
    ${camera.state === "away" ? nothing : seenTemplate(state.picture)}
  </div>`;
}

/** Where to hold the board next, beside what the camera sees and where it was held until now. */
function runningTemplate(
  entry: CalibrationEntry | null,
  picture: SeenPicture | null,
  actions: ConsoleActions,
): TemplateResult {
  return html`
    <p class="next" role="status" data-took=${entry?.took ? "true" : "false"}>
      ${entry === null ? t("camera.begins") : h(entry.words)}
    </p>
    <div class="views">${seenTemplate(picture)} ${entry === null ? nothing : coverageTemplate(entry)}</div>
    <button type="button" @click=${() => actions.send({ type: "stop_calibrating" })}>${t("camera.stop")}</button>
  `;
}

/** Where the board was in the views so far: white space is where it should be held. */
function coverageTemplate(entry: CalibrationEntry): TemplateResult {
  const { width_px: width, height_px: height } = entry;
  return html`<figure>
    <svg
      class="coverage"
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label=${t("camera.coverage", { views: viewWords(entry) })}
    >
      <rect width=${width} height=${height} class="ground" />
      ${entry.outlines.map((outline) => svg`<polygon points=${outlinePoints(outline.points_px)} class="view" />`)}
    </svg>
    <figcaption>
      <progress max=${entry.most} .value=${entry.views} aria-label=${t("camera.views_taken")}></progress>
      <span class="number">${viewWords(entry)}</span>
      <span class="number">${errorWords(entry)}</span>
    </figcaption>
  </figure>`;
}

function outcomeTemplate(entry: CalibrationEntry): TemplateResult {
  return html`<div class="outcome" role="status" data-state=${entry.state}>
    <p><strong>${outcomeWords(entry)}</strong> ${entry.state === "stopped" ? nothing : h(entry.words)}</p>
    ${
      entry.advice.length === 0
        ? nothing
        : html`<ul>
            ${entry.advice.map((advice) => html`<li>${h(advice)}</li>`)}
          </ul>`
    }
  </div>`;
}

function beginTemplate(camera: Camera, board: string | null, actions: ConsoleActions): TemplateResult {
  const chosen = chosenBoard(camera, board);
  const choose = (event: Event) => actions.pick({ calibrationBoard: (event.target as HTMLSelectElement).value });
  return html`<div class="begin">
    ${
      camera.state === "doubted"
        ? html`<button type="button" class="check" @click=${() => actions.send({ type: "check_camera" })}>
            ${t("camera.looked")}
          </button>`
        : nothing
    }
    <label class="field">
      ${t("camera.board")}
      <select @change=${choose}>
        ${camera.boards.map((name) => html`<option value=${name} .selected=${name === chosen}>${name}</option>`)}
      </select>
    </label>
    ${
      // Where the camera does not fit, calibrating it is the page's big button.
      camera.state === "fits"
        ? button(t("camera.again"), {
            name: "again",
            obstacle: calibrateObstacle(camera, board),
            act: () => calibrate(camera, board, actions),
          })
        : nothing
    }
    <p class="hint">${t("camera.ends_live")}</p>
  </div>`;
}
