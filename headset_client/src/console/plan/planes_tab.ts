/** The planes of the draft, and every number of the one in hand, typed. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { Vec } from "../../overlay/vec.ts";
import type { PlanPlane } from "../../protocol.gen.ts";
import { t } from "../messages/messages.ts";
import { lamp } from "../parts.ts";
import type { Desk } from "./desk.ts";
import { numberField, textField } from "./fields.ts";
import { SIDES, type From } from "./orbit.ts";
import { centerMm, flipped, type Lean, leaning, leanOf, LEAST_SIDE_MM, LONGEST_SIDE_MM, movedAlong, withCenter } from "./quad.ts";
import { verdictOf } from "./shown.ts";

const LONGEST_NAME = 60;
const MOST_PLANES = 16;
const MOST_MARGIN_MM = 100;
/** Which slice shows how a normal leans from one axis of the patient to another: the one across the third. */
const SLICES = ["sagittal", "coronal", "axial"] as const;
const TOWARDS = ["left", "back", "up"] as const;

/** The box round the tumour, mm; null while neither model nor image is there. */
export type Box = { readonly least: Vec; readonly most: Vec } | null;

export function planesTemplate(desk: Desk, tumour: Box): TemplateResult {
  const { plane, planes, draft } = desk;
  const disabled = desk.obstacle !== null;
  const askFor = (mm: number) => desk.send({ type: "set_margin", margin_mm: within(mm, 0, MOST_MARGIN_MM) });
  return html`
    <div class="choices" role="group" aria-label=${t("plan.tab.planes")}>
      ${planes.map((one) => {
        const verdict = verdictOf(desk.factsOf(one.key));
        return html`<button
          type="button"
          class="pick"
          aria-pressed=${one.key === plane?.key}
          @click=${() => desk.set({ planeKey: one.key, point: null })}
        >
          ${one.name} ${verdict === null ? nothing : lamp(verdict.light, verdict.word)}
        </button>`;
      })}
    </div>
    ${plane === null ? nothing : fieldsTemplate(desk, plane, disabled)}
    <div class="fields of-plan">
      ${addTemplate(desk, tumour, disabled)}
      ${numberField({
        label: t("plan.margin"),
        name: "margin",
        value: draft?.margin_mm ?? null,
        digits: 1,
        step: 1,
        disabled,
        typed: askFor,
        stepped: (by) => askFor((desk.draft?.margin_mm ?? 0) + by),
      })}
    </div>
  `;
}

function addTemplate(desk: Desk, tumour: Box, disabled: boolean): TemplateResult {
  const add = (event: Event) => {
    const select = event.target as HTMLSelectElement;
    const from = SIDES.find((side) => side === select.value);
    select.value = "";
    if (from === undefined || tumour === null) return;
    const made = newPlane(desk, tumour, from);
    desk.send({ type: "set_plane", plane: made });
    desk.set({ planeKey: made.key });
  };
  return html`<label class="field">
    <span>${t("plan.add_plane")}</span>
    <select name="add_plane" ?disabled=${disabled || tumour === null || desk.planes.length >= MOST_PLANES} @change=${add}>
      <option value="">${t("plan.add_where")}</option>
      ${SIDES.map((side) => html`<option value=${side}>${t(`plan.add.${side}`)}</option>`)}
    </select>
  </label>`;
}

/** A number of a plane: what it is, and the plane with another one. */
interface OfPlane {
  read(plane: PlanPlane): number;
  write(plane: PlanPlane, value: number): PlanPlane;
}

function coordinate(axis: 0 | 1 | 2): OfPlane {
  return {
    read: (plane) => centerMm(plane)[axis],
    write: (plane, value) => {
      const center: [number, number, number] = [...centerMm(plane)];
      center[axis] = value;
      return withCenter(plane, center);
    },
  };
}

function tilt(which: 0 | 1): OfPlane {
  return {
    read: (plane) => leanOf(plane).tilts[which].deg,
    write: (plane, deg) => leaning(plane, withTilt(leanOf(plane), which, deg)),
  };
}

function side(length: "width_mm" | "height_mm"): OfPlane {
  return {
    read: (plane) => plane[length],
    write: (plane, mm) => ({ ...plane, [length]: within(mm, LEAST_SIDE_MM, LONGEST_SIDE_MM) }),
  };
}

const ROLL: OfPlane = {
  read: (plane) => leanOf(plane).roll,
  write: (plane, roll) => leaning(plane, { ...leanOf(plane), roll }),
};

function fieldsTemplate(desk: Desk, plane: PlanPlane, disabled: boolean): TemplateResult {
  const lean = leanOf(plane);
  const number = (label: string, name: string, { read, write }: OfPlane) =>
    numberField({
      label,
      name,
      value: read(plane),
      digits: 1,
      step: 1,
      disabled,
      typed: (value) => desk.put(write(plane, value)),
      stepped: (by) => {
        const now = desk.plane ?? plane;
        desk.nudge(write(now, read(now) + by));
      },
    });
  const tiltField = (which: 0 | 1) => {
    const { axis } = lean.tilts[which];
    const slice = t(`slices.${SLICES[(3 - axis - lean.main) as 0 | 1 | 2]}`);
    return number(t("plan.tilt", { slice, towards: t(`plan.towards.${TOWARDS[axis]}`) }), `tilt_${which}`, tilt(which));
  };
  const least = desk.factsOf(plane.key)?.least_mm ?? null;
  return html`<div class="fields">
      ${textField(t("plan.name"), "plane_name", plane.name, { disabled, longest: LONGEST_NAME, kept: (name) => desk.put({ ...plane, name }) })}
      ${numberField({
        label: t("plan.offset"),
        name: "offset",
        value: least,
        digits: 1,
        step: 1,
        disabled,
        typed: (value) => desk.put(movedAlong(plane, value - (least ?? value))),
        stepped: (by) => desk.nudge(movedAlong(desk.plane ?? plane, by)),
      })}
      ${number(t("plan.center.left"), "center_left", coordinate(0))} ${number(t("plan.center.back"), "center_back", coordinate(1))}
      ${number(t("plan.center.up"), "center_up", coordinate(2))} ${tiltField(0)} ${tiltField(1)} ${number(t("plan.roll"), "roll", ROLL)}
      ${number(t("plan.width"), "width", side("width_mm"))} ${number(t("plan.height"), "height", side("height_mm"))}
    </div>
    <div class="choices">
      <button type="button" aria-disabled=${disabled} @click=${() => !disabled && desk.put(flipped(plane))}>${t("plan.flip")}</button>
      <button type="button" aria-disabled=${disabled} @click=${() => desk.send({ type: "remove_plane", key: plane.key })}>
        ${t("plan.remove_plane", { name: plane.name })}
      </button>
    </div>`;
}

function withTilt(lean: Lean, which: 0 | 1, deg: number): Lean {
  const [first, second] = lean.tilts;
  return { ...lean, tilts: which === 0 ? [{ ...first, deg }, second] : [first, { ...second, deg }] };
}

const WAYS: Readonly<Record<From, Vec>> = {
  front: [0, -1, 0],
  back: [0, 1, 0],
  left: [1, 0, 0],
  right: [-1, 0, 0],
  head: [0, 0, 1],
  feet: [0, 0, -1],
};
const ROOM_MM = 3;
const FIRST_SIDES_MM: readonly [number, number] = [90, 60];

/** A plane on that side of the tumour, a little beyond the margin asked for, keeping what lies farther out. */
export function newPlane(desk: Pick<Desk, "planes" | "draft">, { least, most }: NonNullable<Box>, from: From): PlanPlane {
  const way = WAYS[from];
  const reach = (desk.draft?.margin_mm ?? 0) + ROOM_MM;
  const center = way.map((part, axis) => {
    const middle = (least[axis as 0]! + most[axis as 0]!) / 2;
    return middle + part * ((most[axis as 0]! - least[axis as 0]!) / 2 + reach);
  }) as unknown as Vec;
  const keys = new Set(desk.planes.map(({ key }) => key));
  let number = desk.planes.length + 1;
  while (keys.has(`plane_${number}`)) number += 1;
  const plane: PlanPlane = {
    key: `plane_${number}`,
    name: t("plan.plane_name", { number }),
    center_patient_m: [0, 0, 0],
    kept_normal: way,
    along: way[0] === 0 ? [1, 0, 0] : [0, 1, 0],
    width_mm: FIRST_SIDES_MM[0],
    height_mm: FIRST_SIDES_MM[1],
  };
  return withCenter(plane, center);
}

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
