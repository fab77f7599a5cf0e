/**
 * Which camera picture is drawn with which pose: those of the same moment.
 *
 * A picture takes longer on its way than a pose. Drawn with the newest pose, the overlay would run
 * ahead of the phantom; drawn with the pose of its own exposure it stands on it exactly. Where that
 * very pose was overtaken on its way (the newest wins), the nearest one in time takes its place: poses
 * tell where the patient lies in a resting room, and in that time a breath moves less than 0.1 mm.
 */

/** A picture waits this long for the pose of its moment, ms; then it is drawn without overlay. */
export const PATIENCE_MS = 120;
/** A picture older than this is no view of now, ms. */
export const PICTURE_LIMIT_MS = 500;
/** How far from the picture's moment a pose may lie that takes the place of its own, ns. */
const NEAREST_LIMIT_NS = 50e6;
const POSES_KEPT = 64;
/** Pictures that may wait; a page in the background draws nothing and must not pile them up. */
const PICTURES_KEPT = 4;

export interface Moment {
  readonly capture_ns: number;
}

export interface Pair<Picture, P> {
  readonly picture: Picture;
  readonly pose: P | null;
  readonly arrivedMs: number;
}

/** Whether a pair's picture came recently enough to be a view of now. */
export function isPictureRecent(pair: { readonly arrivedMs: number }, nowMs: number): boolean {
  return nowMs - pair.arrivedMs <= PICTURE_LIMIT_MS;
}

export class Pairing<Picture extends { readonly taken_ns: number }, P extends Moment> {
  readonly #release: (picture: Picture) => void;
  #poses: P[] = [];
  #waiting: { picture: Picture; arrivedMs: number }[] = [];
  #shown: Pair<Picture, P> | null = null;

  /** `release` frees a picture that is not, or no longer, drawn. */
  constructor(release: (picture: Picture) => void) {
    this.#release = release;
  }

  addPose(pose: P): void {
    this.#poses.push(pose);
    if (this.#poses.length > POSES_KEPT) this.#poses.shift();
  }

  addPicture(picture: Picture, arrivedMs: number): void {
    const newestNs = this.#waiting.at(-1)?.picture.taken_ns ?? this.#shown?.picture.taken_ns ?? -Infinity;
    if (picture.taken_ns <= newestNs) {
      this.#release(picture);
      return;
    }
    this.#waiting.push({ picture, arrivedMs });
    if (this.#waiting.length > PICTURES_KEPT) this.#release(this.#waiting.shift()!.picture);
  }

  /** The pair to draw now: the newest picture that has its pose, or that waited for it in vain. */
  choose(nowMs: number): Pair<Picture, P> | null {
    for (let index = this.#waiting.length - 1; index >= 0; index -= 1) {
      const { picture, arrivedMs } = this.#waiting[index]!;
      const pose = this.#poseAt(picture.taken_ns);
      if (pose === null && nowMs - arrivedMs < PATIENCE_MS) continue;
      for (const passed of this.#waiting.splice(0, index + 1).slice(0, -1)) this.#release(passed.picture);
      if (this.#shown !== null) this.#release(this.#shown.picture);
      this.#shown = { picture, pose, arrivedMs };
      break;
    }
    return this.#shown;
  }

  #poseAt(takenNs: number): P | null {
    let nearest: P | null = null;
    let nearestNs = Infinity;
    let passed = false;
    for (const pose of this.#poses) {
      const distanceNs = Math.abs(pose.capture_ns - takenNs);
      if (distanceNs < nearestNs) {
        nearest = pose;
        nearestNs = distanceNs;
      }
      passed ||= pose.capture_ns > takenNs;
    }
    return nearestNs === 0 || (passed && nearestNs <= NEAREST_LIMIT_NS) ? nearest : null;
  }

  /** Forget poses and pictures: another connection, or nobody watches any more. */
  clear(): void {
    for (const { picture } of this.#waiting) this.#release(picture);
    if (this.#shown !== null) this.#release(this.#shown.picture);
    this.#poses = [];
    this.#waiting = [];
    this.#shown = null;
  }
}
