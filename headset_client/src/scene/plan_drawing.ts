/**
 * The plan on the patient: the planes of the stage as see-through rectangles in frames, the lines of their cuts on the
 * bone, the tumour in the colours of its distances, a shell round it.
 *
 * It stands where the model stands, on the patient and beside, and shows and fades with it: its groups hang on the
 * model's own. Five draws at most, made anew when the stage or a switch changes and never in a frame.
 */

import {
  BufferGeometry,
  Color,
  DoubleSide,
  Float32BufferAttribute,
  Group,
  LineSegments,
  Mesh,
  MeshBasicMaterial,
  MeshLambertMaterial,
  type Object3D,
  Uint32BufferAttribute,
  Uint8BufferAttribute,
  Vector3,
} from "three";

import { barsOf } from "../overlay/bars.ts";
import type { Colours, Shell } from "../overlay/paints.ts";
import { planeBeside } from "../overlay/plan_words.ts";
import { linesOf, pointOf, rectangleOf, trianglesOf } from "../overlay/rectangle.ts";
import type { MarginVerdict, PlaneMargin, PlanPlane } from "../protocol.gen.ts";
import type { PlanShapes } from "./plan_shapes.ts";
import { Wardrobe } from "./wardrobe.ts";

/** What is drawn of a plan in a stage. */
export interface PlanInStage {
  readonly digest: string;
  readonly planes: readonly PlanPlane[];
  readonly margins: readonly PlaneMargin[];
}

/** A name, and the places where it may stand; model axes, metres. */
export interface NamedPlace {
  readonly name: string;
  readonly places: readonly Vector3[];
}

/** Colours that are told apart by those who see no red or no green, beside those of the anatomy. */
const COLOURS: Readonly<Record<MarginVerdict, string>> = { kept: "#48e0e4", not_safe: "#ffb000", not_kept: "#ff6a3c" };
const FILL_OPACITY = 0.2;
const SHELL_OPACITY = 0.55;
/** Half as wide as they are drawn, m. */
const FRAME_RADIUS_M = 0.0005;
const CUT_RADIUS_M = 0.0008;
/** Cut lines are lighter than the frame of their plane. */
const CUT_WHITE = 0.65;
const WHITE = new Color(1, 1, 1);
/** Seen through bone, as what lies inside it: before its passes are drawn. */
const ORDER = Wardrobe.orderOf("bone_depth") - 0.5;
/** Lines on a surface win over it. */
const BEFORE_SURFACE = { polygonOffset: true, polygonOffsetFactor: -2, polygonOffsetUnits: -8 } as const;

type Item = "fill" | "lines" | "paint" | "shell";

export class PlanDrawing {
  /** Where the model stands on the patient, and where beside. */
  readonly places = [new Group(), new Group()] as const;
  readonly #materials = {
    fill: new MeshBasicMaterial({
      vertexColors: true,
      transparent: true,
      opacity: FILL_OPACITY,
      side: DoubleSide,
      depthWrite: false,
    }),
    lines: new MeshBasicMaterial({ vertexColors: true, ...BEFORE_SURFACE }),
    paint: new MeshLambertMaterial({ vertexColors: true, side: DoubleSide, ...BEFORE_SURFACE }),
    shell: new MeshBasicMaterial({ color: 0xdfe9ee, transparent: true, opacity: SHELL_OPACITY, depthWrite: false }),
  };
  readonly #objects: Readonly<Record<Item, readonly Object3D[]>>;
  #named: readonly NamedPlace[] = [];
  #plan: PlanInStage | null = null;
  #shapes: PlanShapes | null = null;
  #faded = false;
  #drawn: Record<Item, BufferGeometry | null> = { fill: null, lines: null, paint: null, shell: null };

  constructor(wardrobe: Wardrobe) {
    for (const material of Object.values(this.#materials)) wardrobe.cutToo(material);
    const { fill, lines, paint, shell } = this.#materials;
    const both = (make: () => Object3D) => this.places.map((place) => added(place, make()));
    this.#objects = {
      fill: both(() => new Mesh(undefined, fill)),
      lines: both(() => new Mesh(undefined, lines)),
      paint: both(() => new Mesh(undefined, paint)),
      shell: both(() => new LineSegments(undefined, shell)),
    };
  }

  /** Draw the planes of this plan's stage, with the lines of `shapes` once they are here; null for none. */
  take(plan: PlanInStage | null, shapes: PlanShapes | null): void {
    this.#plan = plan;
    this.#shapes = plan === null ? null : shapes;
    const told = plan?.planes.map((plane) => {
      const margin = plan.margins.find(({ key }) => key === plane.key) ?? null;
      return { plane, margin, rectangle: rectangleOf(plane), color: new Color(COLOURS[margin?.verdict ?? "kept"]) };
    });
    this.#named = (told ?? []).map(({ plane, margin, rectangle }) => ({
      name: planeBeside(plane.name, margin),
      places: SIDES.map(([across, up]) => new Vector3(...pointOf(rectangle, across, up))),
    }));
    const fill = new Painter();
    const lines = new Painter();
    for (const { plane, margin, rectangle, color } of told ?? []) {
      fill.add(trianglesOf(rectangle), null, color);
      const frame = barsOf(linesOf(rectangle, margin?.verdict ?? null), FRAME_RADIUS_M);
      lines.add(frame.positions, frame.index, color);
      const cut = barsOf(this.#shapes?.cuts.get(plane.key) ?? [], CUT_RADIUS_M);
      lines.add(cut.positions, cut.index, color.clone().lerp(WHITE, CUT_WHITE));
    }
    this.#put("fill", fill.geometry());
    this.#put("lines", lines.geometry());
  }

  /** Draw the tumour in these colours, and this shell; null for neither. */
  paint(colours: Colours | null, shell: Shell | null): void {
    this.#lend("paint", colours === null ? null : (this.#shapes?.of(colours) ?? null));
    this.#lend("shell", shell === null ? null : (this.#shapes?.of(shell) ?? null));
  }

  /** Draw frames and lines alone, or all of it again. */
  set faded(faded: boolean) {
    if (faded === this.#faded) return;
    this.#faded = faded;
    this.#show();
  }

  /** The planes by name, and where their names may stand. */
  get named(): readonly NamedPlace[] {
    return this.#named;
  }

  /** The digest of the plan that is drawn; null for none. */
  get digest(): string | null {
    return this.#plan?.digest ?? null;
  }

  /** What drawing it once costs. */
  get cost(): { readonly draws: number; readonly triangles: number } {
    const draws = Object.values(this.#drawn).filter((geometry) => geometry !== null).length;
    const { fill, lines, paint } = this.#drawn;
    const triangles = [fill, lines, paint].reduce((sum, geometry) => sum + (geometry?.index?.count ?? 0) / 3, 0);
    return { draws, triangles };
  }

  /** Put a geometry of our own in the place of the one before, which is freed. */
  #put(item: Item, geometry: BufferGeometry | null): void {
    this.#drawn[item]?.dispose();
    this.#lend(item, geometry);
  }

  /** Draw a geometry that belongs to somebody else. */
  #lend(item: Item, geometry: BufferGeometry | null): void {
    this.#drawn[item] = geometry;
    if (geometry !== null) for (const object of this.#objects[item]) (object as Mesh).geometry = geometry;
    this.#show();
  }

  #show(): void {
    for (const [item, objects] of Object.entries(this.#objects) as [Item, readonly Object3D[]][]) {
      const visible = this.#drawn[item] !== null && (item === "lines" || !this.#faded);
      for (const object of objects) object.visible = visible;
    }
  }
}

/** The middles of the four sides of a rectangle, in half widths and half heights. */
const SIDES = [[0, 1], [1, 0], [0, -1], [-1, 0]] as const;

function added(place: Group, object: Object3D): Object3D {
  object.renderOrder = ORDER;
  object.visible = false;
  place.add(object);
  return object;
}

/** Puts pieces of one colour each into one geometry. */
class Painter {
  readonly #positions: number[] = [];
  readonly #colors: number[] = [];
  readonly #index: number[] = [];

  /** Without an index three corners in turn are a triangle. */
  add(positions: ArrayLike<number>, index: ArrayLike<number> | null, { r, g, b }: Color): void {
    const first = this.#positions.length / 3;
    const corners = positions.length / 3;
    for (let at = 0; at < positions.length; at += 1) this.#positions.push(positions[at]!);
    for (let at = 0; at < corners; at += 1) this.#colors.push(255 * r, 255 * g, 255 * b);
    for (let at = 0; at < (index?.length ?? corners); at += 1) this.#index.push(first + (index?.[at] ?? at));
  }

  /** All of it; null for nothing. */
  geometry(): BufferGeometry | null {
    if (this.#index.length === 0) return null;
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new Float32BufferAttribute(this.#positions, 3));
    geometry.setAttribute("color", new Uint8BufferAttribute(this.#colors, 3, true));
    geometry.setIndex(new Uint32BufferAttribute(this.#index, 1));
    return geometry;
  }
}
