"""The body without its table, the gas in it filled; no body is refused."""

import numpy as np
import pytest

from orview.errors import RefusedError
from orview.image.volume import Volume
from orview.segment.body import find_body, skin_outline
from tests.shapes import grid, points_of, provenance, trunk

SPACING_MM = (2.0, 2.0, 4.0)


def test_the_table_is_no_skin_and_gas_is_inside() -> None:
    array = trunk((30, 128, 128), spacing_mm=2.0)
    volume = Volume(array=array, patient_from_voxel=grid(SPACING_MM), provenance=provenance(30))
    field = skin_outline(*find_body(volume)).field
    inside = field.array > field.level
    body_ml = np.count_nonzero(inside) * abs(field.patient_from_voxel.determinant) / 1000.0
    assert body_ml == pytest.approx(np.pi * 100 * 80 * 30 * 4.0 / 1000.0, rel=0.03)
    assert points_of(inside.shape, field.patient_from_voxel)[inside][:, 1].max() < 120.0 + 63.5 * 2 + 85.0


def test_air_alone_is_refused() -> None:
    air = Volume(
        array=np.full((30, 64, 64), -1000, dtype=np.int16),
        patient_from_voxel=grid(SPACING_MM),
        provenance=provenance(30),
    )
    with pytest.raises(RefusedError, match="No body"):
        find_body(air)
