"""`orview specimen`: the faces of a specimen are told in words and numbers, and refused in words."""

from pathlib import Path

import numpy as np
import pytest

from orview.edge.registration_points import register_with_points
from tests.bony import write_points
from tests.planned_case import high_cut, planned_case
from tests.unit.cli.verbs import run_verb
from tests.unit.edge.test_specimens import BOARD, LANDMARKS, face_points, touched


def test_a_face_is_told_and_the_other_is_missed(tmp_path: Path) -> None:
    store, case, _ = planned_case(tmp_path)
    landmarks = write_points(tmp_path / "landmarks.csv", LANDMARKS, frame="LPS")
    at_board = touched(LANDMARKS, tmp_path / "touched.csv")
    register_with_points(case.id, BOARD, store=store, landmarks=landmarks, touched=at_board)
    places = face_points(high_cut(), offset_mm=3.0, tilt_deg=2.0, count=9, rng=np.random.default_rng(3))
    file = touched({f"{n}": place for n, place in enumerate(places)}, tmp_path / "high_cut.csv")
    common = ("specimen", case.id, f"high_cut={file}", "--board", BOARD, "--store", store.folder)
    document = run_verb(*common, "--json").document
    (plane,) = document["planes"]
    assert (plane["offset_mm"], plane["tilt_deg"]) == (pytest.approx(3.0, abs=0.02), pytest.approx(2.0, abs=0.05))
    told = run_verb(*common)
    assert told.code == 0
    for part in ("High cut: cut 3.0 ±", "farther from the tumour", "Not touched: side_cut.", "not a medical device"):
        assert part in " ".join(told.words.split())
    refused = run_verb("specimen", case.id, "none.csv", "--board", BOARD, "--store", store.folder)
    assert (refused.code, "cannot be read" in refused.words) == (1, True)
