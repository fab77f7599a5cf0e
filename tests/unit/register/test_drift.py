"""Injected drift is told in one sight, calm sights raise no alarm, and an unseen alignment grows less certain."""

from itertools import pairwise

import numpy as np
import pytest

from orview.frames import Frame
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.chain import about
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.register.drift import DriftRate, DriftWord, compare, grown, stands_for_s
from tests.unit.register.heads import TARGET_ROOM_MM, WORLD_FROM_ROOM, drawn, moved

PLACE = WORLD_FROM_ROOM.apply(TARGET_ROOM_MM)
ALIGNED_MM2 = about(PLACE, sigma_rad=0.0008, sigma_mm=0.25)
SIGHT_MM2 = about(PLACE, sigma_rad=0.002, sigma_mm=0.4)
RATE = DriftRate()


def compared(rng: np.random.Generator, drift: RigidTransform):
    """One sight after the headset's world jumped by so much, both with their honest errors."""
    aligned = UncertainPose(moved(WORLD_FROM_ROOM, drawn(rng, ALIGNED_MM2)), ALIGNED_MM2)
    seen = UncertainPose(moved(drift @ WORLD_FROM_ROOM, drawn(rng, SIGHT_MM2)), SIGHT_MM2)
    return compare(aligned, seen, at_room_mm=TARGET_ROOM_MM)


def shift(rng: np.random.Generator, mm: float) -> RigidTransform:
    way = rng.normal(size=3)
    return RigidTransform(Frame.WORLD, Frame.WORLD, np.eye(3), mm * way / np.linalg.norm(way))


def turn(rng: np.random.Generator, degrees: float) -> RigidTransform:
    """A turn about the target itself, so that it shows as a turn and not as a way."""
    axis = rng.normal(size=3)
    rotation = RigidTransform.from_rotation_vector(
        Frame.WORLD, Frame.WORLD, np.radians(degrees) * axis / np.linalg.norm(axis), np.zeros(3)
    ).rotation
    return RigidTransform(Frame.WORLD, Frame.WORLD, rotation, PLACE - rotation @ PLACE)


@pytest.mark.hazard("H09")
@pytest.mark.parametrize("mm", [5.0, 7.0, 10.0, 20.0])
def test_5_mm_and_more_are_told_in_one_sight_every_time(mm: float) -> None:
    rng = np.random.default_rng([1, int(mm)])
    assert all(compared(rng, shift(rng, mm)).word is DriftWord.DRIFTED for _ in range(300))


@pytest.mark.hazard("H09")
@pytest.mark.parametrize("degrees", [2.0, 3.0, 5.0])
def test_2_deg_and_more_are_told_in_one_sight_every_time(degrees: float) -> None:
    rng = np.random.default_rng([2, int(degrees)])
    assert all(compared(rng, turn(rng, degrees)).word is DriftWord.DRIFTED for _ in range(300))


@pytest.mark.hazard("H09")
def test_calm_sights_raise_no_alarm() -> None:
    rng = np.random.default_rng(3)
    words = [compared(rng, shift(rng, 0.0)).word for _ in range(2000)]
    assert words.count(DriftWord.HOLDS) == 2000


def test_what_is_told_between_1_and_4_mm_grows_with_the_drift() -> None:
    rng = np.random.default_rng(4)
    told = [np.mean([compared(rng, shift(rng, mm)).word is DriftWord.DRIFTED for _ in range(300)]) for mm in (1, 3, 4)]
    assert told[0] <= 0.02
    assert told[0] < told[1] <= told[2]
    assert told[2] >= 0.85


def test_what_another_view_may_do_to_a_bias_is_no_drift_until_it_is_5_mm() -> None:
    rng = np.random.default_rng(5)
    apart = about(PLACE, sigma_rad=0.0, sigma_mm=1.0)
    words = {}
    for mm in (2.5, 5.0):
        seen = UncertainPose(shift(rng, mm) @ WORLD_FROM_ROOM, SIGHT_MM2 / 16.0)
        aligned = UncertainPose(WORLD_FROM_ROOM, ALIGNED_MM2 / 16.0)
        words[mm] = [compare(aligned, seen, at_room_mm=TARGET_ROOM_MM, by_view=given).word for given in (None, apart)]
    assert words[2.5] == [DriftWord.DRIFTED, DriftWord.HOLDS]
    assert words[5.0] == [DriftWord.DRIFTED, DriftWord.DRIFTED]


def test_a_sight_too_unsure_to_see_5_mm_is_not_judged() -> None:
    coarse = UncertainPose(WORLD_FROM_ROOM, 16.0 * SIGHT_MM2)
    aligned = UncertainPose(WORLD_FROM_ROOM, ALIGNED_MM2)
    assert compare(aligned, coarse, at_room_mm=TARGET_ROOM_MM).word is DriftWord.TOO_COARSE


@pytest.mark.hazard("H09")
def test_an_alignment_without_a_sight_grows_less_certain_with_time_and_way() -> None:
    aligned = UncertainPose(WORLD_FROM_ROOM, ALIGNED_MM2)

    def error_mm(since_s: float, way_mm: float = 0.0) -> float:
        later = grown(aligned, about_mm=np.zeros(3), since_s=since_s, way_mm=way_mm, rate=RATE)
        return radius_95_mm(later.covariance_at(TARGET_ROOM_MM))

    errors = [error_mm(since_s) for since_s in (-5.0, 0.0, 10.0, 60.0, 300.0)]
    assert errors[0] == errors[1]
    assert all(later > earlier for earlier, later in pairwise(errors[1:]))
    assert error_mm(10.0, 3000.0) > error_mm(10.0)


def test_how_long_an_alignment_stands_is_where_its_error_meets_the_limit() -> None:
    aligned = UncertainPose(WORLD_FROM_ROOM, ALIGNED_MM2)
    stands_s = stands_for_s(aligned, at_room_mm=TARGET_ROOM_MM, limit_mm=3.0, rate=RATE)
    later = grown(aligned, about_mm=PLACE, since_s=stands_s, rate=RATE)
    assert radius_95_mm(later.covariance_at(TARGET_ROOM_MM)) == pytest.approx(3.0, abs=1e-3)
    assert stands_for_s(aligned, at_room_mm=TARGET_ROOM_MM, limit_mm=0.1, rate=RATE) == 0.0
    resting = DriftRate(mm_per_s=0.0, deg_per_s=0.0)
    assert stands_for_s(aligned, at_room_mm=TARGET_ROOM_MM, limit_mm=3.0, rate=resting) == np.inf
