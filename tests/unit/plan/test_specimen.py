"""A cut face that was touched, against its plan; the claims are checked by many trials."""

import math

import numpy as np
import pytest

from orview.errors import InputError
from orview.geometry.rigid import rotations_from_vectors
from orview.plan.cut_plane import CutPlane
from orview.plan.specimen import CutError, cut_error
from tests.solids import beside
from tests.unit.plan.test_clearance import TURNS, plane

SURE = {"touch_sigma_mm": 0.01, "shared_sigma_mm": 0.01}


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


def test_the_claims_hold_in_95_of_100_trials() -> None:
    planned, rng = plane(20.0, TURNS[1]), np.random.default_rng(9)
    inside: list[tuple[bool, bool]] = []
    for _ in range(1500):
        shared = rng.normal(0.0, 0.4, size=3)
        touched = faces(planned, offset_mm=1.0, tilt_deg=0.0, count=8, rng=rng) + rng.normal(0.0, 0.5, size=(8, 3))
        found = cut_error(planned, touched + shared, touch_sigma_mm=0.5, shared_sigma_mm=0.4)
        inside.append(
            (abs(found.offset_mm - 1.0) <= found.offset_95_mm, _true_tilt(found, planned) <= found.tilt_95_deg)
        )
    offsets, tilts = np.mean(inside, axis=0)
    assert 0.94 <= offsets <= 0.985
    assert tilts >= 0.93


def _true_tilt(found: CutError, planned: CutPlane) -> float:
    """The face of these trials is not tilted: all that was found is error."""
    assert found.key == planned.key
    return found.tilt_deg


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
