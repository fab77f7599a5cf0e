/** What every page of the console is made of: what the host said, what the nurse picked, and what she can do. */

import type { nothing, TemplateResult } from "lit-html";

import type { ClientMessage, HostMessage, NoticeWeight } from "../protocol.gen.ts";
import { type Given, NOTHING_GIVEN, NOTHING_PLANNED, type Planned } from "./given.ts";
import type { Language } from "./messages/messages.ts";
import type { Looking } from "./live/looking.ts";
import type { SeenPicture } from "./room_picture.ts";
import type { Step } from "./step_order.ts";
import { NO_WISH, type Wish } from "./wish.ts";

/** The newest message of each type since the host let this console in. */
export type Heard = { readonly [Type in HostMessage["type"]]?: Extract<HostMessage, { readonly type: Type }> };

export interface Note {
  readonly weight: NoticeWeight;
  readonly text: string;
}

/** What the nurse picked, typed or asked for on this page and has not sent; a reload forgets it. */
export interface Picked {
  /** What a case is to be made of. */
  readonly wish: Wish;
  /** The device she is about to put out, while she is asked whether she means it. */
  readonly leaving: string | null;
  /** The camera she is about to use instead of the one in use, while she is asked whether she means it. */
  readonly otherCamera: string | null;
  /** The board to calibrate with. */
  readonly calibrationBoard: string | null;
  /** The identifiers of the patient, as typed or scanned. */
  readonly given: Given;
  /** Whether she says anew whose the case is. */
  readonly anew: boolean;
  /** Side and procedure, as typed. */
  readonly planned: Planned;
  /** Whether she is asked if she means to end the session. */
  readonly ending: boolean;
  /** The stage she is asked about, from 1, where going there ends LIVE; null while she is not asked. */
  readonly staging: number | null;
  /** Whether she is asked what becomes of a draft that is not saved. */
  readonly leavingPlan: boolean;
  /** Whether she wants to see what the surgeon sees. */
  readonly observing: boolean;
  /** Which slices she looks at. */
  readonly looking: Looking;
  /** The note she is writing. */
  readonly note: string;
}

export const NOTHING_PICKED: Picked = {
  wish: NO_WISH,
  leaving: null,
  otherCamera: null,
  calibrationBoard: null,
  given: NOTHING_GIVEN,
  anew: false,
  planned: NOTHING_PLANNED,
  ending: false,
  staging: null,
  leavingPlan: false,
  observing: true,
  looking: { point: null, device: null, window: "bone" },
  note: "",
};

export type Theme = "dark" | "light";

export interface ConsoleState {
  readonly heard: Heard;
  readonly connected: boolean;
  /** Why the host does not let this console in. */
  readonly door: { readonly message: string; readonly mend: string } | null;
  readonly step: Step;
  /** The plan page stands in place of the step. */
  readonly planning: boolean;
  /** The step is known: what it depends on was told. */
  readonly begun: boolean;
  /** The page of this step stands long enough for a press to be meant for it. */
  readonly settled: boolean;
  readonly picked: Picked;
  readonly note: Note | null;
  /** The camera's newest picture; there is one only on pages that show it. */
  readonly picture: SeenPicture | null;
  /** What asks who the patient is, null while it is on its way. */
  readonly identifying: Identifying | null;
  readonly language: Language;
  readonly theme: Theme;
  /** What makes cases: it comes a moment after the first page, which does not wait for it. */
  readonly making: Making | null;
  /** Seconds until a time of the host's clock, not below 0; null while that clock is unknown or nothing is due. */
  secondsUntil(hostNs: number | null | undefined): number | null;
  /** Seconds since a time of the host's clock, not below 0; null while that clock is unknown. */
  secondsSince(hostNs: number): number | null;
}

/** The part of the first page that asks who the patient is. */
export interface Identifying {
  identityTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult | typeof nothing;
}

/** The part of the first page that makes cases. */
export interface Making {
  preparingTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult | typeof nothing;
}

export interface ConsoleActions {
  send(message: ClientMessage): void;
  /** Ask the host for a file that is a nurse's alone; it is kept in no cache. */
  get(url: string, signal?: AbortSignal): Promise<Response>;
  pick(change: Partial<Picked>): void;
  go(step: Step): void;
  /** Open the plan page over the step, or leave it. */
  plan(open: boolean): void;
  /** Hide everything in all headsets, or show it again. */
  hideAll(cleared: boolean): void;
  dismiss(): void;
  speak(language: Language): void;
  light(theme: Theme): void;
}

