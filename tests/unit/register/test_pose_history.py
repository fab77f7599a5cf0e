"""Poses between their neighbours, never across a gap, and whether a head is still."""

import numpy as np
import pytest

from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.register.pose_history import PoseHistory
from orview.units import NS_PER_MS

MS = NS_PER_MS


def turned(angle_rad: float, x_mm: float) -> RigidTransform:
    return RigidTransform.from_rotation_vector(Frame.WORLD, Frame.HEADSET, [0.0, 0.0, angle_rad], [x_mm, 0.0, 0.0])


def test_a_pose_between_two_is_on_the_shortest_way() -> None:
    history = PoseHistory([0, 20 * MS], [turned(0.0, 0.0), turned(0.4, 10.0)])
    middle = history.at(5 * MS)
    assert np.allclose(middle.rotation_vector_rad, [0.0, 0.0, 0.1], atol=1e-12)
    assert np.allclose(middle.translation_mm, [2.5, 0.0, 0.0])
    assert history.at(20 * MS).translation_mm[0] == 10.0


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(("gap_ms", "known"), [(50, True), (51, False)])
def test_across_a_gap_of_more_than_50_ms_nothing_is_known(gap_ms: int, known: bool) -> None:
    history = PoseHistory([0, gap_ms * MS], [turned(0.0, 0.0), turned(0.1, 1.0)])
    assert (history.at(10 * MS) is not None) == known


def test_outside_nothing_is_known() -> None:
    history = PoseHistory([0, 20 * MS], [turned(0.0, 0.0), turned(0.1, 1.0)])
    assert history.at(-1) is None
    assert history.at(20 * MS + 1) is None
    assert PoseHistory([], []).at(0) is None


def test_motion_is_per_second() -> None:
    times = [number * 10 * MS for number in range(20)]
    history = PoseHistory(times, [turned(0.0, 0.1 * time / MS) for time in times])
    assert np.allclose(history.motion_at(100 * MS), [0.0, 0.0, 0.0, 100.0, 0.0, 0.0])
    assert history.motion_at(1 * MS) is None


@pytest.mark.parametrize(("mm_per_s", "still"), [(1.0, True), (20.0, False)])
def test_stillness_is_a_millimetre_in_three_tenths_of_a_second(mm_per_s: float, still: bool) -> None:
    times = [number * 14 * MS for number in range(60)]
    history = PoseHistory(times, [turned(0.0, mm_per_s * time / 1e9) for time in times])
    assert history.is_still(400 * MS) == still
    assert not history.is_still(50 * MS)


def test_a_turning_head_is_not_still() -> None:
    times = [number * 14 * MS for number in range(60)]
    history = PoseHistory(times, [turned(0.05 * time / 1e9, 0.0) for time in times])
    assert not history.is_still(400 * MS)


@pytest.mark.parametrize("times", [[0, 0], [20, 10], [0]])
def test_times_that_do_not_ascend_are_no_history(times: list[int]) -> None:
    with pytest.raises(ContractError):
        PoseHistory(times, [turned(0.0, 0.0), turned(0.1, 1.0)])
