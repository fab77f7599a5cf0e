/**
 * The 3D view of the plan page: the case's model in the looks of a stage, its planes, and what a pointer does with them.
 * Loaded by itself, because three.js comes with it. It draws when something changed, and rests otherwise.
 */

import {
  BufferGeometry,
  DirectionalLight,
  DoubleSide,
  Group,
  HemisphereLight,
  Matrix4,
  Mesh,
  MeshLambertMaterial,
  PerspectiveCamera,
  Raycaster,
  Scene,
  Vector2,
  Vector3,
  WebGLRenderer,
} from "three";

import type { Announced } from "../../net/download.ts";
import type { Colours } from "../../overlay/paints.ts";
import { inPatient } from "../../frames.ts";
import { FIRST_VIEW } from "../../overlay/presets.ts";
import type { StageSight } from "../../overlay/stage_sight.ts";
import { nearestOnLine, times, type Vec } from "../../overlay/vec.ts";
import type { PlanPlane, Session } from "../../protocol.gen.ts";
import { isSoftware, rendererName } from "../../scene/card.ts";
import type { DressedModel } from "../../scene/dress.ts";
import { Labels } from "../../scene/labels.ts";
import { ModelKeeper } from "../../scene/model.ts";
import { PlanKeeper } from "../../scene/plan_keeper.ts";
import type { PlanShapes } from "../../scene/plan_shapes.ts";
import { Wardrobe } from "../../scene/wardrobe.ts";
import { dragged, type Handle, placeOf, railOf } from "./handles.ts";
import { eyeMm, type From, type Orbit, seenFrom, swung, zoomed } from "./orbit.ts";
import { QuadObject, type ShownPlane, toModel } from "./quad_object.ts";

/** What a pointer or key did in the view. */
export interface ViewEvents {
  onChoose(key: string): void;
  /** A plane is being moved. */
  onHold(plane: PlanPlane): void;
  /** The hand let go of it. */
  onSettle(): void;
}

const GROUND = 0x0b1216;
const FIELD_DEG = 30;
const NEAR_M = 0.02;
const FAR_M = 5;
const MAX_PIXEL_RATIO = 2;
/** Of a picture that a processor draws. */
const ECONOMY_PIXELS = 480 * 320;
const SWING_PER_PX = 0.008;
const SWING_KEY = 0.12;
const ZOOM_KEY = 1.12;
/** A pointer that moved less meant to choose, not to drag. */
const STILL_PX = 4;
/** Names are chosen anew a moment after the view rests. */
const REST_MS = 300;
const FIRST: Orbit = seenFrom({ target: [0, 0, 0], azimuth: 0, elevation: 0, distanceMm: 300 }, "front");

interface Drag {
  readonly pointer: number;
  readonly x: number;
  readonly y: number;
  /** The plane as it was taken hold of, by which handle, and where on its rail; null while the view is swung. */
  readonly held: { readonly plane: PlanPlane; readonly handle: Handle; readonly startMm: number } | null;
  moved: boolean;
}

export class PlanView {
  readonly canvas = document.createElement("canvas");
  readonly #events: ViewEvents;
  readonly #renderer: WebGLRenderer;
  readonly #economy: boolean;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(FIELD_DEG, 1, NEAR_M, FAR_M);
  readonly #light = new DirectionalLight(0xffffff, 2.2);
  readonly #body = new Group();
  readonly #labels = new Labels();
  readonly #models: ModelKeeper;
  /** The target in the colours of a plan. */
  readonly #paint = new Mesh(
    new BufferGeometry(),
    new MeshLambertMaterial({ vertexColors: true, side: DoubleSide, polygonOffset: true, polygonOffsetFactor: -2, polygonOffsetUnits: -8 }),
  );
  readonly #plans = new PlanKeeper((shapes) => {
    this.#shapes = shapes;
    this.#again();
  });
  #shapes: PlanShapes | null = null;
  /** Shows what was shown last anew. */
  #again: () => void = () => undefined;
  readonly #quads = new Map<string, QuadObject>();
  readonly #caster = new Raycaster();
  readonly #pointer = new Vector2();
  readonly #still = new Matrix4();
  #dressed: DressedModel | null = null;
  #orbit = FIRST;
  #aimed = false;
  #target: string | null = null;
  #chosen: string | null = null;
  #drag: Drag | null = null;
  #frame = 0;
  #rest: number | undefined;

  /** Throws where this browser cannot draw in 3D. */
  constructor(events: ViewEvents) {
    const name = rendererName();
    if (name === null) throw new Error("WebGL 2 is missing.");
    this.#events = events;
    this.#economy = isSoftware(name);
    this.canvas.tabIndex = 0;
    this.#renderer = new WebGLRenderer({ canvas: this.canvas, antialias: !this.#economy });
    this.#renderer.setClearColor(GROUND);
    this.#paint.visible = false;
    this.#body.add(this.#labels.object, this.#paint);
    this.#scene.add(this.#body, new HemisphereLight(0xffffff, 0x9aa4b0, 1.4), this.#light, this.#light.target);
    this.#models = new ModelKeeper(this.#economy, new Wardrobe(), {
      onModel: (model) => this.#setModel(model?.dressed ?? null),
      onFault: () => undefined,
    });
    new ResizeObserver(() => this.redraw()).observe(this.canvas);
    this.canvas.addEventListener("pointerdown", (event) => this.#down(event));
    this.canvas.addEventListener("pointermove", (event) => this.#move(event));
    this.canvas.addEventListener("pointerup", (event) => this.#up(event));
    this.canvas.addEventListener("pointercancel", (event) => this.#up(event));
    this.canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Show the case of the session as in a stage, its target in these colours of a plan's file where they are here. */
  take(session: Session, sight: StageSight | null, file: Announced | null, colours: Colours | null): void {
    this.#target = session.target_key;
    this.#models.want(session.model, session.structures);
    // Fetched once it is wished for.
    this.#plans.want(colours === null ? null : file);
    const paint = colours === null ? null : (this.#shapes?.of(colours) ?? null);
    this.#paint.visible = paint !== null && !(sight?.gone.has(session.target_key ?? "") ?? false);
    if (paint !== null) this.#paint.geometry = paint;
    this.#models.wear({ ...FIRST_VIEW, preset: "stage" }, sight, this.#paint.visible ? session.target_key : null);
    this.#labels.take(this.#dressed);
    this.#again = () => this.take(session, sight, file, colours);
    this.redraw();
  }

  /** Show these planes and no others. */
  show(planes: readonly ShownPlane[]): void {
    this.#chosen = planes.find(({ chosen }) => chosen)?.plane.key ?? null;
    let changed = false;
    const left = new Set(this.#quads.keys());
    for (const shown of planes) {
      const { key } = shown.plane;
      left.delete(key);
      let quad = this.#quads.get(key);
      if (quad === undefined) {
        quad = new QuadObject();
        this.#quads.set(key, quad);
        this.#body.add(quad.object);
      }
      changed = quad.show(shown) || changed;
    }
    for (const key of left) {
      this.#quads.get(key)!.dispose();
      this.#quads.delete(key);
      changed = true;
    }
    if (changed) this.redraw();
  }

  /** Look at the case from a side of the patient. */
  lookFrom(from: From): void {
    this.#turn(seenFrom(this.#orbit, from));
  }

  /** The box round a structure of the model, patient mm; null where it is not drawn. */
  boxOf(key: string): { readonly least: Vec; readonly most: Vec } | null {
    const part = this.#dressed?.parts.find(({ structures }) => structures.some((structure) => structure.key === key));
    if (part === undefined) return null;
    const { least, most } = part;
    return {
      least: [least.x * 1000, -most.z * 1000, least.y * 1000],
      most: [most.x * 1000, -least.z * 1000, most.y * 1000],
    };
  }

  /** Let go of the patient and of what lies on the graphics card. */
  forget(): void {
    this.#again = () => undefined;
    this.#models.want(null, []);
    this.#plans.want(null);
    this.#paint.visible = false;
    this.show([]);
    this.#aimed = false;
  }

  /** Draw once the browser is ready to. */
  redraw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #setModel(model: DressedModel | null): void {
    this.#dressed?.root.removeFromParent();
    this.#dressed = model;
    this.#labels.take(model);
    if (model !== null) {
      this.#body.add(model.root);
      if (!this.#aimed) this.#aim(model);
    }
    this.redraw();
  }

  /** Look at the target from as far as a resection is wide. */
  #aim(model: DressedModel): void {
    const middle = new Vector3();
    model.middleInto(middle, this.#target);
    this.#aimed = true;
    this.#orbit = { ...this.#orbit, target: times(inPatient([middle.x, middle.y, middle.z]), 1000) };
  }

  #draw(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width === 0 || height === 0 || !this.canvas.isConnected) return;
    const ratio = this.#economy
      ? Math.min(1, Math.sqrt(ECONOMY_PIXELS / (width * height)))
      : Math.min(window.devicePixelRatio, MAX_PIXEL_RATIO);
    if (this.canvas.width !== Math.floor(width * ratio) || this.canvas.height !== Math.floor(height * ratio)) {
      this.#renderer.setPixelRatio(ratio);
      this.#renderer.setSize(width, height, false);
    }
    this.#camera.aspect = width / height;
    this.#camera.updateProjectionMatrix();
    toModel(eyeMm(this.#orbit), this.#camera.position);
    this.#camera.lookAt(toModel(this.#orbit.target));
    this.#camera.updateMatrixWorld();
    this.#light.position.copy(this.#camera.position);
    toModel(this.#orbit.target, this.#light.target.position);
    this.#labels.follow(performance.now(), this.#camera, this.#still, () => false);
    for (const quad of this.#quads.values()) quad.see(this.#camera.position);
    this.#renderer.render(this.#scene, this.#camera);
  }

  #turn(orbit: Orbit): void {
    this.#orbit = orbit;
    this.redraw();
    window.clearTimeout(this.#rest);
    this.#rest = window.setTimeout(() => this.redraw(), REST_MS);
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.#aimRay(event);
    const grip = this.#gripUnder();
    if (grip !== null && grip.plane.key !== this.#chosen) this.#events.onChoose(grip.plane.key);
    const startMm = grip === null ? null : this.#alongRail(grip.plane, grip.handle);
    const held = grip === null || startMm === null ? null : { ...grip, startMm };
    this.#drag = { pointer: event.pointerId, x: event.clientX, y: event.clientY, held, moved: false };
  }

  #move(event: PointerEvent): void {
    const drag = this.#drag;
    if (drag === null || event.pointerId !== drag.pointer) return;
    drag.moved ||= Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > STILL_PX;
    if (!drag.moved) return;
    if (drag.held === null) {
      this.#turn(swung(this.#orbit, -event.movementX * SWING_PER_PX, event.movementY * SWING_PER_PX));
      return;
    }
    const { plane, handle, startMm } = drag.held;
    this.#aimRay(event);
    const mm = this.#alongRail(plane, handle);
    if (mm !== null) this.#events.onHold(dragged(plane, handle, mm - startMm));
  }

  #up(event: PointerEvent): void {
    const drag = this.#drag;
    if (drag === null || event.pointerId !== drag.pointer) return;
    this.#drag = null;
    if (drag.held !== null && drag.moved) this.#events.onSettle();
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    this.#turn(zoomed(this.#orbit, Math.exp(event.deltaY * 0.001)));
  }

  /** Bare arrows swing the view, plus and minus bring it nearer; keys that move a plane are the page's. */
  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const swing = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (swing !== undefined) this.#turn(swung(this.#orbit, swing[0]! * SWING_KEY, swing[1]! * SWING_KEY));
    else if (event.key === "+") this.#turn(zoomed(this.#orbit, 1 / ZOOM_KEY));
    else if (event.key === "-") this.#turn(zoomed(this.#orbit, ZOOM_KEY));
    else return;
    event.preventDefault();
  }

  #aimRay(event: PointerEvent): void {
    const box = this.canvas.getBoundingClientRect();
    this.#pointer.set((2 * (event.clientX - box.left)) / box.width - 1, 1 - (2 * (event.clientY - box.top)) / box.height);
    this.#caster.setFromCamera(this.#pointer, this.#camera);
  }

  /** What the pointer takes hold of: a handle of the chosen plane, else a plane itself, which moves along its normal. */
  #gripUnder(): { readonly plane: PlanPlane; readonly handle: Handle } | null {
    const chosen = this.#chosen === null ? undefined : this.#quads.get(this.#chosen);
    if (chosen?.plane != null) {
      const hit = this.#caster.intersectObjects(chosen.handles.map(({ mesh }) => mesh), false)[0];
      const found = chosen.handles.find(({ mesh }) => mesh === hit?.object);
      if (found !== undefined) return { plane: chosen.plane, handle: found.handle };
    }
    const quads = [...this.#quads.values()];
    const hit = this.#caster.intersectObjects<typeof quads[number]["face"]>(quads.map(({ face }) => face), false)[0];
    const plane = quads.find(({ face }) => face === hit?.object)?.plane ?? null;
    return plane === null ? null : { plane, handle: { kind: "move" } };
  }

  /** How far along the rail of a handle the pointer is, mm. */
  #alongRail(plane: PlanPlane, handle: Handle): number | null {
    const { origin, direction } = this.#caster.ray;
    const ray: Vec = [direction.x, -direction.z, direction.y];
    const eye: Vec = [origin.x * 1000, -origin.z * 1000, origin.y * 1000];
    return nearestOnLine(placeOf(plane, handle), railOf(plane, handle), eye, ray);
  }
}

