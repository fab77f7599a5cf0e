"""A structure as numbers on a grid: inside is where they exceed a level."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.geometry.affine import AffineTransform
from orview.image.volume import check_voxel_transform


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """A structure as numbers on a grid: inside is where they exceed `level`.

    Attributes:
        array: (K, J, I) float32, finite; or bool, a yes/no mask whose staircase is to be smoothed.
        level: value at the surface.
        outside: value far outside, below `level`; what lies beyond the grid is taken to be this.
        patient_from_voxel: continuous voxel index (i, j, k) of this array to patient mm.
        doubt: how much of what a yes/no mask on these voxels leaves open about the surface these values leave open too:
            1 is a mask's, 0 an exact distance's.

    Raises:
        ContractError: the array is not 3-D float32 or bool, `outside` is not below `level`, the frames are others, or
            the doubt is not between 0 and 1, or a mask's is not 1.
    """

    array: NDArray[np.float32] | NDArray[np.bool_]
    level: float
    outside: float
    patient_from_voxel: AffineTransform
    doubt: float = 1.0

    def __post_init__(self) -> None:
        if self.array.ndim != 3 or self.array.dtype not in (np.float32, np.bool_) or not self.outside < self.level:
            raise ContractError("A field is a three-dimensional array of float32 or bool, lower outside than inside.")
        if not 0.0 <= self.doubt <= 1.0 or (self.binary and self.doubt != 1.0):
            raise ContractError("The doubt of a field is between 0 and 1, and a mask's is 1.")
        check_voxel_transform(self.patient_from_voxel)

    @property
    def binary(self) -> bool:
        """Whether it is a yes/no mask, whose surface is known to a voxel only; else its values place the surface."""
        return self.array.dtype == np.bool_


def field_of_mask(mask: NDArray[np.bool_], patient_from_voxel: AffineTransform) -> Field:
    """Return the field of a yes/no mask (K, J, I): its surface runs half-way between voxel centres."""
    return Field(array=mask, level=0.5, outside=0.0, patient_from_voxel=patient_from_voxel)
