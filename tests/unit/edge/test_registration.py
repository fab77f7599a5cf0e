"""A stored case is registered by beads found in its CT or of a file; what cannot be used changes nothing."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.edge.registration import Sigmas, register_with_board
from orview.errors import InputError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.mesh.surface import Surface
from orview.model.case import Case
from orview.register.verdict import Method, Verdict
from tests.bony import CENTRE, bony, bony_case, surface_of, write_points

BOARD = load_board("patient_flat")
# On the back of the bone, its print to the outside.
ROTATION = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
MIDDLE = BOARD.beads_board_mm.mean(axis=0)
PATIENT_FROM_BOARD = RigidTransform(
    Frame.PATIENT, Frame.BOARD, ROTATION, CENTRE + np.array([5.0, 62.0, -4.0]) - ROTATION @ MIDDLE
)
BEADS = PATIENT_FROM_BOARD.apply(BOARD.beads_board_mm)


@pytest.fixture(scope="module")
def bone() -> Surface:
    return surface_of(bony)


def _stored(folder: Path, bone: Surface, *, beads: NDArray[np.float64] | None = BEADS) -> tuple[CaseStore, Case]:
    store = CaseStore.open(folder / "store")
    return store, bony_case(store, bone, beads_patient_mm=beads)


def _file(folder: Path, beads: NDArray[np.float64], *, frame: str = "LPS", says: str = "") -> Path:
    sign = (1.0, 1.0, 1.0) if frame == "LPS" else (-1.0, -1.0, 1.0)
    points = {f"F-{number}": place * sign for number, place in enumerate(beads, start=1)}
    return write_points(folder / "beads.csv", points, frame=says or frame)


def _verdict(store: CaseStore, case: Case) -> Verdict | None:
    text = store.registration(case.id, BOARD.digest)
    return None if text is None else Verdict.from_json(text)


def test_the_beads_of_the_ct_are_taken_and_the_verdict_is_stored(tmp_path: Path, bone: Surface) -> None:
    store, case = _stored(tmp_path, bone)
    verdict = register_with_board(case.id, "patient_flat", store=store).verdict
    assert verdict.accepted
    stored = _verdict(store, case)
    assert stored is not None
    assert stored.to_json() == verdict.to_json()
    assert not register_with_board(case.id, "patient_flat", store=store, limit_mm=0.1).verdict.accepted
    refused = _verdict(store, case)
    assert refused is not None
    assert not refused.accepted


@pytest.mark.parametrize("frame", ["LPS", "RAS"])
def test_beads_of_a_file_take_the_place_of_those_found(tmp_path: Path, bone: Surface, frame: str) -> None:
    store, case = _stored(tmp_path, bone, beads=None)
    assert not register_with_board(case.id, "patient_flat", store=store).verdict.accepted
    rng = np.random.default_rng(3)
    file = _file(tmp_path, BEADS + rng.normal(0.0, 0.1, BEADS.shape), frame=frame)
    verdict = register_with_board(
        case.id, "patient_flat", store=store, fiducials=file, sigmas=Sigmas(in_ct_mm=0.1)
    ).verdict
    assert verdict.accepted
    assert verdict.method is Method.BOARD
    assert verdict.board_from_patient is not None
    target = case.structure("tumour").centroid_patient_mm
    off = verdict.board_from_patient.transform.apply(target) - PATIENT_FROM_BOARD.inverse().apply(target)
    assert np.linalg.norm(off) <= verdict.expected_error_mm["tumour"]
    # Points that are marked worse leave more error.
    worse = register_with_board(case.id, "patient_flat", store=store, fiducials=file, sigmas=Sigmas(in_ct_mm=0.15))
    assert worse.verdict.expected_error_mm["tumour"] > verdict.expected_error_mm["tumour"]


@pytest.mark.hazard("H04")
@pytest.mark.hazard("H05")
@pytest.mark.parametrize(
    ("beads", "frame", "says", "words"),
    [
        (BEADS, "RAS", "LPS", "LPS and RAS"),
        (BEADS, "LPS", "board", "points of the board's frame, not of the CT"),
        (BEADS * (-1.0, 1.0, 1.0), "LPS", "", "mirror image of the board"),
        (BEADS * 0.001, "LPS", "", "beads.csv"),
        (BEADS * 0.01, "LPS", "", "no patient does"),
        (BEADS * 10.0, "LPS", "", "no patient does"),
        (BEADS * 25.4, "LPS", "", "beads.csv, line 3"),
        (BEADS * 1000.0, "LPS", "", "beads.csv, line 3: F-1 is"),
        (np.vstack([BEADS, BEADS[:1]]), "LPS", "", "line 11: F-9 lies where F-1 does (line 3)"),
        (np.vstack([BEADS, [[np.nan, 0.0, 0.0]]]), "LPS", "", "line 11: x is nan"),
    ],
)
def test_beads_that_cannot_be_used_leave_the_earlier_verdict_alone(
    tmp_path: Path, bone: Surface, beads: NDArray[np.float64], frame: str, says: str, words: str
) -> None:
    store, case = _stored(tmp_path, bone)
    register_with_board(case.id, "patient_flat", store=store)
    before = store.registration(case.id, BOARD.digest)
    with pytest.raises(InputError) as caught:
        register_with_board(
            case.id, "patient_flat", store=store, fiducials=_file(tmp_path, beads, frame=frame, says=says)
        )
    assert words in caught.value.message
    assert "beads.csv" in caught.value.message
    assert caught.value.mend
    assert store.registration(case.id, BOARD.digest) == before


def test_beads_of_a_file_that_are_sure_of_too_little_are_refused_and_stored_as_that(
    tmp_path: Path, bone: Surface
) -> None:
    store, case = _stored(tmp_path, bone)
    register_with_board(case.id, "patient_flat", store=store)
    verdict = register_with_board(
        case.id, "patient_flat", store=store, fiducials=_file(tmp_path, BEADS), limit_mm=0.2
    ).verdict
    assert not verdict.accepted
    stored = _verdict(store, case)
    assert stored is not None
    assert stored.to_json() == verdict.to_json()
