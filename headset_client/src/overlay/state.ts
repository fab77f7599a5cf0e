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
    readonly plan_digest: string | null;
    readonly stage: number;
  } | null;
  /** The newest pose, and its ages by this device's clock. */
  readonly pose: {
    readonly state: OverlayState;
    readonly model_prefix: string;
    readonly plan_prefix: string;
    readonly stage: number;
    readonly room_frame_id: number;
  } | null;
  readonly ages: Ages | null;
  /** Whether they ask for outlines only (`fade.ts`). */
  readonly faded: boolean;
  /** The digest of the verified model in the scene; null while there is none, with the reason in `modelFault`. */
  readonly shownDigest: string | null;
  readonly modelFault: string | null;
  /** The digest of the plan that was told; null for none. */
  readonly planDigest: string | null;
  /** What this view itself lacks, or null. */
  readonly viewFault: ViewFault | null;
  /** Why a person wants nothing drawn now, or null: nothing but such a person keeps it hidden. */
  readonly cleared: string | null;
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

/** A standing to be written into, so that no frame makes one. */
export type StandingRoom = { -readonly [name in keyof Standing]: Standing[name] };

/** A standing that shows nothing. */
export function newStanding(): StandingRoom {
  return { word: "OFF", why: "", visible: false, faded: false, hiddenWhy: null };
}

const NOTHING_FRESH = `No fresh pose for ${LINK_LIMIT_MS} ms.`;
const NOTHING_SEEN = `The camera has not seen the board for ${SIGHT_LIMIT_MS} ms.`;

const GETTING_OLD = "The pose is getting old: outlines only.";

/** Judge the overlay, into `out`. `visible` is true for LIVE alone. */
export function judge(inputs: Inputs, out: StandingRoom = newStanding()): Standing {
  const { session, pose } = inputs;
  if (!inputs.joined) return hidden(out, "OFF", "Not connected to a host.", "NO_LINK");
  if (!inputs.connected) return hidden(out, "LOST", "The host does not answer. Reconnecting.", "NO_LINK");
  if (session === null) return hidden(out, "OFF", "Waiting for the host.", "NO_SESSION");
  if (session.state === "OFF") return hidden(out, "OFF", session.why, "NO_SESSION");
  if (session.state !== "LIVE") return hidden(out, session.state, session.why, "NOT_LIVE");
  const { ages } = inputs;
  if (pose === null || ages === null) return hidden(out, "LOST", "No pose has come from the host yet.", "NO_POSE");
  if (!isLinkFresh(ages.heardMs)) return hidden(out, "LOST", NOTHING_FRESH, "LINK_STALE");
  if (pose.state !== "LIVE") return hidden(out, pose.state, "The host holds the overlay back.", "NOT_LIVE");
  if (ages.sentMs === null || ages.sightMs === null) {
    return hidden(out, "HOLD", "Measuring the delay to the host.", "CLOCK_UNKNOWN");
  }
  if (!isLinkFresh(ages.sentMs)) return hidden(out, "LOST", NOTHING_FRESH, "LINK_STALE");
  if (!isSightFresh(ages.sightMs)) return hidden(out, "LOST", NOTHING_SEEN, "SIGHT_STALE");
  if (inputs.modelFault !== null) return hidden(out, "HOLD", inputs.modelFault, "NO_MODEL");
  if (inputs.shownDigest === null) return hidden(out, "HOLD", "The model is being loaded.", "NO_MODEL");
  if (inputs.shownDigest !== session.model?.digest || modelPrefix(inputs.shownDigest) !== pose.model_prefix) {
    return hidden(out, "HOLD", "The pose belongs to another model than the one here.", "OTHER_MODEL");
  }
  if (!samePlan(session, pose, inputs.planDigest)) {
    return hidden(out, "HOLD", "The pose belongs to another plan or stage than the one here.", "OTHER_PLAN");
  }
  if (inputs.viewFault !== null) return hidden(out, inputs.viewFault.word, inputs.viewFault.why, inputs.viewFault.reason);
  if (inputs.cleared !== null) return hidden(out, "HOLD", inputs.cleared, "CLEARED");
  out.word = "LIVE";
  out.why = inputs.faded ? GETTING_OLD : session.why;
  out.visible = true;
  out.faded = inputs.faded;
  out.hiddenWhy = null;
  return out;
}

/** Whether pose, session and plan are of one plan and stage; without a locked plan, of none. */
function samePlan(
  session: NonNullable<Inputs["session"]>,
  pose: NonNullable<Inputs["pose"]>,
  planDigest: string | null,
): boolean {
  const locked = session.plan_digest;
  if (session.stage !== pose.stage) return false;
  // A pose without a stage names no plan, or it would not have been read.
  if (locked === null) return pose.stage === 0;
  return locked === planDigest && locked.startsWith(pose.plan_prefix);
}

function hidden(out: StandingRoom, word: "OFF" | "HOLD" | "LOST", why: string, hiddenWhy: HideReason): Standing {
  out.word = word;
  out.why = why;
  out.visible = out.faded = false;
  out.hiddenWhy = hiddenWhy;
  return out;
}
