"""Whoever holds the pointer can stop at any time: what was taken is in the file, whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orview.cli import touch_steps
from orview.cli.touch_steps import Steps, TouchSteps, TraceSteps
from orview.edge.board_points import read_touched, read_traced
from orview.register.landmarks import Landmark
from orview.register.touching import Touching
from orview.track.tip_sight import TipSight
from orview.units import NS_PER_S
from tests.pointing import PATIENT, POINTER, PROFILE, TIP

PLACES = {"a": np.zeros(3), "b": np.array([80.0, 0.0, 0.0]), "c": np.array([0.0, 60.0, 20.0])}


class Said:
    """Remembers what was said."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def __call__(self, event: dict[str, Any], words: str) -> None:
        assert words
        self.events.append(event)


def _stopped(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> Iterator[None]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(touch_steps, "pictures_of", interrupted)
    camera: Any = None
    with pytest.raises(KeyboardInterrupt):
        steps.run(camera, "0", PROFILE, (PATIENT, POINTER), TIP, resting=True)


def _show(steps: Steps, places: list[np.ndarray], *, start: int = 0) -> None:
    for number, place in enumerate(places, start=start):
        sight = TipSight(
            taken_ns=number * NS_PER_S // 30,
            position_board_mm=place,
            noise_mm2=0.01 * np.eye(3),
            shared_mm2=0.1 * np.eye(3),
        )
        steps.take(sight)


def test_touches_stay_when_somebody_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landmarks = [
        Landmark(name=name, position_patient_mm=place, covariance_mm2=0.49 * np.eye(3))
        for name, place in PLACES.items()
    ]
    said, path = Said(), tmp_path / "touched.csv"
    steps = TouchSteps(Touching(landmarks, tuple(PLACES)), path, say=said)
    _show(steps, [np.array([0.0, 0.0, -50.0])] * 4 + [PLACES["a"]] * 25 + [PLACES["b"]] * 25)
    assert [point.name for point in read_touched(path)] == ["a", "b"]
    _stopped(steps, monkeypatch)
    assert [point.name for point in read_touched(path)] == ["a", "b"]
    assert said.events[-1] == {"event": "end", "touched": 2, "file": str(path)}


def test_a_trace_is_written_whole_when_somebody_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said, path = Said(), tmp_path / "trace.csv"
    steps = TraceSteps(path, most=300, say=said)
    _show(steps, [np.zeros(3)] * 20 + [np.array([1.0 * k, 0.002 * k * k, 0.0]) for k in range(60)])
    written = len(read_traced(path))
    _stopped(steps, monkeypatch)
    assert len(read_traced(path)) == said.events[-1]["points"] > written
    assert [entry.name for entry in tmp_path.iterdir()] == ["trace.csv"]
