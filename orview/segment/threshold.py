"""Bone and skin of a CT nobody has outlined: by grey level, inside the patient's body.

Good enough to see where the patient lies; a threshold cannot name bones, and it takes contrast
medium and metal for bone. The surfaces follow the grey values, so they are finer than the voxels.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from orview.errors import RefusedError
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.volume import Volume, shifted, spacing_mm
from orview.segment.anatomy import BONE, SKIN, Anatomy
from orview.segment.masks import label_boxes
from orview.segment.solid import filled, filled_across

sitk: Any = SimpleITK  # its functions carry no types

SKIN_HU = -400.0
"""About half-way between air and skin."""

BONE_HU = 180.0
"""Above muscle and blood, below all but the most osteopenic bone."""

CONTRAST_HU = 300.0
"""Grey values are followed this far above and below a threshold; beyond, inside is inside."""

BODY_STEP_MM = 3.0
"""The body is looked for on a grid about this coarse."""

TABLE_GAP_MM = 6.0
"""Bridges to the body thinner than this are cut: the table top, tubes, blankets."""

SMALLEST_BONE_ML = 0.5
"""Smaller bright spots by themselves are not called bone (beads, calcified vessels, bolts)."""

SMALLEST_BODY_ML = 200.0


@dataclass(frozen=True, kw_only=True, eq=False)
class GreyShape:
    """A structure as grey values: inside is where they exceed `level`.

    Attributes:
        anatomy: what it is.
        array: (K, J, I) float32, cut to the structure.
        level, outside: value at the surface and far outside.
        patient_from_voxel: voxel index of this array to patient mm.
    """

    anatomy: Anatomy
    array: NDArray[np.float32]
    level: float
    outside: float
    patient_from_voxel: AffineTransform


def bone_and_skin(volume: Volume) -> list[GreyShape]:
    """Return the bone and the skin of a CT; only the skin where nothing is bright enough for bone.

    Args:
        volume: CT, Hounsfield units.

    Raises:
        RefusedError: there is no body in the image.
    """
    blocks = np.maximum(np.floor(BODY_STEP_MM / volume.spacing_mm[::-1]), 1).astype(int)
    coarse = _block_means(volume.array, blocks)
    matrix = volume.patient_from_voxel.matrix.copy()
    matrix[:3, 3] = volume.patient_from_voxel.apply((blocks[::-1] - 1) / 2.0)
    matrix[:3, :3] *= blocks[::-1]
    patient_from_coarse = AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)
    body = _body(coarse, patient_from_coarse)
    skin = _grey_shape(SKIN, coarse, body, SKIN_HU, patient_from_coarse)
    bone = _bone(volume, body, blocks)
    if not bone.any():
        return [skin]
    return [_grey_shape(BONE, volume.array, bone, BONE_HU, volume.patient_from_voxel), skin]


def _body(coarse: NDArray[np.float32], patient_from_coarse: AffineTransform) -> NDArray[np.bool_]:
    """Return where the patient is: the largest body, without the table, the gas in it filled slice by slice."""
    tissue = coarse > SKIN_HU
    radius = [round(float(TABLE_GAP_MM / 2.0 / mm)) for mm in spacing_mm(patient_from_coarse)]
    opened = sitk.BinaryMorphologicalOpening(sitk.GetImageFromArray(tissue.astype(np.uint8)), radius)
    largest = sitk.RelabelComponent(sitk.ConnectedComponent(opened)) == 1
    grown = sitk.GetArrayFromImage(sitk.BinaryDilate(largest, [r + 1 for r in radius])).astype(bool) & tissue
    body = filled_across(grown, patient_from_coarse)
    if np.count_nonzero(body) * abs(patient_from_coarse.determinant) < SMALLEST_BODY_ML * 1000.0:
        raise RefusedError(
            "No body was found in this image: it has no region of tissue among air.",
            mend="Check that it is a CT in Hounsfield units, or give a label map with --labels.",
        )
    return body


def _bone(volume: Volume, body: NDArray[np.bool_], blocks: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return the bones of a body as solid bodies (K, J, I): bright, not small, cracks closed, marrow filled."""
    fine = (np.arange(size) // block for size, block in zip(volume.array.shape, blocks, strict=True))
    bright = (volume.array > BONE_HU) & body[np.ix_(*fine)]
    labels = sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray(bright.astype(np.uint8))))
    kept = np.bincount(labels.ravel()) >= SMALLEST_BONE_ML * 1000.0 / abs(volume.patient_from_voxel.determinant)
    kept[0] = False
    image = sitk.GetImageFromArray(kept[labels].astype(np.uint8))
    return filled(sitk.GetArrayFromImage(sitk.BinaryMorphologicalClosing(image, [1, 1, 1])))


def _grey_shape(
    anatomy: Anatomy,
    array: NDArray[Any],
    solid: NDArray[np.bool_],
    level: float,
    patient_from_voxel: AffineTransform,
) -> GreyShape:
    """Return the grey values around a solid: they place its skin, the solid says what is in and what is not."""
    box, _ = label_boxes(solid.astype(np.uint16))[1]
    start = [max(first - 1, 0) for first in box.start]
    cut = tuple(slice(first, last + 1) for first, last in zip(start, box.stop, strict=True))
    outside, inside = level - CONTRAST_HU, level + CONTRAST_HU
    grey = np.clip(array[cut], outside, inside).astype(np.float32)
    grey[solid[cut] & (grey <= level)] = inside
    grey[~solid[cut] & (grey > level)] = outside
    k, j, i = start
    return GreyShape(
        anatomy=anatomy,
        array=grey,
        level=level,
        outside=outside,
        patient_from_voxel=shifted(patient_from_voxel, (i, j, k)),
    )


def _block_means(array: NDArray[Any], blocks: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the mean of every block of voxels; blocks at the end repeat the last voxel."""
    padding = [(0, int(-size % block)) for size, block in zip(array.shape, blocks, strict=True)]
    padded = np.pad(array, padding, mode="edge")
    k, j, i = (size // block for size, block in zip(padded.shape, blocks, strict=True))
    bk, bj, bi = blocks
    means = padded.reshape(k, bk, j, bj, i, bi).mean(axis=(1, 3, 5), dtype=np.float32)
    return np.asarray(means, dtype=np.float32)
