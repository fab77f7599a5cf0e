"""Landmarks are asked for in order, and a touch that cannot be the one asked for does not count."""

import numpy as np
import pytest

from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.register.landmarks import Landmark
from orview.register.touching import SPOT_SIGMA_MM, Answer, Touching

PLACES = {
    "a": np.array([0.0, 0.0, 0.0]),
    "b": np.array([90.0, 10.0, 0.0]),
    "c": np.array([20.0, 70.0, 15.0]),
    "d": np.array([-40.0, 30.0, 55.0]),
}
BOARD_FROM_PATIENT = RigidTransform.from_rotation_vector(
    Frame.BOARD, Frame.PATIENT, [0.3, -1.2, 0.4], [50.0, 9.0, 70.0]
)
TIP_MM2 = 0.2 * np.eye(3)
LIFTED = np.array([300.0, 200.0, 0.0])


def _touching() -> Touching:
    return Touching(
        [
            Landmark(name=name, position_patient_mm=place, covariance_mm2=0.49 * np.eye(3))
            for name, place in PLACES.items()
        ],
        tuple(PLACES),
    )


def _touch(touching: Touching, name: str, *, off: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Answer:
    answer = touching.take(BOARD_FROM_PATIENT.apply(PLACES[name] + off), TIP_MM2)
    assert answer is not None
    return answer


def _names(touching: Touching) -> list[str | None]:
    return [touch.name for touch in touching.touches]


def test_each_touch_is_the_landmark_that_was_asked_for() -> None:
    touching = _touching()
    for name in PLACES:
        assert touching.next_name == name
        answer = _touch(touching, name, off=(1.0, -1.0, 0.5))
        assert (answer.taken, answer.touch.name, answer.forgotten) == (True, name, None)
        np.testing.assert_allclose(answer.touch.covariance_mm2, TIP_MM2 + SPOT_SIGMA_MM**2 * np.eye(3))
    assert touching.next_name is None
    assert touching.take(np.zeros(3), TIP_MM2) is None
    assert _names(touching) == list(PLACES)


def test_a_pointer_laid_aside_is_no_touch() -> None:
    touching = _touching()
    _touch(touching, "a")
    _touch(touching, "b")
    answer = touching.take(LIFTED, TIP_MM2)
    assert answer is not None
    assert not answer.taken
    assert "rested" in answer.reason
    assert "c lies 74 mm from it" in answer.reason
    again = touching.take(LIFTED, TIP_MM2)
    assert again is not None
    assert not again.taken
    assert touching.next_name == "c"
    assert _touch(touching, "c").taken


def test_another_landmark_than_the_one_asked_for_is_no_touch() -> None:
    touching = _touching()
    _touch(touching, "a")
    assert not _touch(touching, "d").taken
    assert not _touch(touching, "a").taken
    assert touching.next_name == "b"


def test_a_wrong_first_touch_is_found_by_touching_the_second_twice() -> None:
    touching = _touching()
    assert touching.take(LIFTED, TIP_MM2) is not None
    assert not _touch(touching, "b").taken
    answer = _touch(touching, "b", off=(1.0, 1.0, 0.0))
    assert (answer.taken, answer.forgotten) == (True, "a")
    assert touching.next_name == "a"
    assert _touch(touching, "a").taken
    assert _names(touching) == ["b", "a"]


def test_two_doubtful_touches_at_different_places_forget_nothing() -> None:
    touching = _touching()
    _touch(touching, "a")
    assert not _touch(touching, "d").taken
    assert not _touch(touching, "c").taken
    assert _names(touching) == ["a"]


def test_one_landmark_can_be_asked_for_again_or_before_its_turn() -> None:
    touching = _touching()
    _touch(touching, "a")
    _touch(touching, "b")
    touching.ask("d")
    assert touching.next_name == "d"
    _touch(touching, "d")
    assert touching.next_name == "c"
    touching.ask("a")
    assert (touching.next_name, _names(touching)) == ("a", ["b", "d"])
    _touch(touching, "a")
    assert (touching.next_name, _names(touching)) == ("c", ["b", "d", "a"])
    with pytest.raises(ContractError):
        touching.ask("nobody")
