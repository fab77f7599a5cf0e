"""Each kind of wrong way to read axes or unit of DICOM files is refused by the beads found in them (H04, H05, H06).

All 48 axes, from a labelled image to the verdict of a stored case: `test_orientations`. From the model to what a
headset draws: `headset_client/tests/frames.test.ts`.
"""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.errors import RefusedError
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.geometry.rigid import RigidTransform
from orview.register.board_in_ct import register_case
from orview.register.verdict import Verdict
from orview.segment.beads import find_beads
from orview.sim.scanner import Scanner, Solid
from orview.sim.shapes import Ellipsoid
from tests.phantom.test_orientations import as_dicom, read_here, stored
from tests.shapes import grid

BOARD = load_board("patient_folded")
LOW_MM = BOARD.beads_board_mm.min(axis=0) - 9.0
SIZE_MM = tuple((np.ptp(BOARD.beads_board_mm, axis=0) + 18.0).tolist())
STEPS_MM = (0.9, 0.9, 1.2)
ALONG_MM = (-40.0, 150.0, -870.0)
"""The board lies along the patient's axes here: what counts is how the file is read."""

TARGETS = {"tumour": np.array([-10.0, 180.0, -750.0])}


@pytest.fixture(scope="module")
def scan() -> NDArray[np.int16]:
    """A scan (K, J, I) of the board's beads alone; voxel (0, 0, 0) lies at `LOW_MM` of the board."""
    scanner = Scanner(spacing_mm=STEPS_MM[0], increment_mm=STEPS_MM[2], thickness_mm=STEPS_MM[2])
    beads = [
        Solid(shape=Ellipsoid(tuple(place - LOW_MM), (2.0, 2.0, 2.0)), hu=9000.0, detail=True)
        for place in BOARD.beads_board_mm
    ]
    return scanner.scan(beads, SIZE_MM, np.random.default_rng(5))


def registered(folder: Path, array: NDArray[np.int16], transform: AffineTransform) -> Verdict | None:
    """Return the verdict on DICOM files of a scan, None where they are refused when they are read."""
    try:
        volume, _ = read_here(as_dicom(folder / "series", array, transform, "HFS"), folder / "read")
    except RefusedError:
        return None
    beads = find_beads(volume, diameter_mm=BOARD.bead_diameter_mm)
    return register_case(beads, BOARD, targets=TARGETS, target_key="tumour")


def headers(factor: float = 1.0) -> AffineTransform:
    return grid(tuple(factor * step for step in STEPS_MM), corner_mm=tuple(factor * at for at in ALONG_MM))


def test_dicom_files_of_the_board_register(tmp_path: Path, scan: NDArray[np.int16]) -> None:
    verdict = registered(tmp_path, scan, headers())
    assert verdict is not None
    assert verdict.accepted
    assert verdict.board_from_patient is not None
    truth = RigidTransform(Frame.BOARD, Frame.PATIENT, np.eye(3), LOW_MM - ALONG_MM)
    off = verdict.board_from_patient.transform.apply(TARGETS["tumour"]) - truth.apply(TARGETS["tumour"])
    assert np.linalg.norm(off) < 0.1


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("turned", [((-1, 0, 0), (0, 1, 0), (0, 0, 1)), ((0, 1, 0), (1, 0, 0), (0, 0, 1))])
def test_dicom_files_whose_voxels_are_mirrored_are_refused(
    tmp_path: Path, scan: NDArray[np.int16], turned: tuple[tuple[int, int, int], ...]
) -> None:
    array, _ = stored(scan, headers(), np.array(turned))
    verdict = registered(tmp_path, array, headers())
    assert verdict is not None
    assert not verdict.accepted
    assert "lie as beads of this board" in verdict.reasons[0]
    assert verdict.found == len(BOARD.beads_board_mm)


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("factor", [0.001, 0.01, 10.0, 25.4, 1000.0])
def test_dicom_files_in_another_unit_are_refused(tmp_path: Path, scan: NDArray[np.int16], factor: float) -> None:
    verdict = registered(tmp_path, scan, headers(factor))
    assert verdict is None or not verdict.accepted


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_dicom_files_of_a_board_one_percent_off_are_refused(
    tmp_path: Path, scan: NDArray[np.int16], factor: float
) -> None:
    verdict = registered(tmp_path, scan, headers(factor))
    assert verdict is not None
    assert not verdict.accepted
    assert "1.0% larger" in verdict.reasons[0] or "1.0% smaller" in verdict.reasons[0]
