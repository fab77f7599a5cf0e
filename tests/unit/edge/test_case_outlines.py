"""Outlines that lie beside their image in a DICOM folder are found, and in a ZIP of it just as well."""

from datetime import date
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pydicom
import pytest
from highdicom.seg import SegmentationTypeValues

from orview.edge.case_outlines import outlines_of_case
from orview.edge.images.files import read_volume
from orview.edge.images.outlines.files import SegmentationFile
from orview.edge.images.sources import Sources
from orview.errors import InputError
from tests.shapes import trunk, write_dicom
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
        for member in sorted(folder.rglob("*.dcm")):
            archive.write(member, member.relative_to(folder))
    return path


def found(source: Path) -> SegmentationFile | None:
    read = read_volume(source, today=date(2024, 3, 10))
    given = Sources(image=source, outlines=())
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
