"""A structure known on a coarse grid, given the surface that the grey values of the full grid draw near it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from orview.image.field import Field
from orview.image.volume import Volume, shifted
from orview.segment.coarse import Coarse, box_of, softened

sitk: Any = SimpleITK  # its functions carry no types

CONTRAST_HU = 150.0
"""Grey values count for this much above and below the level; beyond, they are sure."""

SHAPE_WEIGHT = 4.0
"""Against sure grey values the shape wins from about 0.6 blocks inside or outside its coarse surface."""

CONTACT_WEIGHT = 3.0
"""Between two bones that touch there is no dark rim, and only the shapes decide."""


def band_field(
    volume: Volume,
    coarse: Coarse,
    solid: NDArray[np.bool_],
    *,
    level_hu: float,
    neighbours: Sequence[NDArray[np.bool_]] = (),
) -> Field:
    """Return the field of a structure on the volume's own grid, cut to its box; its level is 0.

    Args:
        volume: CT, Hounsfield units.
        coarse: blocks of it, or of a box of it.
        solid: (K, J, I) the structure on these blocks, not empty.
        level_hu: grey level of its surface.
        neighbours: (K, J, I) structures that it must not grow into.
    """
    box = box_of(solid, margin=2)
    own = softened(solid[box].astype(np.float32))
    others = np.zeros_like(own)
    for neighbour in neighbours:
        if neighbour[box].any():
            np.maximum(others, softened(neighbour[box].astype(np.float32)), out=others)
    part = coarse.cut(box)
    low = np.minimum(part.start, volume.array.shape)
    high = np.minimum(part.start + np.array(own.shape) * part.blocks, volume.array.shape)
    cut = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    shape = 2.0 * _onto_voxels(own, part.blocks, high - low) - 1.0
    field = np.clip((volume.array[cut] - np.float32(level_hu)) * np.float32(1.0 / CONTRAST_HU), -1.0, 1.0)
    # Not `shape**3`: a power is ten times as slow as two products.
    field += SHAPE_WEIGHT * shape * shape * shape
    if others.any():
        apart = shape + 1.0 - 2.0 * _onto_voxels(others, part.blocks, high - low)
        np.minimum(field, CONTACT_WEIGHT * apart, out=field)
    np.clip(field, -1.0, 1.0, out=field)
    k, j, i = (int(n) for n in low)
    return Field(array=field, level=0.0, outside=-1.0, patient_from_voxel=shifted(volume.patient_from_voxel, (i, j, k)))


def _onto_voxels(
    values: NDArray[np.float32], blocks: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return values of blocks, linear between their middles, at the voxels (K, J, I) they are made of."""
    size = [int(count) for count in counts[::-1]]
    step = [1.0 / float(block) for block in blocks[::-1]]
    first = [(1.0 - float(block)) / (2.0 * float(block)) for block in blocks[::-1]]
    image = sitk.GetImageFromArray(np.pad(values, 1, mode="edge"))
    origin = [one + 1.0 for one in first]
    fine = sitk.Resample(
        image, size, sitk.Transform(), sitk.sitkLinear, origin, step, np.eye(3).ravel().tolist(), 0.0, sitk.sitkFloat32
    )
    return np.asarray(sitk.GetArrayFromImage(fine))
