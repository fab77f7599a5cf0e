/** What a plan's file draws: the lines of its cuts on bone, the tumour in colours, shells round it. Model axes, metres. */

import { BufferGeometry, Color, Float32BufferAttribute, LineSegments, Mesh, type Object3D, Uint8BufferAttribute, Vector3 } from "three";

import { type Colours, type Shell, SWITCHED } from "../overlay/paints.ts";

const CUT = "cut.";

export class PlanShapes {
  /** The ends of the lines of each plane in turn, by the plane's key. */
  readonly cuts = new Map<string, Float32Array>();
  readonly #switched = new Map<string, BufferGeometry>();

  /** Take over what is under `loaded`; what is named otherwise is not drawn. */
  constructor(loaded: Object3D) {
    loaded.updateMatrixWorld(true);
    loaded.traverse((node) => {
      if (!(node instanceof Mesh || node instanceof LineSegments)) return;
      const name = nameOf(node);
      if (node instanceof LineSegments && name.startsWith(CUT)) this.cuts.set(name.slice(CUT.length), endsOf(node));
      else if (SWITCHED.includes(name)) this.#switched.set(name, node instanceof Mesh ? surfaceOf(node) : wireOf(node));
    });
  }

  /** The names of what can be switched on. */
  get names(): Iterable<string> {
    return this.#switched.keys();
  }

  of(name: Colours | Shell): BufferGeometry | null {
    return this.#switched.get(name) ?? null;
  }

  /** Free what lies on the graphics card. */
  dispose(): void {
    for (const geometry of this.#switched.values()) geometry.dispose();
  }
}

/** The name of a node, or of the nearest one above that has any: a mesh of several pieces is named by its group. */
function nameOf(node: Object3D): string {
  for (let at: Object3D | null = node; at !== null; at = at.parent) if (at.name !== "") return at.name;
  return "";
}

/** The vertices of a node in model axes, x y z in turn, in the order in which its index names them. */
function endsOf(node: Mesh | LineSegments): Float32Array {
  const { index } = node.geometry;
  const position = node.geometry.getAttribute("position");
  const count = index?.count ?? position.count;
  const out = new Float32Array(3 * count);
  const point = new Vector3();
  for (let at = 0; at < count; at += 1) {
    point.fromBufferAttribute(position, index?.getX(at) ?? at).applyMatrix4(node.matrixWorld).toArray(out, 3 * at);
  }
  return out;
}

function wireOf(node: LineSegments): BufferGeometry {
  return new BufferGeometry().setAttribute("position", new Float32BufferAttribute(endsOf(node), 3));
}

/** A surface with its colours, whose light runs on over their borders; nodes move and scale and never turn. */
function surfaceOf(node: Mesh): BufferGeometry {
  const { geometry } = node;
  const position = geometry.getAttribute("position");
  const told = geometry.getAttribute("color");
  const normal = geometry.getAttribute("normal");
  const normals = new Float32Array(3 * position.count);
  const places = new Float32Array(3 * position.count);
  const colors = new Uint8Array(3 * position.count);
  const point = new Vector3();
  const color = new Color();
  for (let vertex = 0; vertex < position.count; vertex += 1) {
    point.fromBufferAttribute(position, vertex).applyMatrix4(node.matrixWorld).toArray(places, 3 * vertex);
    if (normal !== undefined) point.fromBufferAttribute(normal, vertex).normalize().toArray(normals, 3 * vertex);
    if (told !== undefined) color.setRGB(told.getX(vertex), told.getY(vertex), told.getZ(vertex));
    colors.set([255 * color.r, 255 * color.g, 255 * color.b], 3 * vertex);
  }
  const surface = new BufferGeometry();
  surface.setAttribute("position", new Float32BufferAttribute(places, 3));
  surface.setAttribute("color", new Uint8BufferAttribute(colors, 3, true));
  surface.setIndex(geometry.index);
  if (normal === undefined) surface.computeVertexNormals();
  else surface.setAttribute("normal", new Float32BufferAttribute(normals, 3));
  return surface;
}
