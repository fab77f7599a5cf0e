"""How far the reading is: said by the child as short lines on a pipe, heard by the parent.

A line is `NUMBER FRACTION`: the stage's place in `Stage` and how much of it is done. No free text crosses, so
nothing a file holds can reach a screen this way.
"""

import os
from enum import StrEnum

LONGEST_LINE_BYTES = 32
_SMALLEST_STEP = 0.01


class Stage(StrEnum):
    """What the child is doing, in the words a person is shown."""

    UNPACKING = "Unpacking the archive"
    HEADERS = "Looking through the files"
    PIXELS = "Reading the image"
    OUTLINES = "Reading the outlines"


_STAGES = tuple(Stage)


class _Pipe:
    """Where this process reports to; nowhere until the child says so, so that sources also run on their own."""

    handle: int | None = None
    last: tuple[Stage, float] | None = None


def report_to(handle: int) -> None:
    """Send this process's reports to an open file descriptor."""
    _Pipe.handle = handle


def report(stage: Stage, fraction: float) -> None:
    """Tell the parent how much of a stage is done, 0 to 1; cheap enough to be called for every file."""
    if _Pipe.handle is None:
        return
    if _Pipe.last is not None and _Pipe.last[0] is stage and 0.0 <= fraction - _Pipe.last[1] < _SMALLEST_STEP:
        return
    _Pipe.last = (stage, fraction)
    os.write(_Pipe.handle, f"{_STAGES.index(stage)} {fraction:.3f}\n".encode())


def parse_report(line: bytes) -> tuple[Stage, float] | None:
    """Return what a line says, None for a line that is none."""
    number, _, fraction = line.strip().partition(b" ")
    try:
        stage, done = int(number), float(fraction)
    except ValueError:
        return None
    if not (0 <= stage < len(_STAGES) and 0.0 <= done <= 1.0):
        return None
    return _STAGES[stage], done
