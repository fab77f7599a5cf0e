/**
 * What three.js draws: the model where it stands, before the camera's picture or in the headset.
 *
 * The only file that owns the renderer. It shows what it is told; whether it may be shown is judged in
 * `overlay/state.ts`.
 */

import {
  type Camera,
  DirectionalLight,
  Group,
  HemisphereLight,
  PerspectiveCamera,
  Scene,
  SRGBColorSpace,
  Texture,
  Vector3,
  WebGLRenderer,
} from "three";

import {
  CAMERA_FROM_VIEW,
  fitInside,
  identity,
  invertRigid,
  type Lens,
  type Matrix,
  multiply,
  PATIENT_FROM_MODEL,
  type Pose,
  setFromPose,
  setProjection,
  type Size,
} from "../frames.ts";
import type { View } from "../protocol.gen.ts";
import { Cuts } from "./cuts.ts";
import type { DressedModel } from "./dress.ts";
import { Labels } from "./labels.ts";
import { PlanDrawing } from "./plan_drawing.ts";
import { Twin } from "./twin.ts";
import { Wardrobe } from "./wardrobe.ts";

const MODEL_FROM_PATIENT = invertRigid(identity(), PATIENT_FROM_MODEL);
/** What two models may take of the 40 draws and 200,000 triangles of an eye; the rest is for words and hands. */
const TWO_DRAWS = 26;
const TWO_TRIANGLES = 180_000;
const NEAR_M = 0.05;
const FAR_M = 10;
const MAX_PIXEL_RATIO = 2;
/** 640 x 360, as the host's pictures: a processor draws these ten times as fast as those of a full screen. */
const ECONOMY_PIXELS = 640 * 360;

/** What the newest frame cost, all eyes together, and what lies on the graphics card. */
export interface DrawCounts {
  readonly draws: number;
  readonly triangles: number;
  readonly geometries: number;
  readonly textures: number;
  readonly programs: number;
  /** The names beside the model, and where its letters stand, model axes, metres. */
  readonly labels: readonly string[];
  readonly letters: Readonly<Record<string, readonly number[]>>;
}

export class Stage {
  readonly renderer: WebGLRenderer;
  readonly scene = new Scene();
  readonly wardrobe = new Wardrobe();
  /** What the plan draws, wherever the model stands. */
  readonly plan = new PlanDrawing(this.wardrobe);
  /** The model beside the patient. */
  readonly twin = new Twin(this.plan.places[1]);
  /** The middle of the model, model axes, m. */
  readonly middleInModel = new Float64Array(3);
  /** The same, patient axes; the origin before there was a model. */
  readonly centreInPatient = new Float64Array(3);
  readonly #cuts = new Cuts(this.wardrobe);
  readonly #labels = new Labels();
  readonly #target = new Vector3();
  readonly #anchor = new Group();
  readonly #headlight = new DirectionalLight(0xffffff, 2.2);
  readonly #pictureCamera = new PerspectiveCamera();
  readonly #headsetCamera = new PerspectiveCamera(50, 1, NEAR_M, FAR_M);
  readonly #roomFromPatient = identity();
  readonly #roomFromCamera = identity();
  readonly #roomFromView = identity();
  readonly #viewFromRoom = identity();
  readonly #projection = identity();
  readonly #worldFromPatient = identity();
  readonly #worldFromModel = identity();
  readonly #worldFromTwin = identity();
  readonly #twinFromPatient = identity();
  readonly #economy: boolean;
  readonly #modelCentre = new Vector3();
  #modelRadiusM = 0;
  #model: DressedModel | null = null;
  #faded = false;
  #roots: ReadonlyMap<string, boolean> = new Map();
  readonly #isCut = (point: Vector3) => this.#cuts.takesAway(point);
  #placed = false;

  /** `economy`: no smoothing of edges and few pixels, for machines without a graphics card. */
  constructor(canvas: HTMLCanvasElement, economy: boolean) {
    this.#economy = economy;
    this.renderer = new WebGLRenderer({ canvas, antialias: !economy, alpha: true });
    this.renderer.xr.enabled = true;
    this.renderer.setClearColor(0x000000, 0);
    this.#anchor.matrixAutoUpdate = false;
    this.#anchor.visible = false;
    this.#anchor.add(this.#labels.object, this.plan.places[0]);
    this.plan.places[0].visible = false;
    this.#pictureCamera.matrixAutoUpdate = false;
    this.#pictureCamera.matrixWorldAutoUpdate = false;
    this.scene.add(this.#anchor, this.twin.object, new HemisphereLight(0xffffff, 0x9aa4b0, 1.4), this.#headlight, this.#headlight.target);
  }

  /** Put this model, its root named by its digest, or none, into the place of the one before. */
  setModel(model: DressedModel | null, targetKey: string | null): void {
    this.#model?.root.removeFromParent();
    this.#model = model;
    this.#placed = false;
    this.#name();
    this.twin.take(model);
    this.plan.places[0].visible = model !== null;
    if (model === null) return;
    model.faded = this.#faded;
    this.#anchor.add(model.root);
    model.middleInto(this.#target, targetKey);
    this.#modelRadiusM = model.sphereInto(this.#modelCentre);
    const { x, y, z } = this.#modelCentre;
    this.middleInModel.set([x, y, z]);
    this.centreInPatient.set([x, -z, y]);
  }

  /**
   * Cut the model as the view says, and name what model and plan show; how they look is their own affair.
   *
   * `roots`: whether the plan keeps a nerve root, by its key.
   */
  setView(view: Pick<View, "clip" | "window">, roots: ReadonlyMap<string, boolean>): void {
    this.#roots = roots;
    this.#name();
    this.#cuts.take(view);
    this.renderer.localClippingEnabled = this.#cuts.cutting;
  }

  #name(): void {
    this.#labels.take(this.#model, this.plan.named, this.#roots);
  }

  /** The digest of the plan in the picture, on the patient or beside; null while none is drawn. */
  get drawnPlan(): string | null {
    return this.drawnDigest === null ? null : this.plan.digest;
  }

  /** The digest of the model in the picture, on the patient or beside; null while none is drawn. */
  get drawnDigest(): string | null {
    return this.#model !== null && (this.#anchor.visible || this.twin.shows) ? this.#model.root.name : null;
  }

  get counts(): DrawCounts {
    const { render, memory, programs } = this.renderer.info;
    const { geometries, textures } = memory;
    const { shown: labels, letters } = this.#labels;
    const { calls: draws, triangles } = render;
    return { draws, triangles, geometries, textures, programs: programs?.length ?? 0, labels, letters };
  }

  /** The model in the scene, drawn or not. */
  get model(): DressedModel | null {
    return this.#model;
  }

  /** Whether there is room to draw the model twice: beside the patient too. Cuts lie where the patient is. */
  get hasRoomForTwo(): boolean {
    if (this.#model === null || this.#cuts.cutting) return false;
    const { draws, triangles } = this.plan.cost;
    return this.#model.fitsTwice(TWO_DRAWS - 2 * draws, TWO_TRIANGLES - 2 * triangles);
  }

  /** Write where the model on the patient was placed last into `out`; false while it never was. */
  worldFromModelInto(out: Matrix): boolean {
    if (this.#placed) out.set(this.#worldFromModel);
    return this.#placed;
  }

  /** Write where the model is drawn into `out`: on the patient, or else beside; false while it is not. */
  drawnInto(out: Matrix): boolean {
    if (this.#anchor.visible) return this.worldFromModelInto(out);
    if (this.twin.shows) this.twin.matrix.toArray(out);
    return this.twin.shows;
  }

  /** Where the model on the patient was drawn last: 16 numbers, column by column, metres. */
  get worldFromModel(): number[] {
    return this.#anchor.matrixWorld.toArray();
  }

  /** Whether the model is shown, as far as there is one. */
  get shows(): boolean {
    return this.#anchor.visible;
  }

  /** Show or hide the model. */
  setVisible(visible: boolean): void {
    this.#anchor.visible = visible;
  }

  /** Whether outlines alone are drawn of the model. */
  get faded(): boolean {
    return this.#faded;
  }

  /** Draw outlines alone of the model, or its looks again. */
  setFaded(faded: boolean): void {
    this.#faded = faded;
    this.plan.faded = faded;
    if (this.#model !== null) this.#model.faded = faded;
  }

  /** Stand the model at `world_from_room @ room_from_patient`; without the first the room is the world. */
  place(roomFromPatient: Pose, worldFromRoom: Matrix | null): void {
    this.placeAt(setFromPose(this.#roomFromPatient, roomFromPatient), worldFromRoom);
  }

  /** The same, of a pose that is a matrix. */
  placeAt(roomFromPatient: Matrix, worldFromRoom: Matrix | null): void {
    if (worldFromRoom === null) this.#worldFromPatient.set(roomFromPatient);
    else multiply(this.#worldFromPatient, worldFromRoom, roomFromPatient);
    multiply(this.#worldFromModel, this.#worldFromPatient, PATIENT_FROM_MODEL);
    this.#anchor.matrix.fromArray(this.#worldFromModel);
    this.#anchor.matrixWorldNeedsUpdate = true;
    this.#placed = true;
  }

  /** Of the ball around the model's middle, m. */
  get radiusM(): number {
    return this.#modelRadiusM;
  }

  /** Write where the model's middle was placed last into `out`; false while none was placed. */
  fieldInto(out: Matrix): boolean {
    if (!this.#placed) return false;
    out.set(this.#worldFromModel);
    const { x, y, z } = this.#modelCentre;
    for (let row = 0; row < 3; row += 1) {
      out[12 + row] = out[row]! * x + out[4 + row]! * y + out[8 + row]! * z + out[12 + row]!;
    }
    return true;
  }

  /** Draw the model over the picture behind, through the picture's own lens and from its own place. */
  drawOverPicture(lens: Lens, roomFromCamera: Pose): void {
    setFromPose(this.#roomFromCamera, roomFromCamera);
    multiply(this.#roomFromView, this.#roomFromCamera, CAMERA_FROM_VIEW);
    invertRigid(this.#viewFromRoom, this.#roomFromView);
    setProjection(this.#projection, lens, NEAR_M, FAR_M);
    const camera = this.#pictureCamera;
    camera.matrixWorld.fromArray(this.#roomFromView);
    camera.matrixWorldInverse.fromArray(this.#viewFromRoom);
    camera.projectionMatrix.fromArray(this.#projection);
    camera.projectionMatrixInverse.copy(camera.projectionMatrix).invert();
    this.#seeFrom(camera);
    this.renderer.render(this.scene, camera);
  }

  /** Draw a frame of the headset; three.js takes eyes and lenses from the device. */
  drawInHeadset(): void {
    this.#seeFrom(this.renderer.xr.getCamera());
    this.renderer.render(this.scene, this.#headsetCamera);
  }

  /** Fit the canvas, keeping the picture's shape, into the window. */
  resize(picture: Size, window: Size, pixelRatio: number): void {
    const { width, height } = fitInside(picture, window);
    const ratio = this.#economy
      ? Math.min(1, Math.sqrt(ECONOMY_PIXELS / (width * height)))
      : Math.min(pixelRatio, MAX_PIXEL_RATIO);
    const canvas = this.renderer.domElement;
    if (canvas.width === Math.floor(width * ratio) && canvas.height === Math.floor(height * ratio)) return;
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height);
  }

  /** Move what follows the viewer: light, cuts and names. */
  #seeFrom(camera: Camera): void {
    if (!this.#anchor.visible && this.twin.shows) {
      this.twin.matrix.toArray(this.#worldFromTwin);
      multiply(this.#twinFromPatient, this.#worldFromTwin, MODEL_FROM_PATIENT);
      this.#cuts.move(camera.matrixWorld, this.#twinFromPatient, this.twin.matrix, this.#target);
    } else this.#cuts.move(camera.matrixWorld, this.#worldFromPatient, this.#anchor.matrix, this.#target);
    if (this.#anchor.visible) this.#labels.follow(performance.now(), camera, this.#anchor.matrix, this.#isCut);
    this.#headlight.position.setFromMatrixPosition(camera.matrixWorld);
    this.#headlight.target.position.set(0, 0, -1).applyMatrix4(camera.matrixWorld);
  }
}

/** Show a picture behind the scene, or none. The texture before it is disposed of. */
export function setBackground(scene: Scene, picture: ImageBitmap | null): void {
  if (scene.background instanceof Texture) scene.background.dispose();
  scene.background = null;
  if (picture === null) return;
  const texture = new Texture(picture);
  texture.colorSpace = SRGBColorSpace;
  texture.flipY = false;
  texture.generateMipmaps = false;
  texture.needsUpdate = true;
  scene.background = texture;
}
