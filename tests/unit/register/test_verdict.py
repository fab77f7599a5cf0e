"""The verdict as a value: what it may claim, and its JSON."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from orview.errors import ContractError, InputError
from orview.frames import Frame
from orview.geometry.chain import Link, LinkKey
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.register.verdict import Method, Verdict

VERDICT = Verdict(
    method=Method.BOARD,
    accepted=True,
    board_from_patient=UncertainPose(
        RigidTransform.from_rotation_vector(Frame.BOARD, Frame.PATIENT, [0.1, 0.2, -2.0], [1.5, -40.0, 900.25]),
        np.diag([1e-6, 2e-6, 3e-6, 0.01, 0.02, 0.03]),
    ),
    chain=(
        Link(key=LinkKey.CT_FIDUCIALS, covariance=np.diag([5e-7, 1e-6, 1e-6, 0.005, 0.01, 0.01])),
        Link(key=LinkKey.BOARD_BUILD, covariance=np.diag([5e-7, 1e-6, 2e-6, 0.005, 0.01, 0.02])),
    ),
    expected_error_mm={"tumour": 0.71, "sacrum": 0.5},
    links={
        "tumour": {"ct_fiducials": 0.4, "board_build": 0.6},
        "sacrum": {"ct_fiducials": 0.25, "board_build": 0.75},
    },
    target_key="tumour",
    limit_mm=2.0,
    fre_mm=0.12,
    scale=1.0002,
    matched=7,
    known=8,
    found=9,
    board_digest="ab" * 32,
    reasons=("7 of 8 beads.", "Expected error 0.7 mm."),
    advice=("Scan the whole board.",),
)
REFUSED = replace(
    VERDICT,
    accepted=False,
    board_from_patient=None,
    chain=(),
    expected_error_mm={},
    links={},
    fre_mm=None,
    scale=None,
    matched=0,
    reasons=("No beads.",),
)


@pytest.mark.parametrize("verdict", [VERDICT, REFUSED], ids=["accepted", "refused"])
def test_json_gives_the_verdict_back_bit_by_bit(verdict: Verdict) -> None:
    text = verdict.to_json()
    back = Verdict.from_json(text)
    assert back.to_json() == text
    assert back.accepted is verdict.accepted
    assert (back.board_from_patient is None) is (verdict.board_from_patient is None)
    if back.board_from_patient is not None and verdict.board_from_patient is not None:
        np.testing.assert_array_equal(back.board_from_patient.covariance, verdict.board_from_patient.covariance)
        np.testing.assert_array_equal(
            back.board_from_patient.transform.matrix, verdict.board_from_patient.transform.matrix
        )
    assert back.expected_error_at_target_mm == verdict.expected_error_at_target_mm


@pytest.mark.parametrize(
    "change",
    [
        {"board_from_patient": None},
        {"expected_error_mm": {"tumour": 2.01}},
        {"expected_error_mm": {"sacrum": 0.5}, "links": {"sacrum": {"ct_fiducials": 1.0}}},
        {"links": {}},
        {"links": {"tumour": {"ct_fiducials": 1.0}}},
        {"links": {"tumour": {"ct_fiducials": 0.5}, "sacrum": {"ct_fiducials": 1.0}}},
        {"expected_error_mm": {"tumour": float("nan")}},
    ],
    ids=str,
)
def test_an_accepted_verdict_cannot_contradict_itself(change: dict[str, object]) -> None:
    with pytest.raises(ContractError):
        replace(VERDICT, **change)  # type: ignore[arg-type]


@pytest.mark.hazard("H23")
def test_a_record_with_any_field_dropped_or_spoiled_is_refused() -> None:
    document = VERDICT.to_document()
    for name in document:
        dropped = {key: value for key, value in document.items() if key != name}
        with pytest.raises(InputError):
            Verdict.from_json(json.dumps(dropped))
        spoils: tuple[object, ...] = ({"x": []}, "maybe", [None], float("nan"))
        for spoiled in spoils:
            if name in ("target_key", "board_digest") and spoiled == "maybe":
                continue
            with pytest.raises(InputError):
                Verdict.from_json(json.dumps(document | {name: spoiled}))
    with pytest.raises(InputError):
        Verdict.from_json(json.dumps(document | {"accuracy_mm": 0.1}))
    with pytest.raises(InputError):
        Verdict.from_json(json.dumps(document | {"matched": True}))


@pytest.mark.hazard("H04")
def test_a_mirrored_pose_in_a_record_is_refused() -> None:
    document = VERDICT.to_document()
    matrix = np.array(document["board_from_patient"]["matrix_mm"])
    matrix[:, 0] *= -1.0
    document["board_from_patient"]["matrix_mm"] = matrix.tolist()
    with pytest.raises(InputError):
        Verdict.from_json(json.dumps(document))


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "3", '{"version": 1}', '{"version": 3}', '{"version": 4}'])
def test_text_that_is_no_verdict_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        Verdict.from_json(text)


def test_a_verdict_of_another_version_is_refused_with_what_to_do() -> None:
    for version in (2, 4):
        with pytest.raises(InputError, match="orview register"):
            Verdict.from_json(json.dumps(VERDICT.to_document() | {"version": version}))


def test_reading_a_verdict_loads_no_heavy_library() -> None:
    code = "import sys, orview.register.verdict; print([m for m in ('cv2', 'open3d', 'SimpleITK') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"[]"
