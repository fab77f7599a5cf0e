/**
 * The browser edge of the headset's own camera: pictures by `getUserMedia`, with the time each says it was taken.
 *
 * Quest gives its passthrough camera to pages this way; headsets that do not are left to the touch of a hand. No
 * browser tells when a picture was exposed, nor the lens: the host finds out the one and keeps the other.
 */

export interface CameraShot {
  readonly stampMs: number;
  readonly width: number;
  readonly height: number;
  readonly jpeg: Uint8Array;
}

/** `ask`: a click is needed first; `none`: there is no camera here, or it was denied. */
export type CameraAccess = "ready" | "ask" | "none";

const WANTED: MediaTrackConstraints = {
  facingMode: { ideal: "environment" },
  width: { ideal: 1280 },
  height: { ideal: 960 },
  frameRate: { ideal: 30 },
};
/** Cameras that look at the wearer, or make up a face. */
const INWARD = /front|user|avatar|selfie/i;

export class OwnCamera {
  readonly #video = document.createElement("video");
  readonly #onShot: (shot: CameraShot) => void;
  #stream: MediaStream | null = null;
  #worker: Worker | null = null;
  #awaited: Omit<CameraShot, "jpeg"> | null = null;
  #wanted = false;
  /** Whether this browser tells capture times: all pictures are stamped in the same way. */
  #tellsCapture: boolean | null = null;
  #denied = false;

  constructor(onShot: (shot: CameraShot) => void) {
    this.#onShot = onShot;
    this.#video.muted = true;
    this.#video.playsInline = true;
  }

  /** What the camera calls itself; empty before it is open. */
  get label(): string {
    return this.#stream?.getVideoTracks()[0]?.label ?? "";
  }

  get isOpen(): boolean {
    return this.#stream !== null;
  }

  /** Whether a camera can be had without asking. */
  async access(): Promise<CameraAccess> {
    if (this.#denied || !isPossible()) return "none";
    try {
      const { state } = await navigator.permissions.query({ name: "camera" as PermissionName });
      return state === "granted" ? "ready" : state === "denied" ? "none" : "ask";
    } catch {
      return "ask";
    }
  }

  /** Ask the person for the camera; call it from a click. */
  async ask(): Promise<CameraAccess> {
    await this.open();
    this.close();
    return this.access();
  }

  /** Open the camera that looks where the wearer looks; false where there is none, or it may not be had. */
  async open(): Promise<boolean> {
    if (this.#stream !== null) return true;
    if (!isPossible()) return false;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: WANTED, audio: false });
      const track = stream.getVideoTracks()[0];
      if (track === undefined || track.getSettings().facingMode === "user" || INWARD.test(track.label)) {
        stopped(stream);
        this.#denied = true;
        return false;
      }
      this.#stream = stream;
      this.#video.srcObject = stream;
      await this.#video.play();
    } catch {
      this.close();
      return false;
    }
    this.#worker = new Worker(new URL("./jpeg.worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = (event: MessageEvent<ArrayBuffer>) => this.#encoded(event.data);
    this.#video.requestVideoFrameCallback(this.#frame);
    return true;
  }

  close(): void {
    stopped(this.#stream);
    this.#stream = null;
    this.#video.srcObject = null;
    this.#worker?.terminate();
    this.#worker = null;
    this.#awaited = null;
    this.#wanted = false;
  }

  /** Ask for the next picture; one at a time. */
  want(): void {
    if (this.#awaited === null) this.#wanted = true;
  }

  readonly #frame = (nowMs: number, told: VideoFrameCallbackMetadata): void => {
    if (this.#stream === null) return;
    this.#video.requestVideoFrameCallback(this.#frame);
    this.#tellsCapture ??= told.captureTime !== undefined;
    const stampMs = this.#tellsCapture ? told.captureTime : nowMs;
    if (!this.#wanted || this.#awaited !== null || stampMs === undefined) return;
    this.#wanted = false;
    this.#awaited = { stampMs, width: told.width, height: told.height };
    void this.#encode();
  };

  async #encode(): Promise<void> {
    try {
      const picture = await createImageBitmap(this.#video);
      this.#worker?.postMessage(picture, [picture]);
    } catch {
      // The camera went away between two pictures.
      this.#awaited = null;
    }
  }

  #encoded(jpeg: ArrayBuffer): void {
    const awaited = this.#awaited;
    this.#awaited = null;
    if (awaited !== null) this.#onShot({ ...awaited, jpeg: new Uint8Array(jpeg) });
  }
}

function isPossible(): boolean {
  return (
    navigator.mediaDevices !== undefined &&
    typeof OffscreenCanvas !== "undefined" &&
    "requestVideoFrameCallback" in HTMLVideoElement.prototype
  );
}

function stopped(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
