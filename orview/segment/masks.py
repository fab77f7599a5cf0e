"""Labels in the grid of a volume: which voxel is what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.geometry.affine import AffineTransform
from orview.image.volume import check_voxel_transform
from orview.segment.anatomy import Color
from orview.segment.label_runs import boxes_within
from orview.segment.parallel import Parallel

_CHUNK = 1 << 22
"""Voxels that one thread looks at in one go."""

GRID_TOLERANCE_MM = 0.05
"""How far the corners of two grids may lie apart to count as the same; headers round to float32."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelMap:
    """One whole number a voxel.

    Attributes:
        array: (K, J, I) uint16, read-only; 0 is nothing.
        patient_from_voxel: continuous voxel index (i, j, k) to patient mm.
        names: label value to the name the file gives it.
        colors_srgb: label value to the file's own colour, 0 to 1, where it has one.

    Raises:
        ContractError: the array is not 3-D uint16, the transform joins other frames, or 0 has a name.
    """

    array: NDArray[np.uint16]
    patient_from_voxel: AffineTransform
    names: Mapping[int, str]
    colors_srgb: Mapping[int, Color] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.array.ndim != 3 or self.array.dtype != np.uint16:
            raise ContractError("A label map is a three-dimensional array of uint16.")
        if 0 in self.names:
            raise ContractError("Label 0 is the background and has no name.")
        check_voxel_transform(self.patient_from_voxel)
        view = self.array.view()
        view.setflags(write=False)
        object.__setattr__(self, "array", view)
        object.__setattr__(self, "names", MappingProxyType(dict(self.names)))
        object.__setattr__(self, "colors_srgb", MappingProxyType(dict(self.colors_srgb)))


@dataclass(frozen=True, kw_only=True)
class Box:
    """The voxels a label fills: first and one past the last, in array order k, j, i."""

    start: tuple[int, int, int]
    stop: tuple[int, int, int]

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """The box as an index into the array."""
        k, j, i = (slice(a, b) for a, b in zip(self.start, self.stop, strict=True))
        return k, j, i

    def union(self, other: "Box") -> "Box":
        """Return the smallest box that holds both."""
        return Box(
            start=(
                min(self.start[0], other.start[0]),
                min(self.start[1], other.start[1]),
                min(self.start[2], other.start[2]),
            ),
            stop=(max(self.stop[0], other.stop[0]), max(self.stop[1], other.stop[1]), max(self.stop[2], other.stop[2])),
        )


def label_boxes(array: NDArray[np.uint16], *, parallel: Parallel = map) -> dict[int, tuple[Box, int]]:
    """Return for every label that occurs in (K, J, I) its box and its number of voxels.

    Args:
        array: the labels.
        parallel: like `map`.
    """
    flat = np.ascontiguousarray(array).reshape(-1).view()
    flat.setflags(write=False)
    _, height, width = array.shape
    found = np.concatenate(
        list(
            parallel(
                lambda first: boxes_within(flat, first, first + _CHUNK, height, width), range(0, len(flat), _CHUNK)
            )
        )
    )
    found = found[np.argsort(found[:, 0], kind="stable")]
    values, firsts = np.unique(found[:, 0], return_index=True)
    if len(values) == 0:
        return {}
    counts = np.add.reduceat(found[:, 1], firsts)
    lows = np.minimum.reduceat(found[:, 2:5], firsts).tolist()
    highs = np.maximum.reduceat(found[:, 5:], firsts).tolist()
    return {
        int(value): (Box(start=(k0, j0, i0), stop=(k1, j1, i1)), int(count))
        for value, count, (k0, j0, i0), (k1, j1, i1) in zip(values, counts, lows, highs, strict=True)
    }


def onto_grid(labels: LabelMap, shape: tuple[int, ...], patient_from_voxel: AffineTransform) -> LabelMap | None:
    """Return `labels` in the voxel order of a volume's grid; None where the two grids do not hold the same voxels.

    The same voxels stored along other axes (a NIfTI made from a DICOM series) are turned, which is
    exact. Nothing is ever resampled.

    Args:
        labels: labels on their own grid.
        shape: (K, J, I) of the volume.
        patient_from_voxel: the volume's grid.
    """
    volume_from_label = patient_from_voxel.inverse().matrix @ labels.patient_from_voxel.matrix
    turn = np.rint(volume_from_label[:3, :3])
    if not np.array_equal(np.abs(turn).sum(axis=0), (1, 1, 1)) or not np.array_equal(
        np.abs(turn).sum(axis=1), (1, 1, 1)
    ):
        return None
    # axis_of[n]: the label axis (i, j, k order) that runs along axis n of the volume.
    axis_of = np.abs(turn).argmax(axis=1)
    array = labels.array.transpose([2 - int(axis_of[2 - n]) for n in range(3)])
    flipped = tuple(2 - n for n in range(3) if turn[n, axis_of[n]] < 0)
    if array.shape != tuple(shape):
        return None
    size = np.array(labels.array.shape[::-1]) - 1
    corners = np.array([[a, b, c] for a in (0, size[0]) for b in (0, size[1]) for c in (0, size[2])], dtype=np.float64)
    exact = corners @ turn.T
    exact -= exact.min(axis=0)
    apart_mm = np.linalg.norm(patient_from_voxel.apply(exact) - labels.patient_from_voxel.apply(corners), axis=1)
    if apart_mm.max() > GRID_TOLERANCE_MM:
        return None
    return LabelMap(
        array=np.ascontiguousarray(np.flip(array, axis=flipped)),
        patient_from_voxel=patient_from_voxel,
        names=labels.names,
        colors_srgb=labels.colors_srgb,
    )


def grid_words(shape: tuple[int, ...], patient_from_voxel: AffineTransform) -> str:
    """Return size, spacing and corner of a grid as staff read them."""
    spacing = np.linalg.norm(patient_from_voxel.matrix[:3, :3], axis=0)
    corner = patient_from_voxel.matrix[:3, 3]
    return (
        "x".join(str(n) for n in reversed(shape))
        + " voxels of "
        + "x".join(f"{mm:.4g}" for mm in spacing)
        + " mm from "
        + ", ".join(f"{mm:.1f}" for mm in corner)
    )
