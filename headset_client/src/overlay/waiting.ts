/** What the page says while nothing is worn yet: the room, how it stands, and what happens next. */

import type { OverlayState } from "../protocol.gen.ts";
import type { Presence } from "./presence.ts";

export interface WaitingState {
  /** How this device can show the model. */
  readonly mode: "immersive-ar" | "immersive-vr" | "observer";
  /** The room's name; null before the host let this device in. */
  readonly roomName: string | null;
  /** The host is heard now. */
  readonly connected: boolean;
  /** The session's state and reason; null before the host said any. */
  readonly session: { readonly state: OverlayState; readonly why: string } | null;
  readonly presence: Presence;
  /** The last press on the button led nowhere. */
  readonly refused: boolean;
}

export interface Waiting {
  readonly title: string;
  readonly next: string;
  /** The words on the one big button; null where there is nothing to enter. */
  readonly enter: string | null;
  /** What went wrong with entering; empty for nothing. */
  readonly trouble: string;
}

const INSIDE: Readonly<Record<WaitingState["mode"], string>> = {
  "immersive-ar": "AR",
  "immersive-vr": "VR",
  observer: "",
};
const ONCE_IN: readonly Presence[] = ["off_head", "returning", "asking"];

/** The words for this moment. */
export function waiting(state: WaitingState): Waiting {
  const { roomName, mode, presence } = state;
  if (roomName === null) {
    return {
      title: "Looking for the room",
      next: "This page connects by itself. If it takes long: is this device on the room's own network?",
      enter: null,
      trouble: "",
    };
  }
  const where = INSIDE[mode];
  return {
    title: `${roomName}, ${stands(state)}`,
    next: `${happensNext(state)} ${LIMITS[mode]}`.trim(),
    enter: where === "" ? null : `${ONCE_IN.includes(presence) ? "Back to" : "Enter"} ${where}`,
    trouble: state.refused ? `The headset did not start ${where}. Allow it for this page and press again.` : "",
  };
}

const LIMITS: Readonly<Record<WaitingState["mode"], string>> = {
  "immersive-ar": "",
  "immersive-vr": "This browser does not show the room: in VR the model floats before you, never on the patient.",
  observer: "This browser has neither AR nor VR: it shows the room camera's picture.",
};

function stands({ connected, session }: WaitingState): string {
  if (!connected) return "no answer";
  switch (session?.state) {
    case undefined:
    case "OFF":
      return "waiting for the nurse";
    case "HOLD":
      return "held";
    case "LOST":
      return "tracking lost";
    default:
      return "live";
  }
}

function happensNext({ connected, session, mode }: WaitingState): string {
  if (!connected) return "The host does not answer. This page reconnects by itself.";
  if (session === null || session.state === "OFF") {
    return mode === "observer"
      ? "The picture comes when the nurse starts the session."
      : "The nurse chooses the case and starts the session. You may go in and wait there.";
  }
  return session.why;
}
