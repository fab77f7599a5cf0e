"""Places on borders: on them, spread over all, and what lies around each is what the print has there."""

import numpy as np

from orview.markers.board import MarkerGrid
from orview.track.edges import FAR_MM, places_of
from orview.track.print_lines import print_lines
from tests.unit.track.test_align import BOARD, flat
from tests.unit.track.test_print_lines import is_black

PLACES = places_of(BOARD)


def test_black_and_white_reach_as_far_as_they_say() -> None:
    for reach, sign in ((PLACES.black_mm, 1.0), (PLACES.white_mm, -1.0)):
        ends = np.flatnonzero((reach < FAR_MM) & (PLACES.end_mm > 0.05))
        for share in (0.02, 0.5, 0.98):
            at = PLACES.points[ends] + sign * share * reach[ends, None] * PLACES.towards_black[ends]
            assert (is_black(BOARD, 0, at) == (sign > 0.0)).all()
        beyond = PLACES.points[ends] + sign * (reach[ends, None] + 0.05) * PLACES.towards_black[ends]
        assert (is_black(BOARD, 0, beyond) == (sign < 0.0)).all()


def test_where_no_print_ends_the_white_it_is_far() -> None:
    board = flat(MarkerGrid(columns=1, rows=1, marker_mm=30.0, gap_mm=0.0))
    places = places_of(board)
    outer = np.abs(places.points[:, 0]) < 1e-9
    assert outer.any()
    assert (places.white_mm[outer] == FAR_MM).all()


def test_places_lie_on_their_borders_across_which_they_point() -> None:
    assert np.allclose(np.einsum("ni,ni->n", PLACES.along, PLACES.towards_black), 0.0)
    across_both = np.cross(PLACES.along, PLACES.towards_black)
    assert np.allclose(np.abs(np.einsum("ni,ni->n", across_both, PLACES.normals)), 1.0)
    assert (PLACES.end_mm >= 0.0).all()
    assert (PLACES.rim_mm >= 6.0 - 1e-9).all()


def test_the_first_places_are_spread_as_evenly_as_all() -> None:
    lines = print_lines(BOARD)
    upright = np.abs(lines.starts[:, 0] - lines.ends[:, 0]) < 1e-9
    lengths = np.linalg.norm(lines.ends - lines.starts, axis=1)
    share = lengths[upright].sum() / lengths.sum()
    first = PLACES.first(400)
    assert abs(np.mean(np.abs(first.along[:, 1]) > 0.5) - share) < 0.06
    assert np.linalg.norm(first.points.mean(axis=0) - PLACES.points.mean(axis=0)) < 3.0
    assert len(np.unique(first.group)) == len(np.unique(PLACES.group))


def test_groups_hold_neighbours() -> None:
    for number in np.unique(PLACES.group):
        extent = np.ptp(PLACES.points[PLACES.group == number], axis=0).max()
        assert extent <= 80.0 / 7.0 + 1e-6
