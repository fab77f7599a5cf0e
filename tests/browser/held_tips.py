"""Hands and controllers of an emulated headset, held by the test: driven by the page's frames and words alone."""

import numpy as np
from playwright.sync_api import Page

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.protocol.poses import wire_from_rigid
from tests.browser.steady_headset import wait

HOLDING = """
// The emulator calls every place of a controller a guess, as headsets do of those they do not see.
Object.defineProperty(XRPose.prototype, "emulatedPosition", { get: () => false });
{
  const of = XRFrame.prototype.getJointPose;
  XRFrame.prototype.getJointPose = function (joint, space) {
    const pose = of.call(this, joint, space);
    const { transform, radius } = pose;
    const { x, y, z } = __xr.hands.right.position;
    const hand = [x, y - 1.6, z];
    if (joint.jointName === "index-finger-tip") window.__fingertip = { matrix: [...transform.matrix], radius, hand };
    return pose;
  };
}
// Put it here, and let the page see it there in some frames; a tip that is lifted is never still.
window.__hold = async (what, [x, y, z, qx, qy, qz, qw], lifted) => {
  const held = what === "hand" ? __xr.hands.right : __xr.controllers.right;
  clearInterval(window.__roaming);
  held.position.set(x, y + 1.6, z);
  held.quaternion.set(qx, qy, qz, qw);
  if (lifted) {
    window.__roaming = setInterval(() => {
      held.position.set(x, y + 1.6 + 0.02 * Math.sin(performance.now() / 60), z);
    }, 4);
  }
  const from = orview.frames.count;
  while (orview.frames.count < from + 3) await new Promise((done) => setTimeout(done, 4));
};
"""

HAND_MM = np.array([0.0, -100.0, -300.0])
LIFT_MM = np.array([0.0, 60.0, 0.0])
AT_REST = rotation_from_vector((0.3, 0.1, 0.0))
FIND_TIP = "Find the controller's tip"


def title(page: Page) -> str:
    """What the plate that guides the touching asks for."""
    return str(page.evaluate("orview.guidance()?.title ?? ''"))


def wait_for_title(page: Page, words: str, *, gone: bool = False) -> None:
    """Hold still until the plate asks for this, or for something else."""

    wait(page, f"(orview.guidance()?.title {'!==' if gone else '==='} {words!r})", timeout_s=30.0)


def hold(
    page: Page, what: str, turn: np.ndarray, tip_mm: np.ndarray, at_mm: np.ndarray, *, lifted: bool = False
) -> None:
    """Hold something with this rotation so that its tip, told in its own frame, lies there in the world."""
    held = RigidTransform(Frame.WORLD, Frame.HEADSET, turn, at_mm - turn @ tip_mm)
    position_m, quat_xyzw = wire_from_rigid(held)
    page.evaluate("([what, pose, lifted]) => __hold(what, pose, lifted)", [what, [*position_m, *quat_xyzw], lifted])


def touch_corners(page: Page, what: str, tip_mm: np.ndarray, corners_mm: np.ndarray) -> None:
    """Touch all corners as the plate asks, resting on each until it asks for the next, and lifting the tip between."""
    for number, corner_mm in enumerate(corners_mm, start=1):
        asks = f"Touch corner {number} of {len(corners_mm)}"
        wait_for_title(page, asks)
        hold(page, what, AT_REST, tip_mm, corner_mm)
        wait_for_title(page, asks, gone=True)
        hold(page, what, AT_REST, tip_mm, corner_mm + LIFT_MM, lifted=True)


def find_tip(page: Page, tip_mm: np.ndarray, dimple_mm: np.ndarray) -> None:
    """Turn the controller about its tip in a dimple, trigger held, until the page knows the tip; then lift it."""
    page.evaluate("__xr.controllers.right.updateButtonValue('trigger', 1)")
    hold(page, "controller", AT_REST, tip_mm, dimple_mm)
    wait_for_title(page, FIND_TIP)
    for number in range(120):
        if title(page) != FIND_TIP:
            hold(page, "controller", AT_REST, tip_mm, dimple_mm + LIFT_MM, lifted=True)
            return
        wide, around = 0.15 + 0.5 * (number % 60) / 60.0, 0.9 * number
        turn = rotation_from_vector((wide * np.cos(around), 0.0, wide * np.sin(around)))
        hold(page, "controller", turn, tip_mm, dimple_mm)
    raise AssertionError(f"the tip was never found: {page.evaluate('orview.guidance()')}")


def bare_hand(page: Page) -> np.ndarray:
    """Put the controllers away and show a pointing right hand; returns its fingertip in the hand's frame, mm."""
    page.evaluate(
        """() => {
          __xr.primaryInputMode = "hand";
          __xr.hands.left.connected = false;
          __xr.hands.right.poseId = "point";
        }"""
    )
    hold(page, "hand", np.eye(3), np.zeros(3), HAND_MM, lifted=True)
    wait(page, "window.__fingertip !== undefined")
    seen = page.evaluate("__fingertip")
    matrix = np.array(seen["matrix"]).reshape(4, 4).T
    # The joint lies its radius inside the skin; out of the finger is -z of the joint.
    skin_m = matrix[:3, 3] - seen["radius"] * matrix[:3, 2]
    return np.asarray(1000.0 * (skin_m - np.array(seen["hand"])))
