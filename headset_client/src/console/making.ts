/** How far the case is that is being made. */

import type { Preparing } from "../protocol.gen.ts";

/** Whether a case is being made. */
export function isUnderWay(preparing: Preparing): boolean {
  return preparing.state === "waiting" || preparing.state === "running";
}
