/** The words of the page in the language a person chose: `t("team.put_out_do", { name })`. */

import type { EN, Key, Messages } from "./en.ts";
import { EN_FIRST } from "./en_first.ts";

export type Language = "en" | "de";
export type { Key } from "./en.ts";

type Places<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Places<Rest> : never;
type PlacesOf<K extends Key> = Places<(typeof EN)[K]>;
type Values<K extends Key> = [PlacesOf<K>] extends [never]
  ? []
  : [values: { readonly [Name in PlacesOf<K>]: string | number }];

const LOCALES: Readonly<Record<Language, string>> = { en: "en-GB", de: "de-DE" };
const PLACE = /\{(\w+)\}/g;

let spoken: Partial<Messages> = EN_FIRST;
let locale = LOCALES.en;

/** Fill the places of a text; a place without a value stays as it is, so that it is seen. */
export function filled(text: string, values: { readonly [name: string]: string | number }): string {
  return text.replace(PLACE, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}

/** The words of a key in the language spoken now; the key itself where its words are not here yet. */
export function t<K extends Key>(key: K, ...values: Values<K>): string {
  const [given] = values;
  const text = spoken[key] ?? key;
  return given === undefined ? text : filled(text, given);
}

/** Speak these words from now on. */
export function speak(language: Language, messages: Partial<Messages>): void {
  spoken = messages;
  locale = LOCALES[language];
}

/** "22 Nov 2026, 15:04" in the laptop's own time. */
export function dateWords(utc: string): string {
  const date = new Date(utc);
  if (Number.isNaN(date.getTime())) return utc;
  return date.toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
}

/** "15:04:09" in the laptop's own time. */
export function timeWords(utc: string): string {
  const date = new Date(utc);
  return Number.isNaN(date.getTime()) ? utc : date.toLocaleTimeString(locale, { hour12: false });
}

/** "1 Jan 2026": the day of an ISO date, which has no time of day. */
export function dayWords(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return day;
  return date.toLocaleDateString(locale, { dateStyle: "medium", timeZone: "UTC" });
}

/** A count or a size in the language's own digits. Never for mm: those have one fixed form everywhere (hazard H33). */
export function numberWords(value: number, digits = 0): string {
  return value.toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
