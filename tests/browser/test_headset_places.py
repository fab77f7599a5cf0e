"""Where the model stands in the headset: at the streamed pose to the last bit, and on the very pixels it must cover."""

import time

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.units import mm_from_m
from tests.browser import fixtures
from tests.browser.conftest import FOVY_RAD, HALF_IPD_M, VIEWPORT, Open
from tests.browser.fixtures import DIGEST, Pose
from tests.browser.room_server import PATIENT_IN_VIEW, POSE_HZ, RoomServer
from tests.browser.test_headset_ar import enter_ar, live_session, shown_pixels

POSES = 20
STILL = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
LIMIT_PX = 1.5
SAME_M = 1e-12
"""Sums of the same numbers in another order."""
PATIENT_FROM_MODEL = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1.0]])


def matrix_m(pose: Pose) -> np.ndarray:
    """The 4 x 4 matrix of a pose of the wire, metres."""
    place_mm = [mm_from_m(part) for part in pose[0]]
    matrix = RigidTransform.from_quaternion(Frame.ROOM, Frame.PATIENT, pose[1], place_mm).matrix.copy()
    matrix[:3, 3] = pose[0]
    return matrix


def turn_head(page: Page, head: Pose) -> None:
    """Put the wearer's head somewhere; the emulator's local space begins 1.6 m above its floor."""
    (x, y, z), (qx, qy, qz, qw) = head
    page.evaluate(
        "([x, y, z, qx, qy, qz, qw]) => { __xr.position.set(x, y + 1.6, z); __xr.quaternion.set(qx, qy, qz, qw); }",
        [x, y, z, qx, qy, qz, qw],
    )


def middle_px(pixels: np.ndarray) -> np.ndarray:
    """The middle (column, row) of the disc that pixels are of, where letters stand before it and where it is a ring."""
    assert len(pixels) > 50, f"only {len(pixels)} coloured pixels"
    moments = cv2.moments(cv2.convexHull(pixels[:, ::-1].astype(np.float32)))
    return np.array([moments["m10"], moments["m01"]]) / moments["m00"]


def wait_for_pose(page: Page, sequence: int) -> None:
    """Wait until two frames showed the model at a pose after this one: what stands on the screen is of them."""
    page.wait_for_function(
        "after => orview.frames.rows(orview.frames.count - 2).every(row => row.visible && row.sequence > after)",
        arg=sequence,
    )


def predicted_px(eye: str | None, head: Pose, world_from_room: Pose, room_from_patient: Pose) -> np.ndarray:
    """Where an eye sees the middle of the ball: pinhole of the emulated display, computed here.

    Both eyes share the window side by side; in mono (None) the left one has all of it.
    """
    in_world_mm = fixtures.carry(world_from_room, fixtures.carry(room_from_patient, fixtures.BALL_CENTRE_MM))
    aside_mm = mm_from_m(HALF_IPD_M) * (-1.0 if eye == "right" else 1.0)
    x, y, z = fixtures.uncarry(head, in_world_mm) + np.array([aside_mm, 0.0, 0.0])
    focal_px = VIEWPORT["height"] / 2 / np.tan(FOVY_RAD / 2)
    middle_px = VIEWPORT["width"] * {None: 0.5, "left": 0.25, "right": 0.75}[eye]
    return np.array([middle_px - 0.5 + focal_px * x / -z, VIEWPORT["height"] / 2 - 0.5 - focal_px * y / -z])


def scattered_poses(count: int, world_from_room: Pose) -> list[tuple[Pose, Pose]]:
    """Heads that moved and turned, and patients whose ball lies before them, in sight of both eyes."""
    rng = np.random.default_rng(20)
    cases = []
    for number in range(count):
        turn, move = rng.uniform(-0.3, 0.3, 3), rng.uniform(-0.08, 0.08, 3)
        head = fixtures.turned(tuple(turn), tuple(move)) if number % 2 else STILL
        before_mm = np.array([rng.uniform(-60.0, 60.0), rng.uniform(-80.0, 80.0), rng.uniform(-900.0, -550.0)])
        in_room_mm = fixtures.uncarry(world_from_room, fixtures.carry(head, before_mm))
        turned = fixtures.turned(tuple(rng.uniform(-3.0, 3.0, 3)), (0.0, 0.0, 0.0))
        place_mm = in_room_mm - fixtures.carry(turned, fixtures.BALL_CENTRE_MM)
        cases.append((head, (tuple(float(part) / 1000.0 for part in place_mm), turned[1])))
    return cases


@pytest.mark.timeout(240)
@pytest.mark.parametrize("eyes", [(None,), ("left", "right")], ids=["mono", "stereo"])
def test_model_stands_at_the_streamed_pose_and_covers_its_pixels(host: RoomServer, open_page: Open, eyes):
    """Through a room that is moved and turned too."""
    world_from_room = fixtures.turned((0.0, 0.4, 0.0), (0.05, -0.02, 0.03))
    host.place_room(world_from_room)
    host.tell(live_session(host, radius_mm=20.0))
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    page = enter_ar(host, open_page, stereo=len(eyes) == 2)
    worst_px = worst_m = 0.0
    for head, room_from_patient in scattered_poses(POSES, world_from_room):
        host.stand_patient(room_from_patient, digest=DIGEST)
        time.sleep(2 / POSE_HZ)
        turn_head(page, head)
        told = host.newest_pose
        wait_for_pose(page, told.sequence)
        applied = np.array(page.evaluate("orview.worldFromModel()")).reshape(4, 4).T
        truth = matrix_m(world_from_room) @ matrix_m((told.position_m, told.quat_xyzw)) @ PATIENT_FROM_MODEL
        worst_m = max(worst_m, float(np.abs(applied - truth).max()))
        pixels = shown_pixels(page)
        for eye in eyes:
            half = {None: pixels[:, 1] >= 0, "left": pixels[:, 1] < 640, "right": pixels[:, 1] >= 640}[eye]
            wanted_px = predicted_px(eye, head, world_from_room, room_from_patient)
            worst_px = max(worst_px, float(np.linalg.norm(middle_px(pixels[half]) - wanted_px)))
    assert worst_m <= SAME_M, f"{worst_m:g} m"
    assert worst_px <= LIMIT_PX, f"{worst_px:.2f} px"
