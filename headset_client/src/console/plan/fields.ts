/** Fields of the plan page. Numbers of mm and degrees have one form in every language (hazard H33); a comma is understood. */

import { html, nothing, type TemplateResult } from "lit-html";

export interface NumberField {
  readonly label: string;
  readonly name: string;
  readonly value: number | null;
  readonly digits: number;
  /** What the arrow up adds; with the shift key a tenth of it. */
  readonly step: number;
  readonly disabled: boolean;
  /** A number was typed. */
  typed(value: number): void;
  /** An arrow was pressed: so much more. It may come faster than pages are drawn. */
  stepped(by: number): void;
}

/** The number somebody typed; null for what is none. */
export function numberOf(text: string): number | null {
  const plain = text.trim().replace(",", ".").replace("−", "-");
  const value = Number(plain);
  return plain === "" || !Number.isFinite(value) ? null : value;
}

export function numberField({ label, name, value, digits, step, disabled, typed, stepped }: NumberField): TemplateResult {
  const text = value === null ? "" : shortened(value, digits);
  const change = (event: Event) => {
    const field = event.target as HTMLInputElement;
    const number = numberOf(field.value);
    // What is no number, and what comes to the same, leaves what stood there.
    field.value = text;
    if (number !== null && shortened(number, digits) !== text) typed(number);
  };
  const press = (event: KeyboardEvent) => {
    const way = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    if (way === 0 || value === null || event.altKey || event.ctrlKey) return;
    event.preventDefault();
    stepped(way * step * (event.shiftKey ? 0.1 : 1));
  };
  return html`<label class="field">
    <span>${label}</span>
    <input
      type="text"
      inputmode="decimal"
      role="spinbutton"
      autocomplete="off"
      name=${name}
      aria-valuenow=${value === null ? nothing : text}
      ?disabled=${disabled || value === null}
      .value=${text}
      @change=${change}
      @keydown=${press}
    />
  </label>`;
}

/** A line of text; `kept` is called when it was changed and left. */
export function textField(
  label: string,
  name: string,
  value: string,
  options: { readonly disabled: boolean; readonly longest: number; kept(value: string): void },
): TemplateResult {
  return html`<label class="field">
    <span>${label}</span>
    <input
      type="text"
      autocomplete="off"
      name=${name}
      maxlength=${options.longest}
      ?disabled=${options.disabled}
      .value=${value}
      @change=${(event: Event) => {
        const field = event.target as HTMLInputElement;
        const text = field.value.trim();
        if (text === "") field.value = value;
        else if (text !== value) options.kept(text);
      }}
    />
  </label>`;
}

function shortened(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}
