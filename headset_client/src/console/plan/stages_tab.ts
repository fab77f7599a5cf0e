/** The stages of the draft: how the patient lies, which planes are cut, how each structure is drawn, and what comes loose. */

import { html, nothing, type TemplateResult } from "lit-html";

import { type DraftStage, PATIENT_POSITIONS, STAGE_STYLES, type StageSketch, type StageStyle, type StructureEntry } from "../../protocol.gen.ts";
import { h } from "../host_words.ts";
import { t } from "../messages/messages.ts";
import type { Desk } from "./desk.ts";
import { textField } from "./fields.ts";

const LONGEST_NAME = 60;
const LONGEST_NOTES = 400;
const MOST_STAGES = 12;
/** What a person may choose: a ghost is made by what comes loose. */
const STYLES = STAGE_STYLES.filter((style) => style !== "ghost");

export function stagesTemplate(desk: Desk, structures: readonly StructureEntry[]): TemplateResult {
  const { stage, stages } = desk;
  const disabled = desk.obstacle !== null;
  const add = () => {
    const sketch = newStage(stages);
    desk.send({ type: "set_stage", stage: sketch });
    desk.set({ stageKey: sketch.key });
  };
  const full = stages.length >= MOST_STAGES;
  return html`
    <div class="choices" role="group" aria-label=${t("plan.tab.stages")}>
      ${stages.map(
        (one, at) => html`<button type="button" aria-pressed=${one.key === stage?.key} @click=${() => desk.set({ stageKey: one.key })}>
          ${at + 1} ${one.name}
        </button>`,
      )}
      <button type="button" aria-disabled=${disabled || full} @click=${() => !full && add()}>${t("plan.add_stage")}</button>
    </div>
    ${stage === null ? nothing : stageTemplate(desk, stage, structures, disabled)}
  `;
}

/** A stage at the end that lies as the one before it. */
export function newStage(stages: readonly DraftStage[]): StageSketch {
  const keys = new Set(stages.map(({ key }) => key));
  let number = stages.length + 1;
  while (keys.has(`stage_${number}`)) number += 1;
  return {
    key: `stage_${number}`,
    name: t("plan.stage_name", { number }),
    position: stages.at(-1)?.position ?? "supine",
    planes: [],
    notes: "",
    releases_specimen: false,
  };
}

/** What is sent of a stage: its looks have a message of their own. */
export function sketchOf({ key, name, position, planes, notes, releases_specimen }: DraftStage): StageSketch {
  return { key, name, position, planes, notes, releases_specimen };
}

function stageTemplate(desk: Desk, stage: DraftStage, structures: readonly StructureEntry[], disabled: boolean): TemplateResult {
  const change = (changed: Partial<StageSketch>) => desk.send({ type: "set_stage", stage: { ...sketchOf(stage), ...changed } });
  const only = desk.stages.length <= 1;
  return html`<div class="fields">
      ${textField(t("plan.name"), "stage_name", stage.name, { disabled, longest: LONGEST_NAME, kept: (name) => change({ name }) })}
      <label class="field">
        <span>${t("plan.position")}</span>
        <select name="position" ?disabled=${disabled} @change=${(event: Event) => change({ position: (event.target as HTMLSelectElement).value as DraftStage["position"] })}>
          ${PATIENT_POSITIONS.map((one) => html`<option value=${one} ?selected=${one === stage.position}>${t(`plan.position.${one}`)}</option>`)}
        </select>
      </label>
    </div>
    <fieldset ?disabled=${disabled}>
      <legend>${t("plan.cut_here")}</legend>
      <div class="ticks">
        ${desk.planes.map(
          (plane) => html`<label>
            <input
              type="checkbox"
              .checked=${stage.planes.includes(plane.key)}
              @change=${() => change({ planes: toggled(stage.planes, plane.key) })}
            />
            ${plane.name}
          </label>`,
        )}
        <label>
          <input type="checkbox" .checked=${stage.releases_specimen} @change=${() => change({ releases_specimen: !stage.releases_specimen })} />
          ${t("plan.releases")}
        </label>
      </div>
    </fieldset>
    <label class="field">
      <span>${t("plan.notes")}</span>
      <textarea
        name="notes"
        rows="2"
        maxlength=${LONGEST_NOTES}
        ?disabled=${disabled}
        .value=${stage.notes}
        @change=${(event: Event) => change({ notes: (event.target as HTMLTextAreaElement).value })}
      ></textarea>
    </label>
    ${looksTemplate(desk, stage, structures, disabled)}
    <button type="button" aria-disabled=${disabled || only} @click=${() => !only && desk.send({ type: "remove_stage", key: stage.key })}>
      ${t("plan.remove_stage", { name: stage.name })}
    </button>`;
}

function looksTemplate(desk: Desk, stage: DraftStage, structures: readonly StructureEntry[], disabled: boolean): TemplateResult {
  const looks = new Map(stage.looks.map(({ key, style }) => [key, style]));
  const send = (structure: string, style: StageStyle, mobilised: boolean) =>
    desk.send({ type: "set_stage_look", stage: stage.key, structure, style, mobilised });
  return html`<table class="looks">
    <caption>${t("plan.looks")}</caption>
    <thead>
      <tr><th scope="col">${t("register.structure")}</th><th scope="col">${t("plan.look")}</th><th scope="col">${t("plan.loose")}</th></tr>
    </thead>
    <tbody>
      ${structures.map((structure) => {
        const { key, rigid } = structure;
        const style = looks.get(key) ?? "hidden";
        const loose = stage.mobilises.includes(key);
        const name = h(structure.name);
        return html`<tr>
          <th scope="row">${name}</th>
          <td>
            <select
              aria-label=${t("plan.look_named", { name })}
              ?disabled=${disabled}
              @change=${(event: Event) => send(key, (event.target as HTMLSelectElement).value as StageStyle, loose)}
            >
              ${STYLES.map((one) => html`<option value=${one} ?selected=${one === style}>${t(`plan.look.${one}`)}</option>`)}
            </select>
          </td>
          <td>
            ${
              rigid
                ? nothing
                : html`<label class="loose">
                    <input
                      type="checkbox"
                      aria-label=${t("plan.loose_named", { name })}
                      ?disabled=${disabled}
                      .checked=${loose}
                      @change=${() => send(key, style, !loose)}
                    />
                  </label>`
            }
          </td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}

function toggled(keys: readonly string[], key: string): string[] {
  return keys.includes(key) ? keys.filter((one) => one !== key) : [...keys, key];
}
