/** What the nurse types of the patient and of what is to be done, before it is sent. */

import type { IdentifierKind, OperatedSide } from "../protocol.gen.ts";

/** The identifiers as they are typed or scanned; they never leave the page. */
export type Given = Readonly<Record<IdentifierKind, string>>;

export const NOTHING_GIVEN: Given = { name: "", birth_date: "", patient_id: "" };

/** Side and procedure; null for what the host has. */
export interface Planned {
  readonly side: OperatedSide | null;
  readonly procedure: string | null;
}

export const NOTHING_PLANNED: Planned = { side: null, procedure: null };
