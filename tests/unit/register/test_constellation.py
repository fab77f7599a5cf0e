"""Which bead is which: right or refused, never wrong."""

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.errors import ContractError
from orview.geometry.rigid import rotation_from_vector
from orview.register.constellation import Match, NoMatch, match_constellation

BOARD = load_board("patient_flat").beads_board_mm
LOW, HIGH = np.array([-40.0, -40.0, -50.0]), np.array([190.0, 150.0, 30.0])


def _scene(
    rng: np.random.Generator, *, missing: int, false: int, sigma_mm: float = 0.15
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return found beads in any place and order (M, 3), and which bead of the board each is, -1 for false ones."""
    kept = rng.permutation(len(BOARD))[missing:]
    beads = np.vstack([BOARD[kept] + rng.normal(0, sigma_mm, (len(kept), 3)), rng.uniform(LOW, HIGH, (false, 3))])
    names = np.concatenate([kept, np.full(false, -1)])
    axis = rng.normal(size=3)
    turn = rotation_from_vector(axis / np.linalg.norm(axis) * rng.uniform(0.0, np.pi))
    order = rng.permutation(len(beads))
    return (beads @ turn.T + rng.uniform(-900.0, 900.0, 3))[order], names[order]


@pytest.mark.hazard("H08")
def test_missing_and_false_beads_never_lead_to_a_wrong_match() -> None:
    rng = np.random.default_rng(20)
    answered = 0
    for _ in range(400):
        missing, false = int(rng.integers(1, 3)), int(rng.integers(1, 4))
        found, names = _scene(rng, missing=missing, false=false)
        match = match_constellation(found, BOARD, tolerance_mm=0.7)
        if isinstance(match, Match):
            np.testing.assert_array_equal(names[match.found_index], match.board_index)
            assert len(match.board_index) == len(BOARD) - missing
            answered += 1
    assert answered >= 396


@pytest.mark.hazard("H08")
def test_a_symmetric_layout_is_refused() -> None:
    square = np.array([[0.0, 0, 0], [100, 0, 0], [100, 100, 0], [0, 100, 0], [50, 50, -30]])
    match = match_constellation(square + 7.0, square, tolerance_mm=0.7)
    assert isinstance(match, NoMatch)
    assert "two ways" in match.reason


@pytest.mark.hazard("H04")
def test_a_mirrored_ct_is_refused() -> None:
    for axis in range(3):
        mirrored = BOARD.copy()
        mirrored[:, axis] *= -1.0
        assert isinstance(match_constellation(mirrored, BOARD, tolerance_mm=0.7), NoMatch)


@pytest.mark.hazard("H04")
def test_beads_in_one_plane_cannot_rule_out_a_mirrored_ct_and_are_refused() -> None:
    behind = BOARD[BOARD[:, 2] > 0.0]
    assert len(behind) == 4
    match = match_constellation(behind, BOARD, tolerance_mm=0.7)
    assert isinstance(match, NoMatch)
    assert "mirror" in match.reason


def test_beads_of_no_board_are_refused_whatever_their_number() -> None:
    rng = np.random.default_rng(3)
    for count in (0, 1, 3, 4, 8, 15, 30, 41):
        for _ in range(5):
            match = match_constellation(rng.uniform(LOW, HIGH, (count, 3)), BOARD, tolerance_mm=0.7)
            assert isinstance(match, NoMatch)
            assert match.reason
            assert match.advice


def test_another_board_is_refused() -> None:
    other = BOARD * (1.0, 1.0, 1.6) + np.random.default_rng(1).uniform(-9, 9, BOARD.shape)
    assert isinstance(match_constellation(other, BOARD, tolerance_mm=0.7, fewest=5), NoMatch)


def test_one_found_bead_is_never_two_beads_of_the_board() -> None:
    found, _ = _scene(np.random.default_rng(8), missing=0, false=3)
    match = match_constellation(found, BOARD, tolerance_mm=1.5)
    assert isinstance(match, Match)
    assert len(set(match.found_index.tolist())) == len(match.found_index) == 8
    assert match.runner_up <= 6
    assert match.mirrored <= 6


def test_numbers_that_make_no_sense_break_the_contract() -> None:
    with pytest.raises(ContractError):
        match_constellation(np.full((5, 3), np.nan), BOARD, tolerance_mm=0.7)
    with pytest.raises(ContractError):
        match_constellation(BOARD[:, :2], BOARD, tolerance_mm=0.7)
    for tolerance_mm in (0.0, -1.0, float("nan")):
        with pytest.raises(ContractError):
            match_constellation(BOARD, BOARD, tolerance_mm=tolerance_mm)
