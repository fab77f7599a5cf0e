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
