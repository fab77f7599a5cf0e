/** The change of the shared view that all others are made from. */

import type { SetView } from "../protocol.gen.ts";

/** A change of the view that changes nothing. */
export const UNCHANGED: SetView = {
  type: "set_view",
  preset: null,
  styles: [],
  cleared: null,
  window: null,
  clip: null,
  clip_off: false,
  twin: null,
};
