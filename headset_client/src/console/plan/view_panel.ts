/** The 3D view in the page: fetched when the page opens, with what it is looked at by; the page works without it too. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { Announced } from "../../net/download.ts";
import type { Colours } from "../../overlay/paints.ts";
import type { StageSight } from "../../overlay/stage_sight.ts";
import type { PlanPlane, Session } from "../../protocol.gen.ts";
import { t } from "../messages/messages.ts";
import type { Desk } from "./desk.ts";
import type { PlanView } from "./plan_view.ts";
import { movedAlong, stretched, turnedAbout } from "./quad.ts";
import { type ShownLine, TONE_COLORS } from "./shown.ts";

/** Keys over the view: a step is 1 mm or 1 degree, with the shift key a tenth of a mm. */
const FINE = 0.1;

export class ViewPanel {
  #view: PlanView | "none" | "loading" | "failed" = "none";
  #worn = "";

  /** Fetch the view, once. */
  async want(desk: Desk, changed: () => void): Promise<void> {
    if (this.#view !== "none") return;
    this.#view = "loading";
    try {
      const { PlanView } = await import("./plan_view.ts");
      this.#view = new PlanView({
        onChoose: (planeKey) => desk.set({ planeKey }),
        onHold: (plane) => desk.hold(plane),
        onSettle: () => desk.settle(),
      });
    } catch {
      this.#view = "failed";
    }
    changed();
  }

  get view(): PlanView | null {
    return typeof this.#view === "string" ? null : this.#view;
  }

  /** Show this case in a stage, with these planes, the tumour in colours of the saved plan's file where they are wished for. */
  show(
    session: Session,
    sight: StageSight | null,
    lines: readonly ShownLine[],
    saved: { readonly file: Announced | null; readonly colours: Colours | null },
  ): void {
    const own = this.view;
    if (own === null) return;
    const looks = sight === null ? null : [[...sight.looks], [...sight.loose], [...sight.gone]];
    const worn = JSON.stringify([session.model?.digest, session.target_key, looks, saved]);
    if (worn !== this.#worn) {
      this.#worn = worn;
      own.take(session, sight, saved.file, saved.colours);
    }
    own.show(lines.map((line) => ({ ...line, color: TONE_COLORS[line.tone] })));
  }

  forget(): void {
    this.#worn = "";
    this.view?.forget();
  }

  template(desk: Desk): TemplateResult {
    const own = this.view;
    if (own === null) return html`<p class="hint">${t(this.#view === "failed" ? "plan.no_3d" : "plan.loading_3d")}</p>`;
    own.canvas.setAttribute("role", "application");
    own.canvas.setAttribute("aria-label", t("plan.view"));
    own.canvas.setAttribute("aria-describedby", "plan-keys");
    return html`<div class="view3d" @keydown=${(event: KeyboardEvent) => press(event, desk)}>
      ${own.canvas}
      <p id="plan-keys">${desk.plane === null ? nothing : t("plan.keys")}</p>
    </div>`;
  }
}

/** Move, turn or resize the plane in hand by a key. */
function press(event: KeyboardEvent, desk: Desk): void {
  const moved = desk.plane === null ? null : movedBy(event, desk.plane);
  if (moved === null) return;
  event.preventDefault();
  desk.nudge(moved);
}

/** The plane as a key over the view leaves it; null for every other key. */
export function movedBy(
  event: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "altKey" | "metaKey">,
  plane: PlanPlane,
): PlanPlane | null {
  const { key, shiftKey, ctrlKey } = event;
  if (event.altKey || event.metaKey) return null;
  const way = { PageUp: 1, PageDown: -1, ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[key];
  if (way === undefined) return null;
  if (key.startsWith("Page")) return ctrlKey ? null : movedAlong(plane, way * (shiftKey ? FINE : 1));
  const upright = key === "ArrowUp" || key === "ArrowDown";
  if (shiftKey && !ctrlKey) return turnedAbout(plane, upright ? "width" : "height", way);
  if (!ctrlKey || shiftKey) return null;
  // Both edges move: the middle stays.
  const side = upright ? "height" : "width";
  return stretched(stretched(plane, `${side}+`, way / 2), `${side}-`, way / 2);
}
