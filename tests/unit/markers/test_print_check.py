"""Wrong scales are found: by the bars on the print, and by distances between beads (hazard H06)."""

import math
from dataclasses import replace

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.errors import InputError, RefusedError
from orview.markers.board import Board, Print
from orview.markers.print_check import (
    BEAD_READING_MM,
    SURE_FROM,
    BeadDistance,
    agreed_mm,
    check_bars,
    check_beads,
)

WITH_BEADS = ["patient_flat", "patient_folded", "patient_raised"]


def distance(board: Board, first: int, second: int) -> float:
    beads = board.beads_board_mm
    return float(np.linalg.norm(beads[first - 1] - beads[second - 1]))


def by_length(board: Board) -> list[tuple[int, int]]:
    """Return all pairs of beads, those farthest apart first."""
    count = len(board.beads_board_mm)
    pairs = [(i, j) for j in range(2, count + 1) for i in range(1, j)]
    return sorted(pairs, key=lambda pair: -distance(board, *pair))


def readings(board: Board, built: float, slips_mm: tuple[float, float]) -> tuple[BeadDistance, ...]:
    """Return the distances somebody reads who slips so far, on a board built that much larger than it should be."""
    return tuple(
        BeadDistance(first=i, second=j, measured_mm=built * distance(board.nominal, i, j) + slip)
        for (i, j), slip in zip(by_length(board)[:2], slips_mm, strict=True)
    )


SLIPS = [
    (0.0, 0.0),
    *((a, b) for a in (-BEAD_READING_MM, BEAD_READING_MM) for b in (-BEAD_READING_MM, BEAD_READING_MM)),
]


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("name", WITH_BEADS)
@pytest.mark.parametrize("slips_mm", SLIPS)
def test_every_scale_error_of_a_per_cent_is_found_by_the_beads(name: str, slips_mm: tuple[float, float]) -> None:
    """Print and beads come out at 0.90 to 1.10, nobody measured the bar, both distances are misread at worst."""
    board = load_board(name)
    for per_cent in range(-10, 11):
        built = 1.0 + per_cent / 100.0
        if per_cent == 0:
            assert abs(check_beads(board, readings(board, built, slips_mm)).scale - 1.0) < SURE_FROM / 2.0
        else:
            with pytest.raises(RefusedError, match=r"off the size of its definition|contradict"):
                check_beads(board, readings(board, built, slips_mm))


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("name", WITH_BEADS)
def test_a_mistyped_bar_is_found_by_the_beads(name: str) -> None:
    """The print is right, the bar was typed 1 to 10 % wrong: the copy's distances are wrong by as much."""
    for per_cent in [*range(-10, 0), *range(1, 11)]:
        copy = replace(load_board(name), printed=Print(scale=1.0 + per_cent / 100.0))
        with pytest.raises(RefusedError, match="off the size"):
            check_beads(copy, readings(copy, 1.0, (0.0, 0.0)))


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("name", WITH_BEADS)
def test_a_print_that_was_measured_fits_its_beads(name: str) -> None:
    for per_cent in range(-10, 11):
        built = 1.0 + per_cent / 100.0
        bars = check_bars(Print(), level_mm=100.0 * built, upright_mm=100.0 * built)
        copy = replace(load_board(name), printed=bars.printed)
        assert check_beads(copy, readings(copy, built, (0.1, -0.1))).scale == pytest.approx(1.0, abs=0.002)


@pytest.mark.hazard("H06")
def test_what_no_camera_can_see_without_a_length_from_outside() -> None:
    """A board 10 % too small at 0.9 of the distance is the same picture, to the last digit.

    So a wrong scale of the print stays unseen where nobody measured the bar and the beads were placed by other
    means than the print: no residual tells, neither a flat board's nor a folded one's.
    """
    ahead = np.array([0.0, 0.0, 1.0])
    for name in ("patient_flat", "patient_folded"):
        board = load_board(name)
        small = replace(board, printed=Print(scale=0.9))
        for one, other in zip(board.faces, small.faces, strict=True):
            near, far = one.corners_mm + 500.0 * ahead, other.corners_mm + 450.0 * ahead
            np.testing.assert_allclose(near[:, :2] / near[:, 2:], far[:, :2] / far[:, 2:], rtol=0.0, atol=1e-15)
        # Beads machined to the definition fit it, whatever the printer did.
        assert check_beads(board, readings(board, 1.0, (0.0, 0.0))).scale == pytest.approx(1.0)


def test_bars_give_the_scale_and_how_well_it_is_known() -> None:
    found = check_bars(Print(flatness_mm=0.4), level_mm=99.7, upright_mm=99.9)
    assert found.printed.scale == pytest.approx(0.998)
    assert found.printed.flatness_mm == 0.4
    assert found.printed.scale_sigma == pytest.approx(math.hypot(0.001 / math.sqrt(2.0), 0.001))
    assert found.warning == ""


def test_the_claimed_sigma_of_the_scale_holds() -> None:
    """Rulers read to 0.1 mm, prints stretched a little: the error over its sigma has the spread it should."""
    rng = np.random.default_rng(2)
    z = []
    for _ in range(4000):
        across, down = 1.0 + rng.normal(0.0, 0.003) + rng.normal(0.0, 0.0007, 2)
        level, upright = 100.0 * np.array([across, down]) + rng.normal(0.0, 0.1, 2)
        try:
            found = check_bars(Print(), level_mm=float(level), upright_mm=float(upright)).printed
        except RefusedError:
            continue
        z.append((found.scale - (across + down) / 2.0) / found.scale_sigma)
    assert len(z) > 3900
    assert 0.6 < np.std(z) < 1.0


def test_one_bar_alone_is_known_less_well() -> None:
    both = check_bars(Print(), level_mm=100.0, upright_mm=100.0).printed
    one = check_bars(Print(), level_mm=100.0, upright_mm=None).printed
    assert both.scale_sigma < 0.001 < one.scale_sigma < Print().scale_sigma


def test_a_stretched_print_is_refused() -> None:
    with pytest.raises(RefusedError, match="stretched"):
        check_bars(Print(), level_mm=100.0, upright_mm=99.5)
    check_bars(Print(), level_mm=100.0, upright_mm=99.6)


@pytest.mark.parametrize("bar_mm", [96.0, 98.9, 101.2])
def test_a_print_more_than_a_per_cent_off_should_be_made_again(bar_mm: float) -> None:
    assert "print it again at 100 %" in check_bars(Print(), level_mm=bar_mm, upright_mm=bar_mm).warning
    assert "print it again" in check_bars(Print(), level_mm=bar_mm, upright_mm=None).warning


@pytest.mark.parametrize("bar_mm", [0.0, -100.0, 10.0, 1000.0, math.nan, math.inf])
def test_a_slip_is_no_bar(bar_mm: float) -> None:
    with pytest.raises(InputError, match="not the length of the level bar"):
        check_bars(Print(), level_mm=bar_mm, upright_mm=100.0)


@pytest.mark.hazard("H06")
def test_two_readings_have_to_agree() -> None:
    assert agreed_mm(99.8, 99.9) == pytest.approx(99.85)
    for second in (97.9, 100.2, math.nan):
        with pytest.raises(RefusedError, match="readings"):
            agreed_mm(99.8, second)


def test_useless_bead_distances_are_refused_with_better_ones() -> None:
    board = load_board("patient_folded")
    one = BeadDistance(first=1, second=2, measured_mm=95.0)
    with pytest.raises(InputError, match="at least two"):
        check_beads(board, (one,))
    with pytest.raises(InputError, match="at least two"):
        check_beads(board, (one, BeadDistance(first=2, second=1, measured_mm=95.0)))
    near = tuple(BeadDistance(first=i, second=j, measured_mm=distance(board, i, j)) for i, j in by_length(board)[-2:])
    with pytest.raises(InputError, match="too close") as refused:
        check_beads(board, near)
    assert "Good ones are" in refused.value.mend
    for wrong in (BeadDistance(first=1, second=8, measured_mm=9.0), BeadDistance(first=3, second=3, measured_mm=9.0)):
        with pytest.raises(InputError, match="There is no distance"):
            check_beads(board, (one, wrong))
    with pytest.raises(InputError, match="no beads"):
        check_beads(load_board("calibration_a4"), (one, one))
    with pytest.raises(InputError, match="length in mm"):
        check_beads(board, (one, replace(one, second=3, measured_mm=math.nan)))


def test_a_bead_that_is_elsewhere_is_noticed() -> None:
    board = load_board("patient_folded")
    good = readings(board, 1.0, (0.0, 0.0))
    with pytest.raises(RefusedError, match="contradict"):
        check_beads(board, (good[0], replace(good[1], measured_mm=good[1].measured_mm + 2.0)))
