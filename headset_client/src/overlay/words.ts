/** Numbers as people read them: fixed digits, so that none can go missing unnoticed (hazard H33). */

const NO_BREAK_SPACE = "\u00a0";

/** "1.2 mm (95 %)"; words instead of a number that is none. */
export function expectedErrorText(errorMm: number | null): string {
  if (errorMm === null || !Number.isFinite(errorMm) || errorMm < 0) return "unknown";
  return `${errorMm.toFixed(1)}${NO_BREAK_SPACE}mm${NO_BREAK_SPACE}(95${NO_BREAK_SPACE}%)`;
}

/** "48 ms", "1.4 s", "none": how old the newest pose is. */
export function ageText(ageMs: number | null): string {
  if (ageMs === null || !Number.isFinite(ageMs)) return "none";
  const positiveMs = Math.max(0, ageMs);
  if (positiveMs < 1000) return `${positiveMs.toFixed(0)}${NO_BREAK_SPACE}ms`;
  return positiveMs < 100_000 ? `${(positiveMs / 1000).toFixed(1)}${NO_BREAK_SPACE}s` : "over 100 s";
}

export const RESEARCH_USE = "Research use only. Do not rely on it as the sole guide.";
