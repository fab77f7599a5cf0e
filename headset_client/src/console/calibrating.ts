/** The panel of the room camera: how it stands, checking it after a knock, and calibrating it with a board in hand. */

import { html, nothing, svg, type TemplateResult } from "lit-html";

import type { CalibrationEntry, Camera, CameraState } from "../protocol.gen.ts";
import type { Light } from "./words.ts";

export interface CalibratingActions {
  /** Choose the board that will be held. */
  chooseBoard(board: string): void;
  calibrate(board: string): void;
  stopCalibrating(): void;
  checkCamera(): void;
}

const STATE_WORDS: Readonly<Record<CameraState, { light: Light; word: string }>> = {
  away: { light: "bad", word: "NO CAMERA" },
  fits: { light: "good", word: "OK" },
  unfit: { light: "bad", word: "NOT CALIBRATED" },
  doubted: { light: "bad", word: "MOVED" },
  checking: { light: "wait", word: "MEASURING" },
  calibrating: { light: "wait", word: "CALIBRATING" },
};

/** Whether somebody stands before the camera, and the picture helps. */
export function wantsPicture(camera: Camera | null): boolean {
  return camera !== null && (camera.state === "calibrating" || camera.state === "checking");
}

/** "Expected error at 0.5 m: 1.42 mm, to come below 1.00 mm" */
export function errorWords(entry: CalibrationEntry): string {
  const limit = `${entry.limit_mm.toFixed(2)} mm`;
  if (entry.error_mm === null) return `Expected error at 0.5 m: not known yet, to come below ${limit}`;
  const goal = entry.error_mm <= entry.limit_mm ? `below ${limit}: good` : `to come below ${limit}`;
  return `Expected error at 0.5 m: ${entry.error_mm.toFixed(2)} mm, ${goal}`;
}

/** "7 of at most 25 views" */
export function viewWords(entry: CalibrationEntry): string {
  return `${entry.views} of at most ${entry.most} views`;
}

/** The heading of what came of a calibration; null while it is under way. */
export function outcomeWords(entry: CalibrationEntry): string | null {
  switch (entry.state) {
    case "accepted":
      return "The camera is calibrated.";
    case "refused":
      return "Refused: the profile stays as it was.";
    case "stopped":
      return "Stopped: the profile stays as it was.";
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

/** The whole panel; `picture` is the address of the newest picture, null while there is none. */
export function calibratingTemplate(
  camera: Camera,
  board: string | null,
  picture: string | null,
  actions: CalibratingActions,
): TemplateResult {
  const { light, word } = STATE_WORDS[camera.state];
  const entry = camera.calibration;
  const running = camera.state === "calibrating";
  return html`<section class="card camera" aria-labelledby="camera-title">
    <h2 id="camera-title">The room camera <strong class="lamp" data-light=${light}>${word}</strong></h2>
    <p class="says">${camera.words}</p>
    ${entry === null || running ? nothing : outcomeTemplate(entry)}
    ${running || camera.state === "checking" ? liveTemplate(entry, running, picture) : nothing}
    ${running ? stopTemplate(actions) : beginTemplate(camera, board, actions)}
  </section>`;
}

function liveTemplate(entry: CalibrationEntry | null, running: boolean, picture: string | null): TemplateResult {
  return html`
    ${
      running
        ? html`<p class="next" role="status" data-took=${entry?.took ? "true" : "false"}>
            ${entry === null ? "The calibration begins." : entry.words}
          </p>`
        : nothing
    }
    <div class="views">
      <figure>
        ${
          picture === null
            ? html`<p class="hint">Waiting for the picture.</p>`
            : html`<img src=${picture} alt="What the camera sees, with the corners that were found" />`
        }
      </figure>
      ${running && entry !== null ? coverageTemplate(entry) : nothing}
    </div>
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
      aria-label="Where the board was held: ${viewWords(entry)}"
    >
      <rect width=${width} height=${height} class="ground" />
      ${entry.outlines.map((outline) => svg`<polygon points=${outlinePoints(outline.points_px)} class="view" />`)}
    </svg>
    <figcaption>
      <progress max=${entry.most} .value=${entry.views} aria-label="Views taken"></progress>
      <span class="number">${viewWords(entry)}</span>
      <span class="number">${errorWords(entry)}</span>
    </figcaption>
  </figure>`;
}

function outcomeTemplate(entry: CalibrationEntry): TemplateResult {
  return html`<div class="outcome" role="status" data-state=${entry.state}>
    <p><strong>${outcomeWords(entry)}</strong> ${entry.state === "stopped" ? nothing : entry.words}</p>
    ${
      entry.advice.length === 0
        ? nothing
        : html`<ul>
            ${entry.advice.map((advice) => html`<li>${advice}</li>`)}
          </ul>`
    }
  </div>`;
}

function beginTemplate(camera: Camera, board: string | null, actions: CalibratingActions): TemplateResult {
  const chosen = board !== null && camera.boards.includes(board) ? board : (camera.boards[0] ?? null);
  const obstacle =
    camera.state === "away"
      ? "The camera gives no pictures."
      : chosen === null
        ? "No calibration board is known."
        : camera.state === "checking"
          ? "Wait for the measurement."
          : null;
  return html`<div class="begin">
    ${
      camera.state === "doubted"
        ? html`<button type="button" class="check" @click=${() => actions.checkCamera()}>
            I looked at the camera: measure its lens
          </button>`
        : nothing
    }
    <label class="field">
      Calibration board
      <select @change=${(event: Event) => actions.chooseBoard((event.target as HTMLSelectElement).value)}>
        ${camera.boards.map((name) => html`<option value=${name} .selected=${name === chosen}>${name}</option>`)}
      </select>
    </label>
    <button
      type="button"
      class="calibrate"
      aria-disabled=${obstacle === null ? "false" : "true"}
      aria-describedby="calibrate-hint"
      @click=${() => obstacle === null && chosen !== null && actions.calibrate(chosen)}
    >
      CALIBRATE
    </button>
    <p class="hint" id="calibrate-hint">${obstacle ?? "Ends LIVE; nothing is shown until a person confirms again."}</p>
  </div>`;
}

function stopTemplate(actions: CalibratingActions): TemplateResult {
  return html`<button type="button" @click=${() => actions.stopCalibrating()}>Stop calibrating</button>`;
}
