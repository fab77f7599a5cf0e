"""One point as a file gives it: its numbers checked, in the axes of the patient or of the board."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.errors import InputError
from orview.findings import Finding, Severity, counted

SIGNS = {"LPS": (1.0, 1.0, 1.0), "RAS": (-1.0, -1.0, 1.0)}
"""Patient millimetres are LPS; RAS runs the other way along the first two axes."""

BOARD = "BOARD"
"""What files call the frame of the board on the patient."""

LARGEST_SIGMA_MM = 50.0
"""No point is known worse than this and of any use."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PointRow:
    """A point and where in the file it stands.

    Attributes:
        name: label, stripped; "point 3" where there is none.
        named: whether the file gave that name.
        position_mm: (3,), patient axes; board axes in a file of the board's frame.
        sigma_mm: of the point's error along each axis, None where the file does not say.
        shared_mm: the part of it that all points of the file share, likewise.
        where: "line 7" or "list 1, point 3".
        number: counts the points of a file.
    """

    name: str
    named: bool
    position_mm: NDArray[np.float64]
    sigma_mm: float | None
    where: str
    number: int
    shared_mm: float | None = None


def point_row(
    label: str,
    numbers: Sequence[object],
    *,
    frame: str,
    mm_per_unit: float,
    file: str,
    where: str,
    number: int,
    sigma: str = "",
    shared: str = "",
) -> PointRow:
    """Return a point of three numbers in `frame`: LPS, RAS or BOARD.

    Raises:
        InputError: not three finite numbers, or a sigma (empty: not said) that is none.
    """
    if len(numbers) != 3:
        raise InputError(
            f"{file}, {where}: a point has three coordinates, not {len(numbers)}.", mend="Write x, y and z."
        )
    values = [_number(value, axis, file=file, where=where) for value, axis in zip(numbers, "xyz", strict=True)]
    return PointRow(
        name=label.strip() or f"point {number}",
        named=bool(label.strip()),
        position_mm=np.array(values) * SIGNS.get(frame, (1.0, 1.0, 1.0)) * mm_per_unit,
        sigma_mm=_sigma(sigma, "sigma", file=file, where=where) if sigma.strip() else None,
        shared_mm=_sigma(shared, "shared", file=file, where=where) if shared.strip() else None,
        where=where,
        number=number,
    )


def _sigma(value: str, column: str, *, file: str, where: str) -> float:
    sigma_mm = _number(value, column, file=file, where=where)
    if not 0.0 < sigma_mm <= LARGEST_SIGMA_MM:
        raise InputError(
            f"{file}, {where}: {column} is {sigma_mm:g}, not above 0 and at most {LARGEST_SIGMA_MM:g} mm.",
            mend="Write how well the point is known, in mm along each axis, or leave the cell empty.",
        )
    return sigma_mm


def _number(value: object, axis: str, *, file: str, where: str) -> float:
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float) or "_" in str(value):
            raise ValueError
        number = float(value)
    except (ValueError, OverflowError):
        shown = repr(value)[:40]
        comma = isinstance(value, str) and value.count(",") == 1 and value.replace(",", "").strip("+-").isdigit()
        mend = "Write decimals with a point, not with a comma." if comma else "Write a number in its place."
        raise InputError(f"{file}, {where}: {axis} is {shown}, which is no number.", mend=mend) from None
    if not math.isfinite(number):
        raise InputError(f"{file}, {where}: {axis} is {number}, not a finite number.", mend="Place the point again.")
    return number


def skipped_finding(names: list[str], file: str) -> list[Finding]:
    """Return what is said of points that were passed over."""
    if not names:
        return []
    listed = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return [
        Finding(
            code="POINTS_SKIPPED",
            severity=Severity.INFO,
            message=f"{counted(len(names), 'point')} not placed, not selected or hidden: passed over ({listed}).",
            where=file,
        )
    ]
