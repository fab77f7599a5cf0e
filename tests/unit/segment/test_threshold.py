"""Bone and skin by threshold: the trunk without its table, the bones in their places."""

import numpy as np
import pytest

from orview.errors import RefusedError
from orview.image.volume import Volume
from orview.segment.threshold import BONE_HU, bone_and_skin
from tests.shapes import grid, points_of, provenance, trunk

SPACING_MM = (2.0, 2.0, 4.0)


def trunk_volume() -> Volume:
    array = trunk((30, 128, 128), spacing_mm=2.0)
    return Volume(array=array, patient_from_voxel=grid(SPACING_MM), provenance=provenance(30))


def test_bone_comes_before_skin_and_both_where_they_are() -> None:
    volume = trunk_volume()
    bone, skin = bone_and_skin(volume)
    assert (bone.anatomy.key, skin.anatomy.key) == ("bone", "skin")
    inside = bone.array > bone.level
    voxel_ml = float(np.prod(SPACING_MM)) / 1000.0
    expected_ml = np.count_nonzero(volume.array > BONE_HU) * voxel_ml
    assert np.count_nonzero(inside) * voxel_ml == pytest.approx(expected_ml, rel=0.03)
    points = points_of(bone.array.shape, bone.patient_from_voxel)[inside]
    middle = grid(SPACING_MM).apply((63.5, 63.5, 15))
    # The larger bone stands 50 mm to the patient's left of the middle.
    assert points[points[:, 0] > middle[0] + 25].mean(axis=0)[0] - middle[0] == pytest.approx(50.0, abs=1.0)


def test_the_table_is_no_skin_and_gas_is_inside() -> None:
    skin = bone_and_skin(trunk_volume())[1]
    inside = skin.array > skin.level
    body_ml = np.count_nonzero(inside) * abs(skin.patient_from_voxel.determinant) / 1000.0
    assert body_ml == pytest.approx(np.pi * 100 * 80 * 30 * 4.0 / 1000.0, rel=0.03)
    assert points_of(skin.array.shape, skin.patient_from_voxel)[inside][:, 1].max() < 120.0 + 63.5 * 2 + 85.0


def test_soft_tissue_alone_has_skin_but_no_bone() -> None:
    volume = trunk_volume()
    soft = Volume(
        array=np.minimum(volume.array, 60), patient_from_voxel=volume.patient_from_voxel, provenance=provenance(30)
    )
    assert [shape.anatomy.key for shape in bone_and_skin(soft)] == ["skin"]


def test_air_alone_is_refused() -> None:
    air = Volume(
        array=np.full((30, 64, 64), -1000, dtype=np.int16),
        patient_from_voxel=grid(SPACING_MM),
        provenance=provenance(30),
    )
    with pytest.raises(RefusedError, match="No body"):
        bone_and_skin(air)
