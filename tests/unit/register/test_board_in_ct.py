"""From beads to a verdict: accepted where it should be, refused with words everywhere else."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.rigid import RigidTransform
from orview.register.board_in_ct import MOUNT_SIGMA_MM, register_case
from orview.register.verdict import Method, Verdict
from orview.segment.beads import Bead

BOARD = load_board("patient_flat")
PATIENT_FROM_BOARD = RigidTransform.from_rotation_vector(
    Frame.PATIENT, Frame.BOARD, [2.9, 0.2, -0.4], [85.0, -240.0, -1035.0]
)
TARGETS = {
    "tumour": PATIENT_FROM_BOARD.apply([75.0, 50.0, 90.0]),
    "sacrum": PATIENT_FROM_BOARD.apply([70.0, 60.0, 70.0]),
    "hip_left": PATIENT_FROM_BOARD.apply([-60.0, 50.0, 130.0]),
}


def _beads(
    places_board_mm: NDArray[np.float64] = BOARD.beads_board_mm,
    *,
    factor: float = 1.0,
    sigma_mm: float = 0.08,
    claimed_mm: float = 0.03,
    seed: int = 1,
) -> list[Bead]:
    noise = np.random.default_rng(seed).normal(0.0, sigma_mm, places_board_mm.shape)
    return [
        Bead(
            position_patient_mm=place * factor,
            covariance_mm2=claimed_mm**2 * np.eye(3),
            diameter_mm=4.0,
            peak_hu=3000.0,
        )
        for place in PATIENT_FROM_BOARD.apply(places_board_mm + noise)
    ]


def _register(beads: list[Bead], *, limit_mm: float = 2.0) -> Verdict:
    return register_case(beads, BOARD, targets=TARGETS, target_key="tumour", limit_mm=limit_mm)


def _refused(verdict: Verdict, words: str) -> None:
    assert not verdict.accepted
    assert words in verdict.reasons[0]
    assert verdict.advice
    assert Verdict.from_json(verdict.to_json()).to_json() == verdict.to_json()


def test_a_good_registration_is_accepted_with_the_error_at_every_structure() -> None:
    verdict = _register(_beads())
    assert verdict.accepted
    assert verdict.matched == verdict.known == verdict.found == 8
    assert verdict.method is Method.BOARD
    assert verdict.board_digest == BOARD.digest
    assert verdict.expected_error_mm.keys() == TARGETS.keys()
    assert verdict.board_from_patient is not None
    truth = PATIENT_FROM_BOARD.inverse()
    for key, point in TARGETS.items():
        told = radius_95_mm(verdict.board_from_patient.covariance_at(point))
        assert verdict.expected_error_mm[key] == pytest.approx(told, rel=1e-6)
        off_mm = np.linalg.norm(verdict.board_from_patient.transform.apply(point) - truth.apply(point))
        assert off_mm < 2.0 * told
    assert verdict.expected_error_mm["hip_left"] > verdict.expected_error_mm["sacrum"]


def test_every_structure_knows_which_link_costs_what() -> None:
    fine, coarse = (_register(_beads(claimed_mm=claimed_mm)) for claimed_mm in (0.03, 0.3))
    for verdict in (fine, coarse):
        assert verdict.links.keys() == TARGETS.keys()
        for shares in verdict.links.values():
            assert shares.keys() == {"ct_fiducials", "board_build"}
            assert sum(shares.values()) == pytest.approx(1.0, abs=1e-12)
    assert fine.links["tumour"]["board_build"] > 0.9
    assert coarse.links["tumour"]["ct_fiducials"] > 0.5
    assert verdict.board_from_patient is not None
    whole = sum((link.covariance_at(TARGETS["hip_left"]) for link in verdict.chain), np.zeros((3, 3)))
    assert np.trace(whole) == pytest.approx(np.trace(verdict.board_from_patient.covariance_at(TARGETS["hip_left"])))


def test_how_the_print_sits_on_its_plate_does_not_average_away() -> None:
    verdict = _register(_beads(claimed_mm=0.001))
    # Beads without any error of their own would still leave the mount: 0.1 mm along each axis and the turn's part.
    assert verdict.expected_error_mm["tumour"] > radius_95_mm(MOUNT_SIGMA_MM**2 * np.eye(3))


def test_fre_is_never_told_as_accuracy() -> None:
    verdict = _register(_beads())
    assert verdict.fre_mm is not None
    words = " ".join((*verdict.reasons, *verdict.advice))
    assert "95 %" in words
    assert f"{verdict.fre_mm:.2f}" not in words
    assert "FRE" not in words


def test_missing_and_false_beads_are_told() -> None:
    stray = np.array([[20.0, 40.0, -60.0], [90.0, 160.0, 30.0]])
    verdict = _register(_beads(np.vstack([BOARD.beads_board_mm[:6], stray])))
    assert verdict.accepted
    assert (verdict.matched, verdict.found) == (6, 8)
    assert "2 beads of the board were not used" in verdict.advice[0]


def test_fewer_than_half_of_the_beads_are_refused() -> None:
    _refused(_register(_beads(BOARD.beads_board_mm[:3])), "Only 3 of the 8 beads")
    _refused(_register([]), "Only 0 of the 8 beads")


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("factor", [0.001, 0.01, 1 / 25.4, 10.0, 25.4, 1000.0])
def test_a_ct_in_another_unit_is_refused(factor: float) -> None:
    verdict = _register(_beads(factor=factor))
    _refused(verdict, "times as large")
    assert "voxel spacing" in verdict.advice[0]
    assert verdict.scale == pytest.approx(1.0 / factor, rel=5e-3)


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("percent", [p for p in range(-10, 11) if p])
def test_a_board_built_at_the_wrong_size_is_refused_from_one_percent_on(percent: int) -> None:
    verdict = _register(_beads(BOARD.beads_board_mm * (1.0 + percent / 100.0)))
    _refused(verdict, "larger" if percent > 0 else "smaller")
    assert f"{abs(percent)}." in verdict.reasons[0] or f"{abs(percent) - 1}.9" in verdict.reasons[0]
    assert "100 mm bar" in verdict.advice[0]


def test_an_error_above_the_limit_is_refused_and_still_told() -> None:
    verdict = _register(_beads(), limit_mm=0.1)
    _refused(verdict, "above the limit of 0.1 mm")
    assert verdict.expected_error_mm["tumour"] > 0.1
    assert verdict.board_from_patient is not None


def test_thick_slices_are_named_where_they_cost_most() -> None:
    verdict = _register(_beads(sigma_mm=0.3, claimed_mm=0.3), limit_mm=0.3)
    assert not verdict.accepted
    assert any("thinner slices" in advice for advice in verdict.advice)
    assert any("Spread the beads" in advice for advice in verdict.advice)


def test_a_bent_post_is_left_out_and_named() -> None:
    places = BOARD.beads_board_mm.copy()
    places[2] += (0.5, 0.3, -0.2)
    verdict = _register(_beads(places, sigma_mm=0.03))
    assert verdict.accepted
    assert verdict.matched == 7
    assert "Bead 3 " in verdict.advice[0]


def test_a_board_that_is_bent_all_over_is_refused() -> None:
    places = BOARD.beads_board_mm.copy()
    places[:, 2] += 0.9 * np.sin(places[:, 0] / 30.0)
    verdict = _register(_beads(places, sigma_mm=0.0, claimed_mm=0.1))
    assert not verdict.accepted


def test_a_board_without_beads_is_refused() -> None:
    plain = replace(BOARD, beads_board_mm=np.empty((0, 3)))
    verdict = register_case(_beads(), plain, targets=TARGETS, target_key="tumour")
    _refused(verdict, "no beads")


def test_targets_and_limits_that_make_no_sense_break_the_contract() -> None:
    with pytest.raises(ContractError):
        register_case(_beads(), BOARD, targets=TARGETS, target_key="heart")
    for limit_mm in (0.0, float("nan"), float("inf")):
        with pytest.raises(ContractError):
            _register(_beads(), limit_mm=limit_mm)
