"""Numbers and times as every report writes them."""

from datetime import datetime

from orview.edge.report.sessions import time_of
from orview.plan.stages import Position

NO_NUMBER = "–"
SPACE = "\u00a0"
"""Between a number and its unit, so that no line ends between them (hazard H33)."""


def mm(value: float | None) -> str:
    """Return a length; a dash for none."""
    return NO_NUMBER if value is None else f"{value:.1f}{SPACE}mm"


def when(utc: str | datetime) -> str:
    """Return a moment, ISO 8601 or as a datetime in UTC, to the second."""
    moment = time_of(utc) if isinstance(utc, str) else utc
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def lying(position: Position) -> str:
    """Return how the patient lies."""
    return position.value.replace("_", " ")
