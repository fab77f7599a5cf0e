/** The browser edge of hands, controllers and gazes: presses as rays in the world, and fingertips. */

import type { Matrix } from "../frames.ts";

export interface InputEvents {
  /** A pinch or trigger began, along this ray (world from ray: its origin, -z ahead); null where its place is unknown. */
  onDown(source: XRInputSource, worldFromRay: Matrix | null): void;
  onUp(source: XRInputSource): void;
  /** Hands came, controllers went: what any of them was doing is over. */
  onChange(): void;
}

export class Inputs {
  readonly #events: InputEvents;
  readonly #ray = new Float64Array(16);
  #space: XRReferenceSpace | null = null;

  constructor(events: InputEvents) {
    this.#events = events;
  }

  /** Listen to a session; it takes its listeners along when it ends. */
  begin(session: XRSession): void {
    this.#space = null;
    session.addEventListener("selectstart", (event) => this.#events.onDown(event.inputSource, this.#rayOf(event)));
    session.addEventListener("selectend", (event) => this.#events.onUp(event.inputSource));
    session.addEventListener("inputsourceschange", () => this.#events.onChange());
  }

  /** The space that rays are told in from now on. */
  in(space: XRReferenceSpace): void {
    this.#space = space;
  }

  #rayOf({ frame, inputSource }: XRInputSourceEvent): Matrix | null {
    const pose = this.#space === null ? undefined : frame.getPose(inputSource.targetRaySpace, this.#space);
    if (pose === undefined) return null;
    this.#ray.set(pose.transform.matrix);
    return this.#ray;
  }
}

/** Where the tip of a hand's index finger is; undefined while it is not seen, or where there are no hands. */
export function indexTip(frame: XRFrame, source: XRInputSource, space: XRReferenceSpace): DOMPointReadOnly | undefined {
  const joint = source.hand?.get("index-finger-tip");
  if (joint === undefined) return undefined;
  return frame.getJointPose?.(joint, space)?.transform.position;
}
