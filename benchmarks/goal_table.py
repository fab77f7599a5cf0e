"""The table of goals that a run writes before those of earlier ones."""

import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.streaming_pieces import Goal
from orview import __version__


def record(results: Path, goals: Sequence[Goal], *, machine: str = "") -> None:
    """Write a table of this run; `machine`: what has to be known of it beside its kind and its cores."""
    marks = {True: "yes", False: "**no**", None: "not measured"}
    rows = "".join(f"| {goal.name} | {goal.asked} | {goal.reached} | {marks[goal.met]} |\n" for goal in goals)
    head, _, earlier = results.read_text(encoding="utf-8").partition("## ")
    where = ", ".join(part for part in (platform.machine(), f"{os.cpu_count()} cores", machine) if part)
    table = (
        f"## {__version__}, {where}, {time.strftime('%Y-%m-%d')}\n\n"
        f"| goal | asked | reached | met |\n|---|---|---|---|\n{rows}\n"
    )
    results.write_text(head + table + (f"## {earlier}" if earlier else ""), encoding="utf-8")
