"""`orview register`: stores the verdict, prints it, and exits 1 where it refuses."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from orview.cli.register import command
from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.errors import InputError, StoreError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.model.case import CaseFiducial
from orview.register.verdict import Verdict
from tests.bony import BOARD_FROM_PATIENT, bony, bony_case, landmarks_of, places_on, surface_of, write_points
from tests.integration.small_room import add_case

BOARD = load_board("patient_flat")
PATIENT_FROM_BOARD = RigidTransform.from_rotation_vector(
    Frame.PATIENT, Frame.BOARD, [2.9, 0.2, -0.4], [85.0, -240.0, -1035.0]
)


def _store(folder: Path, *, beads: int) -> tuple[CaseStore, str]:
    template = add_case(CaseStore.open(folder / "template"), registered=False)
    places = PATIENT_FROM_BOARD.apply(BOARD.beads_board_mm[:beads])
    centroid = tuple(float(mm) for mm in PATIENT_FROM_BOARD.apply([75.0, 50.0, 90.0]))
    case = replace(
        template,
        structures=tuple(replace(structure, centroid_patient_mm=centroid) for structure in template.structures),
        levels=(),
        fiducials=tuple(
            CaseFiducial(position_patient_mm=place, covariance_mm2=0.0009 * np.eye(3), diameter_mm=4.0)
            for place in places
        ),
    )
    store = CaseStore.open(folder / "store")
    store.add(case, {})
    return store, case.id


def _run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, list(arguments))


def test_an_accepted_registration_is_stored_and_printed(tmp_path: Path) -> None:
    store, case_id = _store(tmp_path, beads=8)
    result = _run(case_id, "--board", "patient_flat", "--store", str(store.folder), "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["verdict"] == "accepted"
    assert document["case"] == case_id
    assert document["expected_error_mm"]["tumour"] < 0.5
    stored = store.registration(case_id, BOARD.digest)
    assert stored is not None
    assert Verdict.from_json(stored).accepted


def test_people_read_the_error_at_the_target_with_its_name(tmp_path: Path) -> None:
    store, case_id = _store(tmp_path, beads=8)
    result = _run(case_id, "--board", "patient_flat", "--store", str(store.folder))
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "Accepted" in result.stderr
    assert "tumour (target)" in result.stderr


def test_a_refused_registration_exits_1_with_reasons_and_replaces_an_accepted_one(tmp_path: Path) -> None:
    store, case_id = _store(tmp_path, beads=8)
    arguments = (case_id, "--board", "patient_flat", "--store", str(store.folder))
    assert _run(*arguments).exit_code == 0
    result = _run(*arguments, "--limit-mm", "0.1", "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["verdict"] == "refused"
    assert "above the limit" in document["reasons"][0]
    stored = store.registration(case_id, BOARD.digest)
    assert stored is not None
    assert not Verdict.from_json(stored).accepted


def test_a_case_without_beads_is_refused_in_words(tmp_path: Path) -> None:
    store, case_id = _store(tmp_path, beads=0)
    result = _run(case_id, "--board", "patient_flat", "--store", str(store.folder))
    assert result.exit_code == 1
    assert "Refused" in result.stderr
    assert "Only 0 of the 8 beads" in result.stderr


def test_unknown_cases_and_boards_are_told(tmp_path: Path) -> None:
    store, case_id = _store(tmp_path, beads=8)
    unknown_case = _run("0123456789abcdef", "--board", "patient_flat", "--store", str(store.folder))
    assert isinstance(unknown_case.exception, StoreError)
    unknown_board = _run(case_id, "--board", "no_such_board", "--store", str(store.folder))
    assert isinstance(unknown_board.exception, InputError)


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "much"])
def test_a_limit_that_makes_no_sense_is_a_usage_error(tmp_path: Path, limit: str) -> None:
    assert (
        _run("0123456789abcdef", "--board", "patient_flat", "--store", str(tmp_path), "--limit-mm", limit).exit_code
        == 2
    )


def _bony_room(folder: Path) -> tuple[CaseStore, str, dict[str, Path]]:
    """Store a case of bone without beads, and write its landmarks, touches of them, and a trace."""
    store = CaseStore.open(folder / "store")
    bone = surface_of(bony)
    case = bony_case(store, bone)
    places = places_on(bony, bone)
    known = landmarks_of(places)
    rng = np.random.default_rng(4)
    touched = {name: BOARD_FROM_PATIENT.apply(place) + rng.normal(0.0, 0.2, 3) for name, place in known.items()}
    trace = BOARD_FROM_PATIENT.apply(places[rng.integers(len(places), size=300)] + rng.normal(0.0, 0.2, (300, 3)))
    files = {
        "landmarks": write_points(folder / "landmarks.csv", known, frame="LPS", sigma_mm=0.3),
        "touched": write_points(folder / "touched.csv", touched, frame="board", sigma_mm=0.3),
        "traced": write_points(
            folder / "trace.csv", {str(n): point for n, point in enumerate(trace)}, frame="board", named=False
        ),
    }
    return store, case.id, files


def test_landmarks_alone_are_put_into_an_order_and_nothing_is_stored(tmp_path: Path) -> None:
    store, case_id, files = _bony_room(tmp_path)
    arguments = (case_id, "--landmarks", str(files["landmarks"]), "--store", str(store.folder))
    told = _run(*arguments)
    assert told.exit_code == 0
    assert "Nothing was stored" in told.stderr
    document = json.loads(_run(*arguments, "--json").stdout)
    assert len(document["order"]) == 7
    assert document["order"][2]["expected_error_mm"] is None
    assert 0.0 < document["order"][6]["expected_error_mm"] < 2.0
    assert store.registration(case_id, BOARD.digest) is None


@pytest.mark.parametrize(("method", "kind"), [(("touched",), "points"), (("touched", "traced"), "surface")])
def test_points_and_traces_end_in_the_same_kind_of_verdict(tmp_path: Path, method: tuple[str, ...], kind: str) -> None:
    store, case_id, files = _bony_room(tmp_path)
    options = [part for name in ("landmarks", *method) for part in (f"--{name}", str(files[name]))]
    result = _run(case_id, "--board", "patient_flat", "--store", str(store.folder), *options, "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["verdict"] == "accepted"
    assert document["method"] == kind
    assert sum(document["links"]["tumour"].values()) == pytest.approx(1.0)
    for part in ("board_from_patient", "fre_mm", "expected_error_mm", "reasons", "advice"):
        assert part in document
    stored = store.registration(case_id, BOARD.digest)
    assert stored is not None
    assert Verdict.from_json(stored).accepted


def test_people_read_where_most_of_the_error_comes_from(tmp_path: Path) -> None:
    store, case_id, files = _bony_room(tmp_path)
    options = [part for name in ("landmarks", "touched") for part in (f"--{name}", str(files[name]))]
    result = _run(case_id, "--board", "patient_flat", "--store", str(store.folder), *options)
    assert "points in the CT" in " ".join(result.stderr.split()) or "touched points" in " ".join(result.stderr.split())
    assert "%)" in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "needs the board"),
        (("--touched", "t.csv", "--board", "patient_flat"), "need the landmarks they are"),
        (("--landmarks", "l.csv", "--traced", "t.csv", "--board", "patient_flat"), "to start from"),
        (("--fiducials", "f.csv", "--landmarks", "l.csv", "--board", "patient_flat"), "two ways to register"),
        (("--board", "patient_flat", "--on", "sacrum"), "where a trace was made"),
        (("--landmarks", "l.csv", "--touched", "t.csv"), "needs the board"),
    ],
)
def test_options_that_do_not_go_together_are_told(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    result = _run("0123456789abcdef", *options, "--store", str(tmp_path))
    assert isinstance(result.exception, InputError)
    assert words in result.exception.message
    assert result.exception.mend
