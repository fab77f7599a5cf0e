"""Is this stack of slices one regular grid, and what about the image is doubtful?

Slices are placed by their own positions; file names, slice numbers and stated thicknesses are never
trusted. What is not one regular grid is refused (hazard H15), never mended silently.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.errors import RefusedError
from orview.findings import Finding, Severity
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.volume import Volume, spacing_mm
from orview.units import deg_from_rad

POSITION_TOLERANCE_MM = 0.01
"""How far a slice may lie from where a regular stack would have it; headers round to about a thousandth."""

DIRECTION_TOLERANCE = 1e-3
TILT_TOLERANCE_RAD = 2e-3
"""Slices may lean by this much (0.1 degrees) and still count as a straight stack."""

SMALLEST_STACK = 3
VOXEL_RANGE_MM = (0.05, 10.0)
IN_PLANE_MAX_MM = 5.0
EXTENT_RANGE_MM = (10.0, 2500.0)
"""Beyond these a unit was mistaken (hazard H05): no scanner and no patient is that small or large."""

THICK_SLICES_MM = 2.5
METAL_HU = 2800.0
METAL_ML = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class SlicePlace:
    """Where one slice lies, as its own header says.

    Attributes:
        position_mm: (3,) patient position of the first pixel's centre (ImagePositionPatient).
        row_direction, column_direction: (3,) unit; along increasing column and row index (ImageOrientationPatient).
        spacing_mm: between rows, between columns (PixelSpacing).
        rows, columns: size.
        thickness_mm: stated thickness, 0 where unknown.
    """

    position_mm: NDArray[np.float64]
    row_direction: NDArray[np.float64]
    column_direction: NDArray[np.float64]
    spacing_mm: tuple[float, float]
    rows: int
    columns: int
    thickness_mm: float = 0.0


def stack_slices(slices: Sequence[SlicePlace]) -> tuple[list[int], AffineTransform, list[Finding]]:
    """Sort slices along their common normal and return their grid.

    Returns:
        The order (indices into `slices`), `patient_from_voxel` of the sorted stack, and findings.

    Raises:
        RefusedError: too few slices, mixed sizes or orientations, two slices in one place, a missing
            slice, uneven spacing or a tilted stack.
    """
    if len(slices) < SMALLEST_STACK:
        raise RefusedError(
            f"A volume needs at least {SMALLEST_STACK} slices, not {len(slices)}.",
            mend="Export the whole series.",
        )
    first = slices[0]
    for other in slices:
        if (other.rows, other.columns) != (first.rows, first.columns) or not np.allclose(
            other.spacing_mm, first.spacing_mm, rtol=0, atol=1e-4
        ):
            raise RefusedError("The slices differ in size or pixel spacing.", mend="Export one series only.")
        if not (
            np.allclose(other.row_direction, first.row_direction, atol=DIRECTION_TOLERANCE)
            and np.allclose(other.column_direction, first.column_direction, atol=DIRECTION_TOLERANCE)
        ):
            raise RefusedError("The slices do not all face the same way.", mend="Export one series only.")
    _check_directions(first)
    normal = np.cross(first.row_direction, first.column_direction)
    positions = np.stack([one.position_mm for one in slices])
    order = np.argsort(positions @ normal, kind="stable")
    positions = positions[order]
    step = (positions[-1] - positions[0]) / (len(slices) - 1)
    _check_even(positions @ normal)
    lean = np.linalg.norm(step - normal * (step @ normal)) / float(step @ normal)
    if lean > TILT_TOLERANCE_RAD:
        raise RefusedError(
            f"The stack leans by {deg_from_rad(float(np.arctan(lean))):.1f} degrees (a tilted gantry).",
            mend="Reconstruct the series without tilt and export it again.",
        )
    matrix = np.eye(4)
    row_mm, column_mm = first.spacing_mm
    matrix[:3, 0] = first.row_direction * column_mm
    matrix[:3, 1] = first.column_direction * row_mm
    matrix[:3, 2] = step
    matrix[:3, 3] = positions[0]
    findings = []
    distance = float(step @ normal)
    if first.thickness_mm > distance + 0.01:
        findings.append(
            Finding(
                code="SLICES_OVERLAP",
                severity=Severity.INFO,
                message=f"Slices of {first.thickness_mm:g} mm lie {distance:g} mm apart: they overlap. "
                "Their true distance is used.",
            )
        )
    if 0.0 < first.thickness_mm < distance - 0.01:
        findings.append(
            Finding(
                code="SLICES_GAP",
                severity=Severity.WARNING,
                message=f"Slices of {first.thickness_mm:g} mm lie {distance:g} mm apart: "
                "what is between was not imaged.",
            )
        )
    return order.tolist(), AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix), findings


def check_grid(shape: tuple[int, ...], patient_from_voxel: AffineTransform) -> None:
    """Refuse a grid whose size cannot be a patient's in millimetres (hazard H05).

    Args:
        shape: (K, J, I).
        patient_from_voxel: the grid.

    Raises:
        RefusedError: voxels or the whole are impossibly small or large.
    """
    spacing = spacing_mm(patient_from_voxel)
    extent = spacing * np.array(shape[::-1])
    in_plane = np.sort(spacing)[1]
    if (
        spacing.min() < VOXEL_RANGE_MM[0]
        or spacing.max() > VOXEL_RANGE_MM[1]
        or in_plane > IN_PLANE_MAX_MM
        or extent.min() < EXTENT_RANGE_MM[0]
        or extent.max() > EXTENT_RANGE_MM[1]
    ):
        raise RefusedError(
            "The image cannot be a patient's in millimetres: "
            + " x ".join(f"{mm:.4g}" for mm in extent)
            + " mm in voxels of "
            + " x ".join(f"{mm:.4g}" for mm in spacing)
            + " mm.",
            mend="Check the unit it was written in.",
        )


def check_volume(volume: Volume) -> list[Finding]:
    """Return what is doubtful about an image whose grid is good."""
    findings = []
    thickest = float(volume.spacing_mm.max())
    if thickest > THICK_SLICES_MM:
        findings.append(
            Finding(
                code="SLICES_THICK",
                severity=Severity.WARNING,
                message=f"Voxels are {thickest:.3g} mm long: nerve roots and small vessels may be missing or torn. "
                "About 1 mm is better.",
            )
        )
    if volume.provenance.modality not in ("CT", ""):
        findings.append(
            Finding(
                code="NOT_CT",
                severity=Severity.WARNING,
                message=f"The image is {volume.provenance.modality}, not CT: beads and bone are not looked for in it.",
            )
        )
    else:
        metal_ml = np.count_nonzero(volume.array > METAL_HU) * abs(volume.patient_from_voxel.determinant) / 1000.0
        if metal_ml > METAL_ML:
            findings.append(
                Finding(
                    code="METAL",
                    severity=Severity.WARNING,
                    message=f"There is about {metal_ml:.0f} ml of metal: shapes near it are less certain.",
                )
            )
    return findings


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
        words = "A slice is" if missing == 1 else f"{missing} slices are"
        raise RefusedError(
            f"{words} missing between slices {widest + 1} and {widest + 2}: "
            f"{gaps[widest]:.2f} mm apart instead of {usual:.2f} mm.",
            mend="Copy the whole series again.",
        )
    raise RefusedError(
        f"The slices are unevenly spaced: {gaps.min():.2f} to {gaps.max():.2f} mm apart.",
        mend="Export one series with one spacing.",
    )
