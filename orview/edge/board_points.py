"""Points measured in the frame of the board on the patient: landmarks touched, bone traced. Plain CSV, both ways.

`# frame = board` in the first line, then `name,x,y,z`, `name,x,y,z,sigma` or `name,x,y,z,sigma,shared`; mm. The name of
a touched point may be left empty, or the whole column: which landmark it is, is then told from distances. A trace needs
no names. `shared` is the part of `sigma` that is the same in all touches, as a tip that was calibrated wrong makes it.
"""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orview.edge.point_checks import check_apart, check_count, check_named_once, check_near, check_spread, text_of
from orview.edge.point_rows import PointRow
from orview.edge.point_tables import read_csv
from orview.errors import InputError

MOST_TOUCHED = 200
MOST_TRACED = 50_000
FARTHEST_MM = 1500.0
"""Nobody touches a patient farther than this from the board on it."""

NEXT_PLACE_MM = 1.0
"""Touched points nearer to one another are one landmark, touched twice."""


@dataclass(frozen=True, kw_only=True, eq=False)
class BoardPoint:
    """A point of a file.

    Attributes:
        name: of the landmark, None where the file does not say.
        position_board_mm: (3,).
        sigma_mm: of its error along each axis, None where the file does not say.
        shared_mm: the part of it that is the same in all points, likewise.
        where: it stands in the file ("line 7").
    """

    name: str | None
    position_board_mm: NDArray[np.float64]
    sigma_mm: float | None
    where: str
    shared_mm: float | None = None


def read_touched(path: Path) -> tuple[BoardPoint, ...]:
    """Read touched landmarks.

    Raises:
        InputError: the file cannot be used; the words name it, the line and the mend.
    """
    rows = _rows(path, most=MOST_TOUCHED)
    check_named_once([row for row in rows if row.named], path.name)
    check_apart(rows, path.name, apart_mm=NEXT_PLACE_MM)
    check_spread(rows, path.name)
    for row in rows:
        if row.shared_mm is not None and (row.sigma_mm is None or row.shared_mm >= row.sigma_mm):
            raise InputError(
                f"{path.name}, {row.where}: {row.name} shares more error with the others than it has.",
                mend="The column shared is a part of sigma, and smaller: write both, or leave it empty.",
            )
    return tuple(
        BoardPoint(
            name=row.name if row.named else None,
            position_board_mm=row.position_mm,
            sigma_mm=row.sigma_mm,
            where=row.where,
            shared_mm=row.shared_mm,
        )
        for row in rows
    )


def read_traced(path: Path) -> NDArray[np.float64]:
    """Read traced points, (N, 3) mm in the board frame; a tip that rested may have left many at one place.

    Raises:
        InputError: the file cannot be used; the words name it, the line and the mend.
    """
    rows = _rows(path, most=MOST_TRACED)
    check_spread(rows, path.name)
    return np.array([row.position_mm for row in rows])


def check_points_are_new(path: Path) -> None:
    """Refuse a place where measured points cannot be written; called before they are measured.

    Raises:
        InputError: the file exists already, its folder does not, or its ending is another.
    """
    if path.suffix.lower() not in (".csv", ".txt"):
        raise InputError(f"{path.name} is no name for measured points.", mend="Name a .csv file with --out.")
    if path.exists():
        raise InputError(
            f"There is {path.name} already, and measured points are never overwritten.",
            mend="Name another file with --out, or put the old one away.",
        )
    if not path.parent.is_dir():
        raise InputError("The folder for the points is not there.", mend=f"Make the folder {path.parent}.")


def write_touched(path: Path, points: Sequence[BoardPoint]) -> None:
    """Write touched landmarks, whole or not at all; what was written before is replaced.

    Raises:
        InputError: the disk refuses.
    """
    rows = [
        [
            _name_cell(point.name),
            *_cells(point.position_board_mm),
            *("" if sigma_mm is None else f"{sigma_mm:.3f}" for sigma_mm in (point.sigma_mm, point.shared_mm)),
        ]
        for point in points
    ]
    _write(path, "name,x,y,z,sigma,shared", rows)


def write_traced(path: Path, points_board_mm: Sequence[NDArray[np.float64]]) -> None:
    """Write traced points, (3,) mm each, whole or not at all; what was written before is replaced.

    Raises:
        InputError: the disk refuses.
    """
    _write(path, "x,y,z", [_cells(point) for point in points_board_mm])


def _cells(position_mm: NDArray[np.float64]) -> list[str]:
    return [f"{value:.3f}" for value in position_mm.tolist()]


def _name_cell(name: str | None) -> str:
    """Return a name as a cell; one that looks like a comment or several cells is quoted."""
    if name is None:
        return ""
    quoted = name.replace('"', '""')
    return f'"{quoted}"' if any(mark in name for mark in ',;"#') else name


def _write(path: Path, header: str, rows: list[list[str]]) -> None:
    text = "\n".join(["# frame = board", header, *(",".join(row) for row in rows)]) + "\n"
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise InputError(f"The points cannot be written ({error.strerror}).", mend=f"Check {path}.") from error


def _rows(path: Path, *, most: int) -> list[PointRow]:
    if not path.name.lower().endswith((".csv", ".txt")):
        raise InputError(
            f"{path.name} is no file of points measured at the board.",
            mend="Give a .csv file with # frame = board in its first line.",
        )
    rows = read_csv(text_of(path), path.name, None, of_board=True)
    if not rows:
        raise InputError(f"{path.name} holds no points.", mend="Write one point in each line: name,x,y,z.")
    check_count(rows, path.name, most=most)
    check_near(rows, path.name)
    for row in rows:
        away_mm = float(np.linalg.norm(row.position_mm))
        if away_mm > FARTHEST_MM:
            raise InputError(
                f"{path.name}, {row.where}: {row.name} lies {away_mm / 1000.0:.1f} m from the board on the patient.",
                mend="Measure the points in the board's own frame, in millimetres.",
            )
    return rows
