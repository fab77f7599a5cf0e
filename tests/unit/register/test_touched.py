"""Touched landmarks to a verdict: honest where accepted, refused with words where anything is wrong."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.geometry.chain import LinkKey, expected_error
from orview.geometry.rigid import rotation_from_vector
from orview.register.landmarks import Landmark, Touch
from orview.register.touched import register_touched
from orview.register.verdict import Method, Verdict
from tests.unit.register.test_landmarks import BOARD_FROM_PATIENT, LANDMARKS, TUMOUR, touches

TARGETS = {"tumour": TUMOUR, "sacrum": np.array([0.0, 105.0, -430.0]), "far": np.array([10.0, -300.0, -440.0])}
DIGEST = "cd" * 32


def _register(
    given: list[Touch], *, landmarks: list[Landmark] = LANDMARKS, limit_mm: float = 2.0, target: str = "tumour"
) -> Verdict:
    return register_touched(
        landmarks, given, targets=TARGETS, target_key=target, board_digest=DIGEST, limit_mm=limit_mm
    )


def _scaled(factor: float) -> list[Landmark]:
    return [replace(one, position_patient_mm=factor * one.position_patient_mm) for one in LANDMARKS]


def _refused(verdict: Verdict, words: str) -> None:
    assert not verdict.accepted
    assert words in " ".join(verdict.reasons)
    assert verdict.advice
    assert Verdict.from_json(verdict.to_json()).to_json() == verdict.to_json()


def _moved(one: Touch, by: NDArray[np.float64]) -> Touch:
    return replace(one, position_board_mm=one.position_board_mm + by)


@pytest.mark.slow
def test_the_expected_error_is_the_simulated_one() -> None:
    rng = np.random.default_rng(1)
    verdicts = [_register(touches(rng)) for _ in range(300)]
    truth = BOARD_FROM_PATIENT.apply(TUMOUR)
    lengths, told = [], []
    for verdict in verdicts:
        assert verdict.accepted
        assert verdict.board_from_patient is not None
        lengths.append(np.linalg.norm(verdict.board_from_patient.transform.apply(TUMOUR) - truth))
        told.append(verdict.expected_error_mm["tumour"])
    # 300 draws: one standard error of the part held is 1.3 %.
    assert 0.91 <= np.mean(np.array(lengths) <= told) <= 0.99
    assert verdicts[0].method is Method.POINTS
    assert verdicts[0].links["tumour"].keys() == {"ct_fiducials", "touch"}
    assert verdicts[0].board_digest == DIGEST
    assert Verdict.from_json(verdicts[0].to_json()).to_json() == verdicts[0].to_json()


@pytest.mark.slow
def test_a_tip_that_is_off_alike_in_all_touches_is_in_the_claim() -> None:
    """A tip calibrated wrong by half a millimetre along each axis, the pointer leant anew for each touch."""
    rng = np.random.default_rng(8)
    tip_mm, hand_mm, lean_deg = 0.5, 0.5, 25.0
    shared = tip_mm**2 * np.eye(3)
    truth = BOARD_FROM_PATIENT.apply(TUMOUR)
    told, squares, bold = [], [], []
    for _ in range(120):
        off = rng.normal(0.0, tip_mm, 3)
        given = [
            replace(
                one,
                position_board_mm=one.position_board_mm
                + rotation_from_vector(np.radians(lean_deg) / np.sqrt(3.0) * rng.normal(size=3)) @ off,
                covariance_mm2=hand_mm**2 * np.eye(3) + shared,
                shared_mm2=shared,
            )
            for one in touches(rng, sigma_mm=hand_mm)
        ]
        verdict = _register(given, limit_mm=5.0)
        assert verdict.board_from_patient is not None
        pose = verdict.board_from_patient
        error = pose.transform.apply(TUMOUR) - truth
        squares.append(error @ np.linalg.solve(pose.covariance_at(TUMOUR), error))
        told.append(np.linalg.norm(error) <= verdict.expected_error_mm["tumour"])
        others = [link for link in verdict.chain if link.key is not LinkKey.POINTER]
        bold.append(np.linalg.norm(error) <= expected_error(others, TUMOUR).error_95_mm)
    assert verdict.links["tumour"].keys() == {"ct_fiducials", "touch", "pointer"}
    # 120 draws: three standard errors of the part held are 6 %, those of the mean square of a z-score 0.23.
    assert np.mean(told) >= 0.89
    assert 0.77 <= np.mean(squares) / 3.0 <= 1.23
    assert np.mean(bold) < 0.89


def test_touches_without_names_give_the_same_pose() -> None:
    named = _register(touches(np.random.default_rng(5)))
    unnamed = _register(touches(np.random.default_rng(5), named=False))
    assert named.board_from_patient is not None
    assert unnamed.board_from_patient is not None
    np.testing.assert_allclose(
        unnamed.board_from_patient.transform.matrix, named.board_from_patient.transform.matrix, atol=1e-9
    )


@pytest.mark.slow
def test_one_wrong_touch_of_seven_is_found_and_left_out() -> None:
    rng = np.random.default_rng(2)
    truth = BOARD_FROM_PATIENT.apply(TUMOUR)
    errors, found, unseen, trials = [], 0, 0, 150
    for trial in range(trials):
        given = touches(rng, sigma_mm=0.3)
        wrong = trial % 7
        away = rng.normal(size=3)
        given[wrong] = _moved(given[wrong], 5.0 * away / np.linalg.norm(away))
        verdict = _register(given)
        left_out = [advice.removesuffix(" was left out: touch it again.") for advice in verdict.advice]
        if verdict.matched == 6:
            assert left_out[0] == LANDMARKS[wrong].name
            found += 1
            assert verdict.board_from_patient is not None
            errors.append(np.linalg.norm(verdict.board_from_patient.transform.apply(TUMOUR) - truth))
        else:
            unseen += verdict.accepted
    # A crest stands alone far out: moved along its free turn it hardly disagrees with anybody.
    assert found >= 0.97 * trials
    assert unseen <= 0.01 * trials
    assert np.sqrt(np.mean(np.square(errors))) < 0.6


@pytest.mark.slow
def test_good_touches_are_rarely_blamed() -> None:
    rng = np.random.default_rng(12)
    blamed = sum(_register(touches(rng)).matched != 7 for _ in range(200))
    assert blamed <= 1


def test_a_wrong_touch_of_four_is_refused_as_nobody_can_tell_which() -> None:
    rng = np.random.default_rng(3)
    given = touches(rng)[:2] + touches(rng)[3:5]
    given[1] = _moved(given[1], np.array([6.0, 0.0, 4.0]))
    _refused(_register(given), "do not lie to one another")


def test_exchanged_names_are_told() -> None:
    given = touches(np.random.default_rng(4))
    given[2], given[4] = replace(given[2], name=given[4].name), replace(given[4], name=given[2].name)
    _refused(_register(given), "s1_spine and crest_left seem to have been touched the other way round")


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("factor", [0.001, 0.01, 10.0, 25.4, 1000.0])
def test_landmarks_in_another_unit_are_refused(factor: float, named: bool) -> None:
    verdict = _register(touches(np.random.default_rng(6), named=named), landmarks=_scaled(factor))
    assert not verdict.accepted
    if named:
        _refused(verdict, "times as large")


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_one_percent_is_noticed_by_touches_as_fine_as_that(factor: float) -> None:
    fine = [replace(one, covariance_mm2=0.1**2 * np.eye(3)) for one in _scaled(factor)]
    rng = np.random.default_rng(7)
    given = [
        Touch(
            name=one.name,
            position_board_mm=BOARD_FROM_PATIENT.apply(one.position_patient_mm) + rng.normal(0.0, 0.2, 3),
            covariance_mm2=0.04 * np.eye(3),
        )
        for one in LANDMARKS
    ]
    _refused(_register(given, landmarks=fine), "larger" if factor > 1.0 else "smaller")


@pytest.mark.hazard("H04")
def test_a_mirrored_ct_is_refused() -> None:
    for axis in range(3):
        flip = np.ones(3)
        flip[axis] = -1.0
        mirrored = [
            replace(
                one,
                name=one.name.replace("left", "a").replace("right", "b"),
                position_patient_mm=flip * one.position_patient_mm,
            )
            for one in LANDMARKS
        ]
        given = [
            replace(touch, name=one.name)
            for touch, one in zip(touches(np.random.default_rng(8)), mirrored, strict=True)
        ]
        _refused(_register(given, landmarks=mirrored), "mirror image")


@pytest.mark.hazard("H04")
def test_landmarks_in_ras_are_refused_by_their_names() -> None:
    ras = [replace(one, position_patient_mm=one.position_patient_mm * (-1.0, -1.0, 1.0)) for one in LANDMARKS]
    _refused(_register(touches(np.random.default_rng(9)), landmarks=ras), "wrong sides")


def test_flat_landmarks_cannot_tell_a_mirror_and_are_refused() -> None:
    flat = [replace(one, position_patient_mm=one.position_patient_mm * (1.0, 0.0, 1.0)) for one in LANDMARKS]
    _refused(_register(touches(np.random.default_rng(1), landmarks=flat), landmarks=flat), "so flat")


def test_what_the_layout_cannot_promise_is_refused_with_what_would_help() -> None:
    four = touches(np.random.default_rng(11))[:2] + touches(np.random.default_rng(11))[4:6]
    verdict = _register(four, limit_mm=1.2)
    _refused(verdict, "above the limit of 1.2 mm")
    assert any(advice.startswith("Touch ") and "could be expected" in advice for advice in verdict.advice)
    far = _register(touches(np.random.default_rng(11)), target="far")
    _refused(far, "above the limit")
    assert "Choose landmarks that are spread wider, and on all sides of the target." in far.advice
    assert any("Most of it" in advice for advice in far.advice)


def _with(given: list[Touch], number: int, **change: object) -> list[Touch]:
    return [replace(one, **change) if n == number else one for n, one in enumerate(given)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda given: given[:3], "Only 3 landmarks were touched"),
        (lambda given: [], "Only 0 landmarks"),
        (lambda given: _with(given, 2, name="nose"), "nose is no landmark"),
        (lambda given: _with(given, 2, name=given[0].name), "psis_left stands twice"),
        (lambda given: _with(given, 2, position_board_mm=given[0].position_board_mm), "at the same place"),
        (lambda given: _with(given, 2, position_board_mm=np.array([np.nan, 0, 0])), "crest_left holds a value"),
        (lambda given: _with(given, 2, covariance_mm2=np.zeros((3, 3))), "crest_left claims to have no error"),
        (lambda given: [*given, replace(given[0], name=None)], "More points were touched"),
    ],
)
def test_useless_touches_are_refused_in_words(spoil: Callable[[list[Touch]], list[Touch]], words: str) -> None:
    _refused(_register(spoil(touches(np.random.default_rng(13)))), words)


def test_landmarks_on_one_line_are_refused_in_words() -> None:
    line = [
        replace(one, name=f"p{n}", position_patient_mm=np.array([0.0, 0.0, 25.0 * n]))
        for n, one in enumerate(LANDMARKS)
    ]
    exact = [
        Touch(
            name=one.name, position_board_mm=BOARD_FROM_PATIENT.apply(one.position_patient_mm), covariance_mm2=np.eye(3)
        )
        for one in line
    ]
    _refused(_register(exact, landmarks=line), "on one line")
