/** Pieces every page of the console is made of. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { Connection } from "../net/socket.ts";
import type { Arrival } from "../net/wire.ts";
import type { ConsoleActions, ConsoleState } from "./console_state.ts";
import { t } from "./messages/messages.ts";
import { type Step, stepAfter } from "./step_order.ts";
import type { Light } from "./steps.ts";

/** The big button of a page: the one thing to do next. */
export interface Act {
  readonly label: string;
  /** How it looks: what begins, what goes on, what ends. */
  readonly kind: "go" | "start" | "end";
  /** Why it does nothing now, in a sentence; null when it works. */
  readonly obstacle: string | null;
  act(): void;
}

/** The page of a step; the shell draws everything around it. */
export interface StepPage {
  readonly body: TemplateResult;
  readonly act: Act;
}

/** A page that stands in place of the steps: it has its own way back. */
export interface WholePage {
  readonly whole: TemplateResult;
}

/** What a step's file has to offer. */
export interface StepModule {
  page(state: ConsoleState, actions: ConsoleActions): StepPage | WholePage;
  /** Called whenever something was heard, whichever step is shown: for what is fetched, kept and let go of. */
  keepUp?(state: ConsoleState, actions: ConsoleActions): void;
  /** Called with everything that arrives, poses and pictures too. */
  hear?(message: Arrival, connection: Connection): void;
  /** Called with every key while it is shown. */
  pressed?(event: KeyboardEvent): void;
}

/** The big button that goes on to the next step; it never holds anybody back. */
export function goOn(step: Step, actions: ConsoleActions): Act {
  const next = stepAfter(step) ?? step;
  return { label: t("shell.next", { step: t(`step.${next}`) }), kind: "go", obstacle: null, act: () => actions.go(next) };
}

/** A traffic light in word and colour, and in shape. */
export function lamp(light: Light, word: string): TemplateResult {
  return html`<strong class="lamp" data-light=${light}>${word}</strong>`;
}

/** A button that says why it does nothing, instead of vanishing from the keyboard's path. */
export function button(
  label: string,
  options: { readonly name: string; readonly obstacle: string | null; readonly class?: string; act(): void },
): TemplateResult {
  const { name, obstacle, act } = options;
  return html`<button
      type="button"
      class=${options.class ?? ""}
      aria-disabled=${obstacle === null ? "false" : "true"}
      aria-describedby="${name}-hint"
      @click=${() => obstacle === null && act()}
    >
      ${label}
    </button>
    <p class="hint" id="${name}-hint">${obstacle ?? nothing}</p>`;
}
