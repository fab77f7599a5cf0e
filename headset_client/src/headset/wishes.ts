/** What the wearer may wish for, and how each wish is carried out: at once here, or asked of the host for all. */

import { type Command, type MenuState } from "../overlay/menu.ts";
import { UNCHANGED } from "../overlay/unchanged.ts";
import { faded, nextPreset } from "../overlay/view_change.ts";
import type { ClientMessage } from "../protocol.gen.ts";
import type { Evidence } from "../observing/evidence.ts";
import type { Told } from "../observing/told.ts";

const CLEARED_HERE = "You hid the view. Pinch twice and hold, or look at Show again.";

export class Wishes {
  readonly #told: Told;
  readonly #evidence: Evidence;
  readonly #send: (message: ClientMessage) => void;

  constructor(told: Told, evidence: Evidence, send: (message: ClientMessage) => void) {
    this.#told = told;
    this.#evidence = evidence;
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

  menuState(): Omit<MenuState, "page" | "from" | "landmark" | "handsSeen" | "answer" | "alignWays"> {
    const { session, view } = this.#told;
    const structures = session?.structures ?? [];
    return {
      cleared: this.#cleared,
      on: this.on,
      nextPreset: view === null ? null : nextPreset(view.preset).name,
      twin: view?.twin ?? null,
      canFade: {
        fainter: view !== null && faded(view, structures, -1).length > 0,
        stronger: view !== null && faded(view, structures, 1).length > 0,
      },
      landmarks: this.landmarks(),
      stages: { before: null, after: null },
    };
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
    const { session, view } = this.#told;
    if ((command.do === "clear" && !this.#cleared) || (command.do === "show" && this.#cleared)) this.clearOrShow();
    if (session === null || view === null) return;
    if (command.do === "preset") this.#send({ ...UNCHANGED, preset: nextPreset(view.preset, command.step).preset });
    else if (command.do === "twin") this.#send({ ...UNCHANGED, twin: !view.twin });
    else if (command.do === "fainter" || command.do === "stronger") {
      this.#send({ ...UNCHANGED, styles: faded(view, session.structures, command.do === "fainter" ? -1 : 1) });
    }
  }

  get #cleared(): boolean {
    return this.#evidence.clearedHere !== null || (this.#told.view?.cleared ?? false);
  }
}
