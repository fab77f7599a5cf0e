"""One damaged file: refused where it is of the series read, told and left out where it is not (hazards H14, H15)."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian, SegmentationStorage, generate_uid

from orview.edge.images.dicom.damage import rest_of
from orview.edge.images.dicom.series import open_folder, read_series, summarise
from orview.edge.images.files import list_series, read_volume
from orview.edge.images.sources import sort_sources
from orview.errors import InputError
from orview.image.series import SeriesSummary
from tests.shapes import trunk, write_dicom

MEANT = trunk((12, 40, 36))
THICK = MEANT[:6] + np.int16(7)
DAMAGED = "A DICOM file is damaged or cut short."
STUDY, FRAME = generate_uid(), generate_uid()


def one_study(dataset: Any, k: int) -> None:
    dataset.StudyInstanceUID, dataset.FrameOfReferenceUID = STUDY, FRAME


def cut(path: Path, keep: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])


def two_series(folder: Path, *, into: tuple[str, str] = (".", ".")) -> tuple[list[Path], list[Path]]:
    """The series meant and a thicker one of the same study."""
    meant = write_dicom(folder / into[0], MEANT, change=one_study)
    thick = write_dicom(
        folder / into[1], THICK, spacing_mm=(4.0, 4.0, 8.0), names=lambda k: f"thick_{k}.dcm", change=one_study
    )
    return meant, thick


def listed(folder: Path) -> list[SeriesSummary]:
    return summarise(open_folder(folder), today=None)


def codes(found: Any) -> set[str]:
    return {finding.code for finding in found.findings}


@pytest.mark.hazard("H14")
@pytest.mark.parametrize("keep", [0.99, 0.5, 0.25])
@pytest.mark.parametrize("which", [0, 3, 5])
def test_a_damaged_file_of_another_series_is_told_and_left_out(tmp_path: Path, keep: float, which: int) -> None:
    _, thick = two_series(tmp_path)
    cut(thick[which], keep)
    found = read_series(tmp_path, scratch=tmp_path)
    assert np.array_equal(found.array, MEANT)
    (told,) = [finding for finding in found.findings if finding.code == "DAMAGED_FILES_OF_OTHER_SERIES"]
    assert "1 of kind CT" in told.message
    assert [one.unusable for one in listed(tmp_path) if one.slices < 12] == ["A DICOM file is damaged or cut short."]


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("keep", [0.99, 0.5, 0.25])
@pytest.mark.parametrize("which", [0, 6, 11])
def test_a_damaged_file_of_the_series_read_refuses_it(tmp_path: Path, keep: float, which: int) -> None:
    meant, _ = two_series(tmp_path)
    cut(meant[which], keep)
    with pytest.raises(InputError, match="cut short"):
        read_series(tmp_path, scratch=tmp_path)
    numbers = {one.slices: str(one.number) for one in listed(tmp_path)}
    with pytest.raises(InputError, match=DAMAGED):
        read_series(tmp_path, scratch=tmp_path, series=numbers[11])
    # The other one is whole, and a person may take it.
    assert np.array_equal(read_series(tmp_path, scratch=tmp_path, series=numbers[6]).array, THICK)


@pytest.mark.hazard("H15")
def test_a_file_that_does_not_say_its_series_is_told(tmp_path: Path) -> None:
    meant, _ = two_series(tmp_path)
    cut(meant[11], 0.0)
    found = read_series(tmp_path, scratch=tmp_path)
    assert len(found.array) == 11
    assert "DAMAGED_FILES_OF_UNKNOWN_SERIES" in codes(found)
    assert "first or last slices" in " ".join(finding.message for finding in found.findings)


@pytest.mark.hazard("H15")
def test_a_file_that_does_not_say_its_series_refuses_the_only_one_beside_it(tmp_path: Path) -> None:
    meant, thick = two_series(tmp_path, into=("a", "b"))
    whole = meant[11].read_bytes()
    cut(meant[11], 0.0)
    with pytest.raises(InputError, match="cut short"):
        read_series(tmp_path, scratch=tmp_path)
    meant[11].write_bytes(whole)
    cut(thick[5], 0.0)
    assert np.array_equal(read_series(tmp_path, scratch=tmp_path).array, MEANT)


@pytest.mark.hazard("H15")
def test_a_lone_series_is_refused_wherever_the_damaged_file_lies(tmp_path: Path) -> None:
    write_dicom(tmp_path / "a", MEANT)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "0012.dcm").touch()
    with pytest.raises(InputError, match="cut short"):
        read_series(tmp_path, scratch=tmp_path)


def test_damaged_outlines_are_told_by_their_kind(tmp_path: Path) -> None:
    def segmentation(dataset: Any, k: int) -> None:
        one_study(dataset, k)
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = SegmentationStorage
        dataset.Modality = "SEG"

    write_dicom(tmp_path, MEANT, change=one_study)
    (path,) = write_dicom(tmp_path, MEANT[:1], names=lambda k: "a.dcm", change=segmentation)
    cut(path, 0.5)
    found = read_volume(tmp_path)
    assert "1 of kind SEG" in " ".join(finding.message for finding in found.findings)
    # It comes first in the folder, and what lies behind it is an image all the same.
    (tmp_path / "mesh.stl").write_bytes(b"\0" * 84)
    assert sort_sources([tmp_path, tmp_path / "mesh.stl"]).image == tmp_path


def test_a_deflated_file_says_its_series_as_far_as_it_goes(tmp_path: Path) -> None:
    (path,) = write_dicom(tmp_path, MEANT[:1])
    dataset = dcmread(path)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(path)
    cut(path, 0.95)
    assert rest_of(path).series_uid == dataset.SeriesInstanceUID
    assert rest_of(path).modality == "CT"
    path.write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 400)
    assert rest_of(path).series_uid == ""


def test_only_damaged_files_are_told_as_such(tmp_path: Path) -> None:
    for path in write_dicom(tmp_path, MEANT[:2]):
        cut(path, 0.5)
    with pytest.raises(InputError, match="cut short"):
        list_series(tmp_path)
