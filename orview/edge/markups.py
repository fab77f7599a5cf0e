"""Named points from files: 3D Slicer markups (`.mrk.json`, `.fcsv`) and plain CSV, in patient millimetres.

`.mrk.json`: Slicer's markups schema 1.0.x. Point lists are read, each as its coordinate system and unit say; points
not placed, not selected or hidden are passed over and named. Curves, lines, planes and regions are no landmarks.

`.fcsv` and CSV: see `orview.edge.point_tables`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orview.edge.markups_json import read_markups_json
from orview.edge.point_checks import check_apart, check_count, check_named_once, check_near, check_spread, text_of
from orview.edge.point_rows import PointRow
from orview.edge.point_tables import read_csv, read_fcsv
from orview.errors import InputError
from orview.findings import Finding, Severity, counted

MOST_POINTS = 2000


@dataclass(frozen=True, kw_only=True, eq=False)
class NamedPoint:
    """A point of a file.

    Attributes:
        name: its label; unique in the file, as far as the file gives one.
        position_patient_mm: (3,).
        covariance_mm2: (3, 3) of its error, None where the file does not say (a CSV may, 3D Slicer's do not).
    """

    name: str
    position_patient_mm: NDArray[np.float64]
    covariance_mm2: NDArray[np.float64] | None = None


def read_points(path: Path, *, frame: str | None = None) -> tuple[tuple[NamedPoint, ...], tuple[Finding, ...]]:
    """Read the points of a file by its ending, and what was odd about it.

    Args:
        path: a `.mrk.json`, `.json`, `.fcsv` or `.csv` file.
        frame: "LPS" or "RAS", of a CSV that does not say it itself.

    Raises:
        InputError: the file cannot be used: it is missing, empty, too large or of another form, holds a number that
            is none, points twice or all on one line, or does not say its frame. The words name file, line and mend.
    """
    name = path.name
    if frame is not None and frame not in ("LPS", "RAS"):
        raise InputError(f"The frame of points is LPS or RAS, not {frame!r}.", mend="Give --frame LPS or --frame RAS.")
    text = text_of(path)
    findings: list[Finding] = []
    lower = name.lower()
    if lower.endswith(".json"):
        rows = read_markups_json(text, name, findings)
    elif lower.endswith(".fcsv"):
        rows = read_fcsv(text, name, findings)
    elif lower.endswith((".csv", ".txt")):
        rows = read_csv(text, name, frame)
    else:
        raise InputError(
            f"{name} is no file of points.", mend="Give a 3D Slicer .mrk.json or .fcsv file, or a .csv file."
        )
    _check(rows, name, findings)
    points = tuple(
        NamedPoint(
            name=row.name,
            position_patient_mm=row.position_mm,
            covariance_mm2=None if row.sigma_mm is None else row.sigma_mm**2 * np.eye(3),
        )
        for row in rows
    )
    return points, tuple(findings)


def _check(rows: list[PointRow], name: str, findings: list[Finding]) -> None:
    """Refuse points that cannot be landmarks; say what is odd."""
    if not rows:
        skipped = " All of them are unplaced, unselected or hidden." if findings else ""
        raise InputError(
            f"{name} holds no points to use.{skipped}", mend="Place, select and show the points in 3D Slicer."
        )
    check_count(rows, name, most=MOST_POINTS)
    check_near(rows, name)
    check_named_once(rows, name)
    check_apart(rows, name)
    check_spread(rows, name)
    if len(rows) < 3:
        findings.append(
            Finding(
                code="FEW_POINTS",
                severity=Severity.WARNING,
                message=f"The file holds {counted(len(rows), 'point')}; three or more are needed to register.",
                where=name,
            )
        )
