/** The words of a plan that stand on the patient: beside structures, beside planes, and on the card of the colours. */

import type { MarginVerdict } from "../protocol.gen.ts";
import { shortName } from "./declutter.ts";
import type { Look } from "./look.ts";

const NO_BREAK_SPACE = "\u00a0";
const MARGIN: Readonly<Record<MarginVerdict, string>> = {
  kept: " to the tumour",
  not_safe: ", margin not safe",
  not_kept: ", MARGIN NOT KEPT",
};
/** Letters of a plane's name beside it: the number and what it means never give way to a name. */
const MOST_LETTERS = 24;

/** A structure's name beside it: "S3 left: sacrifice", "Rectum (may have moved)". `kept`: null for what is no root. */
export function nameBeside(name: string, look: Look, kept: boolean | null): string {
  const fate = kept === null ? "" : kept ? ": keep" : ": sacrifice";
  return `${shortName(name)}${fate}${look.loose ? " (may have moved)" : ""}`;
}

/** A plane's name beside it: "High cut: 12.4 mm to the tumour", or that this is not enough; null: nobody told it. */
export function planeBeside(name: string, margin: { least_mm: number; verdict: MarginVerdict } | null): string {
  const letters = [...name];
  const short = letters.length > MOST_LETTERS ? `${letters.slice(0, MOST_LETTERS - 1).join("").trim()}\u2026` : name;
  if (margin === null || !Number.isFinite(margin.least_mm)) return short;
  return `${short}: ${margin.least_mm.toFixed(1)}${NO_BREAK_SPACE}mm${MARGIN[margin.verdict]}`;
}
