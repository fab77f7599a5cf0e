"""What was injected, how often, what came of it: one table for all faults."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from orview import __version__

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "faults.md"


@dataclass
class Row:
    """One kind of fault: how often, times in ms from the fault to what was waited for, and what must not be."""

    count: int = 0
    hidden_ms: list[float] = field(default_factory=list)
    restored_ms: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    words: str = ""


class Ledger:
    """All kinds of faults of one run."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}

    def row(self, fault: str) -> Row:
        """Return the row of a kind of fault, begun where there is none."""
        return self._rows.setdefault(fault, Row())

    def __bool__(self) -> bool:
        return bool(self._rows)

    def table(self) -> str:
        """Return the rows as a Markdown table."""
        lines = [
            "| fault | count | hidden p50/p95/max ms | restored p50/p95/max ms | wrong | beside it |",
            "|---|---|---|---|---|---|",
        ]
        for fault, row in self._rows.items():
            hidden, restored = _spread(row.hidden_ms), _spread(row.restored_ms)
            lines.append(f"| {fault} | {row.count} | {hidden} | {restored} | {len(row.wrong)} | {row.words} |")
        return "\n".join(lines) + "\n"

    def write(self, *, seconds: float) -> None:
        """Keep the table as the newest result."""
        RESULTS.write_text(
            "# Faults, injected by `make faults`\n\n"
            f"orview {__version__}, {platform.machine()}, a simulated room of one host and three reference headsets, "
            f"{seconds / 60:.0f} minutes.\n"
            "*Hidden*: from the fault to the last frame in which a headset drew the overlay (60 a second, by the\n"
            "machine's own clock); 200 ms is the most that is right. *Restored*: from a kill to the first fresh state\n"
            "and pose a client is told, which is HOLD; of look and work to the process that takes the place.\n"
            "A process is killed again after 5 s at the soonest. The store lies in memory if one may mount a disk.\n\n"
            + self.table(),
            encoding="utf-8",
        )


def _spread(times_ms: Sequence[float]) -> str:
    if not times_ms:
        return ""
    return " / ".join(f"{value:.0f}" for value in np.percentile(np.asarray(times_ms), (50, 95, 100)))
