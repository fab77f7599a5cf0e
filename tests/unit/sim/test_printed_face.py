"""Prints at any fineness: no edge is moved to a whole texel."""

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.markers.ink import Patch
from orview.sim.printed_face import INK, PAPER, ink_share, points_in_face, printed_faces, standing_on, texture_of


@pytest.mark.parametrize("fineness", [0.7, 1.3, 4.0])
def test_ink_has_its_area_at_every_fineness(fineness: float) -> None:
    patches = (Patch(at_mm=(1.13, 2.41), size_mm=(7.77, 3.3)), Patch(at_mm=(11.0, 7.0), size_mm=(2.0, 2.0)))
    share = ink_share(patches, low_mm=(-1.0, -1.0), size=(60, 80), texels_per_mm=fineness)
    assert share.sum() / fineness**2 == pytest.approx(7.77 * 3.3 + 4.0)
    assert share.max() <= 1.0


def test_ink_has_its_place() -> None:
    share = ink_share(
        (Patch(at_mm=(1.13, 2.41), size_mm=(7.77, 3.3)),), low_mm=(0.0, 0.0), size=(40, 60), texels_per_mm=4
    )
    rows, columns = np.mgrid[0:40, 0:60]
    assert ((columns + 0.5) / 4 * share).sum() / share.sum() == pytest.approx(1.13 + 7.77 / 2, abs=0.005)
    assert ((rows + 0.5) / 4 * share).sum() / share.sum() == pytest.approx(2.41 + 3.3 / 2, abs=0.005)


def test_the_plate_is_paper_with_ink_and_nothing_around_it() -> None:
    face = printed_faces(load_board("patient_flat"))[0]
    texture = texture_of(face, 2.0)
    assert texture[0].max() == texture[:, 0].max() == 0.0
    assert texture[..., 1].sum() / 4.0 == pytest.approx(150.0 * 110.0)
    inside = texture[1:-1, 1:-1, 0]
    assert inside.min() == pytest.approx(INK, abs=1e-6)
    assert inside.max() == pytest.approx(PAPER, abs=1e-6)


def test_all_faces_of_a_board_are_there_and_only_tiles_stand_on_the_plate() -> None:
    for name, count, on_it in (("patient_raised", 5, True), ("patient_folded", 2, False)):
        board = load_board(name)
        faces = printed_faces(board)
        assert len(faces) == len(board.faces) == count
        np.testing.assert_allclose(faces[-1].corners_board_mm, board.faces[-1].outline_corners_mm, atol=1e-9)
        assert bool(standing_on(faces, faces[-1].corners_board_mm).all()) is on_it
        np.testing.assert_allclose(points_in_face(faces[-1], faces[-1].corners_board_mm)[:, 2], 0.0, atol=1e-9)
