"""A cut face that was touched, against its plan; the claims are checked by many trials."""

import math

import numpy as np
import pytest

from orview.errors import InputError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotations_from_vectors
from orview.geometry.uncertain import UncertainPose, told_about_origin
from orview.plan.cut_plane import CutPlane
from orview.plan.specimen import cut_error, shared_error
from tests.solids import beside
from tests.unit.plan.test_clearance import TURNS, plane

SURE = {"touch_sigma_mm": 0.01, "shared": np.zeros((3, 3))}


def faces(planned: CutPlane, *, offset_mm: float, tilt_deg: float, count: int, rng: np.random.Generator) -> np.ndarray:
    """Points on a face that stands off the plan and is tilted about its width."""
    u, v = rng.uniform(-0.4, 0.4, size=(2, count)) * [[planned.width_mm], [planned.height_mm]]
    heights = offset_mm + v * math.tan(math.radians(tilt_deg))
    return (
        planned.center_mm
        + u[:, None] * planned.along
        + v[:, None] * planned.upward
        + heights[:, None] * planned.kept_normal
    )


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize(("offset_mm", "tilt_deg"), [(0.0, 0.0), (2.5, 0.0), (-1.5, 6.0), (4.0, 20.0)])
def test_offset_and_tilt_of_a_face_without_noise(turn: np.ndarray, offset_mm: float, tilt_deg: float) -> None:
    planned = plane(20.0, turn)
    touched = faces(planned, offset_mm=offset_mm, tilt_deg=tilt_deg, count=12, rng=np.random.default_rng(1))
    found = cut_error(planned, touched, **SURE)
    assert found.offset_mm == pytest.approx(offset_mm, abs=1e-6)
    assert found.tilt_deg == pytest.approx(tilt_deg, abs=1e-6)
    assert found.flatness_mm == pytest.approx(0.0, abs=1e-6)
    assert found.farthest_mm == pytest.approx(np.abs(planned.heights_mm(touched)).max())


PATIENT = RigidTransform.identity(Frame.PATIENT, Frame.BOARD)


@pytest.mark.parametrize("tilt_deg", [0.0, 5.0])
def test_the_claims_hold_in_95_of_100_trials(tilt_deg: float) -> None:
    planned, rng = plane(20.0, TURNS[1]), np.random.default_rng(9)
    # A registration that errs about a place beside the face, more about one axis than about another.
    spread = told_about_origin(np.add(planned.center_mm, [30.0, -20.0, 40.0])) @ np.diag(
        [6e-3, 3e-3, 9e-3, 0.3, 0.5, 0.4]
    )
    pose = UncertainPose(PATIENT, spread @ spread.T)
    shared = shared_error(planned, pose)
    tilt = math.radians(tilt_deg)
    true_normal = -math.sin(tilt) * planned.upward + math.cos(tilt) * planned.kept_normal
    inside: list[tuple[bool, bool]] = []
    for _ in range(1500):
        error = spread @ rng.normal(size=6)
        exact = faces(planned, offset_mm=1.0, tilt_deg=tilt_deg, count=14, rng=rng)
        moved = exact + np.cross(error[:3], exact) + error[3:]
        found = cut_error(planned, moved + rng.normal(0.0, 0.5, size=(14, 3)), touch_sigma_mm=0.5, shared=shared)
        off_deg = math.degrees(math.acos(min(float(np.array(found.normal) @ true_normal), 1.0)))
        inside.append((abs(found.offset_mm - 1.0) <= found.offset_95_mm, off_deg <= found.tilt_95_deg))
    offsets, tilts = np.mean(inside, axis=0)
    assert 0.93 <= offsets <= 0.97
    assert 0.93 <= tilts <= 0.97


@pytest.mark.parametrize("turn", TURNS)
def test_the_face_that_was_found_is_where_it_was_cut(turn: np.ndarray) -> None:
    planned = plane(20.0, turn)
    touched = faces(planned, offset_mm=2.0, tilt_deg=7.0, count=12, rng=np.random.default_rng(2))
    face = cut_error(planned, touched, **SURE).face_of(planned)
    assert np.abs(face.heights_mm(touched)).max() < 1e-9
    assert (face.width_mm, face.height_mm, face.key) == (planned.width_mm, planned.height_mm, planned.key)


def test_a_shift_along_the_normal_moves_the_face_and_one_along_it_does_not() -> None:
    planned = plane(20.0, TURNS[2])
    for direction, variance in ((planned.kept_normal, 0.25), (planned.along, 0.0)):
        covariance = np.zeros((6, 6))
        covariance[3:, 3:] = 0.25 * np.outer(direction, direction)
        shared = shared_error(planned, UncertainPose(PATIENT, covariance))
        assert shared[0, 0] == pytest.approx(variance)
        assert np.abs(shared[1:, 1:]).max() < 1e-12


def test_touches_that_scatter_more_than_they_say_widen_the_claim() -> None:
    planned, rng = plane(20.0, TURNS[0]), np.random.default_rng(3)
    flat = faces(planned, offset_mm=0.0, tilt_deg=0.0, count=20, rng=rng)
    rough = flat + rng.normal(0.0, 2.0, size=(20, 1)) * planned.kept_normal
    assert cut_error(planned, rough, **SURE).offset_95_mm > 20.0 * cut_error(planned, flat, **SURE).offset_95_mm


@pytest.mark.parametrize(
    ("touched", "words"),
    [
        ([beside([0.0, 0.0, 20.0])] * 3, "was touched 3 times"),
        ([beside([x, 0.0, 20.0]) for x in (0.0, 5.0, 9.0, 14.0)], "on one line"),
        ([beside([0.0, y, z]) for y in (0.0, 9.0) for z in (12.0, 20.0, 31.0)], "across the plan"),
    ],
)
def test_touches_that_make_no_face_are_refused(touched: list[np.ndarray], words: str) -> None:
    with pytest.raises(InputError, match=words):
        cut_error(plane(20.0, rotations_from_vectors(np.zeros((1, 3)))[0]), touched, **SURE)
