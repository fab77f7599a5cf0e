/** What the nurse reads where the wire has codes. */

import type { CaseEntry, ClientEntry, HideReason, LogHead, Role, Session } from "../protocol.gen.ts";
import { ageText, expectedErrorText } from "../overlay/words.ts";

const HIDE_WORDS: Readonly<Record<HideReason, string>> = {
  NO_LINK: "hidden: no link",
  NO_SESSION: "hidden: no session",
  NOT_LIVE: "hidden: session not live",
  NO_POSE: "hidden: no pose yet",
  LINK_STALE: "hidden: poses too old",
  CLOCK_UNKNOWN: "hidden: measuring delay",
  SIGHT_STALE: "hidden: board not seen",
  NO_MODEL: "hidden: loading the model",
  OTHER_MODEL: "hidden: other model",
  NOT_ALIGNED: "hidden: not aligned",
  CLEARED: "hidden: view cleared",
};

const ROLE_WORDS: Readonly<Record<Role, string>> = {
  surgeon: "Surgeon",
  nurse: "Nurse",
  observer: "Observer",
};

export type Light = "good" | "wait" | "bad";

export function roleWords(role: Role): string {
  return ROLE_WORDS[role];
}

/** What a device shows, in one word of the traffic light and one phrase. */
export function clientWords(client: ClientEntry): { light: Light; words: string } {
  if (client.link === "silent") return { light: "bad", words: "silent: link lost" };
  if (client.role === "nurse") return { light: "good", words: "connected" };
  if (client.shown) return { light: "good", words: "shows the model" };
  return { light: "wait", words: client.hidden_why === null ? "connected" : HIDE_WORDS[client.hidden_why] };
}

/** "pose 48 ms · 72 pictures a second"; a dash for what the device has not told. */
export function clientNumbers(client: ClientEntry): string {
  const rate = client.fps === null ? "–" : client.fps.toFixed(0);
  const age = client.pose_age_ms === null ? "–" : ageText(client.pose_age_ms);
  return `pose ${age} · ${rate} fps`;
}

/** The registration of a case, in one word of the traffic light and one phrase. */
export function registrationWords(entry: CaseEntry): { light: Light; words: string } {
  switch (entry.registration) {
    case "accepted":
      return { light: "good", words: `registered, ${expectedErrorText(entry.expected_error_mm)}` };
    case "refused":
      return { light: "bad", words: "registration refused" };
    case "missing":
      return { light: "wait", words: "not registered yet" };
  }
}

/** "22 Nov 2026, 15:04" in the laptop's own time. */
export function dateWords(utc: string): string {
  const date = new Date(utc);
  if (Number.isNaN(date.getTime())) return utc;
  return date.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

/** "412 906": read aloud in two groups. */
export function codeWords(code: string): string {
  return `${code.slice(0, 3)} ${code.slice(3)}`;
}

/** The first 8 bytes of a fingerprint in groups of four, enough to compare by eye. */
export function fingerprintWords(sha256: string): string {
  return (sha256.slice(0, 16).match(/.{4}/g) ?? []).join(" ").toUpperCase();
}

/** The newest entry of the host's log, as `orview audit verify --head` takes it. */
export function logHeadWords(head: LogHead | null): string {
  return head === null ? "" : ` Log ${head.sequence}:${head.link}`;
}

/** Why START, CONFIRM or STOP cannot be pressed now, or null when it can. */
export function startObstacle(session: Session): string | null {
  if (session.case_id === null) return "Choose a case first.";
  return session.state === "OFF" ? null : "The session is on.";
}

export function confirmObstacle(session: Session, identifiersMatch: boolean): string | null {
  if (session.state === "OFF") return "Start the session first.";
  if (session.state === "LOST") return "It comes back by itself when the board is seen.";
  if (session.state === "LIVE") return "Confirmed.";
  const open = session.conditions.find((condition) => !condition.ok && condition.key !== "confirmed");
  if (open !== undefined) return open.words;
  return identifiersMatch ? null : "Tick both identifiers first.";
}

export function stopObstacle(session: Session): string | null {
  return session.state === "OFF" ? "No session is on." : null;
}

/** Why another case cannot be chosen now, or null. */
export function selectObstacle(session: Session): string | null {
  const running = session.state === "LIVE" || session.state === "LOST";
  return running ? "Stop the session before choosing another case." : null;
}
