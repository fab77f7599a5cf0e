/** The browser edge of anchors: one at a time, where the device has them. */

import type { Matrix } from "../frames.ts";

export class SessionAnchor {
  readonly #matrix = new Float64Array(16);
  #anchor: XRAnchor | null = null;
  /** Which anchor was asked for last: an answer to another comes too late. */
  #asked = 0;
  #waiting = false;

  /** An anchor was asked for and is not there yet. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Ask for an anchor at this point of the space; the one before goes. A device without anchors does nothing. */
  ask(frame: XRFrame, space: XRReferenceSpace, x: number, y: number, z: number): void {
    this.drop();
    const asked = this.#asked;
    const promise = frame.createAnchor?.(new XRRigidTransform({ x, y, z }), space);
    if (promise === undefined) return;
    this.#waiting = true;
    promise.then(
      (anchor) => {
        if (asked !== this.#asked) {
          anchor.delete();
          return;
        }
        this.#waiting = false;
        this.#anchor = anchor;
      },
      () => {
        // Not granted, or no place for one: the room stands as it was found.
        if (asked === this.#asked) this.#waiting = false;
      },
    );
  }

  /** Where the anchor is in the space now; null while there is none, or its place is not known. */
  place(frame: XRFrame, space: XRReferenceSpace): Matrix | null {
    if (this.#anchor === null || frame.trackedAnchors?.has(this.#anchor) !== true) return null;
    const pose = frame.getPose(this.#anchor.anchorSpace, space);
    if (pose === undefined) return null;
    this.#matrix.set(pose.transform.matrix);
    return this.#matrix;
  }

  /** Let go of the anchor. */
  drop(): void {
    this.#asked += 1;
    this.#waiting = false;
    this.#anchor?.delete();
    this.#anchor = null;
  }

  /** The session ended, and its anchor with it. */
  forget(): void {
    this.#asked += 1;
    this.#waiting = false;
    this.#anchor = null;
  }
}
