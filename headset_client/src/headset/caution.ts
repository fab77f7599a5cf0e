/** The sentence that stands in every view (hazard H34). */

import { RESEARCH_USE } from "../overlay/words.ts";
import type { Welcome } from "../protocol.gen.ts";

/** The host's wording where it gave one, never none. */
export function caution(welcome: Welcome | null): string {
  return welcome?.research_use || RESEARCH_USE;
}
