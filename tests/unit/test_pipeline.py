"""From image and labels to a case: structures in their places, levels within their limits, bad pairs refused."""

from dataclasses import replace

import numpy as np
import pytest

from orview.errors import RefusedError
from orview.image.volume import Volume
from orview.mesh.given import Segmentation
from orview.mesh.measure import centroid_mm
from orview.model.case import Level
from orview.model.glb_reader import read_glb
from orview.model.scene import Scene
from orview.pipeline import BuildSettings, BuiltCase, build_case
from orview.segment.masks import LabelMap
from tests.shapes import GRID_CORNER_MM, GRID_SHAPE, STRUCTURES, ellipsoid, grid, small_patient, trunk

LEFT_RIGHT = {
    "hip left": ellipsoid((35.0, 165.0, -850.0), (15.0, 20.0, 65.0)),
    "hip right": ellipsoid((-35.0, 165.0, -850.0), (15.0, 20.0, 65.0)),
}


def build(volume: Volume, labels: LabelMap | None, *, bone_from_greys: bool = False) -> BuiltCase:
    return build_case(
        volume,
        None if labels is None else Segmentation(label_maps=(labels,)),
        case_id="0123456789ab",
        name="Test",
        created_utc="2026-01-01T00:00:00+00:00",
        progress=lambda stage, fraction: None,
        settings=BuildSettings(bone_from_greys=bone_from_greys),
    )


def first_looks(volume: Volume, labels: LabelMap) -> list[tuple[str, Scene]]:
    """Return what was shown of a case before it was made, each with the last stage told before it."""
    shown: list[tuple[str, Scene]] = []
    stages: list[str] = []
    build_case(
        volume,
        Segmentation(label_maps=(labels,)),
        case_id="0123456789ab",
        name="Test",
        created_utc="2026-01-01T00:00:00+00:00",
        progress=lambda stage, fraction: stages.append(stage),
        first_look=lambda scene: shown.append((stages[-1], scene)),
    )
    return shown


@pytest.fixture(scope="module")
def built() -> BuiltCase:
    return build(*small_patient())


def test_structures_are_named_ordered_and_where_they_were_drawn(built: BuiltCase) -> None:
    case = built.case
    assert [structure.key for structure in case.structures] == [
        "tumour",
        "nerve_s1_left",
        "nerve_s1_right",
        "iliac_vein_left",
        "sacrum",
        "gadget_x",
    ]
    assert case.target_key == "tumour"
    assert case.structure("tumour").centroid_patient_mm == pytest.approx((10.0, 172.0, -845.0), abs=0.3)
    assert case.structure("tumour").volume_ml == pytest.approx(4 / 3 * np.pi * 12 * 10 * 9 / 1000, rel=0.02)
    assert case.structure("nerve_s1_left").centroid_patient_mm[0] > 20.0
    assert case.source.synthetic


def test_levels_keep_their_limits_and_name_their_blobs(built: BuiltCase) -> None:
    levels = built.case.levels
    assert [level.level for level in levels] == [Level.PREVIEW, Level.HEADSET, Level.FULL]
    assert levels[0].bytes <= 300_000
    assert levels[1].triangles <= 200_000
    assert set(built.blobs) == {sha256 for level in levels for sha256 in (level.sha256, level.plain_sha256)}
    for level in levels:
        assert len(built.blobs[level.sha256]) == level.bytes < level.plain_bytes == len(built.blobs[level.plain_sha256])
        assert sum(level.structure_triangles.values()) == level.triangles
        assert set(level.errors) == {structure.key for structure in built.case.structures}


def test_a_first_look_is_shown_as_soon_as_the_outlines_are_known(built: BuiltCase) -> None:
    ((stage, scene),) = first_looks(*small_patient())
    assert stage == "Outlines"
    assert scene.provisional
    assert scene.synthetic
    centres = {part.anatomy.key: centroid_mm(part.surface) for part in scene.parts}
    assert centres["tumour"] == pytest.approx((10.0, 172.0, -845.0), abs=1.0)
    assert centres.keys() <= {structure.key for structure in built.case.structures}


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 0, 2)])
@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, -1)])
def test_however_the_voxels_are_stored_the_patient_stands_in_the_same_place(
    axes: tuple[int, int, int], flips: tuple[int, int, int]
) -> None:
    """The same asymmetric patient on turned and mirrored grids gives the same places in the GLB."""
    directions = np.eye(3)[:, axes] * flips
    extent = np.array(GRID_SHAPE[::-1], dtype=np.float64)
    middle = np.array(GRID_CORNER_MM) + extent / 2.0
    shape_ijk = extent[list(axes)].astype(int)
    corner = middle - directions @ ((shape_ijk - 1) / 2.0)
    transform = grid(corner_mm=tuple(corner), axes=directions)
    k, j, i = (int(n) for n in shape_ijk[::-1])
    chosen = {name: STRUCTURES[name] for name in ("tumor", "nerve_s1_left", "Gadget X")}
    built = build(*small_patient(patient_from_voxel=transform, shape=(k, j, i), structures=chosen))
    blob = built.blobs[built.case.level(Level.HEADSET).sha256]
    centres = {mesh.name: mesh.surface.vertices_mm.mean(axis=0) for mesh in read_glb(blob)}
    assert centres["tumour"] == pytest.approx((10.0, 172.0, -845.0), abs=1.0)
    assert centres["gadget_x"] == pytest.approx((-50.0, 130.0, -870.0), abs=1.0)
    assert centres["nerve_s1_left"][0] > 20.0


@pytest.mark.hazard("H04")
def test_a_mirrored_patient_is_refused() -> None:
    volume, labels = small_patient(
        structures=LEFT_RIGHT, shape=(140, 70, 110), patient_from_voxel=grid(corner_mm=(-55, 130, -920))
    )
    build(volume, labels)
    mirrored = replace(labels, array=labels.array[:, :, ::-1])
    with pytest.raises(RefusedError, match="mirrored"):
        build(volume, mirrored)


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("factor", [0.25, 3.0])
def test_a_patient_of_an_impossible_size_is_refused(factor: float) -> None:
    volume, labels = small_patient()
    scaled = grid((factor, factor, factor))
    with pytest.raises(RefusedError, match="mm long"):
        build(replace(volume, patient_from_voxel=scaled), replace(labels, patient_from_voxel=scaled))


def test_labels_on_another_grid_are_refused() -> None:
    volume, labels = small_patient()
    with pytest.raises(RefusedError, match="another grid"):
        build(volume, replace(labels, patient_from_voxel=grid((1.0, 1.0, 1.01))))


def test_two_labels_of_one_meaning_become_one_structure() -> None:
    volume, labels = small_patient()
    names = dict(labels.names) | {6: "TUMOUR"}
    case = build(volume, replace(labels, names=names)).case
    assert [structure.key for structure in case.structures].count("tumour") == 1
    assert case.structure("tumour").volume_ml > 4.8


def test_a_ct_without_labels_gives_bone_and_skin_with_a_warning() -> None:
    volume, _ = small_patient()
    plain = replace(volume, array=trunk((30, 128, 128), spacing_mm=2.0), patient_from_voxel=grid((2.0, 2.0, 4.0)))
    case = build(plain, None).case
    assert [structure.key for structure in case.structures] == ["bone", "skin"]
    assert "BONES_NOT_NAMED" in [finding.code for finding in case.findings]
    assert case.structure("bone").volume_ml == pytest.approx(np.pi * (18**2 + 14**2) * 120 / 1000, rel=0.04)
    magnetic = replace(plain, provenance=replace(plain.provenance, modality="MR"))
    with pytest.raises(RefusedError, match="only a CT"):
        build(magnetic, None)


def test_the_same_input_gives_the_same_case(built: BuiltCase) -> None:
    again = build(*small_patient())
    assert again.case.digest == built.case.digest
    assert again.blobs.keys() == built.blobs.keys()


def test_outlined_bone_may_be_drawn_by_its_grey_values_in_a_ct_only() -> None:
    volume, labels = small_patient()
    inside = np.isin(labels.array, [value for value, name in labels.names.items() if name == "sacrum"])
    greys = np.where(inside, 700, volume.array.min()).astype(np.int16)
    bright = replace(volume, array=greys)
    case = build(bright, labels, bone_from_greys=True).case
    assert case.structure("sacrum").volume_ml == pytest.approx(
        build(bright, labels).case.structure("sacrum").volume_ml, rel=0.03
    )
    magnetic = replace(bright, provenance=replace(volume.provenance, modality="MR"))
    with pytest.raises(RefusedError, match="in a CT only"):
        build(magnetic, labels, bone_from_greys=True)
