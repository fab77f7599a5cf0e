"""What every verb prints with: JSON on stdout, everything a person reads on stderr."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

console = Console(stderr=True, highlight=False)

ReportProgress = Callable[[str, float], None]
"""Called with a stage's name and how much of it is done, 0 to 1."""


Name = TypeVar("Name", bound=StrEnum)


def one_of(names: type[Name], given: str, *, option: str) -> Name:
    """Return the name a person gave for an option.

    Raises:
        typer.BadParameter: it is none of them.
    """
    try:
        return names(given)
    except ValueError:
        raise typer.BadParameter(f"It is one of {', '.join(names)}.", param_hint=option) from None


def print_json(document: Any) -> None:
    """Write one JSON document to stdout."""
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")
    sys.stdout.flush()


@contextmanager
def progress_bars() -> Iterator[ReportProgress]:
    """Draw one bar per stage on stderr while the block runs; yields the function that moves them."""
    columns = (TextColumn("{task.description:<28}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        tasks: dict[str, Any] = {}

        def report(stage: str, fraction: float) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=1.0)
            progress.update(tasks[stage], completed=min(max(fraction, 0.0), 1.0))

        yield report


def can_ask() -> bool:
    """Whether somebody sits at a terminal who can answer."""
    return sys.stdin.isatty() and console.is_terminal


def can_draw() -> bool:
    """Whether the terminal people read shows pictures made of coloured half blocks."""
    return console.is_terminal and console.color_system in ("truecolor", "256") and console.encoding == "utf-8"


def draw_picture(rows: list[list[list[int]]]) -> None:
    """Draw rows of (red, green, blue) on the terminal, two rows to a line."""
    from rich.text import Text

    picture = Text()
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        for (r, g, b), (under_r, under_g, under_b) in zip(upper, lower, strict=True):
            picture.append("▀", style=f"rgb({r},{g},{b}) on rgb({under_r},{under_g},{under_b})")
        picture.append("\n")
    console.print(picture, end="", no_wrap=True)
