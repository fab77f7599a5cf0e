"""Stacks of slices beside the report expected of them; another case is another file.

Each `*.stack.json` lists slices as [x, y, z, thickness] of one series, numbered as they stand unless `numbers` says
otherwise; its `*.report.json` holds either the
findings and the grid, or the refusal.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orview.errors import RefusedError
from orview.image.checks import check_grid
from orview.image.stack import SlicePlace, stack_slices

FOLDER = Path(__file__).parent / "images"


def report_of(stack: dict[str, Any]) -> dict[str, Any]:
    orientation = np.array(stack["orientation"], dtype=np.float64)
    numbers = stack.get("numbers", range(1, len(stack["slices"]) + 1))
    slices = [
        SlicePlace(
            position_mm=np.array(position, dtype=np.float64),
            row_direction=orientation[:3],
            column_direction=orientation[3:],
            spacing_mm=tuple(stack["pixel_spacing"]),
            rows=stack["rows"],
            columns=stack["columns"],
            thickness_mm=thickness,
            number=number,
        )
        for number, (*position, thickness) in zip(numbers, stack["slices"], strict=True)
    ]
    try:
        found = stack_slices(slices)
        check_grid((len(slices), stack["rows"], stack["columns"]), found.patient_from_voxel)
    except RefusedError as error:
        return {"refused": error.message}
    report = {
        "order": found.order,
        "patient_from_voxel": np.round(found.patient_from_voxel.matrix, 6).tolist(),
        "findings": [finding.to_json() for finding in found.findings],
    }
    return report | {"lean_px": np.round(found.lean_px, 6).tolist()} if any(found.lean_px) else report


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.stack.json")), ids=lambda path: path.name.split(".")[0])
def test_report_is_the_expected_one(path: Path) -> None:
    expected = json.loads(path.with_name(path.name.replace(".stack.", ".report.")).read_text(encoding="utf-8"))
    assert report_of(json.loads(path.read_text(encoding="utf-8"))) == expected


def test_every_report_has_its_stack() -> None:
    stacks = {path.name.removesuffix(".stack.json") for path in FOLDER.glob("*.stack.json")}
    reports = {path.name.removesuffix(".report.json") for path in FOLDER.glob("*.report.json")}
    assert stacks == reports
    assert len(stacks) >= 6
