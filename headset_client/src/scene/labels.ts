/**
 * Names beside the structures and the planes of the plan, and L, R and S where the patient's left, right and head are: a model that were mirrored
 * would be seen (hazard H04).
 *
 * Canvas sprites of one size whatever the distance, never hidden by the model. A name is drawn when it changes.
 */

import { type Camera, CanvasTexture, Group, Matrix4, Sprite, SpriteMaterial, SRGBColorSpace, Vector3 } from "three";

import { type Candidate, chooseLabels, LABEL_HEIGHT, MOST_LABELS } from "../overlay/declutter.ts";
import { nameBeside } from "../overlay/plan_words.ts";
import type { Dressed, DressedModel } from "./dress.ts";
import { drawFitting, type TextStyle, widthOf } from "./numerals.ts";
import type { NamedPlace } from "./plan_drawing.ts";

const WIDTH_PX = 896;
const HEIGHT_PX = 64;
const MARGIN_PX = 28;
const STYLE: TextStyle = { size: 44, weight: 600, ink: [238, 244, 246], ground: [10, 16, 20], groundAlpha: 0.72 };
const CHOOSE_EVERY_MS = 250;
/** How far outside the model the letters stand. */
const BESIDE_M = 0.035;
/** After everything of the model, before the panels. */
const ORDER = 50;

/** Where the letters of the patient's sides stand, as steps from the middle of the model in its axes: left, superior, anterior. */
const SIDES = [
  { letter: "L", step: new Vector3(1, 0, 0) },
  { letter: "R", step: new Vector3(-1, 0, 0) },
  { letter: "S", step: new Vector3(0, 1, 0) },
] as const;

export class Labels {
  readonly object = new Group();
  readonly #letters = SIDES.map(({ letter, step }) => ({ sign: new Sign(letter), step }));
  readonly #signs = Array.from({ length: MOST_LABELS }, () => new Sign(""));
  readonly #least = new Vector3();
  readonly #most = new Vector3();
  readonly #middle = new Vector3();
  readonly #place = new Vector3();
  readonly #up = new Vector3();
  readonly #modelFromWorld = new Matrix4();
  #parts: readonly Named[] = [];
  #candidates: Candidate[] = [];
  /** The parts that are named, in the order of their signs. */
  #named: readonly number[] = [];
  #chosenMs = -Infinity;

  constructor() {
    for (const { sign } of this.#letters) this.object.add(sign.sprite);
    for (const sign of this.#signs) this.object.add(sign.sprite);
  }

  /** Name the structures of this model, as it looks now, the planes of the plan, and what becomes of each root. */
  take(
    model: DressedModel | null,
    planes: readonly NamedPlace[] = [],
    roots: ReadonlyMap<string, boolean> = new Map(),
  ): void {
    const parts = (model?.parts ?? []).filter((part) => part.look.style !== "hidden" && part.structures.length === 1);
    this.#parts = model === null ? [] : [...parts, ...planes];
    this.#candidates = this.#parts.map((part) => {
      if ("places" in part) return { name: part.name, kind: "plane", x: 0, y: 0, z: 0 };
      const [{ key, name, kind }] = part.structures as [(typeof part.structures)[number]];
      return { name: nameBeside(name, part.look, roots.get(key) ?? null), kind, x: 0, y: 0, z: 0 };
    });
    this.#named = [];
    this.#chosenMs = -Infinity;
    this.object.visible = model !== null;
    if (model === null) return;
    model.extentInto(this.#least, this.#most);
    this.#middle.addVectors(this.#least, this.#most).multiplyScalar(0.5);
    for (const { sign, step } of this.#letters) {
      // To the side of the extent the step points to, and a little farther.
      this.#place.copy(this.#most).sub(this.#middle).addScalar(BESIDE_M).multiply(step);
      sign.sprite.position.addVectors(this.#middle, this.#place);
    }
  }

  /**
   * Stand the names where a viewer there sees the tops of things: in every frame, or a name would lie before its
   * structure once head or patient turned. What is named is chosen anew a few times a second; what is cut away is not.
   */
  follow(nowMs: number, camera: Camera, worldFromModel: Matrix4, isCut: (pointInWorld: Vector3) => boolean): void {
    this.#modelFromWorld.copy(worldFromModel).invert();
    this.#up.setFromMatrixColumn(camera.matrixWorld, 1).transformDirection(this.#modelFromWorld);
    if (nowMs - this.#chosenMs >= CHOOSE_EVERY_MS) {
      this.#chosenMs = nowMs;
      this.#choose(camera, worldFromModel, isCut);
    }
    for (let at = 0; at < this.#named.length; at += 1) {
      nameInto(this.#signs[at]!.sprite.position, this.#parts[this.#named[at]!]!, this.#up);
    }
  }

  #choose(camera: Camera, worldFromModel: Matrix4, isCut: (pointInWorld: Vector3) => boolean): void {
    this.#parts.forEach((part, at) => {
      const candidate = this.#candidates[at]!;
      const place = nameInto(this.#place, part, this.#up).applyMatrix4(worldFromModel);
      const cut = isCut(place);
      place.applyMatrix4(camera.matrixWorldInverse);
      candidate.z = cut ? -1 : -place.z;
      candidate.x = place.x / candidate.z;
      candidate.y = place.y / candidate.z;
    });
    this.#named = chooseLabels(this.#candidates, new Set(this.#named));
    this.#signs.forEach((sign, at) => {
      const part = this.#named[at];
      sign.say(part === undefined ? "" : this.#candidates[part]!.name);
    });
  }

  /** Where the letters stand, model axes, metres. */
  get letters(): Readonly<Record<string, readonly number[]>> {
    return Object.fromEntries(this.#letters.map(({ sign }) => [sign.text, sign.sprite.position.toArray()]));
  }

  /** The names that stand there now. */
  get shown(): readonly string[] {
    return this.#signs.map((sign) => sign.text).filter((text) => text !== "");
  }
}

type Named = Dressed | NamedPlace;

/** Where a name stands, model axes: at its anchor, or on top of what it names as the viewer sees it. */
function nameInto(out: Vector3, named: Named, up: Vector3): Vector3 {
  if ("places" in named) return highestInto(out, named.places, up);
  const { anchor, least, most } = named;
  if (anchor !== null) return out.copy(anchor);
  // As far up as an ellipsoid of this extent reaches.
  const reach = Math.hypot(up.x * (most.x - least.x), up.y * (most.y - least.y), up.z * (most.z - least.z)) / 2;
  return out.addVectors(least, most).multiplyScalar(0.5).addScaledVector(up, reach);
}

function highestInto(out: Vector3, places: readonly Vector3[], up: Vector3): Vector3 {
  let best = -Infinity;
  for (const place of places) {
    const height = place.dot(up);
    if (height <= best) continue;
    best = height;
    out.copy(place);
  }
  return out;
}

/** A few words on a dark plate that always face the viewer; digits are drawn in our own lines (hazard H33). */
export class Sign {
  readonly sprite: Sprite;
  readonly #context: CanvasRenderingContext2D;
  readonly #texture: CanvasTexture;
  text = "";

  constructor(text: string) {
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH_PX;
    canvas.height = HEIGHT_PX;
    this.#context = canvas.getContext("2d", { willReadFrequently: true })!;
    this.#texture = new CanvasTexture(canvas);
    this.#texture.colorSpace = SRGBColorSpace;
    const material = new SpriteMaterial({ map: this.#texture, depthTest: false, depthWrite: false });
    // Not smaller with the distance: read from everywhere.
    material.sizeAttenuation = false;
    this.sprite = new Sprite(material);
    // Above its place, so that it does not cover what it names.
    this.sprite.center.set(0.5, text === "" ? -0.25 : 0.5);
    this.sprite.scale.set((LABEL_HEIGHT * WIDTH_PX) / HEIGHT_PX, LABEL_HEIGHT, 1);
    this.sprite.renderOrder = ORDER;
    this.sprite.visible = false;
    this.say(text);
  }

  say(text: string): void {
    if (text === this.text) return;
    this.text = text;
    this.sprite.visible = text !== "";
    if (text === "") return;
    const context = this.#context;
    context.clearRect(0, 0, WIDTH_PX, HEIGHT_PX);
    const width = Math.min(WIDTH_PX, widthOf(context, text, STYLE) + MARGIN_PX);
    const left = (WIDTH_PX - width) / 2;
    context.fillStyle = `rgb(${STYLE.ground.join(" ")} / ${STYLE.groundAlpha})`;
    context.beginPath();
    context.roundRect(left, 0, width, HEIGHT_PX, 14);
    context.fill();
    drawFitting(context, text, left + MARGIN_PX / 2, HEIGHT_PX / 2 + 16, width - MARGIN_PX, STYLE);
    this.#texture.needsUpdate = true;
  }
}
