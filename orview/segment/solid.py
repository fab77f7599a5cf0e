"""Masks with what they enclose: gas in the body, marrow in the bone, the body in its skin."""

from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from orview.compiled import compiled, plain
from orview.geometry.affine import AffineTransform
from orview.image.volume import spacing_mm
from orview.segment.morphology import closed

sitk: Any = SimpleITK  # its functions carry no types

BETWEEN_MM = 3.0
"""Between slices whose marrow is enclosed and that lie up to twice this apart it goes on; foramina are wider."""


def filled(mask: NDArray[Any]) -> NDArray[np.bool_]:
    """Return a mask of two or three axes with what it encloses filled."""
    result = sitk.BinaryFillhole(sitk.GetImageFromArray(mask.astype(np.uint8)))
    return np.asarray(sitk.GetArrayFromImage(result), dtype=bool)


def filled_across(mask: NDArray[np.bool_], patient_from_voxel: AffineTransform) -> NDArray[np.bool_]:
    """Return a mask (K, J, I) filled in every slice across the body's length.

    A trunk is open at both ends of the image, so only slice by slice does its skin enclose anything.
    """
    return _filled_slices(mask, _axis_along(patient_from_voxel, 2))


def filled_sagittally(mask: NDArray[np.bool_], patient_from_voxel: AffineTransform) -> NDArray[np.bool_]:
    """Return a mask (K, J, I) filled in every slice across the line from left to right, and between such slices.

    The canals and foramina of spine and sacrum run within these slices and so stay open; marrow that reaches one of
    them through a thin place somewhere is enclosed in other slices.
    """
    axis = _axis_along(patient_from_voxel, 0)
    marrow = _filled_slices(mask, axis) & ~mask
    reach = [0, 0, 0]
    reach[2 - axis] = max(1, round(BETWEEN_MM / float(spacing_mm(patient_from_voxel)[2 - axis])))
    return mask | closed(marrow, reach)


def _axis_along(patient_from_voxel: AffineTransform, direction: int) -> int:
    """Return the array's axis nearest to an axis of the patient."""
    return 2 - int(np.abs(patient_from_voxel.matrix[direction, :3]).argmax())


def _filled_slices(mask: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    return np.moveaxis(_filled_planes(plain(np.moveaxis(mask, axis, 0), np.bool_)), 0, axis)


@compiled
def _filled_planes(masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return masks (N, A, B) with all filled that no way through the empty, from side to side, leads to the border."""
    planes, rows, width = masks.shape
    filled = np.ones(masks.shape, dtype=np.bool_)
    waiting = np.empty(rows * width, dtype=np.int64)
    for n in range(planes):
        mask, result = masks[n].ravel(), filled[n].ravel()
        count = 0
        for place in range(rows * width):
            row = place // width
            column = place - row * width
            on_border = row == 0 or row == rows - 1 or column == 0 or column == width - 1
            if on_border and not mask[place]:
                result[place] = False
                waiting[count] = place
                count += 1
        while count > 0:
            count -= 1
            place = waiting[count]
            column = place % width
            for beside, there in (
                (place - width, place >= width),
                (place + width, place + width < rows * width),
                (place - 1, column > 0),
                (place + 1, column + 1 < width),
            ):
                if there and result[beside] and not mask[beside]:
                    result[beside] = False
                    waiting[count] = beside
                    count += 1
    return filled
