/** The pages of the steps: the first is here, the others are fetched while nobody waits for them. */

import type { Connection } from "../net/socket.ts";
import type { Arrival } from "../net/wire.ts";
import type { ConsoleActions, ConsoleState, Identifying, Making } from "./console_state.ts";
import type { StepModule } from "./parts.ts";
import type { Arriving } from "./shell.ts";
import { type Step, STEPS } from "./step_order.ts";
import * as patient from "./steps/patient.ts";

/** The steps, and the plan page, which stands in place of them while it is open. */
export type PageName = Step | "plan";

const LOADERS: Readonly<Record<Exclude<PageName, "patient">, () => Promise<StepModule>>> = {
  team: () => import("./steps/team.ts"),
  camera: () => import("./steps/camera.ts"),
  register: () => import("./steps/register.ts"),
  check: () => import("./steps/check.ts"),
  live: () => import("./steps/live.ts"),
  plan: async () => (await Promise.all([import("./plan/plan_page.ts"), import("./plan/plan.css")]))[0],
};

/** The page that is shown. */
export function shownPage({ step, planning }: Pick<ConsoleState, "step" | "planning">): PageName {
  return planning ? "plan" : step;
}

/** The parts of the first page that come after it. */
interface Rest {
  readonly making: Making;
  readonly identifying: Identifying;
}

export class Pages {
  readonly #modules = new Map<PageName, StepModule | "coming" | "failed">([["patient", patient]]);
  #rest: Rest | "coming" | "failed" | null = null;
  readonly #words: () => Promise<void>;
  readonly #arrived: () => void;

  /** `words` fetches those of all pages, `arrived` is called when one more can be drawn, or cannot be fetched. */
  constructor(words: () => Promise<void>, arrived: () => void) {
    this.#words = words;
    this.#arrived = arrived;
  }

  /** What makes cases on the first page, once it is here. */
  get making(): Making | null {
    return typeof this.#rest === "string" ? null : (this.#rest?.making ?? null);
  }

  /** What asks on the first page who the patient is, once it is here. */
  get identifying(): Identifying | null {
    return typeof this.#rest === "string" ? null : (this.#rest?.identifying ?? null);
  }

  /** The page that is shown, as far as it is here. */
  page(state: ConsoleState, actions: ConsoleActions): Arriving {
    const module = this.#modules.get(shownPage(state));
    if (module === "failed") return { failed: true };
    return typeof module === "object" ? module.page(state, actions) : null;
  }

  /** Let every page that is here take what was heard. */
  keepUp(state: ConsoleState, actions: ConsoleActions): void {
    for (const module of this.#modules.values()) if (typeof module === "object") module.keepUp?.(state, actions);
  }

  /** Let every page that is here take what arrived. */
  hear(message: Arrival, connection: Connection): void {
    for (const module of this.#modules.values()) if (typeof module === "object") module.hear?.(message, connection);
  }

  /** Let the page that is shown take a key. */
  press(event: KeyboardEvent, shown: PageName): void {
    const module = this.#modules.get(shown);
    if (typeof module === "object") module.pressed?.(event);
  }

  /** Fetch a page, also one that could not be fetched before. */
  async fetch(step: PageName): Promise<void> {
    const module = this.#modules.get(step);
    if (step === "patient" || module === "coming" || typeof module === "object") return;
    this.#modules.set(step, "coming");
    try {
      const [fetched] = await Promise.all([LOADERS[step](), this.#words(), import("./steps/steps.css")]);
      this.#modules.set(step, fetched);
    } catch {
      this.#modules.set(step, "failed");
    }
    this.#arrived();
  }

  /** Fetch all that was not asked for yet: a host that is away later takes no page away. */
  fetchAll(): void {
    for (const step of STEPS) if (!this.#modules.has(step)) void this.fetch(step);
    if (this.#rest === null) void this.#fetchRest();
  }

  /** What did not come from a host that was away may come from this one. */
  tryAgain(): void {
    for (const [step, module] of this.#modules) if (module === "failed") this.#modules.delete(step);
    if (this.#rest === "failed") this.#rest = null;
  }

  async #fetchRest(): Promise<void> {
    this.#rest = "coming";
    try {
      const [making, identifying] = await Promise.all([import("./preparing.ts"), import("./identity_form.ts"), this.#words()]);
      this.#rest = { making, identifying };
    } catch {
      this.#rest = "failed";
    }
    this.#arrived();
  }
}
