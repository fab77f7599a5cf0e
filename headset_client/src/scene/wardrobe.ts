/**
 * The materials of all passes, made once and worn by every model, with three.js' own shaders only: headsets may draw
 * both eyes in one pass, which no emulator checks.
 */

import {
  AddEquation,
  BackSide,
  CanvasTexture,
  CustomBlending,
  DataTexture,
  GreaterDepth,
  type Material,
  MeshBasicMaterial,
  MeshLambertMaterial,
  MeshMatcapMaterial,
  OneFactor,
  type Plane,
  RepeatWrapping,
  SRGBColorSpace,
  ZeroFactor,
} from "three";

import { isOpened, type Pass, PASSES } from "../overlay/passes.ts";

/** The rim of what can move: half as bright as that of bone. */
const FAINT_RIM = 0.45;

/** A tumour fills the hole it made in bone: where both have the same surface, it is the tumour that is seen. */
const BEFORE_BONE = { polygonOffset: true, polygonOffsetFactor: -1, polygonOffsetUnits: -4 } as const;

export class Wardrobe {
  readonly #materials = new Map<Pass, Material>(PASSES.map((pass) => [pass, materialOf(pass)]));
  readonly #others: Material[] = [];

  of(pass: Pass): Material {
    return this.#materials.get(pass)!;
  }

  /** Draw order of a pass; what is opaque is drawn before all that is not, whatever its order. */
  static orderOf(pass: Pass): number {
    return PASSES.indexOf(pass);
  }

  /** Let the plane that cuts the model open cut what wears this material too; no window opens it. */
  cutToo(material: Material): void {
    this.#others.push(material);
  }

  /**
   * Cut the model by one plane, keeping what lies on its positive side; or else open a window, taking away what lies
   * on the negative side of all of its planes. World coordinates; the planes may be moved afterwards.
   */
  cut(plane: Plane | null, window: readonly Plane[] | null): void {
    for (const [pass, material] of this.#materials) {
      const opened = plane === null && window !== null && isOpened(pass);
      material.clippingPlanes = plane !== null ? [plane] : opened ? [...window] : null;
      material.clipIntersection = opened;
    }
    for (const material of this.#others) material.clippingPlanes = plane === null ? null : [plane];
  }
}

function materialOf(pass: Pass): Material {
  switch (pass) {
    case "solid":
      return new MeshLambertMaterial({ vertexColors: true, ...BEFORE_BONE });
    case "bone_solid":
      return new MeshLambertMaterial({ vertexColors: true });
    case "backs":
      return new MeshBasicMaterial({ vertexColors: true, side: BackSide, ...BEFORE_BONE });
    case "bone_backs":
      return new MeshBasicMaterial({ vertexColors: true, side: BackSide });
    case "nerve":
      return new MeshLambertMaterial({ vertexColors: true, transparent: true });
    case "nerve_dashed":
      return new MeshBasicMaterial({
        vertexColors: true,
        transparent: true,
        alphaMap: dashes(),
        alphaTest: 0.02,
        depthFunc: GreaterDepth,
        depthWrite: false,
      });
    default:
      if (pass.endsWith("depth")) return new MeshBasicMaterial({ colorWrite: false, transparent: true });
      if (pass.endsWith("fill")) {
        return new MeshLambertMaterial({ vertexColors: true, transparent: true, depthWrite: false });
      }
      return rimMaterial(RIMS[pass] ?? THIN, pass.endsWith("faint_rim") ? FAINT_RIM : 1, pass.endsWith("loose_rim"));
  }
}

/** Adds light where the surface turns away from the eye and leaves alpha alone, so passthrough stays undimmed. */
function rimMaterial(rim: Rim, strength: number, broken: boolean): Material {
  const material = new MeshMatcapMaterial({
    vertexColors: true,
    matcap: rimTexture(rim),
    map: broken ? dashes() : null,
    transparent: true,
    depthWrite: false,
    blending: CustomBlending,
    blendEquation: AddEquation,
    blendSrc: OneFactor,
    blendDst: OneFactor,
    blendSrcAlpha: ZeroFactor,
    blendDstAlpha: OneFactor,
  });
  material.color.setScalar(strength);
  return material;
}

/** Light by how far the surface turns away from the eye: 0 faces it, 1 is seen edge on. */
type Rim = readonly (readonly [at: number, color: string])[];
const THIN: Rim = [[0, "#000"], [0.8, "#000"], [0.93, "#1c1c1c"], [1, "#8c8c8c"]];
/** Where outlines are all there is, small things must be seen by them too. */
const BROAD: Rim = [[0, "#000"], [0.65, "#000"], [0.8, "#707070"], [1, "#e0e0e0"]];
const RIMS: Partial<Readonly<Record<Pass, Rim>>> = { faded_inner_rim: BROAD, loose_rim: BROAD, faded_loose_rim: BROAD };

function rimTexture(rim: Rim): CanvasTexture {
  const size = 128;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d")!;
  const gradient = context.createRadialGradient(size / 2, size / 2, 0, size / 2, size / 2, size / 2);
  for (const [at, color] of rim) gradient.addColorStop(at, color);
  context.fillStyle = gradient;
  context.fillRect(0, 0, size, size);
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  return texture;
}

/** A dash and a gap of the same length, over and over along u. */
function dashes(): DataTexture {
  const texture = new DataTexture(Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 255), 2, 1);
  texture.wrapS = RepeatWrapping;
  texture.needsUpdate = true;
  return texture;
}
