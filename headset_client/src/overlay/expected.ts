/** The expected error at a structure, 95 %, as this headset may show it. */

import type { HeadsetWorld, Session } from "../protocol.gen.ts";

/**
 * In mm; null while nobody knows.
 *
 * A headset that found its own place in the room is told errors with that in them, and those of the session, which
 * are without, would flatter: they count only where no place had to be found (a simulated room).
 */
export function expectedErrorMm(
  key: string,
  session: Pick<Session, "structures" | "target_key" | "expected_error_mm">,
  world: Pick<HeadsetWorld, "structure_errors" | "expected_error_mm"> | null,
): number | null {
  if (world !== null) {
    const told = world.structure_errors.find((entry) => entry.key === key)?.expected_error_mm;
    return told ?? (key === session.target_key ? world.expected_error_mm : null);
  }
  if (key === session.target_key) return session.expected_error_mm;
  return session.structures.find((structure) => structure.key === key)?.expected_error_mm ?? null;
}
