/**
 * Whether the wearer is inside, on the way in, or before the page's door: one table of states and events.
 *
 * Browsers start an immersive session after a press only. A headset that was taken off ends it without the
 * wearer's wish: put on again, the page tries by itself once, and where the browser refuses it shows one big
 * button. Who leaves on purpose is never pulled back in.
 */

export type Presence =
  /** Before the first entry, and after everything was taken away. */
  | "outside"
  /** A session was asked for. */
  | "entering"
  | "inside"
  /** The headset was taken off: when it is put on again, one try without a press. */
  | "off_head"
  /** That try is under way. */
  | "returning"
  /** The big button stands: a press leads back. */
  | "asking"
  /** The session is being ended, since this device was put out. */
  | "leaving";

export type PresenceEvent =
  /** The wearer pressed Enter, or Back. */
  | "pressed"
  /** The browser offers a session without a press (`sessiongranted`). */
  | "granted"
  | "started"
  /** The browser refused to start one. */
  | "refused"
  /** It ended while the wearer saw it, or in the headset's own menu: on purpose. */
  | "left"
  /** It ended out of sight: the headset was taken off, or slept. */
  | "lost"
  /** The page is in sight again. */
  | "seen"
  /** The host shut this device out. */
  | "shut_out";

/** What the edge must do: ask the browser for a session, or end the one that runs. */
export type PresenceAction = "request" | "end" | null;

type Step = readonly [Presence, PresenceAction];

const TABLE: Readonly<Record<Presence, Partial<Record<PresenceEvent, Step>>>> = {
  outside: {
    pressed: ["entering", "request"],
    granted: ["entering", "request"],
  },
  entering: {
    started: ["inside", null],
    refused: ["outside", null],
    left: ["outside", null],
    lost: ["asking", null],
    shut_out: ["leaving", null],
  },
  inside: {
    left: ["asking", null],
    lost: ["off_head", null],
    shut_out: ["leaving", "end"],
  },
  off_head: {
    pressed: ["entering", "request"],
    granted: ["returning", "request"],
    seen: ["returning", "request"],
    shut_out: ["outside", null],
  },
  returning: {
    started: ["inside", null],
    refused: ["asking", null],
    left: ["asking", null],
    lost: ["off_head", null],
    shut_out: ["leaving", null],
  },
  asking: {
    pressed: ["entering", "request"],
    granted: ["returning", "request"],
    shut_out: ["outside", null],
  },
  leaving: {
    // Asked for before the host said no, and granted after: it ends at once.
    started: ["leaving", "end"],
    refused: ["outside", null],
    left: ["outside", null],
    lost: ["outside", null],
  },
};

/** What an event makes of a state; one the state does not wait for changes nothing. */
export function after(presence: Presence, event: PresenceEvent): Step {
  return TABLE[presence][event] ?? [presence, null];
}
