"""Prediction: exact for what keeps its velocity, honest about what a hand may do, silent where it knows nothing."""

import numpy as np
import pytest

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.track.predict import STALE_NS, Motion, motion_between
from orview.units import NS_PER_S

MIDDLE_MM = np.array([40.0, 30.0, 0.0])
NOISE = np.diag([1e-8, 1e-8, 1e-8, 1e-4, 1e-4, 1e-4])
FRAME_NS = NS_PER_S // 30


def swinging(t_s: float) -> RigidTransform:
    """Return a board whose middle moves 300 mm/s while it turns 1 rad/s about it."""
    rotation = rotation_from_vector(np.array([0.2, -0.5, 0.84]) * t_s) @ rotation_from_vector((0.3, 0.1, -0.2))
    middle = np.array([20.0, -10.0, 500.0]) + t_s * np.array([200.0, -180.0, 130.0])
    return RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, middle - rotation @ MIDDLE_MM)


def test_what_keeps_its_velocity_is_predicted_exactly() -> None:
    motion = Motion(MIDDLE_MM)
    for k in range(2):
        motion.take(swinging(k / 30.0), NOISE, taken_ns=k * NS_PER_S // 30)
    prediction = motion.predict(2 * NS_PER_S // 30)
    assert prediction is not None
    truth = swinging(2 / 30.0)
    np.testing.assert_allclose(prediction.camera_from_board.transform.matrix, truth.matrix, atol=1e-4)
    later = swinging(2 / 30.0 + 1e-5)
    per_second = (later.apply(MIDDLE_MM) - truth.apply(MIDDLE_MM)) / 1e-5
    told = np.cross(prediction.velocity[:3], truth.apply(MIDDLE_MM)) + prediction.velocity[3:]
    np.testing.assert_allclose(told, per_second, atol=0.1)


def test_uncertainty_grows_with_time_and_is_largest_without_a_velocity() -> None:
    motion = Motion(MIDDLE_MM)
    motion.take(swinging(0.0), NOISE, taken_ns=0)
    blind = motion.predict(FRAME_NS)
    motion.take(swinging(1 / 30.0), NOISE, taken_ns=FRAME_NS)
    soon, late = motion.predict(2 * FRAME_NS), motion.predict(6 * FRAME_NS)
    assert blind is not None
    assert soon is not None
    assert late is not None
    sizes = [np.sqrt(np.trace(p.camera_from_board.covariance_at(MIDDLE_MM))) for p in (soon, blind, late)]
    assert sizes[0] < sizes[1] < sizes[2]
    # Half of 4 m/s2 over one frame and the one before it: 4.4 mm along each axis.
    assert sizes[0] == pytest.approx(np.sqrt(3.0) * 4000.0 / 30.0**2, rel=0.05)


def test_hand_held_motion_stays_within_the_claimed_uncertainty() -> None:
    rng = np.random.default_rng(7)
    outside = 0
    for _ in range(200):
        phase, rate = rng.uniform(0.0, 2.0 * np.pi, 3), rng.uniform(2.0, 9.0, 3)

        def place(t_s: float, phase=phase, rate=rate) -> RigidTransform:
            middle = np.array([0.0, 0.0, 500.0]) + 40.0 * np.sin(rate * t_s + phase)
            return RigidTransform(Frame.CAMERA, Frame.BOARD, np.eye(3), middle - MIDDLE_MM)

        motion = Motion(MIDDLE_MM)
        motion.take(place(0.0), NOISE, taken_ns=0)
        motion.take(place(1 / 30.0), NOISE, taken_ns=FRAME_NS)
        prediction = motion.predict(2 * FRAME_NS)
        assert prediction is not None
        error = prediction.camera_from_board.transform.apply(MIDDLE_MM) - place(2 / 30.0).apply(MIDDLE_MM)
        covariance = prediction.camera_from_board.covariance_at(MIDDLE_MM)
        outside += float(error @ np.linalg.solve(covariance, error)) > 14.2
    assert outside == 0


@pytest.mark.parametrize("taken_ns", [-1, 0, STALE_NS + 1])
def test_nothing_is_predicted_for_the_past_or_from_stale_poses(taken_ns: int) -> None:
    motion = Motion(MIDDLE_MM)
    motion.take(swinging(0.0), NOISE, taken_ns=0)
    assert motion.predict(taken_ns) is None


def test_a_clock_that_steps_back_begins_anew() -> None:
    motion = Motion(MIDDLE_MM)
    motion.take(swinging(0.0), NOISE, taken_ns=FRAME_NS)
    motion.take(swinging(0.0), NOISE, taken_ns=0)
    prediction = motion.predict(FRAME_NS)
    assert prediction is not None
    np.testing.assert_array_equal(prediction.velocity, np.zeros(6))


def test_motion_between_is_a_left_motion() -> None:
    first, second = swinging(0.0), swinging(0.2)
    motion = motion_between(first, second)
    point = np.array([10.0, 70.0, -5.0])
    moved = rotation_from_vector(motion[:3]) @ first.apply(point) + motion[3:]
    np.testing.assert_allclose(moved, second.apply(point), atol=1e-9)
