/**
 * What three.js draws: the model where it stands, before the camera's picture or in the headset.
 *
 * The only file that owns the renderer. It shows what it is told; whether it may be shown is judged in
 * `overlay/state.ts`.
 */

import {
  Box3,
  type Camera,
  DirectionalLight,
  Group,
  HemisphereLight,
  type Object3D,
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

const NEAR_M = 0.05;
const FAR_M = 10;
const MAX_PIXEL_RATIO = 2;
/** 640 x 360, as the host's pictures: a processor draws these ten times as fast as those of a full screen. */
const ECONOMY_PIXELS = 640 * 360;

export class Stage {
  readonly renderer: WebGLRenderer;
  readonly scene = new Scene();
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
  readonly #economy: boolean;
  readonly #modelCentre = new Vector3();
  #model: Object3D | null = null;
  #modelRadiusM = 0;
  #placed = false;

  /** `economy`: no smoothing of edges and few pixels, for machines without a graphics card. */
  constructor(canvas: HTMLCanvasElement, economy: boolean) {
    this.#economy = economy;
    this.renderer = new WebGLRenderer({ canvas, antialias: !economy, alpha: true });
    this.renderer.xr.enabled = true;
    this.renderer.setClearColor(0x000000, 0);
    this.#anchor.matrixAutoUpdate = false;
    this.#anchor.visible = false;
    this.#pictureCamera.matrixAutoUpdate = false;
    this.#pictureCamera.matrixWorldAutoUpdate = false;
    this.scene.add(this.#anchor, new HemisphereLight(0xffffff, 0x9aa4b0, 1.4), this.#headlight, this.#headlight.target);
  }

  /** Put this model, named by its digest, or none, into the place of the one before. */
  setModel(root: Object3D | null): void {
    this.#model?.removeFromParent();
    this.#model = root;
    this.#placed = false;
    if (root === null) return;
    const box = new Box3().setFromObject(root);
    box.getCenter(this.#modelCentre);
    this.#modelRadiusM = box.min.distanceTo(box.max) / 2;
    this.#anchor.add(root);
  }

  /** The digest of the model in the picture, on the patient or beside; null while none is drawn. */
  get drawnDigest(): string | null {
    return this.#model !== null && this.#anchor.visible ? this.#model.name : null;
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

  /** The middle of the model, patient axes, m; the origin while there is no model. */
  get centreInPatient(): readonly [number, number, number] {
    const { x, y, z } = this.#modelCentre;
    return [x, -z, y];
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
    this.#lightFrom(camera);
    this.renderer.render(this.scene, camera);
  }

  /** Draw a frame of the headset; three.js takes eyes and lenses from the device. */
  drawInHeadset(): void {
    this.#lightFrom(this.renderer.xr.getCamera());
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

  #lightFrom(camera: Camera): void {
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
