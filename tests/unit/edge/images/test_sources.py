"""Image and outlines are told apart by what they hold, whatever they are called and in whatever order."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from orview.edge.images.files import write_labels, write_volume
from orview.edge.images.sources import sort_sources
from orview.errors import InputError
from tests.data import shared_data
from tests.shapes import small_patient, write_dicom


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CT, its labels, a series, a mesh, a note."""
    folder = tmp_path_factory.mktemp("sources")
    volume, labels = small_patient()
    write_volume(folder / "labels of nobody.nii", volume)
    write_labels(folder / "ct.nii.gz", labels)
    write_dicom(folder / "series", np.zeros((4, 16, 16), dtype=np.int16))
    (folder / "mesh.stl").write_bytes(b"\0" * 84)
    (folder / "note.txt").write_text("hello " * 40)
    return folder


def test_content_decides_not_names_nor_order(folder: Path) -> None:
    image, labels, table = folder / "labels of nobody.nii", folder / "ct.nii.gz", folder / "ct.csv"
    for paths in ([image, labels, table], [table, labels, image]):
        found = sort_sources(paths)
        assert found.image == image
        assert found.outlines == tuple(path for path in paths if path != image)
    found = sort_sources([folder / "mesh.stl", folder / "series"])
    assert (found.image, found.outlines) == (folder / "series", (folder / "mesh.stl",))
    assert sort_sources([folder / "series"]).outlines == ()


def test_two_images_none_or_something_else_are_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="2 images"):
        sort_sources([folder / "labels of nobody.nii", folder / "series"])
    with pytest.raises(InputError, match="Only outlines"):
        sort_sources([folder / "ct.nii.gz", folder / "mesh.stl"])
    with pytest.raises(InputError, match="Source 2 of 2 is neither"):
        sort_sources([folder / "series", folder / "note.txt"])
    for paths in ([], [folder / "ct.csv"]):
        with pytest.raises(InputError, match="no image"):
            sort_sources(paths)


def test_a_series_with_a_segmentation_beside_it_is_the_image(tmp_path: Path) -> None:
    data = shared_data("dicom_seg")
    for name in ("ct_01.dcm", "ct_02.dcm", "seg_liver.dcm"):
        shutil.copy(data / name, tmp_path)
    assert sort_sources([tmp_path]).image == tmp_path
    found = sort_sources([data / "seg_liver.dcm", tmp_path, data / "labelmap_liver_spine.nrrd"])
    assert found.image == tmp_path
    assert len(found.outlines) == 2


def test_real_slicer_files_are_told_apart() -> None:
    data = shared_data("slicer")
    assert sort_sources([data / "Segmentation.seg.nrrd", data / "CTChest4.nrrd"]).image == data / "CTChest4.nrrd"


def stored_as(folder: Path, kind: bytes) -> list[Path]:
    """Write a slice whose modality has another value representation, and a mesh beside it."""
    (path,) = write_dicom(folder, np.zeros((1, 16, 16), dtype=np.int16))
    data = path.read_bytes()
    assert data.count(b"\x08\0\x60\0CS") == 1
    path.write_bytes(data.replace(b"\x08\0\x60\0CS", b"\x08\0\x60\0" + kind))
    (folder / "outlines.stl").write_bytes(b"\0" * 84)
    return [folder / "outlines.stl", path]


@pytest.mark.hazard("H28")
@pytest.mark.parametrize("kind", [b"UR", b"ZZ", b"US"])
def test_a_modality_stored_otherwise_is_read_all_the_same(tmp_path: Path, kind: bytes) -> None:
    mesh, image = stored_as(tmp_path, kind)
    assert sort_sources([mesh, image]).image == image


@pytest.mark.hazard("H28")
def test_a_modality_that_is_cut_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="A DICOM file is damaged"):
        sort_sources(stored_as(tmp_path, b"FD"))
