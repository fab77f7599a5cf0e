/** Shows the host what the headset's own camera sees, and where the head was meanwhile. */

import { isUsable } from "../net/clock.ts";
import type { Connection } from "../net/socket.ts";
import type { Alignment } from "../overlay/alignment.ts";
import { HeadHistory } from "../overlay/head_history.ts";
import { isCalm, pictureEveryMs } from "../overlay/stillness.ts";
import { encodeLook, type HeadsetCamera, MAX_HEADS, type Pose } from "../protocol.gen.ts";
import { type CameraShot, OwnCamera } from "../xr/camera.ts";
import type { HeadsetFrame } from "./headset_view.ts";

/**
 * Where an outward camera sits on a head, roughly: before the eyes and looking ahead. No browser tells it; the host
 * knows better by the camera's profile.
 */
const ROUGH_PLACE: Pose = [0, -0.012, -0.06, 1, 0, 0, 0];
const ROUGH_SIGMA_MM = 40;
const ROUGH_SIGMA_RAD = 0.2;

export class Looking {
  readonly camera = new OwnCamera((shot) => this.#send(shot));
  readonly #connection: Connection;
  readonly #alignment: Alignment;
  readonly #deviceName: string;
  readonly #heads = new HeadHistory();
  #told: Pick<CameraShot, "width" | "height"> | null = null;
  #askedMs = -Infinity;
  #sequence = 0;

  constructor(connection: Connection, alignment: Alignment, deviceName: string) {
    this.#connection = connection;
    this.#alignment = alignment;
    this.#deviceName = deviceName;
  }

  /** Have the host look anew: what it saw of this headset before is void. */
  anew(): void {
    this.#told = null;
    this.#heads.clear();
  }

  frame({ nowMs, xr, headKnown, worldFromHead }: HeadsetFrame): void {
    if (!headKnown || !this.#alignment.needsLooking) return;
    this.#heads.add(xr.predictedDisplayTime ?? nowMs, worldFromHead);
    const state = this.#alignment.world?.state ?? null;
    if (!this.camera.isOpen || nowMs - this.#askedMs < pictureEveryMs(state) || !isCalm(this.#heads)) return;
    this.#askedMs = nowMs;
    this.camera.want();
  }

  #send(shot: CameraShot): void {
    const estimate = this.#connection.clock.estimate(performance.now());
    // What waits in the socket would hold up pings and the next picture is a better one.
    if (!isUsable(estimate) || !this.#connection.isFree || this.#heads.waiting === 0) return;
    if (this.#told?.width !== shot.width || this.#told.height !== shot.height) {
      this.#connection.send(this.#cameraMessage(shot));
      this.#told = { width: shot.width, height: shot.height };
    }
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#connection.sendBytes(
      encodeLook({
        width_px: shot.width,
        height_px: shot.height,
        sequence: this.#sequence,
        taken_ns: Math.round((shot.stampMs + estimate.offsetMs) * 1e6),
        heads: this.#heads.take(MAX_HEADS, estimate.offsetMs),
        jpeg: shot.jpeg,
      }),
    );
  }

  #cameraMessage(shot: CameraShot): HeadsetCamera {
    return {
      type: "headset_camera",
      name: nameOf(this.#deviceName, this.camera.label),
      serial: "",
      width_px: shot.width,
      height_px: shot.height,
      lens: null,
      headset_from_camera: ROUGH_PLACE,
      place_sigma_mm: ROUGH_SIGMA_MM,
      place_sigma_rad: ROUGH_SIGMA_RAD,
    };
  }
}

/** What the camera's profile is found by: the device's kind, and which of its cameras; at most 80 characters. */
function nameOf(deviceName: string, label: string): string {
  return [...`${deviceName}, ${label || "camera"}`.replace(/\p{C}/gu, "")].slice(0, 80).join("").trim();
}
