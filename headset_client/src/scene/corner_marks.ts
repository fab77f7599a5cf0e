/** Marks in the world: a small ball at each corner touched, a larger diamond where the next one is. */

import { Group, Mesh, MeshBasicMaterial, OctahedronGeometry, SphereGeometry } from "three";

import type { Point } from "../overlay/points.ts";

const BALL_M = 0.003;
const DIAMOND_M = 0.009;

export class CornerMarks {
  readonly object = new Group();
  readonly #ball = new SphereGeometry(BALL_M, 12, 8);
  readonly #ballPaint = new MeshBasicMaterial({ color: 0x5fe0a0 });
  readonly #balls: Mesh[] = [];
  readonly #diamond = new Mesh(
    new OctahedronGeometry(DIAMOND_M),
    new MeshBasicMaterial({ color: 0xffc857, wireframe: true }),
  );

  constructor() {
    this.#diamond.visible = false;
    this.object.add(this.#diamond);
  }

  /** Show where was touched, and where to touch next as far as that is known. */
  show(touched: readonly Point[], next: Point | null): void {
    while (this.#balls.length < touched.length) {
      const ball = new Mesh(this.#ball, this.#ballPaint);
      this.#balls.push(ball);
      this.object.add(ball);
    }
    this.#balls.forEach((ball, number) => {
      const place = touched[number];
      ball.visible = place !== undefined;
      if (place !== undefined) ball.position.set(...place);
    });
    this.#diamond.visible = next !== null;
    if (next !== null) this.#diamond.position.set(...next);
  }
}
