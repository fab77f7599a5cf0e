/** What identifies a patient, in one form however it is written, and the proof that somebody knows it.
 *
 * The same rules as `orview/protocol/identifying.py`, which says why; tests/wire/identity.json holds both to them. What
 * is typed here never leaves the page: its proofs do. */

import type { IdentifierKind } from "../protocol.gen.ts";

export type DateFault = "no_date" | "short_year" | "ambiguous";

const FIRST_YEAR = 1850;
const LAST_YEAR = 2199;
const OPTIONAL_MARKS =
  /[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/gu;
const JOINERS = /['\u2018\u2019\u02bc\u02bb`\u00b4\uff07\u0640\u00ad\u200b-\u200f\u2060\ufeff]/gu;
const EXPANDED: Readonly<Record<string, string>> = { ä: "ae", ö: "oe", ü: "ue", å: "aa", ø: "oe" };
const PLAIN: Readonly<Record<string, string>> = {
  ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ħ: "h", ŧ: "t", ı: "i", ŋ: "n",
  "\u0649": "\u064a", "\u0629": "\u0647",
};
const DIGIT_ZEROS = [0x0660, 0x06f0, 0x0966];
const UNSPACED = /^[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{3ffff}]+$/u;
// A barcode may hold control characters, and blanks of every kind.
const DASHES_AND_BLANKS = /[\s\x00-\x1f\x7f-\x9f\-\u00ad\u2010-\u2015\u2212\u200b-\u200f\u2060\ufeff]/gu;
const MONTHS = [
  "jan january januar janner jaenner", "feb february februar", "mar march marz maerz mrz", "apr april", "may mai",
  "jun june juni", "jul july juli", "aug august", "sep sept september", "oct october okt oktober", "nov november",
  "dec december dez dezember",
].map((words) => words.split(" "));
const NO_MONTHS = ["st", "nd", "rd", "th", "of", "年", "月", "日"];
const DAY_FIRST = ["de", "en-au", "en-gb", "en-ie", "en-in", "en-nz", "en-za", "es", "fr", "it", "nl", "pl", "pt"];
const MONTH_FIRST = ["en-us"];

/** The forms of a name: one or two, none where nothing of it is a letter or digit. */
export function typedNames(text: string): string[] {
  const forms = [true, false].map((expanded) => joined(wordsOf(compared(text, expanded))));
  return [...new Set(forms)].filter((form) => form !== "");
}

/** The form of a patient's number: no blanks, no hyphens, either case; empty where nothing is left. */
export function identifierForm(text: string): string {
  const normal = digits(text.replace(DASHES_AND_BLANKS, "").normalize("NFKC"));
  return folded(normal).replace(DASHES_AND_BLANKS, "");
}

/** A day as eight digits, or why the text is not taken for one. The language (BCP 47) decides where numbers do not. */
export function dateForm(text: string, language: string): string | DateFault {
  const plain = compared(text, false);
  const tokens = (plain.match(/[0-9]+|\p{L}+/gu) ?? []).filter((token) => !NO_MONTHS.includes(token));
  const words = tokens.filter((token) => !isNumber(token));
  let numbers = tokens.filter(isNumber);
  if (words.length === 1 && numbers.length === 2) {
    return withMonth(MONTHS.findIndex((names) => names.includes(words[0] ?? "")) + 1, numbers);
  }
  if (words.length > 0) return "no_date";
  const all = numbers[0] ?? "";
  if (numbers.length === 1 && all.length === 8) {
    if (Number(all.slice(4)) < FIRST_YEAR) return day(all.slice(0, 4), all.slice(4, 6), all.slice(6));
    numbers = [all.slice(0, 2), all.slice(2, 4), all.slice(4)];
  }
  const [first, second, third] = numbers;
  if (numbers.length !== 3 || first === undefined || second === undefined || third === undefined) return "no_date";
  if (first.length === 4) return day(first, second, third);
  if (third.length !== 4) return "short_year";
  let order = plain.includes(".") ? "day" : firstOf(language);
  if (Number(first) > 12 || Number(first) === Number(second)) order = "day";
  else if (Number(second) > 12) order = "month";
  if (order === "") return "ambiguous";
  return order === "day" ? day(third, second, first) : day(third, first, second);
}

/** The proof (64 hex digits) that somebody knows an identifier of this form. */
export async function proofOf(kind: IdentifierKind, form: string, salt: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${salt}\n${kind}\n${form}`));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The forms of what a person writes, none where it is unusable. */
export function typedForms(kind: IdentifierKind, text: string, language: string): string[] {
  if (kind === "name") return typedNames(text);
  const form = kind === "birth_date" ? dateForm(text, language) : identifierForm(text);
  return form === "" || isFault(form) ? [] : [form];
}

/** The proofs of what a person writes: as many as it has forms. */
export async function typedProofs(kind: IdentifierKind, text: string, salt: string, language: string): Promise<string[]> {
  return Promise.all(typedForms(kind, text, language).map((form) => proofOf(kind, form, salt)));
}

export function isFault(form: string): form is DateFault {
  return form === "no_date" || form === "short_year" || form === "ambiguous";
}

function compared(text: string, expanded: boolean): string {
  let letters = folded(text.replace(JOINERS, "").normalize("NFKC"));
  if (expanded) letters = replaced(letters.normalize("NFC"), EXPANDED);
  const bare = letters.normalize("NFKD").replace(OPTIONAL_MARKS, "").normalize("NFC");
  return hiragana(digits(replaced(bare, PLAIN)));
}

// Letter by letter: the whole of a word would make a final sigma another letter.
function folded(text: string): string {
  const upper = Array.from(text, (letter) => letter.toUpperCase()).join("");
  return Array.from(upper, (letter) => letter.toLowerCase()).join("");
}

function replaced(text: string, letters: Readonly<Record<string, string>>): string {
  return Array.from(text, (letter) => letters[letter] ?? letter).join("");
}

function digits(text: string): string {
  return Array.from(text, (letter) => {
    const code = letter.codePointAt(0) ?? 0;
    const zero = DIGIT_ZEROS.find((start) => code >= start && code < start + 10);
    return zero === undefined ? letter : String(code - zero);
  }).join("");
}

function hiragana(text: string): string {
  return text.replace(/[\u30a1-\u30f6]/gu, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60));
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

function joined(words: string[]): string {
  if (words.every((word) => UNSPACED.test(word))) return words.join("");
  return [...words].sort(byCodePoint).join(" ");
}

/** As Python sorts: JavaScript's own order is that of UTF-16, which puts the highest letters elsewhere. */
function byCodePoint(a: string, b: string): number {
  const left = Array.from(a, (letter) => letter.codePointAt(0) ?? 0);
  const right = Array.from(b, (letter) => letter.codePointAt(0) ?? 0);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function isNumber(token: string): boolean {
  return /^[0-9]+$/u.test(token);
}

function firstOf(language: string): "day" | "month" | "" {
  const tag = language.toLowerCase();
  if (MONTH_FIRST.includes(tag)) return "month";
  return DAY_FIRST.includes(tag) || DAY_FIRST.includes(tag.split("-")[0] ?? "") ? "day" : "";
}

function withMonth(month: number, numbers: string[]): string | DateFault {
  const years = numbers.filter((number) => number.length === 4);
  if (month === 0) return "no_date";
  if (years.length !== 1) return "short_year";
  return day(years[0] ?? "", String(month), numbers.find((number) => number.length !== 4) ?? "");
}

function day(year: string, month: string, dayOfMonth: string): string | DateFault {
  if (month.length > 2 || dayOfMonth.length > 2) return "no_date";
  const [y, m, d] = [Number(year), Number(month), Number(dayOfMonth)];
  if (!(y >= FIRST_YEAR && y <= LAST_YEAR)) return "no_date";
  const found = new Date(Date.UTC(y, m - 1, d));
  if (found.getUTCMonth() !== m - 1 || found.getUTCDate() !== d) return "no_date";
  return year + month.padStart(2, "0") + dayOfMonth.padStart(2, "0");
}
