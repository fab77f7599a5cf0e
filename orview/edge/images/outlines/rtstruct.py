"""Contours of radiotherapy planning (RTSTRUCT) onto the planes they were drawn on. Runs in the confined child only."""

import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from orview.edge.images.outlines.contours import Raster, rastered
from orview.edge.images.outlines.dicom import check_frame, damaged, first, modifier_side, snomed_code
from orview.edge.images.outlines.parts import FieldRead, OutlinesRead, best_name, sides_contradict
from orview.errors import InputError, OrviewError, RefusedError
from orview.findings import Finding, Severity, counted
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.segment.anatomy import Color, anatomy_of, is_known

CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
OFF_PLANE_MM = 0.5
"""A contour may leave the plane of the image's slices by this much."""

PIXELS_ACROSS = 4.0
"""A contour is drawn on pixels so fine that its area is at least this squared."""

FINEST = 4
"""Into so many a pixel of the image is cut at most, along each side."""

MOST_VOXELS = 16_000_000
MOST_POINTS = 20_000_000


def read_rtstruct(
    path: Path, *, shape: tuple[int, ...], patient_from_voxel: AffineTransform, image_frame_uid: str | None
) -> OutlinesRead:
    """Read one RTSTRUCT file, each region on pixels along the image's rows and columns.

    Args:
        path: the file.
        shape: (K, J, I) of the image.
        patient_from_voxel: the image's grid.
        image_frame_uid: frame of reference of the image, None where unknown.

    Raises:
        InputError: it is damaged or holds no closed contour.
        RefusedError: another frame of reference, planes that are not the image's, sides that contradict.
    """
    try:
        return _read(path, shape, patient_from_voxel, image_frame_uid)
    except (MemoryError, OrviewError):
        raise
    except Exception as error:
        # What pydicom raises on bytes nobody expected has no end, and every value is looked at when it is asked for.
        raise damaged("The RTSTRUCT file", error) from error


def _read(
    path: Path, shape: tuple[int, ...], patient_from_voxel: AffineTransform, image_frame_uid: str | None
) -> OutlinesRead:
    read = OutlinesRead(digest=hashlib.sha256(path.read_bytes()).hexdigest())
    dataset = pydicom.dcmread(path)
    regions = {int(item.ROINumber): item for item in dataset.StructureSetROISequence}
    observed = {int(item.ReferencedROINumber): item for item in dataset.get("RTROIObservationsSequence", [])}
    drawn = [item for item in dataset.get("ROIContourSequence", []) if item.get("ContourSequence")]
    frames = {str(item.get("ReferencedFrameOfReferenceUID", "")) for item in regions.values()}
    for frame_uid in sorted(frames):
        check_frame(frame_uid, image_frame_uid, read.findings)
    voxel_from_patient = patient_from_voxel.inverse()
    slice_mm = float(np.linalg.norm(patient_from_voxel.matrix[:3, 2]))
    ignored = 0
    for item in drawn:
        number = int(item.ReferencedROINumber)
        if number not in regions:
            continue
        contours, others = _contours(item, voxel_from_patient, slice_mm)
        ignored += others
        if not contours:
            continue
        name = _name(regions[number], observed.get(number))
        fineness = _fineness(contours, shape)
        raster = rastered([(plane, points * fineness) for plane, points in contours])
        read.fields.append(
            FieldRead(
                array=raster.array,
                patient_from_voxel=_grid(raster, fineness, patient_from_voxel),
                name=name,
                color_srgb=_color(item),
            )
        )
        read.findings += _said(raster, name, slice_mm)
    if ignored:
        read.findings.append(
            Finding(
                code="CONTOURS_IGNORED",
                severity=Severity.WARNING,
                message=f"Points and open lines of the RTSTRUCT that enclose nothing were left out: {ignored}.",
            )
        )
    if not read.fields:
        raise InputError("The RTSTRUCT file holds no closed contour.", mend="Give the finished structures.")
    return read


def _contours(
    item: Dataset, voxel_from_patient: AffineTransform, slice_mm: float
) -> tuple[list[tuple[float, NDArray[np.float64]]], int]:
    """Return the closed contours of a region as plane k and points (i, j), and how many were of other kinds."""
    contours, others, points_read = [], 0, 0
    for contour in item.ContourSequence:
        numbers = np.array([float(value) for value in contour.ContourData], dtype=np.float64)
        points_read += len(numbers) // 3
        if len(numbers) % 3 or not np.isfinite(numbers).all() or points_read > MOST_POINTS:
            raise InputError(
                "The RTSTRUCT file is damaged: a contour's points are no numbers.", mend="Export it again."
            )
        if str(contour.get("ContourGeometricType", "")) not in CLOSED or len(numbers) < 9:
            others += 1
            continue
        voxels = voxel_from_patient.apply(numbers.reshape(-1, 3))
        if np.abs(voxels).max() > 1e5:
            raise RefusedError("The contours lie far outside the image.", mend="Give the image they were drawn on.")
        if np.ptp(voxels[:, 2]) * slice_mm > OFF_PLANE_MM:
            raise RefusedError(
                "The contours were drawn on other planes than the image's slices.",
                mend="Give the series they were drawn on.",
            )
        contours.append((round(float(voxels[:, 2].mean()), 4), voxels[:, :2]))
    return contours, others


def _name(region: Dataset, observation: Dataset | None) -> str:
    text = str(region.get("ROIName", ""))
    coded = first(observation, "RTROIIdentificationCodeSequence") if observation is not None else None
    code = snomed_code(coded)
    side = modifier_side(observation, coded) if observation is not None else ""
    if sides_contradict(text, side):
        raise RefusedError(
            "A region is left by its name and right by its code, or the other way round.",
            mend="Correct its name or its code where it was drawn.",
        )
    name = best_name(text, code, side)
    external = observation is not None and str(observation.get("RTROIInterpretedType", "")) == "EXTERNAL"
    if external and not is_known(name):
        return "skin"
    return name or f"region {int(region.ROINumber)}"


def _color(item: Dataset) -> Color | None:
    values: Any = item.get("ROIDisplayColor")
    if values is None or len(values) != 3:
        return None
    red, green, blue = (min(max(float(value) / 255.0, 0.0), 1.0) for value in values)
    return red, green, blue


def _fineness(contours: list[tuple[float, NDArray[np.float64]]], shape: tuple[int, ...]) -> int:
    """Return into how many parts the image's pixels are cut along each side for the smallest contour's sake."""
    points = np.concatenate([polygon for _, polygon in contours])
    smallest = min(_area(polygon) for _, polygon in contours)
    wanted = PIXELS_ACROSS / math.sqrt(max(smallest, 1e-6))
    size = np.ptp(points, axis=0) + 4.0
    planes = min(len({plane for plane, _ in contours}) * 2, shape[0] * 2)
    affordable = math.sqrt(MOST_VOXELS / max(1.0, float(size[0] * size[1]) * planes))
    return max(1, min(FINEST, math.ceil(wanted), math.floor(affordable)))


def _area(polygon: NDArray[np.float64]) -> float:
    x, y = polygon[:, 0], polygon[:, 1]
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2.0


def _grid(raster: Raster, fineness: int, patient_from_voxel: AffineTransform) -> AffineTransform:
    i, j = raster.corner
    voxel_from_pixel = np.diag([1.0 / fineness, 1.0 / fineness, raster.plane_step, 1.0])
    voxel_from_pixel[:3, 3] = (i / fineness, j / fineness, raster.first_plane)
    return AffineTransform(Frame.PATIENT, Frame.VOXEL, patient_from_voxel.matrix @ voxel_from_pixel)


def _said(raster: Raster, name: str, slice_mm: float) -> list[Finding]:
    findings = []
    where = anatomy_of(name).key
    if raster.filled_planes:
        findings.append(
            Finding(
                code="CONTOURS_INTERPOLATED",
                severity=Severity.WARNING,
                message=f"{anatomy_of(name).name} has no contour on {counted(raster.filled_planes, 'plane')} "
                f"of those every {raster.plane_step * slice_mm:.1f} mm; its shape was interpolated there.",
                where=where,
            )
        )
    if raster.gaps:
        findings.append(
            Finding(
                code="CONTOURS_IN_PIECES",
                severity=Severity.WARNING,
                message=f"{anatomy_of(name).name} is drawn in pieces with {counted(raster.gaps, 'gap')} left open "
                "between them.",
                where=where,
            )
        )
    return findings
