/** What cuts the model open: the clipping plane of the view, or else its window towards the viewer. */

import { Matrix4, Plane, Vector3 } from "three";

import type { ClipPlane, View } from "../protocol.gen.ts";
import { aimWindow, newPlanes, WINDOW_PLANES } from "../overlay/window.ts";
import type { Wardrobe } from "./wardrobe.ts";

export class Cuts {
  readonly #wardrobe: Wardrobe;
  readonly #plane = new Plane();
  readonly #window = Array.from({ length: WINDOW_PLANES }, () => new Plane());
  readonly #numbers = newPlanes();
  readonly #eye = new Vector3();
  readonly #target = new Vector3();
  readonly #eyeAt = [0, 0, 0];
  readonly #targetAt = [0, 0, 0];
  readonly #patient = new Matrix4();
  #clip: ClipPlane | null = null;
  #opened = false;

  constructor(wardrobe: Wardrobe) {
    this.#wardrobe = wardrobe;
  }

  /** Whether anything is cut. */
  get cutting(): boolean {
    return this.#clip !== null || this.#opened;
  }

  /** Cut as a view says. A plane cuts all, so with one there is no window. */
  take({ clip, window }: Pick<View, "clip" | "window">): void {
    this.#clip = clip;
    this.#opened = window && clip === null;
    this.#wardrobe.cut(clip === null ? null : this.#plane, this.#opened ? this.#window : null);
  }

  /** Whether a point of the world is cut away by the clipping plane, as it lies since the last move. */
  takesAway(point: Vector3): boolean {
    return this.#clip !== null && this.#plane.distanceToPoint(point) < 0;
  }

  /**
   * Move the cuts with patient and viewer: world from view, world from patient (column by column), and the target's
   * middle in model axes with world from model. Once a frame, before it is drawn.
   */
  move(worldFromView: Matrix4, worldFromPatient: ArrayLike<number>, worldFromModel: Matrix4, target: Vector3): void {
    if (this.#clip !== null) {
      const [px, py, pz] = this.#clip.point_patient_m as [number, number, number];
      const [nx, ny, nz] = this.#clip.normal_patient as [number, number, number];
      // Ours takes away what its normal points to, three's what it points away from.
      this.#plane.normal.set(-nx, -ny, -nz);
      this.#plane.constant = nx * px + ny * py + nz * pz;
      this.#plane.applyMatrix4(this.#patient.fromArray(worldFromPatient));
    } else if (this.#opened) {
      this.#eye.setFromMatrixPosition(worldFromView).toArray(this.#eyeAt);
      this.#target.copy(target).applyMatrix4(worldFromModel).toArray(this.#targetAt);
      aimWindow(this.#numbers, this.#eyeAt, this.#targetAt);
      for (let at = 0; at < WINDOW_PLANES; at += 1) {
        const [x, y, z] = [this.#numbers[4 * at]!, this.#numbers[4 * at + 1]!, this.#numbers[4 * at + 2]!];
        this.#window[at]!.setComponents(x, y, z, this.#numbers[4 * at + 3]!);
      }
    }
  }
}
