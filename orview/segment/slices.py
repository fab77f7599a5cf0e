"""The image made small for looking at beside the overlay: windowed grey and a label map on one upright grid.

Upright: the axes of the grid are those of the patient, so that a plane of its voxels is an axial, coronal or sagittal
slice whatever way the scanner lay. Looked at on a screen, never measured by: registration and models have the image.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.volume import Volume
from orview.segment.anatomy import Kind
from orview.segment.outline import Outline

sitk: Any = SimpleITK  # its functions carry no types

MOST_VOXELS = 256**3
MOST_LABELS = 255
AROUND_MM = 20.0
"""Seen of the patient around the outermost structure."""
LONGEST_MM = 320.0
"""Of a longer patient the part around the target is kept: a pelvis with its hips is about so wide."""
CT_WINDOW_HU = (-250.0, 770.0)
"""4 HU a step: from fat over soft tissue to trabecular bone; cortical bone is white."""
_COVERS = frozenset({Kind.SKIN, Kind.MUSCLE})
_MR_SHARES = (1.0, 99.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Slices:
    """An image for looking at.

    Attributes:
        grey: (K, J, I) uint8; 0 and 255 are the ends of the window and what lies beyond.
        labels: (K, J, I) uint8; 0 for none, else 1 + the place in `keys` of the structure that is shown there.
        keys: of the structures, most important first; where several overlap the first is shown.
        origin_patient_mm: (3,) centre of the first voxel.
        spacing_mm: of neighbouring voxels, the same along all axes: i runs to the patient's left, j to posterior, k to
            superior, as the patient frame does.
        window: the image's values at 0 and 255.

    Raises:
        ContractError: the arrays do not fit together.
    """

    grey: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    keys: tuple[str, ...]
    origin_patient_mm: tuple[float, float, float]
    spacing_mm: float
    window: tuple[float, float]

    def __post_init__(self) -> None:
        if self.grey.ndim != 3 or self.grey.shape != self.labels.shape or len(self.keys) > MOST_LABELS:
            raise ContractError("Greys and labels of slices are two volumes of one shape.")

    @property
    def patient_from_voxel(self) -> AffineTransform:
        """Continuous voxel index (i, j, k) to patient mm."""
        return _upright(np.array(self.origin_patient_mm), self.spacing_mm)


def slices_of(
    volume: Volume, outlines: Sequence[Outline], *, target_key: str, most_voxels: int = MOST_VOXELS
) -> Slices:
    """Return the part of an image that matters, upright.

    Args:
        volume: the image.
        outlines: of the structures, most important first, at least one.
        target_key: of the structure that is kept in the middle where the patient is longer than what is kept.
        most_voxels: of the grid; where more were needed they are made longer.

    Raises:
        ContractError: there is no outline.
    """
    low, high = _box_mm(volume, outlines, target_key)
    finest = float(volume.spacing_mm.min())
    spacing = max(finest, float(np.prod(high - low) / most_voxels) ** (1.0 / 3.0))
    # A grid of whole voxels within the box: rounding down keeps it within the image and the budget.
    shape_ijk = np.maximum(np.floor((high - low) / spacing).astype(int), 1)
    origin = (low + high - (shape_ijk - 1) * spacing) / 2.0
    patient_from_voxel = _upright(origin, spacing)
    shape = (int(shape_ijk[2]), int(shape_ijk[1]), int(shape_ijk[0]))
    values = _sampled(
        volume.array,
        volume.patient_from_voxel,
        patient_from_voxel,
        shape,
        outside=float(volume.array.min()),
    )
    window = _window(volume, values)
    shown = tuple(outlines[:MOST_LABELS])
    x, y, z = (float(mm) for mm in origin)
    return Slices(
        grey=_windowed(values, window),
        labels=_labelled(shown, patient_from_voxel, shape),
        keys=tuple(outline.anatomy.key for outline in shown),
        origin_patient_mm=(x, y, z),
        spacing_mm=spacing,
        window=window,
    )


def _box_mm(
    volume: Volume, outlines: Sequence[Outline], target_key: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the corners (3,) of what is kept, patient mm."""
    if not outlines:
        raise ContractError("There is nothing to look at without an outline.")
    matter = [outline for outline in outlines if outline.anatomy.kind not in _COVERS] or list(outlines)
    boxes = [_extent_mm(outline.field.array.shape, outline.field.patient_from_voxel) for outline in matter]
    image_low, image_high = _extent_mm(volume.array.shape, volume.patient_from_voxel)
    low = np.maximum(np.min([box[0] for box in boxes], axis=0) - AROUND_MM, image_low)
    high = np.minimum(np.max([box[1] for box in boxes], axis=0) + AROUND_MM, image_high)
    # Outlines may reach beyond the image, but not lie off it: something is always left.
    high = np.maximum(high, low + volume.spacing_mm.min())
    target = next((box for outline, box in zip(matter, boxes, strict=True) if outline.anatomy.key == target_key), None)
    middle = (low + high) / 2.0 if target is None else (target[0] + target[1]) / 2.0
    half = np.minimum((high - low) / 2.0, LONGEST_MM / 2.0)
    middle = np.clip(middle, low + half, high - half)
    return middle - half, middle + half


def _extent_mm(
    shape: tuple[int, ...], patient_from_voxel: AffineTransform
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the corners (3,) of the upright box around a grid's voxels, their whole width counted."""
    last = np.array(shape[::-1], dtype=np.float64) - 0.5
    corners = np.array(np.meshgrid(*((-0.5, end) for end in last))).reshape(3, -1).T
    placed = patient_from_voxel.apply(corners)
    return placed.min(axis=0), placed.max(axis=0)


def _upright(origin_mm: NDArray[np.float64], spacing_mm: float) -> AffineTransform:
    matrix = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    matrix[:3, 3] = origin_mm
    return AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)


def _sampled(
    array: NDArray[Any],
    patient_from_array: AffineTransform,
    patient_from_grid: AffineTransform,
    shape: tuple[int, int, int],
    *,
    outside: float,
) -> NDArray[np.float32]:
    """Return the values (K, J, I) of an array at the voxels of another grid, between its own by straight lines."""
    # In voxels on both sides, so that mirrored and sheared grids are read like any other.
    array_from_grid = patient_from_array.inverse().matrix @ patient_from_grid.matrix
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(array_from_grid[:3, :3].ravel().tolist())
    transform.SetTranslation(array_from_grid[:3, 3].tolist())
    part, first = _reached(array, array_from_grid, shape)
    image = sitk.GetImageFromArray(part.astype(np.uint8) if part.dtype == np.bool_ else part)
    image.SetOrigin(first)
    size = [int(n) for n in shape[::-1]]
    axes = np.eye(3).ravel().tolist()
    sampled = sitk.Resample(
        image, size, transform, sitk.sitkLinear, [0.0] * 3, [1.0] * 3, axes, outside, sitk.sitkFloat32
    )
    return np.asarray(sitk.GetArrayFromImage(sampled), dtype=np.float32)


def _reached(
    array: NDArray[Any], array_from_grid: NDArray[np.float64], shape: tuple[int, int, int]
) -> tuple[NDArray[Any], list[float]]:
    """Return the part of an array that a grid's voxels ask for, never empty, and the index (i, j, k) it begins at."""
    ends = np.array(np.meshgrid(*((0.0, n - 1.0) for n in shape[::-1]))).reshape(3, -1).T
    asked = ends @ array_from_grid[:3, :3].T + array_from_grid[:3, 3]
    last = np.array(array.shape[::-1]) - 1
    first = np.clip(np.floor(asked.min(axis=0)).astype(int) - 1, 0, last)
    end = np.clip(np.ceil(asked.max(axis=0)).astype(int) + 2, first + 1, last + 1)
    i, j, k = (slice(a, b) for a, b in zip(first, end, strict=True))
    return array[k, j, i], [float(n) for n in first]


def _window(volume: Volume, values: NDArray[np.float32]) -> tuple[float, float]:
    """Return the values that become 0 and 255."""
    if volume.provenance.modality in ("CT", ""):
        return CT_WINDOW_HU
    low, high = (float(value) for value in np.percentile(values, _MR_SHARES))
    return low, max(high, low + 1.0)


def _windowed(values: NDArray[np.float32], window: tuple[float, float]) -> NDArray[np.uint8]:
    low, high = window
    scaled = (values - np.float32(low)) * np.float32(255.0 / (high - low))
    return np.asarray(np.clip(np.rint(scaled), 0.0, 255.0), dtype=np.uint8)


def _labelled(
    outlines: Sequence[Outline], patient_from_grid: AffineTransform, shape: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """Return which structure is shown at each voxel of the grid; of several the first."""
    labels = np.zeros(shape, dtype=np.uint8)
    grid_from_patient = patient_from_grid.inverse()
    for place in reversed(range(len(outlines))):
        field = outlines[place].field
        extent = _extent_mm(field.array.shape, field.patient_from_voxel)
        low, high = (grid_from_patient.apply(corner) for corner in extent)
        first = [max(math.ceil(n), 0) for n in low]
        last = [min(math.floor(n), end - 1) for n, end in zip(high, shape[::-1], strict=True)]
        if any(end < begin for begin, end in zip(first, last, strict=True)):
            continue
        i, j, k = (slice(begin, end + 1) for begin, end in zip(first, last, strict=True))
        box = labels[k, j, i]
        patient_from_box = _upright(patient_from_grid.apply(first), float(patient_from_grid.matrix[0, 0]))
        size = (box.shape[0], box.shape[1], box.shape[2])
        values = _sampled(field.array, field.patient_from_voxel, patient_from_box, size, outside=field.outside)
        box[values > field.level] = place + 1
    return labels
