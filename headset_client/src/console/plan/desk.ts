/**
 * What the plan page holds in its hand: the plane and the stage that are looked at, and a plane that is being moved and
 * that the host has not taken yet. The draft itself is the host's.
 */

import type { ClientMessage, DraftStage, PlanDraft, PlaneTold, PlaneTried, PlanPlane } from "../../protocol.gen.ts";
import type { Colours } from "../../overlay/paints.ts";
import type { StageNow } from "../../overlay/staging.ts";
import type { Point } from "../live/volume.ts";
import { Trying } from "./trying.ts";

export const TABS = ["planes", "roots", "stages", "findings", "image"] as const;
export type Tab = (typeof TABS)[number];

/** What is looked at; a reload forgets it. */
export interface Looked {
  tab: Tab;
  /** Key of the plane in hand, and of the stage; the first where it is none of the draft's. */
  planeKey: string | null;
  stageKey: string | null;
  /** Where the slices cross, patient mm; null for the middle of the plane in hand. */
  point: Point | null;
  /** Whether slices show all of the image. */
  whole: boolean;
  window: "bone" | "soft";
  /** The colours of the saved plan that lie on the tumour; null for its own. */
  colours: Colours | null;
}

const FIRST: Looked = { tab: "planes", planeKey: null, stageKey: null, point: null, whole: false, window: "bone", colours: null };
/** A key that is pressed again and again is one change: it is handed over when it rests. */
const REST_MS = 600;
/** The host answers a change by then, or has refused it: what it has is shown again. */
const TAKEN_WITHIN_MS = 2500;
/** How far the host's numbers may be off those it was sent: it brings directions to length 1. */
const SAME = 1e-4;

export interface DeskEvents {
  send(message: ClientMessage): void;
  /** Draw the page anew; `soon` with the next picture, however often it is called until then. */
  changed(): void;
  soon(): void;
}

export class Desk {
  readonly #events: DeskEvents;
  readonly #trying: Trying;
  #looked: Looked = FIRST;
  #draft: PlanDraft | null = null;
  #held: { readonly plane: PlanPlane; readonly settled: boolean } | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Why nothing can be changed now, in a sentence; null where it can. */
  obstacle: string | null = null;

  constructor(events: DeskEvents) {
    this.#events = events;
    this.#trying = new Trying((question) => events.send(question));
  }

  get draft(): PlanDraft | null {
    return this.#draft;
  }

  get tab(): Tab {
    return this.#looked.tab;
  }

  get point(): Point | null {
    return this.#looked.point;
  }

  get whole(): boolean {
    return this.#looked.whole;
  }

  get window(): "bone" | "soft" {
    return this.#looked.window;
  }

  get colours(): Colours | null {
    return this.#looked.colours;
  }

  /** The draft's planes, the one in a hand where the hand has it. */
  get planes(): readonly PlanPlane[] {
    const planes = this.#draft?.planes ?? [];
    const held = this.#held?.plane;
    return held === undefined ? planes : planes.map((plane) => (plane.key === held.key ? held : plane));
  }

  get plane(): PlanPlane | null {
    const { planes } = this;
    return planes.find(({ key }) => key === this.#looked.planeKey) ?? planes[0] ?? null;
  }

  get stages(): readonly DraftStage[] {
    return this.#draft?.stages ?? [];
  }

  /** The number of the stage looked at, from 0; 0 too where there is none. */
  get stageNumber(): number {
    return Math.max(0, this.stages.findIndex(({ key }) => key === this.#looked.stageKey));
  }

  get stage(): DraftStage | null {
    return this.stages[this.stageNumber] ?? null;
  }

  /** The stage looked at among the draft's, as what is drawn in a stage is asked of; null without one. */
  get stageNow(): StageNow | null {
    const { stage, stages } = this;
    if (stage === null || this.#draft === null) return null;
    const plan = { digest: null, stages, specimen: this.#draft.specimen };
    return { plan, digest: "", number: this.stageNumber + 1, stage };
  }

  /** What the host said of a plane: of where it is in the hand, else of where the draft has it. */
  factsOf(key: string): PlaneTold | null {
    const told = this.#held?.plane.key === key ? this.#trying.factsOf(key) : null;
    return told ?? this.#draft?.facts.find((facts) => facts.key === key) ?? null;
  }

  set(change: Partial<Looked>): void {
    if (change.planeKey !== undefined && change.planeKey !== this.plane?.key) {
      this.settle();
      change = { point: null, ...change };
    }
    this.#looked = { ...this.#looked, ...change };
    this.#events.changed();
  }

  lookAt(point: Point | null): void {
    this.set({ point });
  }

  /** Change the draft. */
  send(message: ClientMessage): void {
    if (this.obstacle !== null) return;
    this.settle();
    this.#events.send(message);
  }

  /** Show a plane where a hand has it, and ask what that would mean. */
  hold(plane: PlanPlane): void {
    if (this.obstacle !== null) return;
    this.#held = { plane, settled: false };
    this.#trying.ask(plane, performance.now());
    this.#events.soon();
  }

  /** The same by a key: handed over once it rests. */
  nudge(plane: PlanPlane): void {
    this.hold(plane);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.settle(), REST_MS);
  }

  /** Hand over what is in the hand; it is shown until the host tells the draft with it. */
  settle(): void {
    clearTimeout(this.#timer);
    const held = this.#held;
    if (held === null || held.settled) return;
    this.#held = { ...held, settled: true };
    this.#events.send({ type: "set_plane", plane: held.plane });
    this.#timer = setTimeout(() => {
      if (this.#held?.settled === true) this.letGo();
    }, TAKEN_WITHIN_MS);
  }

  /** Change a plane at once: something was typed. */
  put(plane: PlanPlane): void {
    this.hold(plane);
    this.settle();
  }

  /** Show what the host has. */
  letGo(): void {
    clearTimeout(this.#timer);
    this.#held = null;
    this.#trying.forget();
    this.#events.changed();
  }

  take(draft: PlanDraft | null): void {
    if (draft === this.#draft) return;
    const another = draft?.case_id !== this.#draft?.case_id;
    this.#draft = draft;
    const held = this.#held;
    if (another) {
      this.#looked = FIRST;
      this.letGo();
    } else if (held !== null && held.settled && isSame(draft?.planes.find(({ key }) => key === held.plane.key), held.plane)) {
      clearTimeout(this.#timer);
      this.#held = null;
      this.#trying.forget();
    }
  }

  hear(answer: PlaneTried): void {
    this.#trying.hear(answer, performance.now());
    this.#events.changed();
  }
}

function isSame(one: PlanPlane | undefined, other: PlanPlane): boolean {
  if (one === undefined || one.name !== other.name) return false;
  const numbers = ({ center_patient_m, kept_normal, along, width_mm, height_mm }: PlanPlane) => [
    ...center_patient_m.map((m) => m * 1000),
    ...kept_normal,
    ...along,
    width_mm,
    height_mm,
  ];
  const own = numbers(other);
  return numbers(one).every((number, at) => Math.abs(number - own[at]!) <= SAME * Math.max(1, Math.abs(own[at]!)));
}
