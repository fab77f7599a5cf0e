/**
 * What the host says in English, in the language of the page.
 *
 * The host knows one language; a page that speaks another has a table of its sentences, with places `{name}`. What
 * stands in a place is a name, a number or a sentence that may be in the table itself. A sentence the table does not
 * know stays as the host said it: better another language than nothing.
 */

import { filled } from "./messages/messages.ts";

export type HostWords = { readonly [english: string]: string };

interface Pattern {
  readonly english: RegExp;
  readonly places: readonly string[];
  readonly own: string;
  /** So little stands between the places that it fits by chance: then what stands in them must be known too. */
  readonly slight: boolean;
}

/** Letters a pattern that is no sentence has at least, not to fit by chance. */
const LEAST_LETTERS = 6;

const PLACE = /\{(\w+)\}/g;
const BETWEEN_SENTENCES = /(?<=[.!?:]) (?=\p{Lu})/u;

let exact: ReadonlyMap<string, string> = new Map();
let patterns: readonly Pattern[] = [];

/** Translate by this table from now on; an empty one leaves everything in English. */
export function translateBy(table: HostWords): void {
  const entries = Object.entries(table);
  exact = new Map(entries.filter(([english]) => !english.includes("{")));
  // The longest fixed text first: of two patterns that fit, it says more.
  const fixed = (english: string) => english.replace(PLACE, "");
  patterns = entries
    .filter(([english]) => english.includes("{"))
    .sort(([one], [other]) => fixed(other).length - fixed(one).length)
    .map(([english, own]) => ({
      english: new RegExp(`^${english.split(PLACE).map((part, at) => (at % 2 === 0 ? escaped(part) : "(.+?)")).join("")}$`, "u"),
      places: [...english.matchAll(PLACE)].map((match) => match[1]!),
      own,
      slight: !/[.!?]$/.test(english) && fixed(english).replace(/\P{L}/gu, "").length < LEAST_LETTERS,
    }));
}

/** A sentence of the host, or several, in the language of the page. */
export function h(words: string): string {
  if (exact.size === 0 && patterns.length === 0) return words;
  return whole(words) ?? sentences(words);
}

function sentences(words: string): string {
  const parts = words.split(BETWEEN_SENTENCES);
  return parts.length === 1 ? words : parts.map((part) => whole(part) ?? part).join(" ");
}

function whole(words: string): string | null {
  const own = exact.get(words);
  if (own !== undefined) return own;
  for (const pattern of patterns) {
    const match = pattern.english.exec(words);
    if (match === null) continue;
    if (pattern.slight && match.slice(1).some((value) => value.includes(" ") && whole(value) === null)) continue;
    const values = pattern.places.map((place, at): [string, string] => [place, h(match[at + 1]!)]);
    return filled(pattern.own, Object.fromEntries(values));
  }
  return null;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
