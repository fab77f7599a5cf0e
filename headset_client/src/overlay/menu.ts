/**
 * The menu in the headset, as data: which buttons stand on it now, and what each does.
 *
 * A button is there only while it can do something; there are no dead ones. What the surgeon reaches here
 * the nurse reaches too, on the console.
 */

export type MenuPage = "main" | "look" | "turn" | "points" | "touching" | "moved" | "align";

/** How a headset finds the room. */
export type AlignWay = "camera" | "touch";

export type Command =
  | { readonly do: "page"; readonly page: MenuPage }
  /** Choose the check point to touch. */
  | { readonly do: "point"; readonly landmark: string }
  /** The list of check points goes on. */
  | { readonly do: "more" }
  /** Take the fingertip's place as the touch. */
  | { readonly do: "touch" }
  | { readonly do: "clear" | "show" | "twin" | "fainter" | "stronger" | "moved" }
  /** The plan's colours on the tumour, or a shell round it: the next choice. */
  | { readonly do: "colours" | "shell" }
  /** The preset after the present one, or before it. */
  | { readonly do: "preset"; readonly step: 1 | -1 }
  /** Let go of the room's place and find it anew. */
  | { readonly do: "align"; readonly by: AlignWay }
  /** One stage of the plan on or back; `turned`: a person said that the patient may be turned for it. */
  | { readonly do: "stage"; readonly step: 1 | -1; readonly turned: boolean };

export interface MenuButton {
  /** Stays the same while the button does: what the gaze rests on. */
  readonly id: string;
  readonly label: string;
  readonly command: Command;
  /** Dwelling on it presses again and again. */
  readonly repeats: boolean;
}

export interface MenuSheet {
  /** What stands over the buttons; empty for nothing. */
  readonly title: string;
  readonly buttons: readonly MenuButton[];
}

/** What the menu is made from. */
export interface MenuState {
  readonly page: MenuPage;
  /** From which check point on the list is shown. */
  readonly from: number;
  /** The check point to be touched; null before one is chosen. */
  readonly landmark: string | null;
  readonly cleared: boolean;
  /** A session is on, and a view can be changed. */
  readonly on: boolean;
  /** The name of the preset that comes next; null where there is none. */
  readonly nextPreset: string | null;
  readonly twin: boolean | null;
  readonly canFade: { readonly fainter: boolean; readonly stronger: boolean };
  /** Check points by name; a hand can touch them. */
  readonly landmarks: readonly string[];
  readonly handsSeen: boolean;
  /** How this headset can find the room anew; none where it need not. */
  readonly alignWays: readonly AlignWay[];
  /** What became of the newest touch; empty for nothing. */
  readonly answer: string;
  /** The stages beside the present one, by name, null where there is none; null without a plan. */
  readonly stages: { readonly before: string | null; readonly after: string | null } | null;
  /** The step for which the patient is turned, and what is asked of it. */
  readonly turn: { readonly step: 1 | -1; readonly words: string } | null;
  /** What the buttons of the plan's colours and shells lead to; null where there are none. */
  readonly paints: { readonly colours: string | null; readonly shell: string | null };
  /** What became of the newest wish; empty for nothing. */
  readonly news: string;
}

/** Rows of two: what fits beside the field without reaching over it. */
export const MOST_BUTTONS = 8;
const POINTS_AT_ONCE = MOST_BUTTONS - 2;

/** The buttons that stand on the menu now. */
export function menuSheet(state: MenuState): MenuSheet {
  switch (state.page) {
    case "points":
      return pointsSheet(state);
    case "touching":
      return {
        title: touchingTitle(state),
        buttons: [
          ...(state.handsSeen ? [button("touch", "Touched", { do: "touch" })] : []),
          button("points", "Back", { do: "page", page: "points" }),
        ],
      };
    case "moved":
      return {
        title: "The patient or the table was moved?",
        buttons: [button("moved", "Yes, moved", { do: "moved" }), BACK],
      };
    case "align":
      return {
        title: "Hidden until the room is found again.",
        buttons: [...state.alignWays.map((by) => button(`align ${by}`, ALIGN_LABELS[by], { do: "align", by })), BACK],
      };
    case "look":
      return { title: "", buttons: [...lookButtons(state), BACK] };
    case "turn":
      return turnSheet(state);
    default:
      return { title: state.news, buttons: mainButtons(state) };
  }
}

const BACK = button("back", "Back", { do: "page", page: "main" });

const ALIGN_LABELS: Readonly<Record<AlignWay, string>> = { camera: "By its camera", touch: "By touch" };

function mainButtons(state: MenuState): MenuButton[] {
  const buttons: MenuButton[] = [
    state.cleared ? button("show", "Show again", { do: "show" }) : button("clear", "Hide all", { do: "clear" }),
  ];
  const align = state.alignWays.length === 0 ? [] : [button("align", "Align anew", { do: "page", page: "align" })];
  if (!state.on) return [...buttons, ...align];
  if (state.stages === null) buttons.push(...lookButtons(state));
  else {
    // The stages are what is pressed most; the looks have a page of their own then.
    const { before, after } = state.stages;
    if (after !== null) buttons.push(button("after", `Next:\n${after}`, { do: "stage", step: 1, turned: false }));
    if (before !== null) buttons.push(button("before", `Back:\n${before}`, { do: "stage", step: -1, turned: false }));
    buttons.push(button("look", "Looks", { do: "page", page: "look" }));
  }
  if (state.landmarks.length > 0) {
    buttons.push(button("points", "Check point", { do: "page", page: "points" }));
  }
  buttons.push(button("moved?", "Patient moved", { do: "page", page: "moved" }));
  return [...buttons, ...align];
}

/** What changes how the model is drawn. */
function lookButtons(state: MenuState): MenuButton[] {
  const { nextPreset, canFade, twin, paints } = state;
  const buttons: MenuButton[] = [];
  if (nextPreset !== null) buttons.push(button("preset", nextPreset, { do: "preset", step: 1 }));
  if (canFade.fainter) buttons.push(button("fainter", "Fainter", { do: "fainter" }, true));
  if (canFade.stronger) buttons.push(button("stronger", "Stronger", { do: "stronger" }, true));
  if (paints.colours !== null) buttons.push(button("colours", paints.colours, { do: "colours" }));
  if (paints.shell !== null) buttons.push(button("shell", paints.shell, { do: "shell" }));
  if (twin !== null) buttons.push(button("twin", twin ? "Twin away" : "Twin beside", { do: "twin" }));
  return buttons;
}

/** Asked once more, at another place than the button that led here: the overlay ends with it. */
function turnSheet({ turn }: MenuState): MenuSheet {
  if (turn === null) return { title: "", buttons: [BACK] };
  const yes = button("turned", "Yes, turn", { do: "stage", step: turn.step, turned: true });
  return { title: turn.words, buttons: [yes, BACK] };
}

function pointsSheet(state: MenuState): MenuSheet {
  const from = state.from < state.landmarks.length ? state.from : 0;
  const shown = state.landmarks.slice(from, from + POINTS_AT_ONCE);
  const buttons = shown.map((landmark) => button(`point ${landmark}`, landmark, { do: "point", landmark }));
  if (state.landmarks.length > POINTS_AT_ONCE) buttons.push(button("more", "More", { do: "more" }));
  return { title: state.answer || "Which check point?", buttons: [...buttons, BACK] };
}

function touchingTitle({ landmark, handsSeen, answer }: MenuState): string {
  if (answer !== "") return answer;
  return handsSeen ? `Fingertip on ${landmark}. Pinch with the other hand.` : "Hold a hand where the headset sees it.";
}

/** Where the list goes on after `from`. */
export function nextPoints(from: number, count: number): number {
  return from + POINTS_AT_ONCE < count ? from + POINTS_AT_ONCE : 0;
}

function button(id: string, label: string, command: Command, repeats = false): MenuButton {
  return { id, label, command, repeats };
}

/** The menu's face in metres, its middle at (0, 0): sizes a gaze can hold, 5 degrees wide and more. */
export const FACE = { width: 0.2, height: 0.2, titleHeight: 0.036, rows: 4, columns: 2, gap: 0.008 } as const;

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const BOXES = Array.from({ length: MOST_BUTTONS }, (_, index) => boxAt(index));

/** Where the button of this index stands on the face: its middle and size, m; +y up. */
export function buttonBox(index: number): Box {
  return BOXES[index]!;
}

function boxAt(index: number): Box {
  const column = index % FACE.columns;
  const row = Math.floor(index / FACE.columns);
  const width = (FACE.width - FACE.gap * (FACE.columns + 1)) / FACE.columns;
  const height = (FACE.height - FACE.titleHeight - FACE.gap * (FACE.rows + 1)) / FACE.rows;
  return {
    x: -FACE.width / 2 + FACE.gap + width / 2 + column * (width + FACE.gap),
    y: FACE.height / 2 - FACE.titleHeight - FACE.gap - height / 2 - row * (height + FACE.gap),
    width,
    height,
  };
}

/** The button that a point of the face, m, lies on; -1 for none. */
export function buttonAt(x: number, y: number, count: number): number {
  for (let index = 0; index < count; index += 1) {
    const box = buttonBox(index);
    if (Math.abs(x - box.x) <= box.width / 2 && Math.abs(y - box.y) <= box.height / 2) return index;
  }
  return -1;
}
