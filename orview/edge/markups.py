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
from orview.edge.point_rows import PointRow
from orview.edge.point_tables import read_csv, read_fcsv
from orview.errors import InputError
from orview.findings import Finding, Severity, counted
from orview.geometry.fit import COLLINEAR_RATIO

LARGEST_BYTES = 8 << 20
MOST_POINTS = 2000
SAME_PLACE_MM = 0.01
"""Points nearer than this to one another are one point written twice."""

FARTHEST_MM = 10_000.0
"""No point of a patient is farther from the origin of a CT than this."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NamedPoint:
    """A point of a file.

    Attributes:
        name: its label; unique in the file, as far as the file gives one.
        position_patient_mm: (3,).
        covariance_mm2: (3, 3) of its error, None where the file does not say (no format here does).
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
    text = _text_of(path)
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
    points = tuple(NamedPoint(name=row.name, position_patient_mm=row.position_patient_mm) for row in rows)
    return points, tuple(findings)


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"{path.name} is larger than 8 MB.", mend="A file of points is small: check which it is.")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is not text in UTF-8.", mend="Save it again from 3D Slicer, or as CSV in UTF-8."
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} cannot be read.", mend="Check that the file is there.") from error
    if not text.strip():
        raise InputError(f"{path.name} is empty.", mend="Save the points again; the file holds none.")
    return text


def _check(rows: list[PointRow], name: str, findings: list[Finding]) -> None:
    """Refuse points that cannot be landmarks; say what is odd."""
    if not rows:
        skipped = " All of them are unplaced, unselected or hidden." if findings else ""
        raise InputError(
            f"{name} holds no points to use.{skipped}", mend="Place, select and show the points in 3D Slicer."
        )
    if len(rows) > MOST_POINTS:
        raise InputError(f"{name} holds {len(rows)} points, more than {MOST_POINTS}.", mend="Keep the landmarks only.")
    positions = np.array([row.position_patient_mm for row in rows])
    for row, position in zip(rows, positions, strict=True):
        if np.abs(position).max() > FARTHEST_MM:
            raise InputError(
                f"{name}, {row.where}: the point {row.name} is {np.abs(position).max() / 1000.0:.0f} m away.",
                mend="Write the points in millimetres of the CT.",
            )
    first: dict[str, PointRow] = {}
    for row in rows:
        other = first.setdefault(row.name, row)
        if other is not row:
            raise InputError(
                f"{name}, {row.where}: the name {row.name!r} stands there a second time, first in {other.where}.",
                mend="Give every point its own name.",
            )
    # Sorted along one axis only neighbours can coincide: thousands of points stay cheap.
    order = np.argsort(positions[:, 0], kind="stable")
    for at, index in enumerate(order):
        for other in order[at + 1 :]:
            if positions[other, 0] - positions[index, 0] >= SAME_PLACE_MM:
                break
            if np.linalg.norm(positions[other] - positions[index]) < SAME_PLACE_MM:
                one, two = sorted((rows[index], rows[other]), key=lambda row: row.number)
                raise InputError(
                    f"{name}, {two.where}: {two.name} lies where {one.name} does ({one.where}).",
                    mend="Remove one of the two points.",
                )
    if len(rows) >= 3:
        spread = np.linalg.svd(positions - positions.mean(axis=0), compute_uv=False)
        if spread[1] < COLLINEAR_RATIO * spread[0]:
            raise InputError(
                f"{name}: all {len(rows)} points lie on one line.",
                mend="Place a point well beside that line; a line leaves a turn about itself free.",
            )
    else:
        findings.append(
            Finding(
                code="FEW_POINTS",
                severity=Severity.WARNING,
                message=f"The file holds {counted(len(rows), 'point')}; three or more are needed to register.",
                where=name,
            )
        )
