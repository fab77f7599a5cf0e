"""Metal in the body: implants and screws as a structure of their own, so that they are in no bone."""

from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from orview.image.field import Field
from orview.image.volume import Volume, shifted
from orview.segment.anatomy import anatomy_of
from orview.segment.coarse import Coarse, box_of
from orview.segment.osseous import METAL_EDGE_HU, METAL_HU, pieces
from orview.segment.outline import Outline

sitk: Any = SimpleITK  # its functions carry no types

SMALLEST_METAL_ML = 0.2
"""Smaller is no implant (a bead of 5 mm has 0.07 ml)."""

_CONTRAST_HU = 700.0


def metal_outline(volume: Volume, coarse: Coarse, metal: NDArray[np.bool_]) -> Outline | None:
    """Return the metal of a CT as one structure, None where there is too little of it.

    Args:
        volume: CT, Hounsfield units.
        coarse: blocks of it, or of a box of it.
        metal: (K, J, I) blocks with metal in them.
    """
    if not metal.any():
        return None
    part = coarse.cut(box_of(metal, margin=2))
    low = part.start
    high = np.minimum(low + np.array(part.array.shape) * part.blocks, volume.array.shape)
    k, j, i = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    grey = volume.array[k, j, i]
    labels = pieces(grey > METAL_EDGE_HU)
    voxel_ml = abs(volume.patient_from_voxel.determinant) / 1000.0
    kept = np.bincount(labels.ravel()) * voxel_ml >= SMALLEST_METAL_ML
    kept &= np.bincount(labels[grey > METAL_HU], minlength=len(kept)) > 0
    kept[0] = False
    if not kept.any():
        return None
    solid = kept[labels]
    outside = METAL_EDGE_HU - _CONTRAST_HU
    field = np.clip(grey, outside, METAL_EDGE_HU + _CONTRAST_HU).astype(np.float32)
    field[~solid & (grey > METAL_EDGE_HU)] = outside
    return Outline(
        anatomy=anatomy_of("metal"),
        field=Field(
            array=field,
            level=METAL_EDGE_HU,
            outside=outside,
            patient_from_voxel=shifted(volume.patient_from_voxel, (i.start, j.start, k.start)),
        ),
    )
