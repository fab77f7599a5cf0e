/** How long ago the overlay was last checked at a point of the patient, in words; never more certain than it is. */

import type { CheckPoints } from "../protocol.gen.ts";

const MINUTE_NS = 60e9;

/**
 * "checked 4 min ago", "not checked", or what is wrong with the newest check.
 *
 * `hostNowMs` is the host's clock now, as far as it is known; null while it is not.
 */
export function checkedText(told: CheckPoints | null, hostNowMs: number | null): string {
  const touches = told?.landmarks.flatMap((landmark) => (landmark.touched === null ? [] : [landmark])) ?? [];
  const bad = touches.find((landmark) => landmark.touched!.word === "disagrees");
  if (bad !== undefined) return `check point ${bad.name} disagrees`;
  const good = touches.filter((landmark) => landmark.touched!.word === "agrees");
  if (told === null || good.length === 0) return "not checked";
  if (hostNowMs === null) return "checked, nobody knows when";
  const hostNowNs = hostNowMs * 1e6;
  const newestNs = Math.max(...good.map((landmark) => landmark.touched!.at_ns));
  const due = told.due_ns === null || hostNowNs >= told.due_ns ? ", check again" : "";
  return `checked ${agoText(hostNowNs - newestNs)}${due}`;
}

/** Whole minutes that have passed: "just now", "1 min ago", "over 999 min ago". */
function agoText(ageNs: number): string {
  const minutes = Math.floor(Math.max(0, ageNs) / MINUTE_NS);
  if (minutes === 0) return "just now";
  return minutes > 999 ? "over 999 min ago" : `${minutes}\u00a0min ago`;
}
