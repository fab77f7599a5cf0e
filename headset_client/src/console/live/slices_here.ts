/** The image of the case for looking at: one for all pages that show it. */

import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { SliceSource } from "./slice_source.ts";

export const slicesHere = new SliceSource();

/** Fetch the image while the host names it and let go of it when it does not; `gone` is called where there is none. */
export function keepSlices(state: ConsoleState, actions: ConsoleActions, gone: () => void): void {
  const image = state.heard.slices?.image ?? null;
  slicesHere.want(image, actions.get, () => actions.pick({}));
  if (image === null) gone();
}
