/**
 * A loaded model in the looks of a view: one mesh for each pass, over the same vertices, with the triangles of the
 * structures that take part in it.
 *
 * Another view writes other triangles into the passes: nothing is loaded, made or thrown away.
 */

import { BufferGeometry, DynamicDrawUsage, Group, Mesh, type Object3D, Uint32BufferAttribute, Vector3 } from "three";

import { samplePoints } from "../overlay/gaze.ts";
import { type Look, type Looks, sharedLook } from "../overlay/look.ts";
import { isFaded, type Pass, PASSES, passesOf } from "../overlay/passes.ts";
import type { StructureEntry } from "../protocol.gen.ts";
import { type Merged, merge, type Part } from "./merge.ts";
import { Wardrobe } from "./wardrobe.ts";

/** A part and how it looks now. */
export interface Dressed extends Part {
  readonly look: Look;
}

export class DressedModel {
  readonly root = new Group();
  readonly #merged: Merged;
  readonly #wardrobe: Wardrobe;
  readonly #geometries = new Map<Pass, BufferGeometry>();
  readonly #meshes: { readonly pass: Pass; readonly mesh: Mesh }[] = [];
  #parts: readonly Dressed[] = [];
  #faded = false;
  /** What is drawn now: passes, and corners of triangles in them. */
  #passes = 0;
  #corners = 0;

  /** Take over the meshes under `loaded`; what belongs to no announced structure is not drawn. */
  constructor(loaded: Object3D, structures: readonly StructureEntry[], wardrobe: Wardrobe) {
    this.#merged = merge(loaded, structures);
    this.#wardrobe = wardrobe;
    for (const pass of PASSES) {
      const geometry = new BufferGeometry();
      for (const [name, attribute] of Object.entries(this.#merged.attributes)) geometry.setAttribute(name, attribute);
      geometry.setDrawRange(0, 0);
      this.#geometries.set(pass, geometry);
    }
    this.stand(this.root);
  }

  /** Stand the model in another place too: under `group`, in the same looks now and later, with nothing made twice. */
  stand(group: Group): void {
    for (const [pass, geometry] of this.#geometries) {
      const mesh = new Mesh(geometry, this.#wardrobe.of(pass));
      mesh.renderOrder = Wardrobe.orderOf(pass);
      this.#meshes.push({ pass, mesh });
      group.add(mesh);
    }
    this.#showPasses();
  }

  /** What can be drawn apart, as it looks now. */
  get parts(): readonly Dressed[] {
    return this.#parts;
  }

  /** Draw the outlines of everything instead of the looks, or the looks again. */
  set faded(faded: boolean) {
    if (faded === this.#faded) return;
    this.#faded = faded;
    this.#showPasses();
  }

  /** Put on these looks; `cut`: a plane cuts the model open. */
  wear(looks: Looks, cut: boolean): void {
    this.#parts = this.#merged.parts.map((part) => {
      const own = part.structures.map(({ key }) => looks.byKey.get(key)!);
      return { ...part, look: sharedLook(own) };
    });
    const inPass = new Map<Pass, Part[]>(PASSES.map((pass) => [pass, []]));
    const { color } = this.#merged.attributes;
    for (const part of this.#parts) {
      for (const pass of passesOf(part.structures[0]!.kind, part.look, cut)) inPass.get(pass)!.push(part);
      // Depth and rims look at no alpha; fillings take theirs from here.
      for (let vertex = 0; vertex < part.vertices; vertex += 1) {
        color.setW(part.firstVertex + vertex, part.look.opacity || 1);
      }
    }
    color.needsUpdate = true;
    for (const [pass, parts] of inPass) this.#fill(this.#geometries.get(pass)!, parts);
    this.#showPasses();
  }

  #showPasses(): void {
    for (const { pass, mesh } of this.#meshes) {
      mesh.visible = isFaded(pass) === this.#faded && mesh.geometry.drawRange.count > 0;
    }
    this.#passes = this.#corners = 0;
    for (const [pass, { drawRange }] of this.#geometries) {
      if (isFaded(pass) !== this.#faded || drawRange.count === 0) continue;
      this.#passes += 1;
      this.#corners += drawRange.count;
    }
  }

  #fill(geometry: BufferGeometry, parts: readonly Part[]): void {
    const corners = parts.reduce((sum, part) => sum + part.index.length, 0);
    if (corners > 0 && geometry.index === null) {
      // Room for all of the model, once: what is on the graphics card is then written over.
      geometry.setIndex(new Uint32BufferAttribute(3 * this.#merged.triangles, 1).setUsage(DynamicDrawUsage));
    }
    geometry.setDrawRange(0, corners);
    const { index } = geometry;
    if (index === null || corners === 0) return;
    let at = 0;
    for (const part of parts) {
      index.array.set(part.index, at);
      at += part.index.length;
    }
    index.needsUpdate = true;
  }

  /** Free everything on the graphics card. The materials are the wardrobe's. */
  dispose(): void {
    this.root.removeFromParent();
    for (const { mesh } of this.#meshes) mesh.removeFromParent();
    for (const geometry of this.#geometries.values()) geometry.dispose();
  }

  /** The middle of a structure, or of the whole model where it has none of that key; model axes, metres. */
  middleInto(out: Vector3, key: string | null): void {
    const part = this.#merged.parts.find(({ structures }) => structures.some((structure) => structure.key === key));
    const least = new Vector3();
    const most = new Vector3();
    if (part === undefined) this.extentInto(least, most);
    else least.copy(part.least), most.copy(part.most);
    out.addVectors(least, most).multiplyScalar(0.5);
  }

  /** The middle of all parts but the skin; returns how far the corners of their extent are from it. Model axes, metres. */
  sphereInto(out: Vector3): number {
    const least = new Vector3();
    const most = new Vector3();
    this.extentInto(least, most);
    out.addVectors(least, most).multiplyScalar(0.5);
    return least.distanceTo(most) / 2;
  }

  /** Some points of the surface of each part, in their order: for whoever asks what is looked at. */
  samples(): Float32Array[] {
    const { array } = this.#merged.attributes.position;
    return this.#merged.parts.map((part) => samplePoints(array, part.firstVertex, part.vertices));
  }

  /** Whether it may be drawn twice within these limits of draws and triangles. */
  fitsTwice(draws: number, triangles: number): boolean {
    return 2 * this.#passes <= draws && (2 * this.#corners) / 3 <= triangles;
  }

  /** The extent of all parts but the skin, where there are others; model axes, metres. */
  extentInto(least: Vector3, most: Vector3): void {
    least.setScalar(Infinity);
    most.setScalar(-Infinity);
    const { parts } = this.#merged;
    const inside = parts.filter(({ structures }) => structures[0]!.kind !== "skin");
    for (const part of inside.length > 0 ? inside : parts) {
      least.min(part.least);
      most.max(part.most);
    }
    if (parts.length === 0) {
      least.setScalar(0);
      most.setScalar(0);
    }
  }
}
