"""Outlines that lie beside their image in a DICOM folder are found, and in a ZIP of it just as well."""

from datetime import date
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import open3d
import pydicom
import pytest
from highdicom.seg import SegmentationTypeValues

from orview.edge.case_outlines import outlines_of_case
from orview.edge.images.files import read_volume, write_volume
from orview.edge.images.outlines.files import SegmentationFile
from orview.edge.images.sources import Sources
from orview.errors import InputError
from orview.image.volume import Volume
from tests.shapes import grid, provenance, trunk, write_dicom
from tests.unit.edge.images.outlines.test_dicom_seg import HIP, described
from tests.unit.edge.images.outlines.test_dicom_seg import write as write_seg
from tests.unit.edge.images.outlines.test_rtstruct import plane_mm, ring
from tests.unit.edge.images.outlines.test_rtstruct import write as write_rtstruct

SHAPE = (12, 64, 64)


def outlined(folder: Path) -> Path:
    """Write a series and its SEG, in folders of their own as discs have them."""
    slices = [pydicom.dcmread(path) for path in write_dicom(folder / "CT", trunk(SHAPE))]
    for dataset in slices:
        dataset.PatientBirthDate = dataset.PatientSex = dataset.AccessionNumber = dataset.StudyID = ""
        dataset.StudyTime = dataset.ReferringPhysicianName = ""
    array = np.zeros(SHAPE, dtype=np.uint8)
    array[3:9, 20:40, 20:30] = 1
    (folder / "SEG").mkdir()
    write_seg(folder / "SEG" / "a.dcm", slices, array, [described(1, "Hip left", HIP)], SegmentationTypeValues.BINARY)
    return folder


def packed(folder: Path) -> Path:
    path = folder.with_suffix(".zip")
    with ZipFile(path, "w") as archive:
        for member in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(member, member.relative_to(folder))
    return path


def surface(path: Path, *, shift_mm: float = 0.0) -> Path:
    """Write a closed surface inside the trunk as STL that says its unit and axes."""
    sphere = open3d.geometry.TriangleMesh.create_icosahedron(8.0)
    corners = (np.asarray(sphere.vertices) + np.array([shift_mm, 30.0, -58.0]))[np.asarray(sphere.triangles)]
    facets = np.zeros(len(corners), dtype=[("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("unused", "<u2")])
    facets["corners"] = corners
    path.write_bytes(b"SPACE=LPS; UNIT=mm".ljust(80) + len(facets).to_bytes(4, "little") + facets.tobytes())
    return path


def found(source: Path, *outlines: Path) -> SegmentationFile | None:
    read = read_volume(source, today=date(2024, 3, 10))
    given = Sources(image=source, outlines=outlines)
    return outlines_of_case(given, (), read, segmenter=None, unit=None, frame=None, progress=lambda *told: None)


def test_a_zip_gives_what_its_folder_gives(tmp_path: Path) -> None:
    folder = outlined(tmp_path / "study")
    loose, zipped = found(folder), found(packed(folder))
    assert loose is not None
    assert zipped is not None
    assert loose.digest == zipped.digest
    for one in (loose, zipped):
        (labels,) = one.segmentation.label_maps
        assert np.count_nonzero(labels.array) == 6 * 20 * 10
        assert list(labels.names.values()) == ["Hip left"]


def test_nothing_is_looked_for_where_nothing_lies(tmp_path: Path) -> None:
    write_dicom(tmp_path / "study", trunk(SHAPE))
    assert found(packed(tmp_path / "study")) is None


def test_several_sets_of_outlines_are_not_guessed_between(tmp_path: Path) -> None:
    folder = outlined(tmp_path / "study")
    write_rtstruct(folder / "SEG" / "b.dcm", {"sacrum": [ring(plane_mm(30), 10.0)]})
    with pytest.raises(InputError, match="2 sets of outlines"):
        found(packed(folder))


@pytest.mark.parametrize("image", ["ct.nii.gz", "DICOM"])
def test_surfaces_in_a_zip_are_read_as_loose_ones_beside_the_image_are(tmp_path: Path, image: str) -> None:
    folder = tmp_path / "study"
    if image == "DICOM":
        write_dicom(folder / image, trunk(SHAPE))
    else:
        folder.mkdir()
        place = grid((4.0, 4.0, 4.0), (-126.0, -126.0, -80.0))
        write_volume(
            folder / image, Volume(array=trunk(SHAPE), patient_from_voxel=place, provenance=provenance(SHAPE[0]))
        )
    loose = [surface(folder / "Tumor.stl"), surface(folder / "MRS JANE DOE.stl", shift_mm=45.0)]
    zipped, beside = found(packed(folder)), found(folder / image, *sorted(loose, reverse=True))
    assert zipped is not None
    assert beside is not None
    assert {one.name: one.vertices_mm.tolist() for one in zipped.segmentation.surfaces} == {
        one.name: one.vertices_mm.tolist() for one in beside.segmentation.surfaces
    }
    assert {one.name for one in zipped.segmentation.surfaces} == {"Tumor", "surface"}
    assert "FILES_IGNORED" not in {finding.code for finding in read_volume(packed(folder)).findings}


def test_outlines_given_and_surfaces_in_a_zip_are_read_together(tmp_path: Path) -> None:
    write_dicom(tmp_path / "study", trunk(SHAPE))
    surface(tmp_path / "study" / "Tumor.stl")
    given = surface(tmp_path / "Sacrum.stl", shift_mm=45.0)
    read = found(packed(tmp_path / "study"), given)
    assert read is not None
    assert sorted(one.name for one in read.segmentation.surfaces) == ["Sacrum", "Tumor"]
