"""What the terminal shows while a person holds a calibration board before a camera."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from orview.calibrate.coverage import GuideState
from orview.cli.output import console

_SHADES = ((0, "·", "dim"), (1, "░", "yellow"), (20, "▒", "green"), (60, "█", "green"))
"""From how many corners in a cell of the picture it is drawn how."""


@contextmanager
def guide_panel() -> Iterator[Callable[[GuideState], None]]:
    """Show a guide's state on stderr while the block runs; yields the function that is told each new one.

    Where stderr is no terminal, each sentence is a line, said when it changes.
    """
    if not console.is_terminal:
        said = ""

        def say(state: GuideState) -> None:
            nonlocal said
            if state.sentence != said:
                said = state.sentence
                console.print(f"{state.views}/{state.most}  {said}", soft_wrap=True)

        yield say
        return
    with Live(console=console, refresh_per_second=10, transient=True) as live:
        yield lambda state: live.update(panel_of(state))


def panel_of(state: GuideState) -> Panel:
    """Return the state as a panel: the sentence, the picture's cells by how many corners were seen there, leans."""
    cells = Text()
    for row in state.coverage:
        for count in row:
            _, mark, style = next(shade for shade in reversed(_SHADES) if count >= shade[0])
            cells.append(mark * 4, style=style)
        cells.append("\n")
    leans = "  ".join(f"{lean} {count}" for lean, count in state.leans)
    error = "not yet known" if state.predicted_error_mm is None else f"{state.predicted_error_mm:.2f} mm"
    return Panel(
        Group(
            Text(state.sentence, style="bold green" if state.took or state.done else "bold"),
            Text(),
            cells,
            Text(f"nearer side:  {leans}"),
            Text(f"views {state.views} of at most {state.most}    expected error at half a metre, 95 %: {error}"),
        ),
        title="Calibrating",
    )
