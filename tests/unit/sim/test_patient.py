"""Every seed is a patient of its own whom the board fits."""

import numpy as np
import pytest

from orview.errors import RefusedError
from orview.markers.board import Board
from orview.sim import fixture
from orview.sim.patient import LyingPatient, lay_patient
from orview.sim.shapes import distance_at


def test_the_board_fits_every_patient(board: Board) -> None:
    back = fixture.plate_corners_mm(board) + np.array([0.0, 0.0, fixture.PLATE_MM])
    low = np.vstack([back, board.beads_board_mm])
    for seed in range(12):
        patient = lay_patient(board, seed=seed)
        assert distance_at(patient.pelvis.body, patient.patient_from_board.apply(low)).min() > 4.5
        middle = patient.patient_from_board.apply(fixture.plate_corners_mm(board).mean(axis=0))
        assert 14.0 < distance_at(patient.pelvis.body, middle) < 26.0


def test_seeds_differ_and_repeat(patient: LyingPatient, board: Board) -> None:
    again, other = lay_patient(board, seed=0), lay_patient(board, seed=1)
    assert np.array_equal(again.patient_from_board.matrix, patient.patient_from_board.matrix)
    assert not np.allclose(other.patient_from_board.matrix, patient.patient_from_board.matrix, atol=0.1)
    tumour, its_twin = (who.pelvis.structures["tumour"].box.low_mm for who in (patient, again))
    assert np.array_equal(tumour, its_twin)


def test_left_and_right_landmarks_lie_on_their_sides(patient: LyingPatient) -> None:
    middle = patient.pelvis.origin_patient_mm[0]
    for name, point in patient.landmarks.items():
        if name.endswith("_left"):
            assert point[0] > middle + 20.0
        elif name.endswith("_right"):
            assert point[0] < middle - 20.0
    assert 200.0 < np.linalg.norm(patient.landmarks["asis_left"] - patient.landmarks["asis_right"]) < 270.0


def test_a_board_too_deep_for_the_back_is_refused(patient: LyingPatient, board: Board) -> None:
    deep = Board(
        name="deep",
        dictionary=board.dictionary,
        charuco=board.charuco,
        beads_board_mm=board.beads_board_mm + np.array([0.0, 0.0, 40.0]),
        bead_diameter_mm=board.bead_diameter_mm,
        outline_mm=board.outline_mm,
    )
    with pytest.raises(RefusedError):
        lay_patient(deep, seed=0)


def test_the_plate_is_where_the_print_is(patient: LyingPatient, board: Board) -> None:
    plate = fixture.plate(board, patient.patient_from_board)
    on_print = patient.patient_from_board.apply(board.chessboard_corners_mm)
    np.testing.assert_allclose(distance_at(plate, on_print), 0.0, atol=1e-9)
    into = patient.patient_from_board.rotate([0.0, 0.0, 1.0])
    assert distance_at(plate, on_print + 2.0 * into).max() < 0.0
    np.testing.assert_allclose(distance_at(plate, on_print - 3.0 * into), 3.0, atol=1e-9)
    for post, bead in zip(fixture.posts(board, patient.patient_from_board), board.beads_board_mm, strict=True):
        assert distance_at(plate, post.points_mm[0]) < 0.0
        np.testing.assert_allclose(post.points_mm[1], patient.patient_from_board.apply(bead), atol=1e-9)
