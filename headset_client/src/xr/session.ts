/** The browser edge of WebXR: what the device can do, and one immersive session at a time. */

import type { WebGLRenderer } from "three";

import type { Matrix } from "../frames.ts";

/** How this device can show the model: on the patient, in a closed world beside it, or over the camera's picture. */
export type ViewMode = "immersive-ar" | "immersive-vr" | "observer";

export interface ImmersiveEvents {
  onStart(session: XRSession): void;
  /** `outOfSight`: the wearer did not see it end, as when the headset was taken off or slept. */
  onEnd(outOfSight: boolean): void;
  /** The world's origin jumped. */
  onReset(): void;
}

/** The best of this browser's modes; asked of the browser, never guessed from its name. */
export async function bestMode(): Promise<ViewMode> {
  for (const mode of ["immersive-ar", "immersive-vr"] as const) {
    try {
      if (await navigator.xr?.isSessionSupported(mode)) return mode;
    } catch {
      // Forbidden by a policy: as good as not there.
    }
  }
  return "observer";
}

const ECONOMY_SCALE = 0.5;

export class Immersive {
  readonly #renderer: WebGLRenderer;
  readonly #mode: XRSessionMode;
  readonly #events: ImmersiveEvents;
  #session: XRSession | null = null;
  #seen = false;

  /** `economy`: draw a quarter of the pixels, for machines without a graphics card. */
  constructor(renderer: WebGLRenderer, mode: ViewMode, economy: boolean, events: ImmersiveEvents) {
    this.#renderer = renderer;
    this.#mode = mode === "observer" ? "inline" : mode;
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

  /** Whether the wearer sees the room, so that anything could stand on the patient. A closed world never does. */
  get onPatient(): boolean {
    return this.#mode === "immersive-ar" && this.blend !== "opaque";
  }

  /** How frames meet the room: on an additive display black is transparent, and a dark plate is no plate. */
  get blend(): XREnvironmentBlendMode {
    return this.#session?.environmentBlendMode ?? "opaque";
  }

  /** Ask the browser for a session. Rejects where it does not start one, as without a press. */
  async enter(): Promise<void> {
    if (this.#session !== null || navigator.xr === undefined) return;
    const session = await navigator.xr.requestSession(this.#mode, {
      requiredFeatures: ["local"],
      optionalFeatures: ["anchors", "hand-tracking"],
    });
    this.#session = session;
    this.#seen = true;
    session.addEventListener("visibilitychange", () => {
      this.#seen = session.visibilityState !== "hidden";
    });
    session.addEventListener("end", () => {
      this.#session = null;
      this.#events.onEnd(!this.#seen || document.visibilityState === "hidden");
    });
    await this.#renderer.xr.setSession(session);
    this.#renderer.xr.getReferenceSpace()?.addEventListener("reset", () => this.#events.onReset());
    this.#events.onStart(session);
  }

  /** End the session, if one runs. */
  leave(): void {
    void this.#session?.end();
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
