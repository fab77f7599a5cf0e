/** The browser edge of WebXR: one immersive session at a time. */

import type { WebGLRenderer } from "three";

import type { Matrix } from "../frames.ts";

export interface ImmersiveEvents {
  onStart(session: XRSession): void;
  onEnd(): void;
  /** The world's origin jumped. */
  onReset(): void;
}

/** Whether this browser can show the model on the patient. */
export async function arIsSupported(): Promise<boolean> {
  try {
    return (await navigator.xr?.isSessionSupported("immersive-ar")) ?? false;
  } catch {
    return false;
  }
}

const ECONOMY_SCALE = 0.5;

export class Immersive {
  readonly #renderer: WebGLRenderer;
  readonly #events: ImmersiveEvents;
  #session: XRSession | null = null;

  /** `economy`: draw a quarter of the pixels, for machines without a graphics card. */
  constructor(renderer: WebGLRenderer, economy: boolean, events: ImmersiveEvents) {
    this.#renderer = renderer;
    this.#events = events;
    renderer.xr.setReferenceSpaceType("local");
    if (economy) renderer.xr.setFramebufferScaleFactor(ECONOMY_SCALE);
  }

  get presenting(): boolean {
    return this.#session !== null;
  }

  /** Whether the wearer sees this page's frames undisturbed: not behind the headset's own menu. */
  get inSight(): boolean {
    return this.#session?.visibilityState === "visible";
  }

  /** Enter AR; call it from a click, as browsers demand. */
  async enter(): Promise<void> {
    if (this.#session !== null || navigator.xr === undefined) return;
    const session = await navigator.xr.requestSession("immersive-ar", {
      requiredFeatures: ["local"],
      optionalFeatures: ["anchors"],
    });
    this.#session = session;
    session.addEventListener("end", () => {
      this.#session = null;
      this.#events.onEnd();
    });
    await this.#renderer.xr.setSession(session);
    this.#renderer.xr.getReferenceSpace()?.addEventListener("reset", () => this.#events.onReset());
    this.#events.onStart(session);
  }

  get session(): XRSession | null {
    return this.#session;
  }

  /** The space all world poses are told in; null outside a session. */
  get space(): XRReferenceSpace | null {
    return this.#session === null ? null : this.#renderer.xr.getReferenceSpace();
  }

  /** Write where the wearer's head is, world from headset, into `out`; false while that is unknown. */
  headInto(out: Matrix, frame: XRFrame): boolean {
    const space = this.space;
    const pose = space === null ? undefined : frame.getViewerPose(space);
    if (pose === undefined) return false;
    out.set(pose.transform.matrix);
    return true;
  }
}
