"""A disc's index is compared with what is there and trusted in nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.fileset import FileSet

from orview.edge.images.files import list_series, read_volume
from tests.shapes import trunk, write_dicom

ARRAY = trunk((12, 48, 40))


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    def named(dataset: Any, k: int) -> None:
        dataset.StudyID, dataset.StudyTime, dataset.SeriesNumber, dataset.AccessionNumber = "1", "101500", 1, "1"

    files = FileSet()
    for path in write_dicom(tmp_path / "slices", ARRAY, change=named):
        files.add(path)
    (tmp_path / "disc").mkdir()
    files.write(tmp_path / "disc")
    return tmp_path / "disc"


def test_a_disc_is_read_like_a_folder(disc: Path) -> None:
    found = read_volume(disc)
    assert np.array_equal(found.volume.array, ARRAY)
    assert found.findings == ()
    assert [one.slices for one in list_series(disc)] == [12]


def test_files_the_index_lists_and_the_disc_has_not_are_told(disc: Path) -> None:
    slices = sorted(path for path in disc.rglob("*") if path.is_file() and path.name != "DICOMDIR")
    slices[-1].unlink()
    found = read_volume(disc)
    assert found.volume.array.shape[0] == 11
    assert [finding.code for finding in found.findings if finding.code.startswith("DISC")] == ["DISC_FILES_MISSING"]
    assert "lists 1 file that is not there" in found.findings[0].message


@pytest.mark.hazard("H28")
@pytest.mark.parametrize(
    "index", [b"", bytes(200), bytes(128) + b"DICM" + bytes(50), bytes(128) + b"DICM\x04\0\x20\x12SQ"]
)
def test_a_broken_index_costs_nothing(disc: Path, index: bytes) -> None:
    (disc / "DICOMDIR").write_bytes(index)
    assert np.array_equal(read_volume(disc).volume.array, ARRAY)


@pytest.mark.hazard("H28")
def test_an_index_leads_nowhere(disc: Path, tmp_path: Path) -> None:
    """A name in the index is compared, never opened: one that climbs out of the disc counts as missing."""
    data = (disc / "DICOMDIR").read_bytes()
    (tmp_path / "slices").rename(tmp_path / "PT00")
    patient = next(path.name for path in disc.iterdir() if path.is_dir())
    climbing = data.replace(patient.encode() + b"\\", b"..".ljust(len(patient), b"/") + b"\\", 1)
    assert climbing != data
    (disc / "DICOMDIR").write_bytes(climbing)
    found = read_volume(disc)
    assert np.array_equal(found.volume.array, ARRAY)
    assert "lists 1 file" in found.findings[0].message
