/** What the nurse reads where the wire has codes. */

import { ageText } from "../overlay/words.ts";
import type { ClientEntry, Role } from "../protocol.gen.ts";
import { h } from "./host_words.ts";
import { t } from "./messages/messages.ts";
import type { Light } from "./steps.ts";

export function roleWords(role: Role): string {
  return t(`role.${role}`);
}

/** What a device shows, in one word of the traffic light and one phrase. */
export function clientWords(client: ClientEntry): { light: Light; words: string } {
  if (client.link === "silent") return { light: "bad", words: t("team.silent") };
  if (client.role === "nurse") return { light: "good", words: t("team.connected") };
  if (client.shown) return { light: "good", words: t("team.shows") };
  return { light: "wait", words: client.hidden_why === null ? t("team.connected") : t(`hidden.${client.hidden_why}`) };
}

/** "pose 48 ms · 72 pictures a second"; a dash for what the device has not told. */
export function clientNumbers(client: ClientEntry): string {
  const rate = client.fps === null ? "–" : client.fps.toFixed(0);
  const age = client.pose_age_ms === null ? "–" : h(ageText(client.pose_age_ms));
  return t("team.numbers", { age, rate });
}

/** "on its way 39 ms, 95 % within 51 ms"; null before the device has told any. */
export function delayWords({ latency_p50_ms: p50, latency_p95_ms: p95 }: ClientEntry): string | null {
  return p50 === null || p95 === null ? null : t("team.delay", { p50: h(ageText(p50)), p95: h(ageText(p95)) });
}

/** "(last heard 4 s ago)", in minutes where it is long ago */
export function heardWords(seconds: number): string {
  if (seconds < 120) return t("team.last_heard", { seconds });
  return t("team.last_heard_long", { minutes: Math.floor(seconds / 60) });
}

/** "battery 80 %" */
export function batteryWords(battery: number | null): string {
  return battery === null ? t("team.battery_unknown") : t("team.battery", { percent: Math.round(100 * battery) });
}

/** "412 906": read aloud in two groups. */
export function codeWords(code: string): string {
  return `${code.slice(0, 3)} ${code.slice(3)}`;
}

/** The first 8 bytes of a fingerprint in groups of four, enough to compare by eye. */
export function fingerprintWords(sha256: string): string {
  return (sha256.slice(0, 16).match(/.{4}/g) ?? []).join(" ").toUpperCase();
}
