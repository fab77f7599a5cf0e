"""Small motions: told about any middle they are the same, and their rows are derivatives."""

import math

import numpy as np
import pytest

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.track.motion import differs, left_from_middle, moved_by, rows_by_motion
from orview.track.predict import motion_between

POSE = RigidTransform(Frame.CAMERA, Frame.BOARD, rotation_from_vector((0.3, -0.2, 1.1)), np.array([20.0, -30.0, 500.0]))


def test_a_motion_is_what_lies_between_the_poses() -> None:
    motion = np.array([0.02, -0.01, 0.03, 1.0, -2.0, 3.0])
    assert np.allclose(motion_between(POSE, moved_by(POSE, motion)), motion, atol=1e-9)


def test_rows_are_derivatives_about_the_middle() -> None:
    rng = np.random.default_rng(2)
    places = rng.normal(0.0, 50.0, (30, 3)) + np.array([0.0, 0.0, 500.0])
    by_place = rng.normal(0.0, 1.0, (30, 3))
    middle = places.mean(axis=0)
    about_middle = 1e-7 * rng.normal(0.0, 1.0, 6)
    moved = moved_by(RigidTransform.identity(Frame.CAMERA, Frame.CAMERA), left_from_middle(middle) @ about_middle)
    expected = np.einsum("nj,nj->n", by_place, moved.apply(places) - places)
    assert np.allclose(rows_by_motion(places - middle, by_place) @ about_middle, expected, rtol=0.0, atol=1e-9)


@pytest.mark.parametrize(
    ("turn_deg", "away_mm", "expected"),
    [(0.0, 0.0, False), (1.9, 0.0, False), (2.1, 0.0, True), (0.0, 19.0, False), (0.0, 21.0, True), (180.0, 0.0, True)],
)
def test_poses_differ_by_their_turn_or_by_a_share_of_their_distance(
    turn_deg: float, away_mm: float, expected: bool
) -> None:
    axis = np.array([0.6, 0.0, 0.8])
    far = RigidTransform(Frame.CAMERA, Frame.BOARD, POSE.rotation, np.array([0.0, 0.0, 500.0]))
    turn = rotation_from_vector(math.radians(turn_deg) * axis) @ far.rotation
    other = RigidTransform(Frame.CAMERA, Frame.BOARD, turn, far.translation_mm + away_mm * axis)
    assert differs(far, other, turn_rad=math.radians(2.0), distance=0.04) is expected
