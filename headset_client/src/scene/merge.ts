/**
 * Puts all meshes of a loaded model into one set of vertices, so that a pass over many structures is one draw call.
 *
 * Positions become metres about the patient's origin: half a metre away float32 still tells 0.03 micrometres.
 */

import {
  BufferAttribute,
  Color,
  Float32BufferAttribute,
  Mesh,
  type Object3D,
  SRGBColorSpace,
  Uint8BufferAttribute,
  Vector3,
} from "three";

import { measureAlong } from "../overlay/along.ts";
import type { StructureEntry } from "../protocol.gen.ts";

/** A dash and the gap behind it, metres: of nerves, along them; and of what came loose, from head to foot. */
export const DASH_PERIOD_M = 0.006;
export const LOOSE_PERIOD_M = 0.01;

/** What can be drawn apart: one structure, or several that share a mesh. */
export interface Part {
  readonly structures: readonly StructureEntry[];
  /** Its triangles in the merged index, and its vertices. */
  readonly index: Uint32Array;
  readonly firstVertex: number;
  readonly vertices: number;
  /** The point of its surface where its name stands, null for above it; and its extent. Model axes, metres. */
  readonly anchor: Vector3 | null;
  readonly least: Vector3;
  readonly most: Vector3;
}

export interface Merged {
  readonly attributes: Readonly<Record<"position" | "normal" | "color" | "uv", BufferAttribute>>;
  readonly parts: readonly Part[];
  readonly triangles: number;
}

/** Merge what is under `root`; what belongs to no announced structure is left out. */
export function merge(root: Object3D, structures: readonly StructureEntry[]): Merged {
  const byKey = new Map(structures.map((structure) => [structure.key, structure]));
  const found: { mesh: Mesh; structures: readonly StructureEntry[] }[] = [];
  root.updateMatrixWorld(true);
  root.traverse((node) => {
    if (!(node instanceof Mesh)) return;
    const own = structuresOf(node, byKey);
    if (own.length > 0) found.push({ mesh: node, structures: own });
  });
  const total = found.reduce((sum, { mesh }) => sum + mesh.geometry.getAttribute("position").count, 0);
  const positions = new Float32Array(3 * total);
  const normals = new Float32Array(3 * total);
  const colors = new Uint8Array(4 * total);
  const along = new Float32Array(total);
  let firstVertex = 0;
  const parts = found.map(({ mesh, structures: own }) => {
    const part = copy(mesh, own, firstVertex, positions, normals, colors);
    if (own.some(({ kind }) => kind === "nerve")) measureAlong(positions, part.index, along);
    else heights(positions, part, along);
    firstVertex += part.vertices;
    return part;
  });
  const uv = new Float32Array(2 * total);
  along.forEach((metres, vertex) => (uv[2 * vertex] = metres / DASH_PERIOD_M));
  return {
    attributes: {
      position: new Float32BufferAttribute(positions, 3),
      normal: new Float32BufferAttribute(normals, 3),
      color: new Uint8BufferAttribute(colors, 4, true),
      uv: new Float32BufferAttribute(uv, 2),
    },
    parts,
    triangles: parts.reduce((sum, part) => sum + part.index.length / 3, 0),
  };
}

/** How high each vertex of a part lies in the patient, as what turns its dashes into such of a longer period. */
function heights(positions: Float32Array, { firstVertex, vertices }: Part, out: Float32Array): void {
  for (let vertex = firstVertex; vertex < firstVertex + vertices; vertex += 1) {
    out[vertex] = (positions[3 * vertex + 1]! * DASH_PERIOD_M) / LOOSE_PERIOD_M;
  }
}

/** The structures of a mesh: the one its node, or one above, is named after, or those that share it. */
function structuresOf(mesh: Mesh, byKey: ReadonlyMap<string, StructureEntry>): readonly StructureEntry[] {
  for (let node: Object3D | null = mesh; node !== null; node = node.parent) {
    const own = byKey.get(node.name);
    if (own !== undefined) return [own];
    const sharing = sharingKeys(node).map((key) => byKey.get(key));
    if (sharing.length > 0 && sharing.every((member) => member !== undefined)) return sharing;
  }
  return [];
}

/** The keys of the structures that share a node's mesh, as the GLB's extras tell; none for a node of its own. */
function sharingKeys(node: Object3D): string[] {
  const extras = node.userData["orview"] as { readonly keys?: unknown } | undefined;
  return Array.isArray(extras?.keys) ? extras.keys.filter((key) => typeof key === "string") : [];
}

function copy(
  mesh: Mesh,
  structures: readonly StructureEntry[],
  firstVertex: number,
  positions: Float32Array,
  normals: Float32Array,
  colors: Uint8Array,
): Part {
  const { geometry } = mesh;
  const position = geometry.getAttribute("position");
  const normal = geometry.getAttribute("normal");
  // Several structures that share a mesh bring their colours in its vertices.
  const own = structures.length > 1 ? geometry.getAttribute("color") : undefined;
  const [red, green, blue] = structures[0]!.color_srgb as [number, number, number];
  const color = new Color().setRGB(red, green, blue, SRGBColorSpace);
  const point = new Vector3();
  const middle = new Vector3();
  const least = new Vector3(Infinity, Infinity, Infinity);
  const most = new Vector3(-Infinity, -Infinity, -Infinity);
  for (let vertex = 0; vertex < position.count; vertex += 1) {
    const at = firstVertex + vertex;
    point.fromBufferAttribute(position, vertex).applyMatrix4(mesh.matrixWorld).toArray(positions, 3 * at);
    middle.addScaledVector(point, 1 / position.count);
    least.min(point);
    most.max(point);
    // Nodes move and scale and never turn, so normals stay as they are.
    point.fromBufferAttribute(normal, vertex).normalize().toArray(normals, 3 * at);
    if (own !== undefined) color.setRGB(own.getX(vertex), own.getY(vertex), own.getZ(vertex));
    colors.set([255 * color.r, 255 * color.g, 255 * color.b, 255], 4 * at);
  }
  const told = geometry.index;
  const index = new Uint32Array(told === null ? position.count : told.count);
  for (let corner = 0; corner < index.length; corner += 1) {
    index[corner] = firstVertex + (told === null ? corner : told.getX(corner));
  }
  const place = placeOfName(structures[0]!.kind, middle, least, most);
  const anchor = place === null ? null : nearest(positions, firstVertex, position.count, place);
  return { structures, index, firstVertex, vertices: position.count, anchor, least, most };
}

/** Where the name of something long is read and covers little; null for what is compact, which is named above it. */
function placeOfName(kind: StructureEntry["kind"], middle: Vector3, least: Vector3, most: Vector3): Vector3 | null {
  if (kind === "vessel") return middle;
  if (kind !== "nerve") return null;
  // The outer, lower end, where roots have parted.
  return new Vector3(Math.abs(least.x) > Math.abs(most.x) ? least.x : most.x, least.y, middle.z);
}

function nearest(positions: Float32Array, first: number, count: number, to: Vector3): Vector3 {
  const point = new Vector3();
  const best = new Vector3();
  for (let vertex = first; vertex < first + count; vertex += 1) {
    point.fromArray(positions, 3 * vertex);
    if (vertex === first || point.distanceToSquared(to) < best.distanceToSquared(to)) best.copy(point);
  }
  return best;
}
