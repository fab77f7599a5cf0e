/** The structures of the demonstration's case: 25, with the triangles each has in the headset's level. */

import type { Structure } from "../src/overlay/look.ts";
import type { StructureKind } from "../src/protocol.gen.ts";

export interface PhantomStructure extends Structure {
  readonly name: string;
  readonly triangles: number;
  readonly color_srgb: readonly number[];
}

function one(key: string, kind: StructureKind, rigid: boolean, triangles: number): PhantomStructure {
  const words = key.replace(/^nerve_s/, "nerve root S").replaceAll("_", " ");
  return { key, kind, rigid, triangles, name: words[0]!.toUpperCase() + words.slice(1), color_srgb: [1, 0.5, 0] };
}

function pair(key: string, kind: StructureKind, rigid: boolean, triangles: number): PhantomStructure[] {
  return ["left", "right"].map((side) => one(`${key}_${side}`, kind, rigid, triangles));
}

export const PHANTOM: readonly PhantomStructure[] = [
  one("tumour", "tumour", true, 1128),
  ...pair("nerve_s1", "nerve", false, 1652),
  ...pair("nerve_s2", "nerve", false, 1814),
  ...pair("nerve_s3", "nerve", false, 1686),
  ...pair("nerve_s4", "nerve", false, 1588),
  ...pair("nerve_s5", "nerve", false, 1456),
  ...pair("iliac_artery", "vessel", false, 2104),
  ...pair("iliac_vein", "vessel", false, 2016),
  one("sacrum", "bone", true, 3562),
  one("vertebra_l4", "bone", false, 1194),
  one("vertebra_l5", "bone", true, 1258),
  ...pair("hip", "bone", true, 6644),
  ...pair("femur", "bone", false, 1196),
  one("rectum", "organ", false, 612),
  one("bladder", "organ", false, 306),
  one("skin", "skin", false, 976),
];
