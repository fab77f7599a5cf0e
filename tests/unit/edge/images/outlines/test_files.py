"""Outlines of every kind through the confined child, onto their image."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import open3d as o3d
import pytest

from orview.edge.images.files import read_volume, write_labels
from orview.edge.images.outlines.files import read_segmentation
from orview.errors import InputError, RefusedError
from orview.image.field import field_of_mask
from orview.image.volume import Volume, shifted
from orview.mesh.given import outlines_of
from orview.segment.anatomy import STANDARD
from orview.segment.masks import LabelMap, label_boxes
from tests.data import shared_data
from tests.measuring import extract
from tests.shapes import small_patient

SACRUM, LEFT_HIP, RIGHT_HIP = 25, 77, 78


@pytest.fixture(scope="module")
def pelvis() -> tuple[Volume, LabelMap]:
    folder = shared_data("ct_pelvis_3mm")
    volume = read_volume(folder / "ct.nii.gz").volume
    (labels,) = read_segmentation([folder / "labels.nii.gz"], volume=volume).segmentation.label_maps
    return volume, labels


def stl_of(path: Path, labels: LabelMap, value: int, file_from_patient: np.ndarray) -> Path:
    """Write one label's surface as STL in other units or axes."""
    box = label_boxes(labels.array)[value][0]
    k, j, i = box.start
    mask = labels.array[box.slices] == value
    surface = extract(field_of_mask(mask, shifted(labels.patient_from_voxel, (i, j, k))))
    mesh = o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector(surface.vertices_mm @ file_from_patient.T),
        o3d.utility.Vector3iVector(surface.triangles),
    )
    mesh.compute_triangle_normals()
    o3d.io.write_triangle_mesh(path, mesh)
    return path


def test_the_real_label_map_is_61_structures_of_the_table(pelvis: tuple[Volume, LabelMap]) -> None:
    folder = shared_data("ct_pelvis_3mm")
    volume, labels = pelvis
    outlines, findings = outlines_of(read_segmentation([folder / "labels.nii.gz"], volume=volume).segmentation, volume)
    assert len(outlines) == 61
    assert {outline.anatomy.key for outline in outlines} <= STANDARD.keys()
    assert [finding.code for finding in findings] in ([], ["LABEL_NAMES_NOTHING"])
    with (folder / "labels.csv").open() as file:
        names = {int(row["value"]): row["name"] for row in csv.DictReader(file)}
    assert {value: labels.names[value] for value in names} == names


@pytest.mark.hazard("H04")
@pytest.mark.hazard("H05")
@pytest.mark.parametrize(
    ("value", "name", "axes", "scale"),
    [
        (SACRUM, "sacrum", "RAS", 1.0),
        (SACRUM, "sacrum", "LPS", 0.001),
        (RIGHT_HIP, "right hip", "LPS", 0.1),
    ],
)
def test_a_real_bone_without_unit_or_axes_finds_its_place(
    tmp_path: Path, pelvis: tuple[Volume, LabelMap], value: int, name: str, axes: str, scale: float
) -> None:
    volume, labels = pelvis
    turn = np.diag([-1.0, -1.0, 1.0]) if axes == "RAS" else np.eye(3)
    path = stl_of(tmp_path / f"{name}.stl", labels, value, scale * turn)
    found = read_segmentation([path], volume=volume)
    assert [finding.code for finding in found.findings] == ["MESH_PLACE_INFERRED"]
    places = np.argwhere(labels.array == value)[:, ::-1]
    middle = labels.patient_from_voxel.apply(places).mean(axis=0)
    (surface,) = found.segmentation.surfaces
    inside = surface.vertices_mm.mean(axis=0)
    assert np.linalg.norm(inside - middle) < 12.0
    (outline,), _ = outlines_of(found.segmentation, volume)
    expected = abs(labels.patient_from_voxel.determinant) * len(places)
    cell = abs(outline.field.patient_from_voxel.determinant)
    assert outline.field.array.sum() * cell == pytest.approx(expected, rel=0.05)
    assert outline.anatomy.key in ("sacrum", "hip_left", "hip_right")


@pytest.mark.hazard("H05")
def test_a_declared_unit_goes_before_all_and_must_fit(tmp_path: Path, pelvis: tuple[Volume, LabelMap]) -> None:
    volume, labels = pelvis
    path = stl_of(tmp_path / "sacrum.stl", labels, SACRUM, 0.001 * np.eye(3))
    assert read_segmentation([path], volume=volume, unit="m", frame="LPS").findings == ()
    with pytest.raises(RefusedError, match="does not fit the image as millimetres"):
        read_segmentation([path], volume=volume, unit="mm", frame="LPS")
    for unit, frame in (("ft", None), (None, "LAS")):
        with pytest.raises(InputError, match="is one of"):
            read_segmentation([path], volume=volume, unit=unit, frame=frame)


def test_several_kinds_together_and_a_table_of_names(tmp_path: Path, pelvis: tuple[Volume, LabelMap]) -> None:
    volume, labels = pelvis
    only = np.where(labels.array == SACRUM, 5, 0).astype(np.uint16)
    write_labels(tmp_path / "l.nii.gz", replace(labels, array=only, names={5: "x"}, colors_srgb={}))
    (tmp_path / "l.csv").unlink()
    table = tmp_path / "table.csv"
    table.write_text("value,name\n5,Kreuzbein\n")
    hip = stl_of(tmp_path / "Os coxae sin.stl", labels, LEFT_HIP, np.eye(3))
    paths = [tmp_path / "l.nii.gz", table, hip]
    found = read_segmentation(paths, volume=volume)
    outlines, _ = outlines_of(found.segmentation, volume)
    assert [outline.anatomy.key for outline in outlines] == ["sacrum", "hip_left"]
    assert found.digest == read_segmentation(paths, volume=volume).digest
    table.write_text("value,name\n5,Tumor\n")
    assert found.digest != read_segmentation(paths, volume=volume).digest


def test_a_folder_of_surfaces_is_read_together(tmp_path: Path, pelvis: tuple[Volume, LabelMap]) -> None:
    volume, labels = pelvis
    for name, value in (("sacrum", SACRUM), ("hip_left", LEFT_HIP), ("hip_right", RIGHT_HIP)):
        stl_of(tmp_path / f"{name}.stl", labels, value, np.diag([-1.0, -1.0, 1.0]))
    found = read_segmentation([tmp_path], volume=volume)
    assert sorted(surface.name for surface in found.segmentation.surfaces) == ["hip_left", "hip_right", "sacrum"]
    assert [finding.code for finding in found.findings] == ["MESH_PLACE_INFERRED"]


def test_what_holds_no_outlines_is_told(tmp_path: Path) -> None:
    volume, _ = small_patient()
    (tmp_path / "a.txt").write_text("x" * 200)
    (tmp_path / "t.csv").write_text("value,name\n1,a\n")
    (tmp_path / "empty").mkdir()
    for paths in (
        [],
        [tmp_path / "t.csv"],
        [tmp_path / "a.txt"],
        [tmp_path / "empty"],
        [tmp_path / "nothing.nii"],
    ):
        with pytest.raises(InputError):
            read_segmentation(paths, volume=volume)
