/** The tips a person can touch with, as WebXR tells them: fingers, and controllers whose tip was found. */

import type { Matrix } from "../frames.ts";
import type { Point } from "../overlay/points.ts";
import { distance } from "../overlay/points.ts";
import type { Tool } from "../overlay/touch_guide.ts";

/**
 * One sigma of a fingertip along each axis, metres: the mean error of Quest 2's fingertips is 11 mm (Abdlkarim 2023,
 * doi 10.3758/s13428-022-02051-8), and most of it is the same from one touch to the next.
 */
const FINGER_SIGMA_M = 0.006;
const PINCH_SIGMA_M = 0.007;
const PINCHED_M = 0.018;
/** A hand this far from the line of sight touches no board: the cosine of 45 degrees. */
const IN_VIEW = 0.7;

export interface TipHere {
  readonly at: Point;
  readonly tool: Tool["name"];
  readonly sigma: number;
}

/** The controller whose trigger is held, or null. */
export function heldController(session: XRSession): XRInputSource | null {
  for (const source of session.inputSources) {
    if (source.hand == null && source.gripSpace !== undefined && source.gamepad?.buttons[0]?.pressed) return source;
  }
  return null;
}

/** Write where a controller is into `out`; false while that is unknown. */
export function gripInto(out: Matrix, source: XRInputSource, frame: XRFrame, space: XRReferenceSpace): boolean {
  const pose = source.gripSpace === undefined ? undefined : frame.getPose(source.gripSpace, space);
  if (pose === undefined || pose.emulatedPosition) return false;
  out.set(pose.transform.matrix);
  return true;
}

/** The fingertip, or the point between two pinched fingers, of the hand nearest to the line of sight. */
export function fingerIn(
  session: XRSession,
  frame: XRFrame,
  space: XRReferenceSpace,
  worldFromHead: Matrix,
): TipHere | null {
  let best: TipHere | null = null;
  let nearest = IN_VIEW;
  for (const { hand } of session.inputSources) {
    if (hand == null) continue;
    const index = jointTip(hand.get("index-finger-tip"), frame, space);
    if (index === null) continue;
    const ahead = cosineAhead(worldFromHead, index);
    if (ahead < nearest) continue;
    nearest = ahead;
    const thumb = jointTip(hand.get("thumb-tip"), frame, space);
    best =
      thumb !== null && distance(thumb, index) < PINCHED_M
        ? { at: middle(thumb, index), tool: "pinch", sigma: PINCH_SIGMA_M }
        : { at: index, tool: "fingertip", sigma: FINGER_SIGMA_M };
  }
  return best;
}

/** Where the skin at the end of a finger is: the joint lies its radius inside. */
function jointTip(joint: XRJointSpace | undefined, frame: XRFrame, space: XRReferenceSpace): Point | null {
  const pose = joint === undefined ? undefined : frame.getJointPose?.(joint, space);
  if (pose === undefined) return null;
  const { matrix } = pose.transform;
  const radius = pose.radius ?? 0;
  return [matrix[12]! - radius * matrix[8]!, matrix[13]! - radius * matrix[9]!, matrix[14]! - radius * matrix[10]!];
}

function middle(a: Point, b: Point): Point {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2];
}

function cosineAhead(worldFromHead: Matrix, point: Point): number {
  const x = point[0] - worldFromHead[12]!;
  const y = point[1] - worldFromHead[13]!;
  const z = point[2] - worldFromHead[14]!;
  return -(x * worldFromHead[8]! + y * worldFromHead[9]! + z * worldFromHead[10]!) / Math.hypot(x, y, z);
}
