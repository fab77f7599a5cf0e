"""The terminal shows sentence, coverage and error; where there is none, sentences are lines on stderr."""

import pytest
from rich.console import Console

from orview.calibrate.coverage import GuideState
from orview.calibrate.wish import Lean
from orview.cli import guide_panel as module
from orview.cli.guide_panel import guide_panel, panel_of

STATE = GuideState(
    sentence="Hold the board still.",
    took=False,
    views=3,
    most=25,
    coverage=((0, 5), (30, 90)),
    leans=((Lean.LEFT, 2), (Lean.TOP, 1)),
    predicted_error_mm=0.317,
    done=False,
)


def test_the_panel_says_all_there_is_to_see() -> None:
    console = Console(width=80, force_terminal=False)
    with console.capture() as captured:
        console.print(panel_of(STATE))
    text = captured.get()
    for part in ("Hold the board still.", "····░░░░", "▒▒▒▒████", "left 2  top 1", "views 3 of at most 25", "0.32 mm"):
        assert part in text


def test_without_a_terminal_each_sentence_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(width=80, force_terminal=False, stderr=True)
    monkeypatch.setattr(module, "console", console)
    with console.capture() as captured, guide_panel() as show:
        show(STATE)
        show(STATE)
    assert captured.get().count("Hold the board still.") == 1
