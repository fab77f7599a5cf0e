"""Layouts whose beads could be mistaken for one another are refused (hazard H08)."""

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.errors import InputError
from orview.markers.bead_layout import check_bead_layout, layout_margin_mm, mirror_margin_mm

SYMMETRIC = {
    "square": [(0, 0, 0), (80, 0, 0), (80, 80, 0), (0, 80, 0)],
    "rectangle": [(0, 0, 0), (120, 0, 0), (120, 80, 0), (0, 80, 0)],
    "two mirrored halves": [(0, 0, 0), (100, 0, 0), (20, 60, 10), (80, 60, 10), (50, 90, 0)],
    "turned over": [(0, 0, 0), (90, 0, 0), (30, 70, 12), (30, -70, 12), (60, 0, 30)],
    "repeated part": [
        (x + dx, y, z) for dx in (0, 110) for x, y, z in [(0, 0, 0), (40, 3, 0), (9, 31, 0), (5, 12, 20)]
    ],
    "nearly a square": [(0, 0, 0), (80, 0, 0), (80.9, 80, 0), (0, 81, 0)],
}


@pytest.mark.parametrize("name", list(SYMMETRIC))
def test_ambiguous_layouts_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="ambiguous"):
        check_bead_layout(np.array(SYMMETRIC[name], dtype=float))


def test_the_margin_is_the_misfit_of_the_best_wrong_naming() -> None:
    beads = np.array([(0, 0, 0), (80, 0, 0), (83.0, 80, 0), (0, 80, 0)], dtype=float)
    # Mirrored about its middle axis the trapezoid swaps its two diagonals and its two slanted sides.
    diagonals = abs(np.hypot(83.0, 80.0) - np.hypot(80.0, 80.0))
    assert layout_margin_mm(beads) == pytest.approx(diagonals)


def test_every_bead_pair_of_the_delivered_board_has_a_distance_of_its_own() -> None:
    beads = load_board("patient_flat").beads_board_mm
    first, second = np.triu_indices(len(beads), 1)
    distances = np.sort(np.linalg.norm(beads[first] - beads[second], axis=1))
    assert len(beads) == 8
    assert np.diff(distances).min() >= 2.0
    assert layout_margin_mm(beads, count=3) >= 2.0


def test_the_margin_does_not_depend_on_how_the_board_lies() -> None:
    beads = load_board("patient_flat").beads_board_mm
    turned_over = beads @ np.diag([1.0, -1.0, -1.0]) + (10.0, 20.0, 30.0)
    mirrored = beads * (-1.0, 1.0, 1.0)
    assert layout_margin_mm(turned_over) == pytest.approx(layout_margin_mm(beads))
    assert layout_margin_mm(mirrored) == pytest.approx(layout_margin_mm(beads))


def test_beads_in_one_plane_are_refused_for_they_fit_their_mirror_image() -> None:
    flat = load_board("patient_flat").beads_board_mm * (1.0, 1.0, 0.0)
    assert layout_margin_mm(flat) >= 2.0
    with pytest.raises(InputError, match=r"mirror image within 0\.0 mm"):
        check_bead_layout(flat)


def test_the_mirror_margin_is_what_the_best_fit_leaves() -> None:
    """Against the fit itself, over many layouts."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        beads = rng.normal(0.0, (40.0, 30.0, 12.0), (7, 3))
        centred = beads - beads.mean(axis=0)
        mirrored = centred * (1.0, -1.0, 1.0)
        u, _, vt = np.linalg.svd(centred.T @ mirrored)
        rotation = u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
        left = centred - mirrored @ rotation.T
        assert mirror_margin_mm(beads) == pytest.approx(np.sqrt((left**2).sum() / len(beads)))
