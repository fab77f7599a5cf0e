"""CT of the phantom in, pose of the board out: the beads are found, matched, and the tumour is where it is said."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.volume import Volume
from orview.register.board_in_ct import register_case
from orview.register.verdict import Verdict
from orview.segment.beads import Bead, find_beads
from orview.sim.phantom import Phantom

BOARD = load_board("patient_flat")


@pytest.fixture(scope="module")
def beads(phantom: Phantom) -> list[Bead]:
    return find_beads(phantom.volume, diameter_mm=BOARD.bead_diameter_mm)


def _register(phantom: Phantom, beads: list[Bead]) -> Verdict:
    targets = {"tumour": phantom.tumour_centre_patient_mm, **phantom.landmarks}
    return register_case(beads, BOARD, targets=targets, target_key="tumour")


def _with(volume: Volume, *, array: NDArray[np.int16] | None = None, factor: float = 1.0) -> Volume:
    matrix = volume.patient_from_voxel.matrix.copy()
    matrix[:3, :3] *= factor
    return replace(
        volume,
        array=volume.array if array is None else array,
        patient_from_voxel=AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix),
    )


def test_all_eight_beads_are_found_and_nothing_else(phantom: Phantom, beads: list[Bead]) -> None:
    assert len(beads) == 8
    found = np.array([bead.position_patient_mm for bead in beads])
    apart_mm = np.linalg.norm(found[:, None] - phantom.beads_patient_mm[None], axis=-1)
    assert sorted(apart_mm.argmin(axis=1)) == list(range(8))
    assert apart_mm.min(axis=1).mean() <= 0.05
    assert apart_mm.min(axis=1).max() <= 0.10


def test_the_tumour_and_every_landmark_lie_within_the_expected_error(phantom: Phantom, beads: list[Bead]) -> None:
    verdict = _register(phantom, beads)
    assert verdict.accepted
    assert verdict.matched == 8
    assert verdict.board_from_patient is not None
    truth = phantom.patient_from_board.inverse()
    found = verdict.board_from_patient.transform
    for key, point in {"tumour": phantom.tumour_centre_patient_mm, **phantom.landmarks}.items():
        assert np.linalg.norm(found.apply(point) - truth.apply(point)) <= verdict.expected_error_mm[key]
    tumour_mm = np.linalg.norm(
        found.apply(phantom.tumour_centre_patient_mm) - truth.apply(phantom.tumour_centre_patient_mm)
    )
    assert tumour_mm <= 0.1
    assert 0.05 <= verdict.expected_error_mm["tumour"] <= 0.5


def test_beads_that_were_cut_off_or_lost_cost_accuracy_but_not_truth(phantom: Phantom, beads: list[Bead]) -> None:
    whole = _register(phantom, beads)
    fewer = _register(phantom, beads[:6])
    assert fewer.matched == 6
    assert fewer.expected_error_mm["tumour"] > whole.expected_error_mm["tumour"]


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_ct_flipped_along_any_axis_is_refused(phantom: Phantom, axis: int) -> None:
    flipped = _with(phantom.volume, array=np.ascontiguousarray(np.flip(phantom.volume.array, axis=axis)))
    beads = find_beads(flipped, diameter_mm=BOARD.bead_diameter_mm)
    assert len(beads) == 8
    assert not _register(phantom, beads).accepted


@pytest.mark.slow
@pytest.mark.hazard("H05")
@pytest.mark.parametrize("factor", [0.001, 0.01, 10.0, 25.4, 1000.0])
def test_a_ct_whose_spacing_is_in_another_unit_is_refused(phantom: Phantom, factor: float) -> None:
    beads = find_beads(_with(phantom.volume, factor=factor), diameter_mm=BOARD.bead_diameter_mm)
    assert not _register(phantom, beads).accepted


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_a_board_one_percent_off_its_definition_is_refused(phantom: Phantom, factor: float) -> None:
    beads = find_beads(_with(phantom.volume, factor=factor), diameter_mm=BOARD.bead_diameter_mm)
    assert len(beads) == 8
    verdict = _register(phantom, beads)
    assert not verdict.accepted
    assert "larger" in verdict.reasons[0] or "smaller" in verdict.reasons[0]
