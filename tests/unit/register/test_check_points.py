"""Check points against truth: honest touches agree as often as claimed, a bumped board is told."""

import dataclasses
import json

import numpy as np
import pytest

from orview.errors import ContractError, InputError
from orview.frames import Frame
from orview.geometry.chain import about
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.register.check_points import (
    CheckPlan,
    CheckWord,
    check_touch,
    round_covariance,
    used_already,
)
from orview.register.landmarks import Landmark

TIP = Landmark(
    name="Sacral tip",
    position_patient_mm=np.array([20.0, -60.0, -340.0]),
    covariance_mm2=np.diag([0.1, 0.1, 0.5]),
)
TRUTH = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.PATIENT, [0.4, 2.0, -0.3], [100.0, -50.0, 900.0])
BOARD_MM = TRUTH.apply([0.0, 40.0, -250.0])
SPREAD = about(BOARD_MM, sigma_rad=0.004, sigma_mm=0.3)
TOUCH_MM2 = round_covariance(0.5)


def drawn(rng: np.random.Generator, covariance: np.ndarray) -> np.ndarray:
    return rng.multivariate_normal(np.zeros(len(covariance)), covariance)


def moved(pose: RigidTransform, motion: np.ndarray) -> RigidTransform:
    """A pose after a small motion in the frame it leads to."""
    small = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.ROOM, motion[:3], motion[3:])
    return small @ pose


def touched_truly(rng: np.random.Generator, landmark: Landmark) -> np.ndarray:
    """Where a hand touches the landmark that lies where it truly is."""
    picked_wrong_mm = drawn(rng, landmark.covariance_mm2)
    return TRUTH.apply(landmark.position_patient_mm + picked_wrong_mm) + drawn(rng, TOUCH_MM2)


def test_honest_touches_agree_in_95_of_100_and_are_called_wrong_in_1_of_1000() -> None:
    rng = np.random.default_rng(1)
    words = []
    for _ in range(6000):
        overlay = UncertainPose(moved(TRUTH, drawn(rng, SPREAD)), SPREAD)
        check = check_touch(TIP, touched_truly(rng, TIP), touch_covariance_mm2=TOUCH_MM2, told_from_patient=overlay)
        assert (check.misfit_mm <= check.expected_mm) == (check.word is CheckWord.AGREES)
        words.append(check.word)
    assert 0.94 <= words.count(CheckWord.AGREES) / len(words) <= 0.96
    assert words.count(CheckWord.DISAGREES) / len(words) <= 0.003


@pytest.mark.hazard("H10")
@pytest.mark.parametrize(("bump_mm", "least_told"), [(5.0, 0.95), (10.0, 1.0)])
def test_a_bumped_board_is_told(bump_mm: float, least_told: float) -> None:
    rng = np.random.default_rng(2)
    told, shown = 0, 0
    for _ in range(500):
        bump = rng.normal(size=3)
        bumped = np.concatenate([np.zeros(3), bump_mm * bump / np.linalg.norm(bump)])
        overlay = UncertainPose(moved(moved(TRUTH, drawn(rng, SPREAD)), bumped), SPREAD)
        check = check_touch(TIP, touched_truly(rng, TIP), touch_covariance_mm2=TOUCH_MM2, told_from_patient=overlay)
        told += check.word is not CheckWord.AGREES
        shown += check.word is CheckWord.DISAGREES
    assert told / 500 >= least_told
    assert shown / 500 >= least_told - 0.15


def test_words_say_the_misfit_what_was_expected_and_what_to_do() -> None:
    overlay = UncertainPose(TRUTH, SPREAD)
    there = TRUTH.apply(TIP.position_patient_mm)
    near = check_touch(TIP, np.add(there, [0.3, 0.0, 0.0]), touch_covariance_mm2=TOUCH_MM2, told_from_patient=overlay)
    assert near.words.startswith("Sacral tip: 0.3 mm off, up to ")
    assert near.words.endswith("mm were expected: agrees.")
    far = check_touch(TIP, np.add(there, [0.0, 9.0, 0.0]), touch_covariance_mm2=TOUCH_MM2, told_from_patient=overlay)
    assert far.words == f"Sacral tip: 9.0 mm off where {far.expected_mm:.1f} mm were expected: do not use."
    between = 0.5 * (1.0 + np.sqrt(16.27 / 7.81)) * far.expected_mm
    again = check_touch(
        TIP, np.add(there, [0.0, between, 0.0]), touch_covariance_mm2=TOUCH_MM2, told_from_patient=overlay
    )
    assert (again.word, again.words[-16:]) == (CheckWord.AGAIN, " touch it again.")


def test_a_finger_that_knows_no_better_than_a_centimetre_checks_nothing_unless_it_is_far_off() -> None:
    overlay = UncertainPose(TRUTH, SPREAD)
    there, finger_mm2 = TRUTH.apply(TIP.position_patient_mm), round_covariance(5.0)
    near = check_touch(TIP, np.add(there, [4.0, 0.0, 0.0]), touch_covariance_mm2=finger_mm2, told_from_patient=overlay)
    assert near.word is CheckWord.TOO_COARSE
    assert "use a finer tip" in near.words
    far = check_touch(TIP, np.add(there, [60.0, 0.0, 0.0]), touch_covariance_mm2=finger_mm2, told_from_patient=overlay)
    assert far.word is CheckWord.DISAGREES


def test_a_touch_exactly_there_agrees() -> None:
    there = TRUTH.apply(TIP.position_patient_mm)
    check = check_touch(
        TIP, there, touch_covariance_mm2=np.zeros((3, 3)), told_from_patient=UncertainPose.certain(TRUTH)
    )
    assert check.word is CheckWord.AGREES
    assert check.expected_mm > 0.0


@pytest.mark.hazard("H30")
@pytest.mark.parametrize("touched", [[np.nan, 0.0, 0.0], [np.inf, 0.0, 0.0], [0.0, 0.0]])
def test_a_touch_that_is_no_point_is_refused(touched: list[float]) -> None:
    with pytest.raises(ContractError):
        check_touch(TIP, touched, touch_covariance_mm2=TOUCH_MM2, told_from_patient=UncertainPose(TRUTH, SPREAD))


def test_a_plan_comes_back_as_it_was_written() -> None:
    plan = CheckPlan(landmarks=(TIP, dataclasses.replace(TIP, name="Spine")), max_age_min=20.0)
    back = CheckPlan.from_json(plan.to_json())
    assert back.to_json() == plan.to_json()
    assert back.landmark("Spine") is back.landmarks[1]
    assert back.landmark("nobody") is None


@pytest.mark.hazard("H23")
@pytest.mark.parametrize("field", ["version", "max_age_min", "landmarks"])
@pytest.mark.parametrize("change", ["dropped", None, "x", -1, [{}]])
def test_a_plan_with_a_field_changed_is_refused(field: str, change: object) -> None:
    document = json.loads(CheckPlan(landmarks=(TIP,)).to_json())
    document[field] = change
    if change == "dropped":
        del document[field]
    with pytest.raises(InputError):
        CheckPlan.from_json(json.dumps(document))


@pytest.mark.parametrize(
    "bad",
    [
        {"landmarks": (TIP, TIP)},
        {"landmarks": tuple(dataclasses.replace(TIP, name=str(number)) for number in range(17))},
        {"landmarks": (dataclasses.replace(TIP, name=""),)},
        {"landmarks": (dataclasses.replace(TIP, position_patient_mm=np.array([0.0, np.nan, 0.0])),)},
        {"landmarks": (TIP,), "max_age_min": 0.0},
        {"landmarks": (TIP,), "max_age_min": float("nan")},
    ],
)
def test_a_plan_that_cannot_be_is_refused(bad: dict) -> None:
    with pytest.raises(ContractError):
        CheckPlan(**bad)


def test_a_point_the_registration_rests_on_is_known() -> None:
    assert used_already(TIP, [TIP.position_patient_mm + 0.5])
    assert not used_already(TIP, [TIP.position_patient_mm + 5.0])
