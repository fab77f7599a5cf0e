/**
 * Which structure the wearer looks at: the one that has a point nearest to the line straight ahead.
 *
 * Pure geometry in the model's axes over some points of each surface. What is fine wins over what is large
 * around it, since its points lie closer together; of two that are as near, the one in front. No allocation.
 */

import type { Matrix } from "../frames.ts";

/** Points kept of each structure. */
export const POINTS = 150;
/** Looked at is what comes this near to the line of sight; kept is what stays within the second. */
const NEAR_RAD = (3 * Math.PI) / 180;
const KEEP_RAD = (4.5 * Math.PI) / 180;
/** As near as this to the nearest counts as near, and the front-most is it. */
const AS_NEAR_RAD = (0.4 * Math.PI) / 180;
/** Another must be nearer by so much, for so long. */
const NEARER_RAD = (0.5 * Math.PI) / 180;
const FOR_MS = 250;

/** Some points of a surface, `count` at most, spread over its vertices; x, y, z in turn. */
export function samplePoints(positions: ArrayLike<number>, first: number, vertices: number, count = POINTS): Float32Array {
  const kept = Math.min(count, vertices);
  const points = new Float32Array(3 * kept);
  for (let point = 0; point < kept; point += 1) {
    const vertex = first + Math.floor(((point + 0.5) * vertices) / kept);
    for (let axis = 0; axis < 3; axis += 1) points[3 * point + axis] = positions[3 * vertex + axis]!;
  }
  return points;
}

export class Gaze {
  #points: readonly Float32Array[] = [];
  #angles = new Float64Array(0);
  #distances = new Float64Array(0);
  /** Of each structure, where its point nearest to the line begins in its points. */
  #nearestAt = new Int32Array(0);
  #current = -1;
  #other = -1;
  #sinceMs = 0;

  /** Look at these structures from now on, each told by points in model axes, metres. */
  begin(points: readonly Float32Array[]): void {
    this.#points = points;
    this.#angles = new Float64Array(points.length);
    this.#distances = new Float64Array(points.length);
    this.#nearestAt = new Int32Array(points.length);
    this.#current = -1;
    this.#other = -1;
  }

  /**
   * The number of the structure that is looked at, or -1.
   *
   * `modelFromHead` tells where the head is in model axes; -z is ahead. `drawn` says which structures can be seen.
   */
  at(nowMs: number, modelFromHead: Matrix, drawn: (structure: number) => boolean): number {
    this.#measure(modelFromHead, drawn);
    const nearest = this.#nearest();
    const current = this.#current;
    const held = current >= 0 && this.#angles[current]! <= KEEP_RAD;
    if (!held) this.#current = nearest;
    else if (nearest < 0 || nearest === current) this.#other = -1;
    else if (!this.#isBetter(nearest, current)) this.#other = -1;
    else if (nearest !== this.#other) {
      this.#other = nearest;
      this.#sinceMs = nowMs;
    } else if (nowMs - this.#sinceMs >= FOR_MS) {
      this.#current = nearest;
      this.#other = -1;
    }
    return this.#current;
  }

  /** The point of a structure that was nearest to the line ahead when it was asked last, written into `out`; model axes, m. */
  pointInto(out: number[], structure: number): void {
    const points = this.#points[structure]!;
    const at = this.#nearestAt[structure]!;
    for (let axis = 0; axis < 3; axis += 1) out[axis] = points[at + axis]!;
  }

  #isBetter(other: number, current: number): boolean {
    return this.#angles[current]! - this.#angles[other]! >= NEARER_RAD || this.#isInFront(other, current);
  }

  /** As near to the line, and nearer to the eye by more than a hair. */
  #isInFront(one: number, other: number): boolean {
    return (
      this.#angles[one]! <= this.#angles[other]! + AS_NEAR_RAD && this.#distances[one]! < this.#distances[other]! - 0.005
    );
  }

  #nearest(): number {
    let best = -1;
    for (let structure = 0; structure < this.#points.length; structure += 1) {
      if (!(this.#angles[structure]! <= NEAR_RAD)) continue;
      if (best < 0 || this.#angles[structure]! < this.#angles[best]!) best = structure;
    }
    let front = best;
    for (let structure = 0; best >= 0 && structure < this.#points.length; structure += 1) {
      if (this.#angles[structure]! > this.#angles[best]! + AS_NEAR_RAD) continue;
      if (this.#distances[structure]! < this.#distances[front]!) front = structure;
    }
    return front;
  }

  /** Of each structure: the smallest angle to the line ahead, and how far ahead that point is. */
  #measure(modelFromHead: Matrix, drawn: (structure: number) => boolean): void {
    const m = modelFromHead;
    for (let structure = 0; structure < this.#points.length; structure += 1) {
      let angle = Infinity;
      let distance = Infinity;
      if (drawn(structure)) {
        const points = this.#points[structure]!;
        let smallest = Infinity;
        for (let at = 0; at < points.length; at += 3) {
          const x = points[at]! - m[12]!;
          const y = points[at + 1]! - m[13]!;
          const z = points[at + 2]! - m[14]!;
          const ahead = -(x * m[8]! + y * m[9]! + z * m[10]!);
          if (ahead <= 0) continue;
          // The tangent's square tells the order, and costs no root.
          const tangent2 = (x * x + y * y + z * z) / (ahead * ahead) - 1;
          if (tangent2 < smallest) {
            smallest = tangent2;
            distance = ahead;
            this.#nearestAt[structure] = at;
          }
        }
        angle = Math.atan(Math.sqrt(Math.max(0, smallest)));
      }
      this.#angles[structure] = angle;
      this.#distances[structure] = distance;
    }
  }
}
