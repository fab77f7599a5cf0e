"""A field says which side is inside, and refuses what does not."""

import numpy as np
import pytest

from orview.errors import ContractError
from orview.image.field import Field, field_of_mask
from tests.shapes import grid


def test_a_field_is_float32_and_lower_outside() -> None:
    with pytest.raises(ContractError):
        Field(array=np.zeros((2, 2, 2), dtype=np.float32), level=0.0, outside=0.5, patient_from_voxel=grid())


def test_a_mask_is_inside_where_it_is_set() -> None:
    mask = np.zeros((3, 3, 3), dtype=bool)
    mask[1, 1, 1] = True
    field = field_of_mask(mask, grid())
    assert np.array_equal(field.array > field.level, mask)


@pytest.mark.parametrize(("dtype", "doubt"), [(np.bool_, 0.5), (np.float32, 1.5), (np.float32, -0.1)])
def test_a_doubt_that_is_none_is_refused(dtype: type, doubt: float) -> None:
    array = np.zeros((2, 2, 2), dtype=dtype)
    with pytest.raises(ContractError, match="doubt"):
        Field(array=array, level=0.5, outside=0.0, patient_from_voxel=grid(), doubt=doubt)
