"""The tip of a pointer at the patient's board, and how wrong it is said to be."""

from dataclasses import replace

import numpy as np
import pytest

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.geometry.uncertain import UncertainPose
from orview.markers.pose import PoseState
from orview.track.follow import TrackedPose, Tracker
from orview.track.tip import TipFinder, out_of_reach, reach_mm
from orview.track.tip_rest import TipRest
from orview.track.tip_sight import Tip
from tests.board_pictures import board_pose
from tests.pointing import CAMERA_FROM_BOARD, LENS, MEASURED, PATIENT, POINTER, PROFILE, TIP, TwoBoards, pointer_at

PLACE = np.array([255.0, 5.0, 20.0])
LEANS = ((0.45, 0.25, -0.3), (0.6, -0.1, -0.2), (0.6, 0.15, -0.4))


def _seen(pose: RigidTransform, covariance: np.ndarray) -> TrackedPose:
    return TrackedPose(
        state=PoseState.TRACKED,
        taken_ns=5,
        camera_from_board=UncertainPose(pose, covariance),
        rms_px=0.1,
        corner_count=20,
        reason="",
        noise_covariance=0.4 * covariance,
    )


def _moved(pose: RigidTransform, motion: np.ndarray) -> RigidTransform:
    shift = RigidTransform(Frame.CAMERA, Frame.CAMERA, rotation_from_vector(motion[:3]), motion[3:])
    return shift @ pose


def test_the_tip_and_its_covariance_are_those_of_many_draws() -> None:
    rng = np.random.default_rng(2)
    pointer = pointer_at(PLACE)
    half = rng.normal(size=(2, 6, 6)) * np.array([2e-4] * 3 + [0.1] * 3)[:, None]
    covariances = half @ np.swapaxes(half, 1, 2)
    tip = Tip(position_pointer_mm=TIP.position_pointer_mm, covariance_mm2=np.diag([0.04, 0.01, 0.09]))
    known = replace(PROFILE, covariance=np.zeros((9, 9)))
    finder = TipFinder(PATIENT, POINTER, known, tip)
    sight = finder.find(_seen(CAMERA_FROM_BOARD, covariances[0]), _seen(pointer, covariances[1]))
    assert sight is not None
    assert sight.taken_ns == 5
    np.testing.assert_allclose(sight.position_board_mm, PLACE, atol=1e-9)
    count = 3000
    by_board, by_pointer = (rng.multivariate_normal(np.zeros(6), covariance, count) for covariance in covariances)
    tips = tip.position_pointer_mm + rng.multivariate_normal(np.zeros(3), tip.covariance_mm2, count)
    ends = [
        _moved(CAMERA_FROM_BOARD, one).inverse().apply(_moved(pointer, other).apply(at))
        for one, other, at in zip(by_board, by_pointer, tips, strict=True)
    ]
    truth = np.cov(np.array(ends).T)
    claimed = sight.noise_mm2 + sight.shared_mm2
    assert np.abs(claimed - truth).max() < 0.08 * np.trace(truth)
    turned = CAMERA_FROM_BOARD.rotation.T @ pointer.rotation
    by_tip = turned @ tip.covariance_mm2 @ turned.T
    np.testing.assert_allclose(sight.noise_mm2, 0.4 * (claimed - by_tip), atol=1e-12)


def test_a_board_that_is_doubtful_shows_no_tip() -> None:
    good = _seen(CAMERA_FROM_BOARD, np.eye(6) * 1e-6)
    finder = TipFinder(PATIENT, POINTER, PROFILE, TIP)
    assert finder.find(good, good) is not None
    for state in (PoseState.AMBIGUOUS, PoseState.LOST):
        doubtful = replace(good, state=state, camera_from_board=None, noise_covariance=None)
        assert finder.find(doubtful, good) is None
        assert finder.find(good, doubtful) is None


def test_rests_in_pictures_are_as_wrong_as_they_say() -> None:
    """Lens, prints, tip and noise are drawn anew for each rest; what the lens does to both boards cancels."""
    rng = np.random.default_rng(7)
    errors, squares = [], []
    finder = TipFinder(PATIENT, POINTER, PROFILE, TIP)
    for trial in range(6):
        f, c = rng.normal(0.0, np.sqrt(0.5), (2, 2))
        lens = replace(
            LENS, fx_px=LENS.fx_px + f[0], fy_px=LENS.fy_px + f[1], cx_px=LENS.cx_px + c[0], cy_px=LENS.cy_px + c[1]
        )
        one, other = rng.normal(1.0, MEASURED.scale_sigma, 2).tolist()
        tip_mm = TIP.position_pointer_mm + rng.normal(0.0, 0.1, 3)
        place = PLACE + rng.uniform(-15.0, 15.0, 3)
        film = TwoBoards(lens, scales=(one, other), seed=trial).still(
            pointer_at(place, lean_rad=LEANS[trial % 3], tip_mm=tip_mm), count=7
        )
        tracker, rests = Tracker((PATIENT, POINTER), PROFILE), TipRest(moved_mm=0.0)
        found = None
        # A tip is taken from the third sight on; a picture lost on the way may cost one.
        for number, image in enumerate([*film, *film[:4]]):
            seen = tracker.step(image, taken_ns=number * 100_000_000)
            found = found or rests.take(finder.find(*seen))
        assert found is not None
        error = found.position_board_mm - place
        errors.append(float(np.linalg.norm(error)))
        squares.append(float(error @ np.linalg.solve(found.covariance_mm2, error)))
    # Three would be exact, and 18 degrees of freedom leave 1.0 to 6.0 (99.7 %). That corners may be hidden, which they
    # are not here, makes the claim wider.
    assert 0.6 < np.mean(squares) < 6.0
    assert max(squares) < 16.27
    assert float(np.sqrt(np.mean(np.square(errors)))) < 0.6


@pytest.mark.parametrize(("distance_mm", "height_px"), [(400.0, 720), (600.0, 720), (600.0, 1080), (900.0, 1080)])
def test_a_pointer_that_is_too_small_in_the_picture_is_said_with_what_to_do(distance_mm: float, height_px: int) -> None:
    """Where the words begin is where rendered pointers are no longer read in every picture: markers of 25 px."""
    lens = replace(LENS, width_px=height_px * 16 // 9, height_px=height_px, fx_px=height_px * 1.479)
    profile = replace(PROFILE, lens=lens)
    seen = board_pose(PATIENT, distance_mm=distance_mm)
    pose = RigidTransform(Frame.CAMERA, Frame.BOARD, seen.rotation, np.array([0.0, 0.0, distance_mm]))
    tracked = TrackedPose(
        state=PoseState.TRACKED,
        taken_ns=0,
        camera_from_board=UncertainPose.certain(pose),
        rms_px=0.1,
        corner_count=20,
        reason="",
    )
    words = out_of_reach(POINTER, profile, tracked)
    reached = reach_mm(POINTER, profile)
    assert reached == pytest.approx({720: 511.0, 1080: 767.0}[height_px], abs=1.0)
    assert bool(words) is (distance_mm > reached)
    assert ("1080p" in words) is (bool(words) and height_px == 720)
    assert not words or f"{distance_mm / 1000.0:.2f} m from" in words
    assert out_of_reach(POINTER, profile, replace(tracked, state=PoseState.LOST, camera_from_board=None)) == ""
