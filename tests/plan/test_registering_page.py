"""The page on registering can be copied as it stands: its files are read and fit, its commands have these options."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer

from orview.cli import calibrate_hand_eye, calibrate_pivot, headset, landmarks, register, serve, touch, track
from orview.edge.board_points import read_touched, read_traced
from orview.edge.markups import read_points
from orview.edge.registration_points import LANDMARK_SIGMA_MM
from orview.register.landmarks import Landmark, Touch
from orview.register.touched import register_touched
from orview.register.touching import TOUCH_SIGMA_MM

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "registering.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"`(\w+\.csv)`\n\n```csv\n(.*?)```", PAGE, flags=re.DOTALL))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_files_are_read_and_register(folder: Path) -> None:
    assert FILES.keys() == {"landmarks.csv", "touched.csv", "trace.csv"}
    points, findings = read_points(folder / "landmarks.csv")
    assert not findings
    touched = read_touched(folder / "touched.csv")
    assert {point.name for point in touched} < {point.name for point in points}
    assert [point.sigma_mm for point in touched].count(0.5) == 2
    assert len(read_traced(folder / "trace.csv")) == 3
    verdict = register_touched(
        [
            Landmark(
                name=point.name,
                position_patient_mm=point.position_patient_mm,
                covariance_mm2=LANDMARK_SIGMA_MM**2 * np.eye(3),
            )
            for point in points
        ],
        [
            Touch(
                name=point.name,
                position_board_mm=point.position_board_mm,
                covariance_mm2=(point.sigma_mm or TOUCH_SIGMA_MM) ** 2 * np.eye(3),
            )
            for point in touched
        ],
        targets={"tumour": (12.0, 60.0, -440.0)},
        target_key="tumour",
        board_digest="",
    )
    assert verdict.accepted
    assert 1.0 < verdict.expected_error_mm["tumour"] < 2.0


def test_the_commands_have_the_options_they_are_written_with() -> None:
    known = _options(register.command)
    lines = [line.strip() for line in PAGE.splitlines() if line.startswith("    orview register ")]
    assert len(lines) == 5
    used = {word for line in lines for word in line.split() if word.startswith("--")}
    assert used == {"--board", "--fiducials", "--landmarks", "--touched", "--traced", "--on"}
    assert used <= known
    others = {
        "touch": (touch.command, 2),
        "track": (track.command, 1),
        "calibrate pivot": (calibrate_pivot.command, 1),
        "landmarks": (landmarks.command, 1),
        "serve": (serve.command, 2),
        "calibrate hand-eye": (calibrate_hand_eye.command, 1),
    }
    for verb, (command, count) in others.items():
        lines = [line for line in PAGE.splitlines() if line.startswith(f"    orview {verb} ")]
        assert len(lines) == count
        assert set(re.findall(r"--[a-z][a-z-]+", "".join(lines))) <= _options(command)
        known |= _options(command)
    told = set(re.findall(r"--[a-z][a-z-]+", PAGE))
    assert told - {"--check"} <= known | _options(headset.command)


def _options(command: Callable[..., None]) -> set[str]:
    app = typer.Typer()
    app.command()(command)
    return {option for one in typer.main.get_command(app).params for option in one.opts}
