"""Masks with what they enclose: gas in the body, marrow in the bone, the body in its skin."""

from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from orview.geometry.affine import AffineTransform

sitk: Any = SimpleITK  # its functions carry no types


def filled(mask: NDArray[Any]) -> NDArray[np.bool_]:
    """Return a mask of two or three axes with what it encloses filled."""
    result = sitk.BinaryFillhole(sitk.GetImageFromArray(mask.astype(np.uint8)))
    return np.asarray(sitk.GetArrayFromImage(result), dtype=bool)


def filled_across(mask: NDArray[np.bool_], patient_from_voxel: AffineTransform) -> NDArray[np.bool_]:
    """Return a mask (K, J, I) filled in every slice across the body's length.

    A trunk is open at both ends of the image, so only slice by slice does its skin enclose anything.
    """
    length_axis = 2 - int(np.abs(patient_from_voxel.matrix[2, :3]).argmax())
    slices = np.moveaxis(mask, length_axis, 0)
    return np.moveaxis(np.stack([filled(np.ascontiguousarray(plane)) for plane in slices]), 0, length_axis)
