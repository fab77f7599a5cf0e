/** What this browser keeps: the step, for a reload of this tab; language and light, for every visit. */

import type { Theme } from "./console_state.ts";
import type { Language } from "./messages/messages.ts";
import { type Step, STEPS } from "./step_order.ts";

const STEP_KEY = "orview.step";
const LANGUAGE_KEY = "orview.language";
const THEME_KEY = "orview.theme";

/** The step this tab was in before it was loaded again. */
export function rememberedStep(): Step | null {
  const kept = sessionStorage.getItem(STEP_KEY);
  return STEPS.find((step) => step === kept) ?? null;
}

export function rememberStep(step: Step): void {
  sessionStorage.setItem(STEP_KEY, step);
}

/** What a person chose, else what the browser is set to. */
export function rememberedLanguage(): Language {
  const wished = localStorage.getItem(LANGUAGE_KEY) ?? navigator.language;
  return wished.toLowerCase().startsWith("de") ? "de" : "en";
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(LANGUAGE_KEY, language);
}

/** What a person chose, else what the laptop is set to. */
export function rememberedTheme(): Theme {
  const kept = localStorage.getItem(THEME_KEY);
  if (kept === "dark" || kept === "light") return kept;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

export function rememberTheme(theme: Theme): void {
  localStorage.setItem(THEME_KEY, theme);
}
