/**
 * Where the tip of a controller is: the one point of it that rests while it is turned about that tip in a dimple.
 *
 * Every pose says R t + p = q for the tip t on the controller and the dimple q in the world; both follow by least
 * squares (algebraic one-step method; Yaniv 2015, doi 10.1117/12.2081348). WebXR tells no tip of its own.
 */

import type { Matrix } from "../frames.ts";
import type { Point } from "./points.ts";

/** Poses are taken this far apart, rad: neighbours in time err alike and say nothing new. */
const APART_RAD = 0.03;
const FEWEST = 24;
/** Enough is enough: later poses push out nothing and say little. */
const MOST = 200;
/** Tips that scatter more than this do not rest, metres, one axis. */
const MOST_SCATTER_M = 0.002;
/** Good enough to touch with, metres, along the least known axis. */
const SIGMA_M = 0.0005;

export interface Tip {
  readonly inGrip: Point;
  /** One sigma along the least known axis, metres. */
  readonly sigma: number;
}

export type PivotNews = "turn" | "slipped" | "done";

export class Pivot {
  readonly #rotations: number[][] = [];
  readonly #places: Point[] = [];

  get count(): number {
    return this.#places.length;
  }

  /** How far it is, 0 to 1. */
  get fraction(): number {
    return Math.min(1, this.count / FEWEST);
  }

  /** The controller is here, tip in the dimple; the same place as before says nothing new. */
  add(worldFromGrip: Matrix): void {
    // Row by row; the matrix is stored column by column.
    const rotation = [0, 4, 8, 1, 5, 9, 2, 6, 10].map((at) => worldFromGrip[at]!);
    if (this.count >= MOST || this.#rotations.some((other) => angle(rotation, other) < APART_RAD)) return;
    this.#rotations.push(rotation);
    this.#places.push([worldFromGrip[12]!, worldFromGrip[13]!, worldFromGrip[14]!]);
  }

  clear(): void {
    this.#rotations.length = 0;
    this.#places.length = 0;
  }

  /** What the poses so far say: turn it further, it slipped, or where the tip is. */
  result(): { readonly news: PivotNews; readonly tip: Tip | null } {
    if (this.count < FEWEST) return { news: "turn", tip: null };
    const found = solvePivot(this.#rotations, this.#places);
    if (found === null) return { news: "turn", tip: null };
    if (found.scatter > MOST_SCATTER_M) return { news: "slipped", tip: null };
    return found.tip.sigma > SIGMA_M ? { news: "turn", tip: null } : { news: "done", tip: found.tip };
  }
}

/**
 * Solve for the tip; null where the poses turn too little to tell it.
 *
 * With q eliminated, (N I - S' S / N) t = S' P / N - sum R' p, where S sums the rotations and P the places; the
 * covariance of t is the scatter's variance times the inverse of the left side.
 */
export function solvePivot(
  rotations: readonly (readonly number[])[],
  places: readonly Point[],
): { readonly tip: Tip; readonly scatter: number } | null {
  const count = rotations.length;
  const sum = new Array<number>(9).fill(0);
  const place = [0, 0, 0];
  const turned = [0, 0, 0];
  rotations.forEach((rotation, number) => {
    for (let k = 0; k < 9; k += 1) sum[k] = sum[k]! + rotation[k]!;
    for (let k = 0; k < 3; k += 1) place[k] = place[k]! + places[number]![k]!;
    transposed(rotation, places[number]!).forEach((part, k) => (turned[k] = turned[k]! + part));
  });
  const left: number[] = [];
  for (let row = 0; row < 3; row += 1) {
    for (let column = 0; column < 3; column += 1) {
      let dot = 0;
      for (let k = 0; k < 3; k += 1) dot += sum[3 * k + row]! * sum[3 * k + column]!;
      left.push((row === column ? count : 0) - dot / count);
    }
  }
  const inverse = inverted(left);
  if (inverse === null) return null;
  const mean = transposed(sum, place as unknown as Point);
  const right = mean.map((part, k) => part / count - turned[k]!) as unknown as Point;
  const tip = times(inverse, right);
  const carried = times(sum, tip);
  const dimple = place.map((part, k) => (part + carried[k]!) / count);
  let squares = 0;
  rotations.forEach((rotation, number) => {
    times(rotation, tip).forEach((part, k) => (squares += (part + places[number]![k]! - dimple[k]!) ** 2));
  });
  const variance = squares / Math.max(3 * count - 6, 1);
  const sigma = Math.sqrt(variance * largestEigenvalue(inverse));
  return { tip: { inGrip: tip, sigma }, scatter: Math.sqrt(squares / (3 * count)) };
}

function times(m: readonly number[], v: Point): Point {
  return [0, 3, 6].map((row) => m[row]! * v[0] + m[row + 1]! * v[1] + m[row + 2]! * v[2]) as unknown as Point;
}

function transposed(m: readonly number[], v: Point): Point {
  return [0, 1, 2].map((row) => m[row]! * v[0] + m[row + 3]! * v[1] + m[row + 6]! * v[2]) as unknown as Point;
}

function angle(a: readonly number[], b: readonly number[]): number {
  let trace = 0;
  for (let k = 0; k < 9; k += 1) trace += a[k]! * b[k]!;
  return Math.acos(Math.min(1, Math.max(-1, (trace - 1) / 2)));
}

/** The inverse of a symmetric 3 x 3 matrix by cofactors; null where it has none to speak of. */
function inverted(m: readonly number[]): number[] | null {
  const cofactor = (row: number, column: number): number => {
    const [r1, r2] = [(row + 1) % 3, (row + 2) % 3];
    const [c1, c2] = [(column + 1) % 3, (column + 2) % 3];
    return m[3 * r1 + c1]! * m[3 * r2 + c2]! - m[3 * r1 + c2]! * m[3 * r2 + c1]!;
  };
  const determinant = m[0]! * cofactor(0, 0) + m[1]! * cofactor(0, 1) + m[2]! * cofactor(0, 2);
  if (!(determinant > 1e-9)) return null;
  return [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => cofactor(column, row) / determinant));
}

/** By the power method; the matrix is a covariance. */
function largestEigenvalue(m: readonly number[]): number {
  let v: Point = [0.6, 0.64, 0.48];
  let value = 0;
  for (let round = 0; round < 50; round += 1) {
    const next = times(m, v);
    value = Math.hypot(...next);
    v = next.map((part) => part / value) as unknown as Point;
  }
  return value;
}
