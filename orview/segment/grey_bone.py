"""A bone's surface from the grey values of the CT in a band around its label, with a level found place by place.

A label is a staircase; the CT knows better where bone ends. At each place the surface is where the grey value is
half-way between the brightest just inside and the darkest just outside (the half maximum, which blur does not
move). Beyond the band the label decides, and so it does wherever there is no contrast.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.findings import Finding, Severity
from orview.image.field import Field
from orview.image.volume import Volume, shifted, spacing_mm
from orview.segment.anatomy import Kind
from orview.segment.coarse import box_of
from orview.segment.grey_doubt import grey_doubt
from orview.segment.outline import Outline

sitk: Any = SimpleITK  # its functions carry no types

BAND_VOXELS, LEAST_BAND_MM = 1.3, 1.0
"""The surface stays this near to the label's, in voxels of middle size; never nearer than that many mm."""

NO_CONTRAST_HU, FULL_CONTRAST_HU = 60.0, 140.0
"""Between inside and outside: with less contrast the label decides, with more the grey values."""

BAND_WEIGHT, BAND_POWER = 4.0, 5
"""The pull back to the label: next to nothing within half the band, stronger than any grey value at its end."""

MOST_FALLEN_BACK = 0.02
METAL_HU = 2000.0
"""Brighter is no bone: what is found beside it is metal and its streaks, and the label decides."""

_HALF_BLUR_VOXELS2 = 0.12
_REACH_VOXELS = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Followed:
    """A bone's outline drawn by grey values.

    Attributes:
        outline: on the volume's own voxels, cut to the bone's box; its level is 0.
        by_label: part of the surface, 0 to 1, that is still the label's for want of contrast.
        findings: says so where that is much.
    """

    outline: Outline
    by_label: float
    findings: tuple[Finding, ...]


def follow(volume: Volume, outline: Outline) -> Followed:
    """Draw a bone's outline by the grey values in a band around it, and say where they could not.

    Args:
        volume: CT, Hounsfield units.
        outline: a bone, on any grid.

    Raises:
        ContractError: the outline is no bone.
    """
    if outline.anatomy.kind is not Kind.BONE:
        raise ContractError(f"Only a bone's surface is found by its grey values, and {outline.anatomy.name} is none.")
    placed = _on_voxels(volume, outline.field)
    if placed is None:
        return Followed(outline=outline, by_label=1.0, findings=(_fallen_back(outline, 1.0),))
    inside, start = placed
    steps_mm = volume.spacing_mm[::-1]
    band_mm = max(BAND_VOXELS * float(np.median(steps_mm)), LEAST_BAND_MM)
    depth = _depth_mm(inside, steps_mm)
    cut = tuple(slice(first, first + size) for first, size in zip(start, inside.shape, strict=True))
    grey = volume.array[cut].astype(np.float32)
    sharp = _sharpened(grey)
    band = np.abs(depth) < band_mm
    metal = grey > METAL_HU
    bright = _spread(np.where(band & inside & ~metal, sharp, -np.inf), np.maximum)
    dark = _spread(np.where(band & ~inside, sharp, np.inf), np.minimum)
    known = np.isfinite(bright) & np.isfinite(dark) & ~(_spread(metal.astype(np.float32), np.maximum) > 0.0)
    bright, dark = np.where(known, bright, 0.0), np.where(known, dark, 0.0)
    weights = _box_mean(known.astype(np.float32))
    level = _box_mean(0.5 * (bright + dark)) / np.maximum(weights, 1e-6)
    contrast = _box_mean(bright - dark) / np.maximum(weights, 1e-6)
    trust = np.clip((contrast - NO_CONTRAST_HU) / (FULL_CONTRAST_HU - NO_CONTRAST_HU), 0.0, 1.0) * known
    by_grey = np.clip((grey - level) * 2.0 / np.maximum(contrast, NO_CONTRAST_HU), -1.0, 1.0)
    by_label = np.clip(depth / (0.5 * float(np.median(steps_mm))), -1.0, 1.0)
    pull = BAND_WEIGHT * np.sign(depth) * np.abs(depth / band_mm) ** BAND_POWER
    field = np.clip(trust * by_grey + (1.0 - trust) * by_label + pull, -1.0, 1.0).astype(np.float32)
    surface = np.abs(depth) < 0.75 * float(np.median(steps_mm))
    fallen_back = float((1.0 - trust[surface]).mean()) if surface.any() else 1.0
    k, j, i = start
    return Followed(
        outline=Outline(
            anatomy=outline.anatomy,
            field=Field(
                array=field,
                level=0.0,
                outside=-1.0,
                patient_from_voxel=shifted(volume.patient_from_voxel, (i, j, k)),
                doubt=grey_doubt(volume.spacing_mm) * (1.0 - fallen_back) + fallen_back,
            ),
        ),
        by_label=fallen_back,
        findings=(_fallen_back(outline, fallen_back),) if fallen_back > MOST_FALLEN_BACK else (),
    )


def _fallen_back(outline: Outline, part: float) -> Finding:
    return Finding(
        code="BONE_WITHOUT_CONTRAST",
        severity=Severity.INFO,
        message=f"{100.0 * part:.0f} % of the surface of {outline.anatomy.name} show no contrast in the CT "
        "(weak bone, metal): there it is the label's.",
        where=outline.anatomy.key,
    )


def _on_voxels(volume: Volume, field: Field) -> tuple[NDArray[np.bool_], tuple[int, int, int]] | None:
    """Return where a field is inside on the volume's voxels (a box), and that box's first voxel k, j, i."""
    volume_from_field = volume.patient_from_voxel.inverse().matrix @ field.patient_from_voxel.matrix
    size = np.array(field.array.shape[::-1]) - 1.0
    corners = np.array([[a, b, c] for a in (0, size[0]) for b in (0, size[1]) for c in (0, size[2])])
    reached = corners @ volume_from_field[:3, :3].T + volume_from_field[:3, 3]
    margin = 3 + np.ceil(LEAST_BAND_MM / spacing_mm(volume.patient_from_voxel))
    limits = np.array(volume.array.shape[::-1])
    low = np.clip(np.floor(reached.min(axis=0)) - margin, 0, limits).astype(int)
    high = np.clip(np.ceil(reached.max(axis=0)) + margin + 1, 0, limits).astype(int)
    if (high - low < 2).any():
        return None
    # The field is sampled at every voxel of the box; its own grid may be any other.
    field_from_box = np.linalg.inv(volume_from_field)
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(field_from_box[:3, :3].ravel().tolist())
    transform.SetTranslation((field_from_box[:3, :3] @ low + field_from_box[:3, 3]).tolist())
    sampled = sitk.GetArrayFromImage(
        sitk.Resample(
            sitk.GetImageFromArray(field.array.astype(np.float32)),
            [int(count) for count in high - low],
            transform,
            sitk.sitkLinear,
            [0.0, 0.0, 0.0],
            [1.0, 1.0, 1.0],
            np.eye(3).ravel().tolist(),
            float(field.outside),
            sitk.sitkFloat32,
        )
    )
    inside = sampled > field.level
    if not inside.any():
        return None
    box = box_of(inside, margin=int(margin.max()))
    i, j, k = (int(first) for first in low)
    return inside[box], (k + box[0].start, j + box[1].start, i + box[2].start)


def _depth_mm(inside: NDArray[np.bool_], steps_mm: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return how deep each voxel centre lies under the label's surface, negative outside; half a voxel is 0 deep."""
    image = sitk.GetImageFromArray(inside.astype(np.uint8))
    image.SetSpacing(steps_mm[::-1].tolist())
    half = 0.5 * float(steps_mm.min())
    outwards = sitk.GetArrayFromImage(sitk.SignedMaurerDistanceMap(image, squaredDistance=False, useImageSpacing=True))
    inwards = sitk.GetArrayFromImage(
        sitk.SignedMaurerDistanceMap(1 - image, squaredDistance=False, useImageSpacing=True)
    )
    return np.asarray(np.where(inside, inwards - half, half - outwards), dtype=np.float32)


def _sharpened(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return grey values with the scanner's own blur taken back to first order: I - (s^2 / 2) * Laplacian of I.

    Without this the middle of a cortex thinner than two voxels is too dark, and half of it too far outside.
    """
    result = grey.copy()
    for axis in range(3):
        before, after = (np.roll(grey, step, axis) for step in (1, -1))
        for rolled, end in ((before, 0), (after, -1)):
            ends = tuple(end if one == axis else slice(None) for one in range(3))
            rolled[ends] = grey[ends]
        result += _HALF_BLUR_VOXELS2 * (2.0 * grey - before - after)
    return result


def _spread(values: NDArray[np.float32], choose: Any) -> NDArray[np.float32]:
    """Return the largest or smallest value within two voxels along each axis in turn."""
    for axis in range(3):
        result = values.copy()
        for step in range(1, _REACH_VOXELS + 1):
            near, far = (
                tuple(cut if one == axis else slice(None) for one in range(3))
                for cut in (slice(None, -step), slice(step, None))
            )
            choose(result[near], values[far], out=result[near])
            choose(result[far], values[near], out=result[far])
        values = result
    return values


def _box_mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(
        sitk.GetArrayFromImage(sitk.BoxMean(sitk.GetImageFromArray(values.astype(np.float32)), [_REACH_VOXELS] * 3))
    )
