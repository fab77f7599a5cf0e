"""A pointer's tip is read as `orview calibrate pivot --json` prints it, and nothing else is."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.edge.tip_files import read_tip
from orview.errors import InputError
from orview.markers.printed import Print

POINTER = load_board("pointer")
GOOD: dict[str, Any] = {
    "board_digest": POINTER.digest,
    "tip_in_board_mm": [1.0, 150.0, 20.0],
    "covariance_mm2": np.diag([0.01, 0.02, 0.03]).tolist(),
}


def test_what_pivot_prints_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tip.json"
    path.write_text(json.dumps({**GOOD, "poses": 30, "rms_mm": 0.1}))
    tip = read_tip(path, POINTER)
    np.testing.assert_array_equal(tip.position_pointer_mm, [1.0, 150.0, 20.0])
    np.testing.assert_array_equal(tip.covariance_mm2, np.diag([0.01, 0.02, 0.03]))


@pytest.mark.hazard("H30")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tip = 3", "no JSON"),
        ("[]", "tip_in_board_mm"),
        (json.dumps({"tip_in_board_mm": [1.0, 2.0, 3.0]}), "covariance_mm2"),
        (json.dumps({**GOOD, "tip_in_board_mm": [1.0, 2.0]}), "tip_in_board_mm"),
        (json.dumps({**GOOD, "tip_in_board_mm": [1.0, float("nan"), 2.0]}), "finite"),
        (json.dumps({**GOOD, "tip_in_board_mm": [1.0, 2000.0, 2.0]}), "metre"),
        (json.dumps({**GOOD, "covariance_mm2": np.diag([1.0, 1.0, -1.0]).tolist()}), "no covariance"),
        (json.dumps({**GOOD, "board_digest": load_board("headset").digest}), "the tip of another pointer"),
        (json.dumps({**GOOD, "board_digest": ""}), "does not say which pointer"),
        (json.dumps({key: GOOD[key] for key in GOOD if key != "board_digest"}), "does not say which pointer"),
        (json.dumps({**GOOD, "covariance_mm2": [[1.0, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]}), "no covariance"),
    ],
)
def test_anything_else_is_refused_with_the_mend(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "tip.json"
    path.write_text(text)
    with pytest.raises(InputError, match=words) as refused:
        read_tip(path, POINTER)
    assert "orview calibrate pivot" in refused.value.mend


def test_a_print_that_was_measured_since_makes_another_pointer(tmp_path: Path) -> None:
    path = tmp_path / "tip.json"
    path.write_text(json.dumps(GOOD))
    measured = replace(POINTER.nominal, printed=Print(scale_sigma=0.0005))
    with pytest.raises(InputError, match="measured again"):
        read_tip(path, measured)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_tip(tmp_path / "none.json", POINTER)
