/**
 * What of the plan's model this device shows besides planes and lines: the tumour in the colours of its distances, and
 * a shell round it. Each wearer's own, and off at first; what the model does not bring is not offered.
 */

import type { MarginBand } from "../protocol.gen.ts";

export type Colours = "margin" | "near";
export type Shell = "shell_5" | "shell_10" | "shell_15";

/** One choice of a switch, in the order in which they come round; null is off. */
interface Choice<T> {
  readonly value: T | null;
  /** What a button says that leads there. */
  readonly label: string;
}

const COLOURS: readonly Choice<Colours>[] = [
  { value: null, label: "Colours off" },
  { value: "margin", label: "Margin colours" },
  { value: "near", label: "Nearness colours" },
];
const SHELLS: readonly Choice<Shell>[] = [
  { value: null, label: "Shell off" },
  { value: "shell_5", label: "Shell 5 mm" },
  { value: "shell_10", label: "Shell 10 mm" },
  { value: "shell_15", label: "Shell 15 mm" },
];

/** What the colours tell of, as the card says it. */
export const COLOURS_TITLE: Readonly<Record<Colours, string>> = {
  margin: "Tumour to the nearest cut",
  near: "Tumour to roots, vessels, organs",
};

/** The words of a band: what is nearer than touching lies beyond a cut, or within what is kept clear of. */
export function bandWords(colours: Colours, { from_mm, words }: Pick<MarginBand, "from_mm" | "words">): string {
  return colours === "near" && from_mm === null ? "within one of them" : words;
}

/** The nodes of the plan's model that are switched. */
export const SWITCHED: readonly string[] = [...COLOURS, ...SHELLS].flatMap(({ value }) => value ?? []);

export class Paints {
  #colours: Colours | null = null;
  #shell: Shell | null = null;
  #here: ReadonlySet<string> = new Set();

  /** These nodes are in the plan's model; what is none of them is off. */
  offer(nodes: Iterable<string>): void {
    this.#here = new Set(nodes);
    if (this.#colours !== null && !this.#here.has(this.#colours)) this.#colours = null;
    if (this.#shell !== null && !this.#here.has(this.#shell)) this.#shell = null;
  }

  get colours(): Colours | null {
    return this.#colours;
  }

  get shell(): Shell | null {
    return this.#shell;
  }

  /** What the buttons say that switch on; null where there is nothing to switch. */
  get labels(): { readonly colours: string | null; readonly shell: string | null } {
    return { colours: this.#next(COLOURS, this.#colours)?.label ?? null, shell: this.#next(SHELLS, this.#shell)?.label ?? null };
  }

  nextColours(): void {
    this.#colours = this.#next(COLOURS, this.#colours)?.value ?? null;
  }

  nextShell(): void {
    this.#shell = this.#next(SHELLS, this.#shell)?.value ?? null;
  }

  #next<T extends string>(choices: readonly Choice<T>[], now: T | null): Choice<T> | null {
    const offered = choices.filter(({ value }) => value === null || this.#here.has(value));
    if (offered.length < 2) return null;
    const at = offered.findIndex(({ value }) => value === now);
    return offered[(at + 1) % offered.length]!;
  }
}
