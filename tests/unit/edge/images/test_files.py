"""Images go to disk and come back in their place; what cannot be read says so in one sentence."""

import gzip
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from orview.edge.images.files import read_volume, write_labels, write_volume
from orview.edge.images.outlines.files import read_segmentation
from orview.errors import InputError, RefusedError
from orview.image.volume import SourceKind, Volume
from orview.segment.masks import LabelMap
from tests.data import shared_data
from tests.shapes import grid, provenance

OBLIQUE = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
MIRRORED = np.diag([-1.0, 1.0, 1.0])


def a_volume(axes: np.ndarray | None = None, dtype: type = np.int16) -> Volume:
    array = np.random.default_rng(5).integers(-1000, 2000, (12, 14, 16)).astype(dtype)
    return Volume(array=array, patient_from_voxel=grid((0.8, 0.9, 2.5), axes=axes), provenance=provenance(12))


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("axes", [np.eye(3), OBLIQUE, MIRRORED], ids=["plain", "oblique", "mirrored"])
@pytest.mark.parametrize("name", ["ct.nii", "ct.nii.gz"])
def test_a_written_volume_comes_back_in_its_place(tmp_path: Path, axes: np.ndarray, name: str) -> None:
    volume = a_volume(axes)
    write_volume(tmp_path / name, volume)
    again = read_volume(tmp_path / name).volume
    assert np.array_equal(again.array, volume.array)
    assert again.array.dtype == np.int16
    assert again.patient_from_voxel.matrix == pytest.approx(volume.patient_from_voxel.matrix, abs=1e-4)
    assert again.provenance.synthetic
    assert again.provenance.source_kind is SourceKind.NIFTI
    # SimpleITK, which knows nothing of us, sees the same place.
    image = SimpleITK.ReadImage(str(tmp_path / name))
    assert image.TransformContinuousIndexToPhysicalPoint([3.0, 4.0, 5.0]) == pytest.approx(
        volume.patient_from_voxel.apply((3, 4, 5)), abs=1e-3
    )


def test_a_patients_file_is_not_called_synthetic(tmp_path: Path) -> None:
    volume = replace(a_volume(), provenance=replace(provenance(12), synthetic=False))
    write_volume(tmp_path / "ct.nii", volume)
    assert not read_volume(tmp_path / "ct.nii").volume.provenance.synthetic


def test_fractions_stay_float32(tmp_path: Path) -> None:
    volume = a_volume(dtype=np.float32)
    halves = replace(volume, array=volume.array + np.float32(0.5))
    write_volume(tmp_path / "ct.nii", halves)
    assert np.array_equal(read_volume(tmp_path / "ct.nii").volume.array, halves.array)


def read_labels(path: Path) -> LabelMap:
    (labels,) = read_segmentation([path], volume=a_volume()).segmentation.label_maps
    return labels


def test_labels_come_back_with_their_names(tmp_path: Path) -> None:
    array = np.zeros((12, 14, 16), dtype=np.uint16)
    array[2:5], array[6:8], array[9] = 1, 40_000, 3
    labels = LabelMap(array=array, patient_from_voxel=grid(), names={1: "sacrum", 40_000: "Bone, weak"})
    write_labels(tmp_path / "labels.nii", labels)
    again = read_labels(tmp_path / "labels.nii")
    assert np.array_equal(again.array, array)
    assert dict(again.names) == {1: "sacrum", 40_000: "Bone, weak"}


@pytest.mark.hazard("H03")
def test_a_file_beside_is_never_read_instead(tmp_path: Path) -> None:
    """SimpleITK asked for X.nii.gz reads the X.nii beside it."""
    volume = a_volume()
    write_volume(tmp_path / "x.nii.gz", volume)
    write_volume(tmp_path / "x.nii", replace(volume, array=volume.array + np.int16(7)))
    assert np.array_equal(read_volume(tmp_path / "x.nii.gz").volume.array, volume.array)
    assert np.array_equal(read_volume(tmp_path / "x.nii").volume.array, volume.array + 7)


def test_names_come_from_the_header_of_the_real_label_map(tmp_path: Path) -> None:
    shutil.copy(shared_data("ct_pelvis_3mm") / "labels.nii.gz", tmp_path / "seg.nii.gz")
    labels = read_labels(tmp_path / "seg.nii.gz")
    assert len(np.unique(labels.array)) == 62
    assert (labels.names[25], labels.names[67]) == ("sacrum", "iliac_vena_left")
    assert labels.colors_srgb[2] == (0.0, 0.0, 1.0)


def test_names_and_colours_come_from_a_slicer_segmentation() -> None:
    labels = read_labels(shared_data("slicer") / "Segmentation.seg.nrrd")
    assert labels.names[5] == "right lung"
    assert labels.colors_srgb[1] == pytest.approx((0.992157, 0.909804, 0.619608))
    volume = read_volume(shared_data("slicer") / "CTChest4.nrrd").volume
    assert labels.patient_from_voxel.matrix == pytest.approx(volume.patient_from_voxel.matrix, abs=1e-3)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-500])


@pytest.mark.parametrize("name", ["ct.nii", "ct.nii.gz"])
def test_a_truncated_file_is_told(tmp_path: Path, name: str) -> None:
    write_volume(tmp_path / name, a_volume())
    cut_short(tmp_path / name)
    with pytest.raises(InputError, match=r"cut short|damaged"):
        read_volume(tmp_path / name)


def test_a_truncated_nrrd_and_mha_are_told(tmp_path: Path) -> None:
    image = SimpleITK.GetImageFromArray(np.random.default_rng(2).integers(0, 999, (20, 20, 20)).astype(np.int16))
    for name in ("ct.nrrd", "ct.mha"):
        SimpleITK.WriteImage(image, str(tmp_path / name))
        assert read_volume(tmp_path / name).volume.array.shape == (20, 20, 20)
        cut_short(tmp_path / name)
        with pytest.raises(InputError, match="cut short"):
            read_volume(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("notes.txt", b"hello", "not an image"),
        ("ct.nii", b"hello", "cut short"),
        ("ct.nii", b"\1" * 2000, "not NIfTI"),
        ("ct.nii.gz", b"hello", "unpacked"),
        ("ct.nii.gz", gzip.compress(b"hello" * 500, mtime=0), "not NIfTI"),
        ("ct.nrrd", b"hello", "no image"),
        ("ct.mha", b"", "no image"),
    ],
)
def test_what_is_no_image_is_told(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=words):
        read_volume(tmp_path / name)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file or folder"):
        read_volume(tmp_path / "nothing.nii")


@pytest.mark.hazard("H04")
def test_a_nifti_that_does_not_know_left_from_right_is_refused(tmp_path: Path) -> None:
    write_volume(tmp_path / "ct.nii", a_volume())
    data = bytearray((tmp_path / "ct.nii").read_bytes())
    data[254:256] = b"\0\0"
    (tmp_path / "ct.nii").write_bytes(data)
    with pytest.raises(RefusedError, match="left and right"):
        read_volume(tmp_path / "ct.nii")


def test_a_ct_given_as_labels_is_told(tmp_path: Path) -> None:
    write_volume(tmp_path / "ct.nii", a_volume())
    with pytest.raises(InputError, match="not labels"):
        read_labels(tmp_path / "ct.nii")


def test_an_empty_label_map_is_read_and_damaged_names_are_told(tmp_path: Path) -> None:
    array = np.zeros((5, 5, 5), dtype=np.uint16)
    write_labels(tmp_path / "labels.nii", LabelMap(array=array, patient_from_voxel=grid(), names={}))
    assert not read_labels(tmp_path / "labels.nii").array.any()
    array = array + np.uint16(1)
    write_labels(tmp_path / "labels.nii", LabelMap(array=array, patient_from_voxel=grid(), names={1: "a"}))
    (tmp_path / "labels.csv").write_text("number;title\n1;a\n")
    with pytest.raises(InputError, match="names of the labels"):
        read_labels(tmp_path / "labels.nii")


@pytest.mark.hazard("H28")
def test_a_bomb_is_refused_while_it_unpacks(tmp_path: Path) -> None:
    write_volume(tmp_path / "small.nii", a_volume())
    header = bytearray((tmp_path / "small.nii").read_bytes()[:352])
    header[42:48] = np.array([30000, 30000, 30000], dtype="<i2").tobytes()
    with gzip.open(tmp_path / "bomb.nii.gz", "wb") as file:
        file.write(bytes(header) + bytes(1000))
    with pytest.raises(RefusedError, match="larger than"):
        read_volume(tmp_path / "bomb.nii.gz")


@pytest.mark.hazard("H28")
def test_a_reader_that_does_not_come_back_is_stopped(tmp_path: Path) -> None:
    write_volume(tmp_path / "ct.nii", a_volume())
    with pytest.raises(RefusedError, match="could not be read safely"):
        read_volume(tmp_path / "ct.nii", timeout_s=0.01)
