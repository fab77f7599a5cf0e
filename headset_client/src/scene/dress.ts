/**
 * Gives each structure of a loaded model its look, with three.js' own materials only.
 *
 * No custom shader: on headsets three.js renders both eyes in one pass (multiview), which no emulator
 * checks. "Glass" is bone: a pass that writes depth only, so that just the nearest surface shows, a
 * faint filling, and a bright rim from a matcap, which darkens nothing behind it.
 *
 * Draw order: solid things (opaque), ghosts, the glass' depth, its filling, its rim.
 */

import {
  AddEquation,
  CanvasTexture,
  Color,
  CustomBlending,
  Mesh,
  MeshBasicMaterial,
  MeshLambertMaterial,
  MeshMatcapMaterial,
  OneFactor,
  SRGBColorSpace,
  ZeroFactor,
  type Material,
  type Object3D,
} from "three";

import { lookOf, type Look } from "../overlay/look.ts";
import type { StructureEntry } from "../protocol.gen.ts";

const ORDER = { ghost: 1, glassDepth: 2, glassFill: 3, glassRim: 4 } as const;

/** Replace the materials under `root`; what belongs to no announced structure is not drawn. */
export function dress(root: Object3D, structures: readonly StructureEntry[]): void {
  const byKey = new Map(structures.map((structure) => [structure.key, structure]));
  const meshes: Mesh[] = [];
  root.traverse((node) => {
    if (node instanceof Mesh) meshes.push(node);
  });
  for (const mesh of meshes) {
    disposeMaterials(mesh);
    const clothes = clothesOf(mesh, byKey);
    if (clothes === null) mesh.visible = false;
    else wear(mesh, clothes);
  }
}

/** Free everything under `root` on the graphics card. */
export function dispose(root: Object3D): void {
  root.removeFromParent();
  root.traverse((node) => {
    if (!(node instanceof Mesh)) return;
    node.geometry.dispose();
    disposeMaterials(node);
  });
}

interface Clothes {
  readonly look: Look;
  readonly color: Color;
  /** Several structures share the mesh and bring their colours in its vertices. */
  readonly vertexColors: boolean;
}

/** What a mesh wears: by the structure its node, or one above, is named after, or by those that share it. */
function clothesOf(mesh: Mesh, byKey: ReadonlyMap<string, StructureEntry>): Clothes | null {
  for (let node: Object3D | null = mesh; node !== null; node = node.parent) {
    const structure = byKey.get(node.name);
    if (structure !== undefined) {
      const [red, green, blue] = structure.color_srgb as [number, number, number];
      const color = new Color().setRGB(red, green, blue, SRGBColorSpace);
      return { look: lookOf(structure), color, vertexColors: false };
    }
    const sharing = sharingKeys(node).map((key) => byKey.get(key));
    if (sharing.length > 0 && sharing.every((member) => member !== undefined)) {
      const rigid = sharing.every((member) => member.rigid);
      return { look: lookOf({ key: node.name, rigid }), color: new Color(0xffffff), vertexColors: true };
    }
  }
  return null;
}

/** The keys of the structures that share a node's mesh, as the GLB's extras tell; none for a node of its own. */
function sharingKeys(node: Object3D): string[] {
  const extras = node.userData["orview"] as { readonly keys?: unknown } | undefined;
  return Array.isArray(extras?.keys) ? extras.keys.filter((key) => typeof key === "string") : [];
}

function wear(mesh: Mesh, { look, color, vertexColors }: Clothes): void {
  const paint = { color, vertexColors };
  switch (look.style) {
    case "solid":
      mesh.material = new MeshLambertMaterial(paint);
      break;
    case "ghost":
      mesh.material = new MeshLambertMaterial({ ...paint, transparent: true, opacity: look.opacity });
      mesh.renderOrder = ORDER.ghost;
      break;
    case "glass": {
      mesh.material = new MeshBasicMaterial({ colorWrite: false, transparent: true });
      mesh.renderOrder = ORDER.glassDepth;
      const fill = new MeshLambertMaterial({ ...paint, transparent: true, opacity: look.opacity, depthWrite: false });
      addPass(mesh, fill, ORDER.glassFill);
      addPass(mesh, rimMaterial(paint), ORDER.glassRim);
      break;
    }
    case "hidden":
      mesh.visible = false;
  }
}

function addPass(mesh: Mesh, material: Material, order: number): void {
  const pass = new Mesh(mesh.geometry, material);
  pass.renderOrder = order;
  mesh.add(pass);
}

/** Adds light where the surface turns away from the eye and leaves alpha alone, so passthrough stays undimmed. */
function rimMaterial(paint: { color: Color; vertexColors: boolean }): Material {
  return new MeshMatcapMaterial({
    ...paint,
    matcap: rimTexture(),
    transparent: true,
    depthWrite: false,
    blending: CustomBlending,
    blendEquation: AddEquation,
    blendSrc: OneFactor,
    blendDst: OneFactor,
    blendSrcAlpha: ZeroFactor,
    blendDstAlpha: OneFactor,
  });
}

let sharedRimTexture: CanvasTexture | null = null;

function rimTexture(): CanvasTexture {
  if (sharedRimTexture !== null) return sharedRimTexture;
  const size = 128;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d")!;
  const gradient = context.createRadialGradient(size / 2, size / 2, 0, size / 2, size / 2, size / 2);
  gradient.addColorStop(0, "#000");
  gradient.addColorStop(0.8, "#000");
  gradient.addColorStop(0.93, "#1c1c1c");
  gradient.addColorStop(1, "#8c8c8c");
  context.fillStyle = gradient;
  context.fillRect(0, 0, size, size);
  sharedRimTexture = new CanvasTexture(canvas);
  sharedRimTexture.colorSpace = SRGBColorSpace;
  return sharedRimTexture;
}

function disposeMaterials(mesh: Mesh): void {
  for (const material of [mesh.material].flat()) material.dispose();
}
