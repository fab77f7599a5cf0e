/**
 * How each structure is drawn.
 *
 * Only what is rigid with the bone may look solid. Roots, vessels and organs move once the patient is
 * opened, so they are ghosted however they are called (hazard H35).
 */

export type Style = "solid" | "glass" | "ghost" | "hidden";

export interface Structure {
  readonly key: string;
  readonly rigid: boolean;
}

export interface Look {
  readonly style: Style;
  readonly opacity: number;
  /** What the legend says of it. */
  readonly note: string;
}

const SOLID: Look = { style: "solid", opacity: 1, note: "" };
const GLASS: Look = { style: "glass", opacity: 0.3, note: "" };
const GHOST: Look = { style: "ghost", opacity: 0.6, note: "Can move: as on the scan" };
const HIDDEN: Look = { style: "hidden", opacity: 0, note: "Not drawn" };

/** The look of one structure. The skin would cover all the others: it is listed and not drawn. */
export function lookOf(structure: Structure): Look {
  if (structure.key === "skin") return HIDDEN;
  if (!structure.rigid) return GHOST;
  return structure.key === "tumour" ? SOLID : GLASS;
}
