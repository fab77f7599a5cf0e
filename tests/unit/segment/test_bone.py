"""Bones of a CT without labels: named in real and drawn pelvises, never wrongly named, refused without HU."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.errors import RefusedError
from orview.geometry.affine import AffineTransform
from orview.geometry.rigid import rotation_from_vector
from orview.image.volume import Volume, shifted
from orview.segment.bone import Segmented, segment_without_weights
from tests.data import shared_data
from tests.shapes import grid, points_of, provenance, trunk
from tests.unit.segment.pelvises import (
    dice,
    drawn_pelvis,
    mean_surface_distance_mm,
    on_voxels,
    real_pelvis,
    volume_of,
)

SPACING_MM = (2.0, 2.0, 4.0)
GOAL = ("sacrum", "hip_left", "hip_right", "vertebra_l5")


def codes(segmented: Segmented) -> set[str]:
    return {finding.code for finding in segmented.findings}


def masks_of(segmented: Segmented, volume: Volume) -> dict[str, NDArray[np.bool_]]:
    return {
        outline.anatomy.key: on_voxels(outline, volume)
        for outline in segmented.outlines
        if outline.anatomy.key != "skin"
    }


@cache
def real_segmented() -> Segmented:
    return segment_without_weights(real_pelvis()[0])


def real_truth() -> dict[str, NDArray[np.bool_]]:
    _, labels, values = real_pelvis()
    names = {"hip_left": ["hip_left"], "hip_right": ["hip_right"], "vertebra_l5": ["vertebrae_L5"]}
    names |= {"vertebra_l4": ["vertebrae_L4"], "vertebra_l3": ["vertebrae_L3"], "sacrum": ["sacrum", "vertebrae_S1"]}
    return {key: np.isin(labels, [values[name] for name in several]) for key, several in names.items()}


def union(masks: dict[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    return np.asarray(np.any([masks[key] for key in GOAL], axis=0))


def moved(volume: Volume, rotation_deg: tuple[float, float, float]) -> Volume:
    """The same image of a patient who lay turned."""
    matrix = volume.patient_from_voxel.matrix.copy()
    matrix[:3] = rotation_from_vector(np.radians(rotation_deg)) @ matrix[:3]
    transform = volume.patient_from_voxel
    return replace(volume, patient_from_voxel=AffineTransform(transform.to_frame, transform.from_frame, matrix))


def test_weak_bone_of_a_real_pelvis_is_kept_and_named() -> None:
    volume, _, _ = real_pelvis()
    truth = real_truth()
    segmented = real_segmented()
    found = masks_of(segmented, volume)
    # 180 HU alone keeps less than half of this sacrum.
    assert np.count_nonzero((volume.array > 180) & truth["sacrum"]) < 0.5 * np.count_nonzero(truth["sacrum"])
    assert dice(union(found), union(truth)) >= 0.91
    assert mean_surface_distance_mm(union(found), union(truth), volume.spacing_mm) <= 0.8
    for key, least, most_mm in (
        ("sacrum", 0.81, 1.3),
        ("hip_left", 0.93, 0.7),
        ("hip_right", 0.93, 0.7),
        ("vertebra_l5", 0.83, 1.4),
        ("vertebra_l4", 0.88, 1.0),
        ("vertebra_l3", 0.90, 1.0),
    ):
        assert dice(found[key], truth[key]) >= least, key
        assert mean_surface_distance_mm(found[key], truth[key], volume.spacing_mm) <= most_mm, key
    assert {"BONES_NAMED_BY_SHAPE", "METAL_APART", "BONE_WEAK", "BONE_CUT_OFF"} <= codes(segmented)


def test_metal_is_a_structure_of_its_own_and_in_no_bone() -> None:
    volume, labels, values = real_pelvis()
    found = masks_of(real_segmented(), volume)
    metal = volume.array > 2500
    assert np.count_nonzero(found["implant"] & metal) >= 0.97 * np.count_nonzero(metal)
    bones = np.any([mask for key, mask in found.items() if key != "implant"], axis=0)
    assert np.count_nonzero(bones & metal) <= 0.02 * np.count_nonzero(metal)
    # The screw is in the left femur: no metal and no streak gets into the hip bones.
    hips = found["hip_left"] | found["hip_right"]
    assert volume.array[hips].max() < 2000
    astray = hips & np.isin(labels, [values["femur_left"], values["gluteus_maximus_left"]])
    assert np.count_nonzero(astray) <= 0.03 * np.count_nonzero(hips)


@pytest.mark.parametrize(
    "change",
    ["30 HU darker", "30 HU brighter", "noise of 30 HU", "turned", "raised", "upside down", "cropped"],
)
def test_the_names_hold_when_the_image_is_changed(change: str) -> None:
    volume, _, _ = real_pelvis()
    truth = union(real_truth())
    array = volume.array
    if change.startswith("30"):
        shift = -30 if "darker" in change else 30
        volume = replace(volume, array=np.clip(array + shift, -1024, 3071).astype(np.int16))
    elif change.startswith("noise"):
        noise = np.random.default_rng(0).normal(0.0, 30.0, array.shape)
        volume = replace(volume, array=(array + noise).astype(np.int16))
    elif change == "turned":
        volume = moved(volume, (0.0, 6.0, 8.0))
    elif change == "raised":
        volume = moved(volume, (10.0, 0.0, 0.0))
    elif change == "upside down":
        # Stored from head to feet and from right to left: the same patient.
        matrix = volume.patient_from_voxel.matrix @ np.diag([-1.0, 1.0, -1.0, 1.0])
        matrix[:3, 3] = volume.patient_from_voxel.apply((array.shape[2] - 1, 0, array.shape[0] - 1))
        transform = volume.patient_from_voxel
        volume = replace(
            volume,
            array=array[::-1, :, ::-1].copy(),
            patient_from_voxel=AffineTransform(transform.to_frame, transform.from_frame, matrix),
        )
        truth = truth[::-1, :, ::-1]
    else:
        volume, truth = replace(volume, array=array[:64].copy()), truth[:64]
    found = masks_of(segment_without_weights(volume), volume)
    assert dice(union(found), truth) >= 0.85


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 2])
def test_a_drawn_pelvis_with_bright_vessels_is_named(seed: int) -> None:
    phantom = drawn_pelvis(seed)
    found = masks_of(segment_without_weights(phantom.volume), phantom.volume)
    values = {name: value for value, name in phantom.labels.names.items()}
    truth = {key: phantom.labels.array == values[key] for key in (*GOAL, "femur_left", "femur_right", "vertebra_l4")}
    assert dice(union(found), union(truth)) >= 0.86
    for key, mask in truth.items():
        assert dice(found[key], mask) >= 0.81, key
    vessels = np.isin(phantom.labels.array, [value for name, value in values.items() if name.startswith("iliac")])
    named = np.any([mask for key, mask in found.items() if key != "bone"], axis=0)
    assert np.count_nonzero(named & vessels) <= 0.12 * np.count_nonzero(vessels)


def test_the_sacrum_of_a_thick_series_is_one_piece() -> None:
    volume = volume_of(shared_data("ct_pelvis_dicom"))
    segmented = segment_without_weights(volume)
    found = masks_of(segmented, volume)
    assert {"sacrum", "hip_left", "hip_right", "vertebra_l5", "vertebra_l4", "vertebra_l3"} <= found.keys()
    sacrum = found["sacrum"]
    ml = np.count_nonzero(sacrum) * abs(volume.patient_from_voxel.determinant) / 1000.0
    assert 150.0 <= ml <= 260.0
    reached = np.zeros_like(sacrum)
    reached[tuple(np.argwhere(sacrum)[np.count_nonzero(sacrum) // 2])] = True
    while True:
        # One slice at a time is enough: neighbours along each axis until nothing is added.
        grown = reached.copy()
        for axis in range(3):
            for step in (-1, 1):
                grown |= np.roll(reached, step, axis)
        grown &= sacrum
        if np.array_equal(grown, reached):
            break
        reached = grown
    assert np.count_nonzero(reached) >= 0.95 * np.count_nonzero(sacrum)


def test_without_the_hips_in_the_image_nothing_is_named() -> None:
    volume, _, _ = real_pelvis()
    volume = replace(
        volume,
        array=volume.array[26:].copy(),
        patient_from_voxel=shifted(volume.patient_from_voxel, (0, 0, 26)),
    )
    segmented = segment_without_weights(volume)
    assert [outline.anatomy.key for outline in segmented.outlines] == ["bone", "skin"]
    assert "BONES_NOT_NAMED" in codes(segmented)


def test_a_chest_is_not_named_as_a_pelvis() -> None:
    volume = volume_of(shared_data("slicer") / "CTChest4.nrrd")
    segmented = segment_without_weights(volume)
    assert {outline.anatomy.key for outline in segmented.outlines} <= {"bone", "skin", "implant"}


def trunk_volume() -> Volume:
    array = trunk((30, 128, 128), spacing_mm=2.0)
    return Volume(array=array, patient_from_voxel=grid(SPACING_MM), provenance=provenance(30))


def test_bone_comes_before_skin_and_both_where_they_are() -> None:
    volume = trunk_volume()
    bone, skin = segment_without_weights(volume).outlines
    assert (bone.anatomy.key, skin.anatomy.key) == ("bone", "skin")
    inside = bone.field.array > bone.field.level
    voxel_ml = float(np.prod(SPACING_MM)) / 1000.0
    assert np.count_nonzero(inside) * voxel_ml == pytest.approx(
        np.count_nonzero(volume.array > 180) * voxel_ml, rel=0.03
    )
    points = points_of(inside.shape, bone.field.patient_from_voxel)[inside]
    middle = grid(SPACING_MM).apply((63.5, 63.5, 15))
    # The larger bone stands 50 mm to the patient's left of the middle.
    assert points[points[:, 0] > middle[0] + 25].mean(axis=0)[0] - middle[0] == pytest.approx(50.0, abs=1.0)


def test_soft_tissue_alone_has_skin_but_no_bone() -> None:
    volume = trunk_volume()
    segmented = segment_without_weights(replace(volume, array=np.minimum(volume.array, 60)))
    assert [outline.anatomy.key for outline in segmented.outlines] == ["skin"]
    assert codes(segmented) == {"NO_BONE"}
    assert segmented.findings[0].message.startswith("A CT without bone")


def test_an_mr_is_refused_because_no_threshold_holds() -> None:
    volume = trunk_volume()
    with pytest.raises(RefusedError, match=r"only a CT can be prepared.*no Hounsfield units"):
        segment_without_weights(replace(volume, provenance=replace(volume.provenance, modality="MR")))


def test_a_ct_without_its_rescale_is_refused() -> None:
    volume = trunk_volume()
    with pytest.raises(RefusedError, match="no Hounsfield units"):
        segment_without_weights(replace(volume, array=(volume.array + 1024).astype(np.int16)))
