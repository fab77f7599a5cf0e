/** The menu in the headset: a gaze that rests, or a pinch, presses its buttons; pinching twice and holding hides all. */

import { identity, type Matrix } from "../frames.ts";
import { Dwell } from "../overlay/dwell.ts";
import { type AlignWay, buttonAt, type Command, type MenuPage, menuSheet, type MenuSheet, nextPoints } from "../overlay/menu.ts";
import { PinchTwice } from "../overlay/pinch_twice.ts";
import { Placing } from "../overlay/placing.ts";
import { MenuBoard } from "../scene/menu_board.ts";
import { Inputs } from "../xr/input.ts";
import type { HeadsetFrame, HeadsetPart } from "./headset_view.ts";
import type { Tick } from "./tick.ts";
import type { Toucher } from "./toucher.ts";
import type { Wishes } from "./wishes.ts";

const SHEET_EVERY_MS = 200;

/** Finds the room anew. */
export interface Aligner {
  readonly ways: readonly AlignWay[];
  alignAnew(by: AlignWay): void;
}

export class MenuPart implements HeadsetPart {
  readonly #board = new MenuBoard();
  readonly #placing = new Placing();
  readonly #dwell = new Dwell();
  readonly #gesture = new PinchTwice();
  readonly #inputs: Inputs;
  readonly #wishes: Wishes;
  readonly #toucher: Toucher;
  readonly #aligner: Aligner;
  readonly #tick: Tick;
  readonly #fieldInto: (out: Matrix) => boolean;
  readonly #worldFromMenu = identity();
  readonly #field = identity();
  readonly #hit = new Float64Array(2);
  #sheet: MenuSheet = { title: "", buttons: [] };
  #madeMs = -Infinity;
  #page: MenuPage = "main";
  #from = 0;
  #aimed = -1;
  #plate = true;

  /** `fieldInto` writes the patient's place in the world, and says whether it is known. */
  constructor(
    wishes: Wishes,
    toucher: Toucher,
    aligner: Aligner,
    tick: Tick,
    fieldInto: (out: Matrix) => boolean,
  ) {
    this.#wishes = wishes;
    this.#toucher = toucher;
    this.#aligner = aligner;
    this.#tick = tick;
    this.#fieldInto = fieldInto;
    this.#inputs = new Inputs({
      onDown: (source, ray) => this.#pinched(source, ray),
      onUp: (source) => this.#gesture.up(source, performance.now()),
      onChange: () => this.#gesture.forget(),
    });
  }

  get object() {
    return this.#board.object;
  }

  /** What stands on it now, for whoever looks in from outside. */
  get sheet(): MenuSheet {
    return this.#sheet;
  }

  begin(session: XRSession): void {
    this.#inputs.begin(session);
    this.#placing.reset();
    this.#gesture.forget();
    this.#plate = session.environmentBlendMode !== "additive";
    this.#turnTo("main");
  }

  frame(frame: HeadsetFrame): void {
    const { nowMs, worldFromHead } = frame;
    this.#inputs.in(frame.space);
    if (this.#page === "touching") this.#toucher.frame(frame);
    if (nowMs - this.#madeMs >= SHEET_EVERY_MS) this.#makeSheet(nowMs);
    const seen = frame.headKnown && frame.session.visibilityState === "visible";
    this.#aimed = seen ? this.#buttonUnder(worldFromHead) : -1;
    const field = this.#fieldInto(this.#field) ? this.#field : null;
    if (seen && this.#placing.update(this.#worldFromMenu, worldFromHead, field, this.#aimed >= 0)) {
      this.#board.place(this.#worldFromMenu);
    }
    const button = this.#sheet.buttons[this.#aimed];
    const event = this.#dwell.look(nowMs, button?.id ?? null, button?.repeats ?? false);
    if (event === "entered") this.#tick.entered();
    else if (event === "pressed" && button !== undefined) this.#press(button.command, null);
    if (this.#gesture.completed(nowMs)) {
      this.#tick.pressed();
      this.#wishes.clearOrShow();
      this.#madeMs = -Infinity;
    }
    this.#board.show(this.#sheet, this.#aimed, this.#plate);
    this.#board.aim(this.#hit[0]!, this.#hit[1]!, this.#aimed < 0 ? 0 : this.#dwell.progress);
  }

  end(): void {
    this.#gesture.forget();
    this.#dwell.reset();
    this.#toucher.forget();
  }

  /** A pinch along a ray presses what the ray meets; else what the wearer looks at; else it may be the gesture's. */
  #pinched(source: XRInputSource, ray: Matrix | null): void {
    const pointed = ray === null ? -1 : this.#buttonUnder(ray);
    const button = this.#sheet.buttons[pointed >= 0 ? pointed : this.#aimed];
    if (button !== undefined) {
      this.#gesture.forget(source);
      this.#dwell.pressedOtherwise(performance.now());
      this.#press(button.command, source);
    } else if (this.#page === "touching") this.#press({ do: "touch" }, source);
    else this.#gesture.down(source, performance.now());
  }

  #press(command: Command, by: XRInputSource | null): void {
    this.#tick.pressed();
    switch (command.do) {
      case "page":
        this.#turnTo(command.page);
        break;
      case "more":
        this.#from = nextPoints(this.#from, this.#wishes.landmarks().length);
        break;
      case "point":
        this.#toucher.choose(command.landmark);
        this.#turnTo("touching");
        break;
      case "touch":
        if (this.#toucher.touch(by, performance.now())) this.#turnTo("points");
        break;
      case "moved":
        this.#wishes.patientMoved();
        this.#turnTo("main");
        break;
      case "align":
        this.#aligner.alignAnew(command.by);
        this.#turnTo("main");
        break;
      default:
        this.#wishes.carryOut(command);
    }
    this.#madeMs = -Infinity;
  }

  #turnTo(page: MenuPage): void {
    this.#page = page;
    if (page !== "turn") this.#wishes.turnNot();
    if (page !== "points") this.#from = 0;
    this.#madeMs = -Infinity;
    this.#dwell.reset();
  }

  #makeSheet(nowMs: number): void {
    this.#madeMs = nowMs;
    const { ways } = this.#aligner;
    if (this.#page === "align" ? ways.length === 0 : this.#page !== "main" && !this.#wishes.on) this.#turnTo("main");
    // Asked for by a button, or by a word while another page stood here.
    if (this.#wishes.asksToTurn !== (this.#page === "turn")) this.#turnTo(this.#wishes.asksToTurn ? "turn" : "main");
    const { on, bands } = this.#wishes.paints;
    this.#board.card.show(on, bands);
    this.#sheet = menuSheet({
      ...this.#wishes.menuState(nowMs),
      page: this.#page,
      from: this.#from,
      landmark: this.#toucher.landmark,
      handsSeen: this.#toucher.handsSeen,
      answer: this.#toucher.answer(),
      alignWays: ways,
    });
  }

  /** Where a ray (world from ray, -z ahead) meets the face: which button, -1 for none; the point in `#hit`. */
  #buttonUnder(ray: Matrix): number {
    const menu = this.#worldFromMenu;
    let distance = 0;
    let approach = 0;
    for (let axis = 0; axis < 3; axis += 1) {
      distance += (menu[12 + axis]! - ray[12 + axis]!) * menu[8 + axis]!;
      approach -= ray[8 + axis]! * menu[8 + axis]!;
    }
    const along = distance / approach;
    if (!(along > 0 && along < Infinity)) return -1;
    let x = 0;
    let y = 0;
    for (let axis = 0; axis < 3; axis += 1) {
      const off = ray[12 + axis]! - along * ray[8 + axis]! - menu[12 + axis]!;
      x += off * menu[axis]!;
      y += off * menu[4 + axis]!;
    }
    this.#hit[0] = x;
    this.#hit[1] = y;
    return buttonAt(x, y, this.#sheet.buttons.length);
  }
}
