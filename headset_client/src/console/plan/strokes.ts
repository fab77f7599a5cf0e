/** Straight strokes in the 3D view, each a thin bar: lines of one pixel are not seen, and bars need no shader of their own. */

import { BoxGeometry, InstancedMesh, Matrix4, type MeshBasicMaterial, Quaternion, Vector3 } from "three";

const UP = new Vector3(0, 1, 0);

export class Strokes {
  readonly mesh: InstancedMesh;
  readonly #thickM: number;
  readonly #most: number;
  readonly #from = new Vector3();
  readonly #way = new Vector3();
  readonly #turn = new Quaternion();
  readonly #matrix = new Matrix4();

  /** At most so many strokes, so thick. */
  constructor(material: MeshBasicMaterial, most: number, thickMm: number) {
    this.#most = most;
    this.#thickM = thickMm / 1000;
    this.mesh = new InstancedMesh(new BoxGeometry(1, 1, 1), material, most);
    this.mesh.count = 0;
    // Strokes move: they are never left out for lying outside of where they once were.
    this.mesh.frustumCulled = false;
  }

  /** Draw these: both ends of each, one after the other, the model's axes, m. */
  draw(ends: ArrayLike<number>): void {
    const count = Math.min(this.#most, Math.floor(ends.length / 6));
    for (let stroke = 0; stroke < count; stroke += 1) {
      this.#from.set(ends[6 * stroke]!, ends[6 * stroke + 1]!, ends[6 * stroke + 2]!);
      this.#way.set(ends[6 * stroke + 3]!, ends[6 * stroke + 4]!, ends[6 * stroke + 5]!).sub(this.#from);
      const length = this.#way.length();
      this.#from.addScaledVector(this.#way, 0.5);
      this.#turn.setFromUnitVectors(UP, this.#way.normalize());
      this.#matrix.compose(this.#from, this.#turn, this.#way.set(this.#thickM, length + this.#thickM, this.#thickM));
      this.mesh.setMatrixAt(stroke, this.#matrix);
    }
    this.mesh.count = count;
    this.mesh.visible = count > 0;
    this.mesh.instanceMatrix.needsUpdate = true;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.dispose();
  }
}
