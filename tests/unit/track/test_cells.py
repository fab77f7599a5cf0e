"""Cells of markers: all right in the right place, contradicting in a wrong one, unread where covered or too small."""

import numpy as np

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.markers.board import MarkerGrid
from orview.track.cells import CellCount, CellReader
from tests.board_pictures import board_pose, clean_picture_of
from tests.unit.track.test_align import BOARD, LENS, POSE, calm, flat

LEVELS = np.arange(256, dtype=np.float32)


def read(
    picture: np.ndarray, pose: RigidTransform = POSE, board: object = BOARD, *, contrast: float = 120.0
) -> CellCount:
    reader = CellReader(board, LENS, readout_s=0.0)  # type: ignore[arg-type]
    return reader.read(picture, pose, velocity=np.zeros(6), contrast=contrast, decode=LEVELS)


def shifted(x_mm: float, y_mm: float) -> RigidTransform:
    return POSE @ RigidTransform(Frame.BOARD, Frame.BOARD, np.eye(3), np.array([x_mm, y_mm, 0.0]))


def test_in_the_right_place_all_is_right() -> None:
    count = read(calm())
    assert (count.read, count.wrong, count.markers, count.contradicting, count.disturbed) == (300, 0, 12, 0, 0)
    assert read(np.dstack([calm()] * 3)) == count


def test_two_squares_aside_the_rims_fit_and_the_cells_do_not() -> None:
    count = read(calm(), shifted(32.0, 0.0))
    assert count.markers >= 4
    assert count.contradicting > 0.8 * count.markers


def test_half_a_square_aside_hardly_a_rim_fits() -> None:
    count = read(calm(), shifted(8.0, 3.0))
    assert count.disturbed > count.markers


def test_what_is_covered_is_not_read() -> None:
    picture = calm().copy()
    picture[:, : int(LENS.project(POSE.apply(np.array([40.0, 40.0, 0.0])))[0])] = 110
    count = read(picture)
    assert 3 <= count.markers <= 8
    assert count.contradicting <= 1


def test_cells_smaller_than_pixels_can_tell_are_not_read() -> None:
    far = board_pose(BOARD, distance_mm=1200.0, tilt_deg=20.0)
    assert read(clean_picture_of(BOARD, far, LENS), far).read == 0


def test_an_inverted_marker_is_read_as_well() -> None:
    board = flat(MarkerGrid(columns=2, rows=2, marker_mm=30.0, gap_mm=8.0), inverted=True)
    pose = board_pose(board, distance_mm=500.0, tilt_deg=20.0)
    count = read(clean_picture_of(board, pose, LENS), pose, board)
    assert (count.markers, count.wrong) == (4, 0)


def test_a_board_out_of_the_picture_is_not_read() -> None:
    assert read(calm(), shifted(500.0, 0.0)) == CellCount(read=0, wrong=0, markers=0, contradicting=0, disturbed=0)


def test_a_reader_that_knows_another_view_reads_the_same() -> None:
    reader = CellReader(BOARD, LENS, readout_s=0.0)
    far = board_pose(BOARD, distance_mm=1200.0, tilt_deg=20.0)
    for pose, shown in ((far, clean_picture_of(BOARD, far, LENS)), (POSE, calm()), (POSE, calm())):
        count = reader.read(shown, pose, velocity=np.zeros(6), contrast=120.0, decode=LEVELS)
        assert count == read(shown, pose)
    assert count.markers == 12
