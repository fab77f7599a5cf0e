/** Step 1, who and what: two identifiers of the patient, typed or scanned, and side and procedure. */

import { html, nothing, type TemplateResult } from "lit-html";

import {
  type ClientMessage, IDENTIFIER_KINDS, type IdentifierKind, type Identity, OPERATED_SIDES, type Procedure,
} from "../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "./console_state.ts";
import { type Given, NOTHING_GIVEN, type Planned } from "./given.ts";
import { h } from "./host_words.ts";
import { dateForm, isFault, typedForms, typedProofs } from "./identifying.ts";
import { t } from "./messages/messages.ts";
import { button, lamp } from "./parts.ts";

const FEWEST = 2;
/** A day that is being typed is not wrong yet. */
const DAY_TYPED_AT = 8;

/** Whether the nurse is to say whose the case is, before she compares it with the wristband. */
export function isToBeSet(identity: Identity, anew: boolean): boolean {
  return identity.settable && (anew || identity.kinds.length < FEWEST);
}

/** The identifiers that are asked for. */
export function kindsAsked(identity: Identity, anew: boolean): readonly IdentifierKind[] {
  return isToBeSet(identity, anew) ? IDENTIFIER_KINDS : identity.kinds;
}

/** Why what is typed is not taken for a day, in a sentence; empty while it is not typed or can be one. */
export function dayFault(text: string, language: string): string {
  if (text.trim().length < DAY_TYPED_AT) return "";
  const form = dateForm(text, language);
  return isFault(form) ? t(`identity.fault.${form}`) : "";
}

/** The identifiers that are typed and usable. */
export function usableKinds(kinds: readonly IdentifierKind[], given: Given, language: string): IdentifierKind[] {
  return kinds.filter((kind) => typedForms(kind, given[kind], language).length > 0);
}

/** Why the identifiers cannot be compared now, or null. */
export function compareObstacle(identity: Identity, anew: boolean, given: Given, language: string): string | null {
  if (identity.locked) return t("identity.locked");
  const kinds = kindsAsked(identity, anew);
  const typed = kinds.filter((kind) => given[kind].trim() !== "");
  const usable = usableKinds(kinds, given, language);
  if (usable.length < typed.length) {
    return dayFault(given.birth_date, language) || t("identity.unusable");
  }
  return usable.length < FEWEST ? t("identity.give_two") : null;
}

/** The message that says who the patient is; proofs alone are in it. */
export async function identityMessage(
  identity: Identity,
  anew: boolean,
  given: Given,
  language: string,
): Promise<ClientMessage | null> {
  const { case_id, salt } = identity;
  if (case_id === null || salt === null) return null;
  const proofs = await Promise.all(
    usableKinds(kindsAsked(identity, anew), given, language).map(async (kind) => ({
      kind,
      any_of: await typedProofs(kind, given[kind], salt, language),
    })),
  );
  return { type: isToBeSet(identity, anew) ? "set_identity" : "identify", case_id, proofs };
}

/** The side and procedure that stand in the form: what was typed, else what the host has. */
export function plannedNow(planned: Planned, procedure: Procedure | undefined): { side: Planned["side"]; procedure: string } {
  return {
    side: planned.side ?? procedure?.side ?? null,
    procedure: planned.procedure ?? procedure?.procedure ?? "",
  };
}

/** Both forms; nothing while no case is chosen. */
export function identityTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult | typeof nothing {
  const { session, identity, procedure } = state.heard;
  if (session === undefined || session.case_id === null) return nothing;
  if (identity === undefined || identity.case_id !== session.case_id) return nothing;
  const stands = session.state === "LIVE" || session.state === "LOST";
  const matched = identity.matched.length > 0;
  return html`<section class="card identity" aria-labelledby="identity-title">
      <h3 id="identity-title">
        ${t("identity.title")} ${lamp(matched ? "good" : "wait", t(matched ? "light.good" : "light.wait"))}
      </h3>
      <p class="patient">${session.case_name}</p>
      <p role="status">${h(identity.words)}</p>
      ${matched || stands ? nothing : comparingTemplate(state, identity, actions)}
    </section>
    ${procedureTemplate(state, procedure, stands, actions)}`;
}

function comparingTemplate(state: ConsoleState, identity: Identity, actions: ConsoleActions): TemplateResult {
  const { given, anew } = state.picked;
  const { language } = state;
  const obstacle = compareObstacle(identity, anew, given, language);
  const setting = isToBeSet(identity, anew);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (obstacle !== null) {
      // A scanner ends what it types with Enter: that goes on to the next field.
      const fields = [...(event.target as HTMLFormElement).querySelectorAll("input")];
      fields.find((field) => field.value.trim() === "")?.focus();
      return;
    }
    void identityMessage(identity, anew, given, language).then((message) => {
      if (message !== null) actions.send(message);
      if (setting) actions.pick({ given: NOTHING_GIVEN, anew: false });
    });
  };
  return html`<form @submit=${submit} autocomplete="off">
      <p class="hint">${t(setting ? "identity.set_hint" : "identity.hint")}</p>
      ${kindsAsked(identity, anew).map((kind) => fieldTemplate(kind, given, language, actions))}
      ${submitTemplate(t(setting ? "identity.set" : "identity.compare"), "identity", obstacle)}
    </form>
    ${
      identity.settable && !setting
        ? button(t("identity.anew"), {
            name: "anew",
            obstacle: null,
            act: () => actions.pick({ given: NOTHING_GIVEN, anew: true }),
          })
        : nothing
    }`;
}

function fieldTemplate(kind: IdentifierKind, given: Given, language: string, actions: ConsoleActions): TemplateResult {
  const fault = kind === "birth_date" ? dayFault(given.birth_date, language) : "";
  return html`<label class="field">
      <span>${t(`identity.${kind}`)}</span>
      <input
        type="text"
        name=${kind}
        maxlength="200"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        aria-invalid=${fault === "" ? "false" : "true"}
        aria-describedby="${kind}-fault"
        .value=${given[kind]}
        @input=${(event: Event) =>
          actions.pick({ given: { ...given, [kind]: (event.target as HTMLInputElement).value } })}
      />
    </label>
    <p class="hint" id="${kind}-fault">${fault}</p>`;
}

function submitTemplate(label: string, name: string, obstacle: string | null): TemplateResult {
  // Never disabled: Enter in a field submits the form only while its button can be pressed.
  return html`<button type="submit" aria-disabled=${obstacle === null ? "false" : "true"} aria-describedby="${name}-hint">
      ${label}
    </button>
    <p class="hint" id="${name}-hint">${obstacle ?? nothing}</p>`;
}

function procedureTemplate(
  state: ConsoleState,
  procedure: Procedure | undefined,
  stands: boolean,
  actions: ConsoleActions,
): TemplateResult {
  const { planned } = state.picked;
  const { side, procedure: words } = plannedNow(planned, procedure);
  const changed = procedure === undefined || side !== procedure.side || words.trim() !== procedure.procedure;
  const obstacle = stands ? t("procedure.stop_first") : side === null || words.trim() === "" ? t("next.procedure") : null;
  const done = !changed && side !== null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const { case_id } = state.heard.session ?? { case_id: null };
    if (obstacle === null && side !== null && case_id !== null) {
      actions.send({ type: "set_procedure", case_id, side, procedure: words.trim() });
    }
  };
  return html`<section class="card procedure" aria-labelledby="procedure-title">
    <h3 id="procedure-title">
      ${t("procedure.title")} ${lamp(done ? "good" : "wait", t(done ? "light.good" : "light.wait"))}
    </h3>
    <form @submit=${submit} autocomplete="off">
      <fieldset class="sides" ?disabled=${stands}>
        <legend>${t("procedure.side")}</legend>
        ${OPERATED_SIDES.map(
          (one) => html`<label>
            <input
              type="radio"
              name="side"
              value=${one}
              .checked=${one === side}
              @change=${() => actions.pick({ planned: { ...planned, side: one } })}
            />
            ${t(`procedure.side.${one}`)}
          </label>`,
        )}
      </fieldset>
      <label class="field">
        <span>${t("procedure.what")}</span>
        <input
          type="text"
          name="procedure"
          maxlength="120"
          ?disabled=${stands}
          .value=${words}
          @input=${(event: Event) =>
            actions.pick({ planned: { ...planned, procedure: (event.target as HTMLInputElement).value } })}
        />
      </label>
      ${done ? nothing : submitTemplate(t("procedure.keep"), "procedure", obstacle)}
    </form>
  </section>`;
}
