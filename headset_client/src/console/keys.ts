/** Keys of the whole page: 1 to 6 are the steps, the arrows go along the rail. */

import { type Step, STEPS } from "./step_order.ts";

/** The step a key asks for; null for every other key, and while somebody types or chooses. */
export function stepOfKey(event: KeyboardEvent): Step | null {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return null;
  if ((event.target as HTMLElement).closest("input, select, textarea") !== null) return null;
  return /^[1-6]$/.test(event.key) ? (STEPS[Number(event.key) - 1] ?? null) : null;
}

/** Move the focus along the rail where an arrow is pressed on it. */
export function moveOnRail(event: KeyboardEvent): void {
  const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const rail = (event.target as HTMLElement).closest(".rail");
  if (by === undefined || rail === null) return;
  const buttons = [...rail.querySelectorAll<HTMLElement>("button")];
  const at = buttons.indexOf((event.target as HTMLElement).closest("button")!);
  buttons[(at + by + buttons.length) % buttons.length]?.focus();
  event.preventDefault();
}
