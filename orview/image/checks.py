"""What about an image whose slices lie well is doubtful: its size, age, kind, thickness and contents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from orview.errors import RefusedError
from orview.findings import Finding, Severity
from orview.geometry.affine import AffineTransform
from orview.image.volume import Volume, spacing_mm

VOXEL_RANGE_MM = (0.05, 10.0)
IN_PLANE_MAX_MM = 5.0
EXTENT_RANGE_MM = (10.0, 2500.0)
"""Beyond these a unit was mistaken (hazard H05): no scanner and no patient is that small or large."""

OLD_DAYS = 30
THICK_SLICES_MM = 2.5
METAL_HU = 2800.0
METAL_ML = 1.0


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


def check_age(acquired: date | None, *, today: date | None) -> list[Finding]:
    """Return what is doubtful about the day of a scan (hazard H14).

    Args:
        acquired: day of the acquisition, None where unknown.
        today: the day it is, None where nobody says.
    """
    if acquired is None:
        return [
            Finding(
                code="SCAN_UNDATED",
                severity=Severity.WARNING,
                message="The image does not say when it was taken: it may be an old one.",
            )
        ]
    if today is None:
        return []
    age = (today - acquired).days
    if age < -1:
        return [
            Finding(
                code="SCAN_FROM_THE_FUTURE",
                severity=Severity.WARNING,
                message=f"The image says it was taken on {acquired.isoformat()}, which is to come: "
                "its date or this machine's is wrong.",
            )
        ]
    if age < OLD_DAYS:
        return []
    return [
        Finding(
            code="SCAN_OLD",
            severity=Severity.WARNING,
            message=f"The image was taken on {acquired.isoformat()}, {age} days ago: "
            "tumour and organs may have changed since.",
        )
    ]


@dataclass(frozen=True, kw_only=True)
class Thickness:
    """How thick a structure is, and how long the voxels are that show it.

    Attributes:
        key, name: of the structure.
        diameter_mm: of the tube it is, or would be.
        voxel_mm: the longest side of the image's voxels, or of its outline's where they are longer.
        is_tube: it is a tube, whose width matters too.
    """

    key: str
    name: str
    diameter_mm: float
    voxel_mm: float
    is_tube: bool


def check_thickness(structures: Sequence[Thickness]) -> list[Finding]:
    """Return, for each structure that is thin, what voxels this long cannot show of it.

    A tube is seen whole only where every part of it is met by a voxel centre: one that runs across the slices is met
    when its diameter is no less than their distance, and keeps its width when it is twice that.

    What is missing leaves no trace in the voxels, so no error told of such a structure can count it.
    """
    findings = []
    for one in structures:
        if one.voxel_mm > one.diameter_mm:
            finding = Finding(
                code="STRUCTURE_THINNER_THAN_SLICES",
                severity=Severity.WARNING,
                message=f"Voxels {one.voxel_mm:.3g} mm long cannot show {one.name} (about {one.diameter_mm:g} mm) "
                "whole: pieces may be missing where it runs across them, and the errors told of it are of what the "
                "slices show.",
                where=one.key,
            )
        elif one.is_tube and one.voxel_mm > one.diameter_mm / 2.0:
            finding = Finding(
                code="STRUCTURE_THIN_FOR_SLICES",
                severity=Severity.INFO,
                message=f"Voxels {one.voxel_mm:.3g} mm long show {one.name} (about {one.diameter_mm:g} mm), but not "
                "its width.",
                where=one.key,
            )
        else:
            continue
        findings.append(finding)
    return findings
