/** What the wearer may wish for, and how each wish is carried out: at once here, or asked of the host for all. */

import { type Command, type MenuState } from "../overlay/menu.ts";
import { UNCHANGED } from "../overlay/unchanged.ts";
import type { Colours } from "../overlay/paints.ts";
import { sightOf } from "../overlay/stage_sight.ts";
import { stepFrom, turnWords } from "../overlay/staging.ts";
import { faded, nextPreset } from "../overlay/view_change.ts";
import type { ClientMessage, MarginBand } from "../protocol.gen.ts";
import type { Dressing } from "../observing/dressing.ts";
import type { Evidence } from "../observing/evidence.ts";
import type { Told } from "../observing/told.ts";

/** How long it stands on the menu what became of a wish, ms. */
const NEWS_MS = 6000;
const CLEARED_HERE = "You hid the view. Pinch twice and hold, or look at Show again.";

export interface PaintsNow {
  readonly on: Colours | null;
  readonly bands: readonly MarginBand[];
  readonly labels: MenuState["paints"];
}

export class Wishes {
  readonly #told: Told;
  readonly #evidence: Evidence;
  readonly #dressing: Dressing;
  readonly #send: (message: ClientMessage) => void;
  #news = "";
  #newsMs = -Infinity;
  #turn: 1 | -1 | null = null;

  constructor(told: Told, evidence: Evidence, dressing: Dressing, send: (message: ClientMessage) => void) {
    this.#told = told;
    this.#evidence = evidence;
    this.#dressing = dressing;
    this.#send = send;
  }

  /** Whether a session is on that wishes can change anything of. */
  get on(): boolean {
    const { session, view } = this.#told;
    return session !== null && session.state !== "OFF" && view !== null;
  }

  landmarks(): readonly string[] {
    return this.#told.checkPoints?.landmarks.map((landmark) => landmark.name) ?? [];
  }

  menuState(nowMs: number): Omit<MenuState, "page" | "from" | "landmark" | "handsSeen" | "answer" | "alignWays"> {
    const { session, view, stage } = this.#told;
    const structures = session?.structures ?? [];
    const sight = sightOf(stage);
    return {
      cleared: this.#cleared,
      on: this.on,
      nextPreset: view === null ? null : nextPreset(view.preset, 1, stage !== null).name,
      twin: view?.twin ?? null,
      canFade: {
        fainter: view !== null && faded(view, structures, -1, sight).length > 0,
        stronger: view !== null && faded(view, structures, 1, sight).length > 0,
      },
      landmarks: this.landmarks(),
      stages: stage === null ? null : { before: this.#stageName(-1), after: this.#stageName(1) },
      turn: this.#turnAsked(),
      paints: this.paints.labels,
      news: nowMs - this.#newsMs < NEWS_MS ? this.#news : "",
    };
  }

  /** The colours that are on the tumour now, null for its own, what each tells, and what their buttons lead to. */
  get paints(): PaintsNow {
    return {
      on: this.#dressing.painted,
      bands: this.#told.plan?.legend ?? [],
      labels: this.#dressing.paints.labels,
    };
  }

  /** A step was asked for that turns the patient: it waits until a person says so once more. */
  get asksToTurn(): boolean {
    return this.#turnAsked() !== null;
  }

  /** Nobody says so: the patient is not turned. */
  turnNot(): void {
    this.#turn = null;
  }

  /** The host does not do what was wished. */
  refused({ about, message }: { readonly about: string | null; readonly message: string }): void {
    if (about === "go_to_stage") this.#tell(message);
  }

  /** Hide all at once, here and without asking anybody; or show it again, for all where it was hidden for all. */
  clearOrShow(): void {
    if (!this.#cleared) this.#evidence.clearedHere = CLEARED_HERE;
    else {
      this.#evidence.clearedHere = null;
      if (this.#told.view?.cleared) this.#send({ ...UNCHANGED, cleared: false });
    }
  }

  patientMoved(): void {
    this.#send({ type: "patient_moved" });
  }

  carryOut(command: Command): void {
    const { session, view, stage } = this.#told;
    if ((command.do === "clear" && !this.#cleared) || (command.do === "show" && this.#cleared)) this.clearOrShow();
    if (session === null || view === null) return;
    switch (command.do) {
      case "stage":
        // Without a plan "next" is the next preset.
        if (stage !== null) this.#step(command.step, command.turned);
        else if (session.plan_digest === null) this.#preset(command.step);
        break;
      case "preset":
        this.#preset(command.step);
        break;
      case "twin":
        this.#send({ ...UNCHANGED, twin: !view.twin });
        break;
      case "fainter":
      case "stronger":
        this.#fade(command.do === "fainter" ? -1 : 1);
        break;
      case "colours":
        this.#dressing.nextColours();
        break;
      case "shell":
        this.#dressing.nextShell();
        break;
      default:
    }
  }

  #preset(step: 1 | -1): void {
    const { view, stage } = this.#told;
    if (view !== null) this.#send({ ...UNCHANGED, preset: nextPreset(view.preset, step, stage !== null).preset });
  }

  #fade(by: 1 | -1): void {
    const { view, session, stage } = this.#told;
    if (view === null || session === null) return;
    this.#send({ ...UNCHANGED, styles: faded(view, session.structures, by, sightOf(stage)) });
  }

  #step(by: 1 | -1, turned: boolean): void {
    const step = stepFrom(this.#told.stage, by);
    this.#turn = null;
    if ("words" in step) this.#tell(step.words);
    else if (step.turns && !turned) this.#turn = by;
    else this.#send({ type: "go_to_stage", plan: step.digest, stage: step.number });
  }

  #tell(news: string): void {
    this.#news = news;
    this.#newsMs = performance.now();
  }

  #stageName(by: 1 | -1): string | null {
    const step = stepFrom(this.#told.stage, by);
    return "to" in step ? step.to.name : null;
  }

  #turnAsked(): { step: 1 | -1; words: string } | null {
    if (this.#turn === null) return null;
    const step = stepFrom(this.#told.stage, this.#turn);
    // Somebody else went there meanwhile, or elsewhere.
    if (!("to" in step) || !step.turns) return null;
    return { step: this.#turn, words: turnWords(step.to, this.#turn) };
  }

  get #cleared(): boolean {
    return this.#evidence.clearedHere !== null || (this.#told.view?.cleared ?? false);
  }
}
