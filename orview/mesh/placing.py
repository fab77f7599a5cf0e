"""Where a mesh from elsewhere lies: its unit and its axes, declared or found out from the image.

Mesh files carry bare numbers. Each reading (unit, axes) puts the mesh somewhere; a reading is possible only where
the mesh lies within the image and is of a size that anatomy has. Where several are possible the image decides: along
a surface that is where it belongs grey values change more than along the same surface shifted a little. What the
image cannot decide is refused and asked for (hazards H04, H05).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.errors import RefusedError
from orview.findings import Finding, Severity
from orview.frames import PATIENT_AXES_FROM_MODEL_AXES
from orview.image.volume import Volume
from orview.units import MM_PER_INCH, MM_PER_M

MM_PER_UNIT = {"mm": 1.0, "cm": 10.0, "m": MM_PER_M, "in": MM_PER_INCH}
UNIT_WORDS = {"mm": "millimetres", "cm": "centimetres", "m": "metres", "in": "inches"}

PATIENT_FROM_AXES = {
    "LPS": np.eye(3),
    "RAS": np.diag([-1.0, -1.0, 1.0]),
    "Y-up": np.array(PATIENT_AXES_FROM_MODEL_AXES),
}
"""LPS is DICOM's, RAS NIfTI's and 3D Slicer's, Y-up that of glTF with +x to the patient's left."""

SMALLEST_MM = 3.0
"""No structure anybody outlines is smaller along its longest side."""

WITHIN = 0.95
"""Part of the mesh that must lie in the image."""

SLACK_VOXELS = 2.0

SAMPLES = 8000
SHIFT_MM = 6.0
SHIFT_VOXELS = 2.5
"""The shifted surface lies this far off, whichever is more."""

FITS = 1.3
"""Grey values change at least this much more along the surface than along it shifted."""

LEADS = 1.2
"""The best reading must beat every other by this."""

SOFT_TISSUE_AND_BONE = (-300.0, 800.0)
"""Greys beyond are cut: air and metal would outshout the rest."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """How a mesh's numbers are to be read.

    Attributes:
        unit, axes: keys of `MM_PER_UNIT` and `PATIENT_FROM_AXES`.
        findings: what had to be inferred.
    """

    unit: str
    axes: str
    findings: tuple[Finding, ...]

    def apply(self, vertices: Floats) -> Floats:
        """Carry (N, 3) of the file into patient mm."""
        return vertices @ _patient_from_file(self.unit, self.axes).T


def placed(
    meshes: Sequence[tuple[Floats, NDArray[np.int32]]],
    volume: Volume,
    *,
    unit: str | None,
    axes: str | None,
    y_up: bool = False,
) -> Placed:
    """Find how meshes that share unit and axes are to be read.

    Args:
        meshes: vertices (N, 3) as in the file and triangles (M, 3).
        volume: the image they belong to.
        unit: declared, None to find it out.
        axes: declared ("LPS" or "RAS"), None to find them out.
        y_up: glTF, whose own rule is metres with y up.

    Raises:
        RefusedError: no reading puts the meshes into the image, or several do and the image cannot tell.
    """
    units = [unit] if unit else list(MM_PER_UNIT)
    frames = [axes] if axes else ["Y-up", "LPS", "RAS"] if y_up else ["LPS", "RAS"]
    points, normals = _sampled(meshes)
    readings = [(u, a) for u in units for a in frames]
    possible = [reading for reading in readings if _lies_within(points, volume, *reading)]
    if not possible:
        raise _cannot_fit(unit, axes, points, volume)
    usual = ("m", "Y-up") if y_up else ("mm", possible[0][1])
    if unit and axes:
        _check_declared(points, normals, volume, unit, axes)
        return Placed(unit=unit, axes=axes, findings=())
    if len(possible) == 1 and (unit or possible[0] == usual):
        chosen = possible[0]
    else:
        chosen = _by_image(points, normals, volume, possible)
    said = Finding(
        code="MESH_PLACE_INFERRED",
        severity=Severity.WARNING,
        message=f"The mesh does not say its {_lacking(unit, axes)}; it was read as {UNIT_WORDS[chosen[0]]} in "
        f"{chosen[1]} axes, the only reading that fits the image.",
    )
    return Placed(unit=chosen[0], axes=chosen[1], findings=(said,))


def _patient_from_file(unit: str, axes: str) -> Floats:
    return np.asarray(MM_PER_UNIT[unit] * PATIENT_FROM_AXES[axes])


def _sampled(meshes: Sequence[tuple[Floats, NDArray[np.int32]]]) -> tuple[Floats, Floats]:
    """Return points spread evenly over the surfaces and the normals there, (S, 3) each, the same every time."""
    corners = np.concatenate([vertices[triangles] for vertices, triangles in meshes])
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas = np.linalg.norm(normals, axis=1)
    if not areas.sum() > 0.0:
        raise RefusedError("The mesh has no area.", mend="Export it again.")
    random = np.random.default_rng(0)
    chosen = np.searchsorted(np.cumsum(areas) / areas.sum(), (np.arange(SAMPLES) + 0.5) / SAMPLES)
    weights = random.dirichlet((1.0, 1.0, 1.0), SAMPLES)
    points = np.einsum("nk,nkd->nd", weights, corners[chosen])
    return points, normals[chosen] / areas[chosen][:, None]


def _lies_within(points: Floats, volume: Volume, unit: str, axes: str) -> bool:
    patient = points @ _patient_from_file(unit, axes).T
    if np.ptp(patient, axis=0).max() < SMALLEST_MM:
        return False
    voxels = volume.patient_from_voxel.inverse().apply(patient)
    last = np.array(volume.array.shape[::-1]) - 1 + SLACK_VOXELS
    return float(((voxels >= -SLACK_VOXELS) & (voxels <= last)).all(axis=1).mean()) >= WITHIN


def _by_image(points: Floats, normals: Floats, volume: Volume, possible: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Return the reading that the grey values support.

    Raises:
        RefusedError: they support none, or several.
    """
    contrasts = [_contrast(points, normals, volume, *reading) for reading in possible]
    order = np.argsort(contrasts)[::-1]
    best = contrasts[order[0]]
    second = contrasts[order[1]] if len(order) > 1 else 0.0
    if best < FITS or best < LEADS * second:
        words = ", ".join(f"{unit} {axes}" for unit, axes in possible)
        raise RefusedError(
            f"The mesh does not say its unit or axes and the image cannot tell: it could be {words}.",
            mend="Say it with --unit mm|cm|m|in and --frame LPS|RAS.",
        )
    return possible[int(order[0])]


def _check_declared(points: Floats, normals: Floats, volume: Volume, unit: str, axes: str) -> None:
    """Refuse axes that the image contradicts: a pelvis turned about its axis lies within the image too."""
    other = {"LPS": "RAS", "RAS": "LPS"}.get(axes)
    if other is None or not _lies_within(points, volume, unit, other):
        return
    here = _contrast(points, normals, volume, unit, axes)
    there = _contrast(points, normals, volume, unit, other)
    if there >= FITS and there > LEADS * here and here < FITS:
        raise RefusedError(
            f"The mesh is declared {axes}, but fits the image only as {other}.",
            mend="Check the axes where it was exported.",
        )


def _contrast(points: Floats, normals: Floats, volume: Volume, unit: str, axes: str) -> float:
    """Return how much more the grey values change across the surface than across the same surface shifted.

    1 is chance.
    """
    turn = PATIENT_FROM_AXES[axes]
    patient = points @ _patient_from_file(unit, axes).T
    reach = normals @ turn.T * float(volume.spacing_mm.max())
    shift_mm = max(SHIFT_MM, SHIFT_VOXELS * float(volume.spacing_mm.max()))
    here = _change(volume, patient, reach)
    there = [_change(volume, patient + sign * shift_mm * axis, reach) for axis in np.eye(3) for sign in (-1.0, 1.0)]
    return here / max(float(np.mean(there)), 1e-6)


def _change(volume: Volume, patient: Floats, reach: Floats) -> float:
    return float(np.abs(_greys(volume, patient + reach) - _greys(volume, patient - reach)).mean())


def _greys(volume: Volume, patient: Floats) -> Floats:
    """Return the grey values nearest to points, those outside the image as at its border."""
    voxels = np.rint(volume.patient_from_voxel.inverse().apply(patient)).astype(np.int64)
    i, j, k = np.clip(voxels, 0, np.array(volume.array.shape[::-1]) - 1).T
    values: Floats = volume.array[k, j, i].astype(np.float64)
    return np.clip(values, *SOFT_TISSUE_AND_BONE) if volume.provenance.modality in ("CT", "") else values


def _lacking(unit: str | None, axes: str | None) -> str:
    return "unit" if axes else "axes" if unit else "unit or axes"


def _cannot_fit(unit: str | None, axes: str | None, points: Floats, volume: Volume) -> RefusedError:
    size = " x ".join(f"{extent:.4g}" for extent in np.ptp(points, axis=0))
    corners = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)]) * volume.array.shape[::-1]
    image = " x ".join(f"{mm:.4g}" for mm in np.ptp(volume.patient_from_voxel.apply(corners), axis=0))
    declared = f" as {UNIT_WORDS[unit]}" if unit else " in any unit"
    declared += f" and {axes} axes" if axes else ""
    return RefusedError(
        f"The mesh does not fit the image{declared}: it is {size} of its units large, the image {image} mm.",
        mend="Export it in the coordinates of this scan, and check its unit.",
    )
