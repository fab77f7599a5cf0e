/**
 * Whether the overlay may be shown, in one word and one sentence: LIVE is earned, never assumed.
 *
 * The reasons are asked in the protocol's order, and the first that holds is the one that is said.
 * The host's word counts only as far as it is stricter than this device's own judgement.
 */

import { type HideReason, LINK_LIMIT_MS, modelPrefix, type OverlayState, SIGHT_LIMIT_MS } from "../protocol.gen.ts";
import { type Ages, isLinkFresh, isSightFresh } from "./freshness.ts";

export interface Inputs {
  /** Whether the host ever let this device in, and whether it is heard now. */
  readonly joined: boolean;
  readonly connected: boolean;
  /** The host's word for the session; null before it said any. */
  readonly session: {
    readonly state: OverlayState;
    readonly why: string;
    readonly model: { readonly digest: string } | null;
  } | null;
  /** The newest pose, and its ages by this device's clock. */
  readonly pose: { readonly state: OverlayState; readonly model_prefix: string; readonly room_frame_id: number } | null;
  readonly ages: Ages | null;
  /** Whether they ask for outlines only (`fade.ts`). */
  readonly faded: boolean;
  /** The digest of the verified model in the scene; null while there is none, with the reason in `modelFault`. */
  readonly shownDigest: string | null;
  readonly modelFault: string | null;
  /** What this view itself lacks, or null. */
  readonly viewFault: ViewFault | null;
  /** Why a person wants nothing drawn now, or null: nothing but such a person keeps it hidden. */
  readonly cleared: { readonly why: string } | null;
}

export interface ViewFault {
  readonly word: "HOLD" | "LOST";
  readonly why: string;
  readonly reason: HideReason;
}

export interface Standing {
  readonly word: OverlayState;
  readonly why: string;
  readonly visible: boolean;
  /** Drawn as outline only: what is shown is about to be too old. */
  readonly faded: boolean;
  readonly hiddenWhy: HideReason | null;
}

const NOTHING_FRESH = `No fresh pose for ${LINK_LIMIT_MS} ms.`;
const NOTHING_SEEN = `The camera has not seen the board for ${SIGHT_LIMIT_MS} ms.`;

const GETTING_OLD = "The pose is getting old: outlines only.";

/** Judge the overlay. `visible` is true for LIVE alone. */
export function judge(inputs: Inputs): Standing {
  const { session, pose } = inputs;
  if (!inputs.joined) return hidden("OFF", "Not connected to a host.", "NO_LINK");
  if (!inputs.connected) return hidden("LOST", "The host does not answer. Reconnecting.", "NO_LINK");
  if (session === null) return hidden("OFF", "Waiting for the host.", "NO_SESSION");
  if (session.state === "OFF") return hidden("OFF", session.why, "NO_SESSION");
  if (session.state !== "LIVE") return hidden(session.state, session.why, "NOT_LIVE");
  const { ages } = inputs;
  if (pose === null || ages === null) return hidden("LOST", "No pose has come from the host yet.", "NO_POSE");
  if (!isLinkFresh(ages.heardMs)) return hidden("LOST", NOTHING_FRESH, "LINK_STALE");
  if (pose.state !== "LIVE") return hidden(pose.state, "The host holds the overlay back.", "NOT_LIVE");
  if (ages.sentMs === null || ages.sightMs === null) {
    return hidden("HOLD", "Measuring the delay to the host.", "CLOCK_UNKNOWN");
  }
  if (!isLinkFresh(ages.sentMs)) return hidden("LOST", NOTHING_FRESH, "LINK_STALE");
  if (!isSightFresh(ages.sightMs)) return hidden("LOST", NOTHING_SEEN, "SIGHT_STALE");
  if (inputs.modelFault !== null) return hidden("HOLD", inputs.modelFault, "NO_MODEL");
  if (inputs.shownDigest === null) return hidden("HOLD", "The model is being loaded.", "NO_MODEL");
  if (inputs.shownDigest !== session.model?.digest || modelPrefix(inputs.shownDigest) !== pose.model_prefix) {
    return hidden("HOLD", "The pose belongs to another model than the one here.", "OTHER_MODEL");
  }
  if (inputs.viewFault !== null) return hidden(inputs.viewFault.word, inputs.viewFault.why, inputs.viewFault.reason);
  if (inputs.cleared !== null) return hidden("HOLD", inputs.cleared.why, "CLEARED");
  const why = inputs.faded ? GETTING_OLD : session.why;
  return { word: "LIVE", why, visible: true, faded: inputs.faded, hiddenWhy: null };
}

function hidden(word: "OFF" | "HOLD" | "LOST", why: string, hiddenWhy: HideReason): Standing {
  return { word, why, visible: false, faded: false, hiddenWhy };
}
