/** What arrives on the socket and what goes out, in the shapes the pages use. All rules are generated from the host's. */

import type { Lens, Pose } from "../frames.ts";
import {
  decodeBinary,
  decodeFromHost,
  type HostMessage,
  type ModelEntry,
  type ModelLevelEntry,
  type PictureMessage,
  type Pose as SevenNumbers,
  type PoseMessage,
  WireError,
} from "../protocol.gen.ts";

export type Arrival = HostMessage | PoseMessage | PictureMessage;

/** Read what a socket delivered; null when it is no message of the protocol, which is never acted upon. */
export function read(data: string | ArrayBuffer): Arrival | null {
  try {
    return typeof data === "string" ? decodeFromHost(data) : decodeBinary(data);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** The pose a binary message carries. */
export function poseOf(message: PoseMessage | PictureMessage): Pose {
  return {
    position: message.position_m as unknown as Pose["position"],
    quatXyzw: message.quat_xyzw as unknown as Pose["quatXyzw"],
  };
}

/** The pose a control message carries as seven numbers. */
export function poseOfNumbers(numbers: SevenNumbers): Pose {
  const [x, y, z, qx, qy, qz, qw] = numbers;
  return { position: [x, y, z], quatXyzw: [qx, qy, qz, qw] };
}

/** The pinhole of a picture. */
export function lensOf(picture: PictureMessage): Lens {
  return {
    fx: picture.fx_px,
    fy: picture.fy_px,
    cx: picture.cx_px,
    cy: picture.cy_px,
    width: picture.width_px,
    height: picture.height_px,
  };
}

/** The levels a page draws, in the order it fetches them; the full one is for workstations. */
export function levelsToFetch(model: ModelEntry, economy: boolean): ModelLevelEntry[] {
  const names = economy ? (["preview"] as const) : (["preview", "headset"] as const);
  return names.flatMap((name) => model.levels.filter((level) => level.level === name));
}

/** What lets this device in: a one-time code, or the token of an earlier welcome. */
export type Credential = { readonly code: string } | { readonly token: string };

const CODE = /^[0-9]{6}$/;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** Read `#k=CODE` or `#t=TOKEN`; a fragment never leaves the browser, so neither reaches a log. */
export function credentialFromFragment(fragment: string): Credential | null {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  const code = codeFrom(parameters.get("k") ?? "");
  if (code !== null) return { code };
  const token = parameters.get("t") ?? "";
  return TOKEN.test(token) ? { token } : null;
}

/** The six digits of what a person typed, spaces and hyphens forgiven; null when it is no code. */
export function codeFrom(typed: string): string | null {
  const digits = typed.replace(/[\s-]/g, "");
  return CODE.test(digits) ? digits : null;
}
