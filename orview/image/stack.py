"""Is this stack of slices one regular grid?

Slices are placed by their own positions; file names, slice numbers and stated thicknesses are never trusted to place
one, only to contradict. What is not one regular grid is refused (hazard H15); a stack that leans as a whole, as under
a tilted gantry, is described so that `orview.image.straighten` can lay it onto a straight grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from orview.errors import RefusedError
from orview.findings import Finding, Severity
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.numbering import check_locations, check_numbering
from orview.units import deg_from_rad

POSITION_TOLERANCE_MM = 0.01
"""How far a slice may lie from where a regular stack would have it; headers round to about a thousandth."""

SPACING_TOLERANCE_MM = 1e-4
DIRECTION_TOLERANCE = 1e-3
TILT_TOLERANCE_RAD = 2e-3
"""Slices may lean by this much (0.1 degrees) and still count as a straight stack."""

TILT_MAX_RAD = float(np.deg2rad(35.0))
"""No gantry tilts further (30 degrees is usual): positions that lean more are damaged."""

FARTHEST_MM = 1e5
"""No scanner places a slice farther from its origin."""

TILT_STATED_TOLERANCE_DEG = 1.0
SMALLEST_STACK = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class SlicePlace:
    """Where one slice lies, as its own header says.

    Attributes:
        position_mm: (3,) patient position of the first pixel's centre (ImagePositionPatient).
        row_direction, column_direction: (3,) unit; along increasing column and row index (ImageOrientationPatient).
        spacing_mm: between rows, between columns (PixelSpacing).
        rows, columns: size.
        thickness_mm: stated thickness, 0 where unknown.
        number: the slice's number in its series (InstanceNumber), None where unknown.
        location_mm: its place along the table as the scanner counts it (SliceLocation), None where unknown.
        tilt_deg: stated tilt of the gantry (GantryDetectorTilt), 0 where unknown.
    """

    position_mm: NDArray[np.float64]
    row_direction: NDArray[np.float64]
    column_direction: NDArray[np.float64]
    spacing_mm: tuple[float, float]
    rows: int
    columns: int
    thickness_mm: float = 0.0
    number: int | None = None
    location_mm: float | None = None
    tilt_deg: float = 0.0

    @property
    def normal(self) -> NDArray[np.float64]:
        """(3,) unit, at right angles to the slice."""
        return np.cross(self.row_direction, self.column_direction)


@dataclass(frozen=True, kw_only=True, eq=False)
class Stack:
    """A regular stack of slices.

    Attributes:
        order: indices into the slices given, along their normal.
        patient_from_voxel: grid of the stack; where it leans, of its first slice with the others straight above it.
        lean_px: how many pixels along (i, j) each slice is shifted against the one before; (0, 0) where straight.
        findings: what is doubtful.
    """

    order: list[int]
    patient_from_voxel: AffineTransform
    lean_px: tuple[float, float] = (0.0, 0.0)
    findings: list[Finding] = field(default_factory=list)


def stack_slices(slices: Sequence[SlicePlace]) -> Stack:
    """Sort slices along their common normal and return their grid.

    Raises:
        RefusedError: too few slices, mixed sizes or orientations, two slices in one place, a missing or shifted
            slice, uneven spacing, slices numbered against their places, a position out of reach, or a stack that leans
            as none can.
    """
    if len(slices) < SMALLEST_STACK:
        raise RefusedError(
            f"A volume needs at least {SMALLEST_STACK} slices, not {len(slices)}.",
            mend="Export the whole series.",
        )
    first = slices[0]
    if max(float(np.abs(one.position_mm).max()) for one in slices) > FARTHEST_MM:
        raise RefusedError(
            "A slice's position is damaged: it lies farther away than any scanner reaches.",
            mend="Export the series again.",
        )
    _check_alike(slices)
    _check_directions(first)
    normal = first.normal
    order = np.argsort(np.stack([one.position_mm for one in slices]) @ normal, kind="stable").tolist()
    positions = np.stack([slices[n].position_mm for n in order])
    step = (positions[-1] - positions[0]) / (len(slices) - 1)
    _check_even(positions @ normal)
    _check_line(positions)
    check_locations([slices[n].location_mm for n in order])
    findings = check_numbering([slices[n].number for n in order])
    distance = float(step @ normal)
    lean = float(np.arctan(np.linalg.norm(step - normal * distance) / distance))
    row_mm, column_mm = first.spacing_mm
    lean_px = (0.0, 0.0)
    if lean > TILT_TOLERANCE_RAD:
        findings.append(_leaning(lean))
        lean_px = (float(step @ first.row_direction) / column_mm, float(step @ first.column_direction) / row_mm)
        step = normal * distance
    findings += _check_stated_tilt(slices, deg_from_rad(lean)) + _check_thickness(slices, distance)
    matrix = np.eye(4)
    matrix[:3, 0] = first.row_direction * column_mm
    matrix[:3, 1] = first.column_direction * row_mm
    matrix[:3, 2] = step
    matrix[:3, 3] = positions[0]
    return Stack(
        order=order,
        patient_from_voxel=AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix),
        lean_px=lean_px,
        findings=findings,
    )


def _check_alike(slices: Sequence[SlicePlace]) -> None:
    sizes = {(one.rows, one.columns) for one in slices}
    if len(sizes) > 1 or np.ptp([one.spacing_mm for one in slices], axis=0).max() > SPACING_TOLERANCE_MM:
        raise RefusedError("The slices differ in size or pixel spacing.", mend="Export one series only.")
    directions = np.array([(one.row_direction, one.column_direction) for one in slices])
    if np.abs(directions - directions[0]).max() > DIRECTION_TOLERANCE:
        raise RefusedError("The slices do not all face the same way.", mend="Export one series only.")


def _check_directions(one: SlicePlace) -> None:
    row, column = one.row_direction, one.column_direction
    lengths = np.array([np.linalg.norm(row), np.linalg.norm(column)])
    if np.abs(lengths - 1.0).max() > DIRECTION_TOLERANCE or abs(float(row @ column)) > DIRECTION_TOLERANCE:
        raise RefusedError("The slices' orientation is damaged: its directions are not at right angles.")


def _check_even(heights: NDArray[np.float64]) -> None:
    """Refuse sorted heights (N,) mm along the normal that are not evenly spaced."""
    gaps = np.diff(heights)
    usual = float(np.median(gaps))
    if gaps.min() <= min(POSITION_TOLERANCE_MM, usual / 2.0):
        n = int(gaps.argmin())
        raise RefusedError(
            f"Two slices lie in the same place (slices {n + 1} and {n + 2} of the sorted stack).",
            mend="Export the series again, once.",
        )
    even = np.linspace(heights[0], heights[-1], len(heights))
    if np.abs(heights - even).max() <= POSITION_TOLERANCE_MM:
        return
    widest = int(gaps.argmax())
    missing = round(gaps[widest] / usual) - 1
    if missing >= 1 and abs(gaps[widest] - (missing + 1) * usual) < 0.1 * usual:
        words = "A slice is" if missing == 1 else f"A total of {missing} slices are"
        raise RefusedError(
            f"{words} missing between slices {widest + 1} and {widest + 2}: "
            f"{gaps[widest]:.2f} mm apart instead of {usual:.2f} mm.",
            mend="Copy the whole series again.",
        )
    raise RefusedError(
        f"The slices are unevenly spaced: {gaps.min():.2f} to {gaps.max():.2f} mm apart.",
        mend="Export one series with one spacing.",
    )


def _check_line(positions: NDArray[np.float64]) -> None:
    """Refuse sorted positions (N, 3) mm of which one lies beside the line of the others."""
    even = np.linspace(positions[0], positions[-1], len(positions))
    beside = np.linalg.norm(positions - even, axis=1)
    if beside.max() > 2.0 * POSITION_TOLERANCE_MM:
        raise RefusedError(
            f"The slices do not lie in one line: slice {int(beside.argmax()) + 1} of the sorted stack is "
            f"{beside.max():.2f} mm beside it.",
            mend="Export one series only, as the scanner made it.",
        )


def _leaning(lean_rad: float) -> Finding:
    degrees = deg_from_rad(lean_rad)
    if lean_rad > TILT_MAX_RAD:
        raise RefusedError(
            f"The stack leans by {degrees:.1f} degrees, more than any gantry tilts.",
            mend="Reconstruct the series without tilt and export it again.",
        )
    return Finding(
        code="GANTRY_TILT",
        severity=Severity.WARNING,
        message=f"The stack leans by {degrees:.1f} degrees (a tilted gantry). It was sheared back onto a straight "
        "grid, each slice moved inside its own plane by parts of a pixel.",
    )


def _check_stated_tilt(slices: Sequence[SlicePlace], lean_deg: float) -> list[Finding]:
    stated_deg = max((abs(one.tilt_deg) for one in slices), default=0.0)
    if stated_deg == 0.0 or abs(stated_deg - lean_deg) <= TILT_STATED_TOLERANCE_DEG:
        return []
    return [
        Finding(
            code="TILT_CONTRADICTED",
            severity=Severity.WARNING,
            message=f"The scanner states a gantry tilt of {stated_deg:.1f} degrees, but the slices' positions lean by "
            f"{lean_deg:.1f}. The positions are used; check a known shape before trusting them.",
        )
    ]


def _check_thickness(slices: Sequence[SlicePlace], distance_mm: float) -> list[Finding]:
    thickness = float(np.median([one.thickness_mm for one in slices]))
    if thickness > distance_mm + 0.01:
        return [
            Finding(
                code="SLICES_OVERLAP",
                severity=Severity.INFO,
                message=f"Slices of {thickness:g} mm lie {distance_mm:g} mm apart: they overlap. "
                "Their true distance is used.",
            )
        ]
    if 0.0 < thickness < distance_mm - 0.01:
        return [
            Finding(
                code="SLICES_GAP",
                severity=Severity.WARNING,
                message=f"Slices of {thickness:g} mm lie {distance_mm:g} mm apart: what is between was not imaged.",
            )
        ]
    return []
