"""What others outlined becomes outlines with our names, where they lie, overlapping or on other grids."""

import numpy as np
import open3d as o3d
import pytest
from numpy.typing import NDArray

from orview.errors import ContractError, InputError, RefusedError
from orview.findings import Finding
from orview.geometry.affine import AffineTransform
from orview.image.field import Field
from orview.image.volume import Volume
from orview.mesh.given import GivenField, GivenSurface, Segmentation, outlines_of
from orview.mesh.measure import split, volume_mm3
from orview.segment.masks import LabelMap
from orview.segment.outline import Outline
from tests.measuring import extract
from tests.shapes import STRUCTURES, ellipsoid, grid, points_of, provenance, small_patient


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def by_key(outlines: list[Outline]) -> dict[str, Outline]:
    assert len({outline.anatomy.key for outline in outlines}) == len(outlines)
    return {outline.anatomy.key: outline for outline in outlines}


def labelled(array: NDArray[np.uint16], names: dict[int, str], transform: AffineTransform | None = None) -> LabelMap:
    return LabelMap(array=array, patient_from_voxel=transform or grid(), names=names)


def empty_volume(shape: tuple[int, int, int] = (40, 40, 40)) -> Volume:
    return Volume(array=np.zeros(shape, dtype=np.int16), patient_from_voxel=grid(), provenance=provenance(shape[0]))


def ball(name: str, centre_mm: tuple[float, float, float], radius_mm: float) -> GivenSurface:
    mesh = o3d.geometry.TriangleMesh.create_sphere(radius_mm, 40)
    return GivenSurface(
        name=name,
        color_srgb=None,
        vertices_mm=np.asarray(mesh.vertices) + centre_mm,
        triangles=np.asarray(mesh.triangles).astype(np.int32),
    )


def test_labels_on_the_images_grid_are_cut_to_their_boxes() -> None:
    volume, labels = small_patient()
    outlines, findings = outlines_of(Segmentation(label_maps=(labels,)), volume)
    assert findings == []
    assert [outline.anatomy.key for outline in outlines] == [
        "tumour", "nerve_s1_left", "nerve_s1_right", "iliac_vein_left", "sacrum", "gadget_x",
    ]  # fmt: skip
    for value, name in labels.names.items():
        outline = next(o for o in outlines if o.anatomy.name.lower().startswith(name.split("_")[0].lower()[:4]))
        assert outline.field.array.size < labels.array.size
        assert value
    sacrum = by_key(outlines)["sacrum"]
    count = int((labels.array == 1).sum())
    assert sacrum.field.array.sum() == count
    k, j, i = np.argwhere(sacrum.field.array > 0)[0]
    back = volume.patient_from_voxel.inverse().apply(sacrum.field.patient_from_voxel.apply((i, j, k)))
    i, j, k = np.rint(back).astype(int)
    assert labels.array[k, j, i] == 1


def test_the_same_voxels_along_other_axes_are_the_same_outlines() -> None:
    volume, labels = small_patient()
    turned = labels.array.transpose(2, 1, 0)[::-1]
    matrix = labels.patient_from_voxel.matrix.copy()
    matrix[:3, 3] = labels.patient_from_voxel.apply((labels.array.shape[2] - 1, 0, 0))
    matrix[:3, [0, 2]] = np.stack([matrix[:3, 2], -matrix[:3, 0]], axis=1)
    other = labelled(
        np.ascontiguousarray(turned),
        dict(labels.names),
        AffineTransform(grid().to_frame, grid().from_frame, matrix),
    )
    first, _ = outlines_of(Segmentation(label_maps=(labels,)), volume)
    second, findings = outlines_of(Segmentation(label_maps=(other,)), volume)
    assert findings == []
    for a, b in zip(first, second, strict=True):
        assert a.anatomy == b.anatomy
        assert np.array_equal(a.field.array, b.field.array)
        assert np.allclose(a.field.patient_from_voxel.matrix, b.field.patient_from_voxel.matrix)


@pytest.mark.parametrize("spacing_mm", [0.5, 2.0], ids=["finer", "coarser"])
def test_labels_on_another_grid_keep_it_with_words(spacing_mm: float) -> None:
    volume, _ = small_patient()
    transform = grid((spacing_mm,) * 3, (-48.3, 154.2, -896.1))
    shape = (int(94 / spacing_mm), int(42 / spacing_mm), int(98 / spacing_mm))
    sacrum = STRUCTURES["sacrum"](points_of(shape, transform)).astype(np.uint16)
    outlines, findings = outlines_of(Segmentation(label_maps=(labelled(sacrum, {1: "sacrum"}, transform),)), volume)
    assert codes(findings) == ["LABELS_ON_OTHER_GRID"]
    assert ("finer" if spacing_mm < 1 else "coarser") in findings[0].message
    surface = extract(outlines[0].field)
    assert volume_mm3(surface) == pytest.approx(4 / 3 * np.pi * 45 * 18 * 42, rel=0.02)
    assert surface.vertices_mm.mean(axis=0) == pytest.approx((0.0, 175.0, -850.0), abs=0.5)


def test_a_nerve_thinner_than_the_images_voxels_survives_on_finer_labels() -> None:
    volume, _ = small_patient(patient_from_voxel=grid((3.0, 3.0, 3.0)), shape=(34, 31, 44))
    transform = grid((0.5, 0.5, 0.5), (12.0, 135.0, -895.0))
    nerve = STRUCTURES["nerve_s1_left"](points_of((170, 44, 60), transform)).astype(np.uint16)
    outlines, _ = outlines_of(Segmentation(label_maps=(labelled(nerve, {1: "S1 L"}, transform),)), volume)
    assert outlines[0].anatomy.key == "nerve_s1_left"
    assert len(split(extract(outlines[0].field))) == 1


def test_labels_of_another_place_are_refused() -> None:
    volume, labels = small_patient()
    cut = labels.array[:90]
    away = labelled(cut, dict(labels.names), grid(corner_mm=(400.0, 120.0, -900.0)))
    with pytest.raises(RefusedError, match="do not lie on the image"):
        outlines_of(Segmentation(label_maps=(away,)), volume)
    half = labelled(cut, dict(labels.names), grid(corner_mm=(0.0, 120.0, -900.0)))
    _, findings = outlines_of(Segmentation(label_maps=(half,)), volume)
    assert "OUTLINE_OUTSIDE_IMAGE" in codes(findings)
    assert any("% of Sacrum lie outside" in finding.message for finding in findings)


@pytest.mark.hazard("H05")
@pytest.mark.parametrize(
    "other", [grid((1.0, 1.0, 1.01)), grid(corner_mm=(-64.0, 120.0, -900.0))], ids=["spacing", "shift"]
)
def test_labels_of_the_images_size_that_lie_otherwise_are_refused(other: AffineTransform) -> None:
    volume, labels = small_patient()
    with pytest.raises(RefusedError, match=r"another grid .*130x90x100 voxels"):
        outlines_of(Segmentation(label_maps=(labelled(labels.array, dict(labels.names), other),)), volume)


def test_overlapping_segments_stay_whole() -> None:
    volume = empty_volume()
    points = points_of((40, 40, 40), grid())
    bone = ellipsoid((-45.0, 140.0, -880.0), (15.0, 15.0, 15.0))(points).astype(np.uint16)
    tumour = ellipsoid((-45.0, 140.0, -880.0), (6.0, 6.0, 6.0))(points).astype(np.uint16)
    outlines, _ = outlines_of(
        Segmentation(label_maps=(labelled(bone, {1: "sacrum"}), labelled(tumour, {1: "tumor"}))), volume
    )
    found = by_key(outlines)
    assert found["sacrum"].field.array.sum() == bone.sum()
    assert found["tumour"].field.array.sum() == tumour.sum()


def test_labels_of_one_meaning_are_taken_together_within_and_across_maps() -> None:
    array = np.zeros((40, 40, 40), dtype=np.uint16)
    array[5:10, 5:10, 5:10] = 1
    array[20:30, 5:10, 5:10] = 300
    other = np.zeros((40, 40, 40), dtype=np.uint16)
    other[8:22, 5:10, 8:12] = 7
    maps = (labelled(array, {1: "Tumor", 300: "lesion"}), labelled(other, {7: "GTV"}))
    outlines, findings = outlines_of(Segmentation(label_maps=maps), empty_volume())
    assert [outline.anatomy.key for outline in outlines] == ["tumour"]
    assert outlines[0].field.array.sum() == ((array > 0) | (other > 0)).sum()
    assert codes(findings) == ["LABELS_TAKEN_TOGETHER", "LABELS_TAKEN_TOGETHER"]
    assert "Tumor, lesion" in findings[0].message
    assert outlines[0].field.patient_from_voxel.apply((0, 0, 0)) == pytest.approx((-60.0, 125.0, -895.0))


def test_one_structure_on_two_grids_is_shown_twice_with_words() -> None:
    array = np.zeros((40, 40, 40), dtype=np.uint16)
    array[5:15, 5:15, 5:15] = 1
    outlines, findings = outlines_of(
        Segmentation(
            label_maps=(labelled(array, {1: "Sacrum"}),), surfaces=(ball("sacrum", (-50.0, 135.0, -885.0), 5.0),)
        ),
        empty_volume(),
    )
    assert [outline.anatomy.key for outline in outlines] == ["sacrum", "sacrum_2"]
    assert codes(findings) == ["STRUCTURE_GIVEN_TWICE"]


def test_names_without_voxels_and_voxels_without_names_are_told() -> None:
    array = np.zeros((40, 40, 40), dtype=np.uint16)
    array[1:5, 1:5, 1:5] = 40_000
    outlines, findings = outlines_of(
        Segmentation(label_maps=(labelled(array, {1: "sacrum", 2: "tumor"}),)), empty_volume()
    )
    assert [outline.anatomy.key for outline in outlines] == ["label_40000"]
    assert codes(findings) == ["LABEL_NAMES_NOTHING", "LABEL_WITHOUT_NAME"]
    assert "sacrum, tumor" in findings[0].message


def test_61_labels_with_gaps_are_61_outlines() -> None:
    array = np.zeros((40, 40, 40), dtype=np.uint16)
    for n in range(61):
        array[2 + 3 * (n // 10), 2 + 3 * (n % 10), 3:6] = 1 + 997 * n
    names = {1 + 997 * n: f"thing {n}" for n in range(61)}
    outlines, findings = outlines_of(Segmentation(label_maps=(labelled(array, names),)), empty_volume())
    assert len(outlines) == 61
    assert findings == []


def test_nothing_outlined_is_refused() -> None:
    with pytest.raises(InputError, match="nothing is outlined"):
        outlines_of(Segmentation(), empty_volume())
    blank = labelled(np.zeros((40, 40, 40), dtype=np.uint16), {1: "sacrum"})
    with pytest.raises(InputError, match="nothing is outlined"):
        outlines_of(Segmentation(label_maps=(blank,)), empty_volume())


def test_a_shell_of_skin_is_filled() -> None:
    array = np.zeros((40, 40, 40), dtype=np.uint16)
    array[:, 5:35, 5:35] = 1
    array[:, 7:33, 7:33] = 0
    outlines, _ = outlines_of(Segmentation(label_maps=(labelled(array, {1: "skin"}),)), empty_volume())
    assert outlines[0].field.array.sum() == 40 * 30 * 30


def test_a_surface_becomes_an_outline_in_its_place() -> None:
    outlines, findings = outlines_of(
        Segmentation(surfaces=(ball("Tumor", (-45.0, 140.0, -880.0), 7.0),)), empty_volume()
    )
    assert findings == []
    surface = extract(outlines[0].field)
    assert np.linalg.norm(surface.vertices_mm - (-45.0, 140.0, -880.0), axis=1) == pytest.approx(7.0, abs=0.05)


def test_a_surface_with_a_hole_or_without_inside_is_told() -> None:
    whole = ball("Tumor", (-45.0, 140.0, -880.0), 7.0)
    holed = GivenSurface(
        name="Tumor", color_srgb=None, vertices_mm=whole.vertices_mm, triangles=whole.triangles[10:].copy()
    )
    sheet = GivenSurface(
        name="sheet",
        color_srgb=None,
        vertices_mm=np.array([[0.0, 0.0, 0.0], [9.0, 0.0, 0.0], [0.0, 9.0, 0.0]]),
        triangles=np.array([[0, 1, 2]], dtype=np.int32),
    )
    outlines, findings = outlines_of(Segmentation(surfaces=(holed, sheet)), empty_volume())
    assert len(outlines) == 1
    assert codes(findings) == ["SURFACE_HOLES_CLOSED", "SURFACE_ENCLOSES_NOTHING"]


def test_soft_masks_are_taken_as_they_are() -> None:
    field = Field(array=np.full((3, 3, 3), 0.7, dtype=np.float32), level=0.5, outside=0.0, patient_from_voxel=grid())
    outlines, _ = outlines_of(
        Segmentation(fields=(GivenField(name="rectum", color_srgb=None, field=field),)), empty_volume()
    )
    assert outlines[0].field is field


def test_a_surface_of_wrong_shape_is_no_surface() -> None:
    good = ball("a", (0.0, 0.0, 0.0), 1.0)
    for vertices, triangles in (
        (good.vertices_mm[:, :2], good.triangles),
        (good.vertices_mm * np.nan, good.triangles),
        (good.vertices_mm, good.triangles + 10_000),
    ):
        with pytest.raises(ContractError):
            GivenSurface(name="a", color_srgb=None, vertices_mm=vertices, triangles=triangles)
