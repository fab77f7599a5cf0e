"""Where a camera sits on a headset is found by looks from all sides, as surely as it claims, and not from one side."""

from dataclasses import replace

import numpy as np
import pytest

from orview.edge.host.place_finder import FEWEST, PlaceFinder, is_rough
from orview.frames import Frame
from orview.geometry.chain import about
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.geometry.uncertain import UncertainPose
from orview.protocol.placing import HeadsetCamera
from orview.sim.headset import HEADSET_FROM_CAMERA
from tests.wire.messages import CLIENT_MESSAGES

WORLD_FROM_BOARD = RigidTransform.from_rotation_vector(Frame.WORLD, Frame.BOARD, [1.57, 0.0, 0.0], [-75, -600, -550.0])
HEAD_RAD, HEAD_MM, SEEN_RAD, SEEN_MM = 0.0003, 0.1, 0.0015, 0.3


def look(rng: np.random.Generator, *, spread_rad: float = 0.2) -> tuple[UncertainPose, UncertainPose]:
    """Return a head and what its camera sees, each with the noise it claims."""
    head = RigidTransform(
        Frame.WORLD,
        Frame.HEADSET,
        rotation_from_vector(rng.normal([-0.8, 0.0, 0.0], spread_rad)),
        np.array([0.0, -250.0, -300.0]) + rng.normal(0.0, 300.0 * spread_rad, 3),
    )
    seen = (head @ HEADSET_FROM_CAMERA).inverse() @ WORLD_FROM_BOARD
    return (
        _noisy(rng, head, about(head.translation_mm, sigma_rad=HEAD_RAD, sigma_mm=HEAD_MM)),
        _noisy(rng, seen, about(seen.translation_mm, sigma_rad=SEEN_RAD, sigma_mm=SEEN_MM)),
    )


def _noisy(rng: np.random.Generator, pose: RigidTransform, covariance: np.ndarray) -> UncertainPose:
    motion = rng.multivariate_normal(np.zeros(6), covariance)
    moved = RigidTransform.from_rotation_vector(pose.to_frame, pose.to_frame, motion[:3], motion[3:]) @ pose
    return UncertainPose(moved, covariance)


def test_the_place_is_found_as_surely_as_it_claims():
    squares = []
    for seed in range(60):
        rng, finder, found = np.random.default_rng(seed), PlaceFinder(), None
        while found is None:
            found = finder.take(*look(rng))
        off_mm = found.headset_from_camera.translation_mm - HEADSET_FROM_CAMERA.translation_mm
        off_rad = (found.headset_from_camera @ HEADSET_FROM_CAMERA.inverse()).angle_rad
        squares.append(((np.linalg.norm(off_mm) / found.sigma_mm) ** 2, (off_rad / found.sigma_rad) ** 2))
    # Three axes share less than three variances, as the claim is that of the least known one.
    assert (np.mean(squares, axis=0) < 3.3).all()
    assert (np.mean(squares, axis=0) > 0.8).all()


def test_looks_from_one_side_or_from_the_same_place_tell_nothing():
    rng, finder = np.random.default_rng(1), PlaceFinder()
    first = look(rng)
    for _ in range(50):
        assert finder.take(*first) is None
    assert f"1 of {FEWEST}" in finder.words
    # Only sideways, without a turn.
    for step in range(FEWEST + 4):
        head, _ = first
        place_mm = head.transform.translation_mm + np.array([65.0 * step, 0.0, 0.0])
        moved = RigidTransform(Frame.WORLD, Frame.HEADSET, head.transform.rotation, place_mm)
        seen = (moved @ HEADSET_FROM_CAMERA).inverse() @ WORLD_FROM_BOARD
        pose = UncertainPose(moved, head.covariance)
        assert finder.take(pose, _noisy(rng, seen, about(seen.translation_mm, sigma_rad=1e-3, sigma_mm=0.3))) is None
    assert "hardly turned" in finder.words
    finder.begin_anew()
    assert f"0 of {FEWEST}" in finder.words


@pytest.mark.parametrize(
    ("sigma_mm", "sigma_rad", "rough"), [(0.3, 0.001, False), (40.0, 0.001, True), (1.0, 0.2, True)]
)
def test_a_guess_is_told_by_its_sigmas(sigma_mm: float, sigma_rad: float, rough: bool):
    camera = CLIENT_MESSAGES["headset_camera"]
    assert isinstance(camera, HeadsetCamera)
    assert is_rough(replace(camera, place_sigma_mm=sigma_mm, place_sigma_rad=sigma_rad)) is rough
