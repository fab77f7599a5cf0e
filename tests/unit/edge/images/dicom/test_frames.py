"""Enhanced multi-frame images give the same volume as the slices they stand for."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import EnhancedMRImageStorage, JPEG2000Lossless, JPEGLosslessSV1, RLELossless, generate_uid

from orview.edge.images.dicom.series import SeriesRead, read_series
from orview.errors import InputError, RefusedError
from tests.dicom_files import compress, write_enhanced
from tests.shapes import trunk

# Slopes of 2 and 3 keep whole only what they divide, after intercepts of -1024 - 3 k.
ARRAY = trunk((12, 48, 40))
SLOPES = 1 + np.arange(12) % 3
ARRAY -= (ARRAY + 1024 + 3 * np.arange(12)[:, None, None]).astype(np.int16) % SLOPES[:, None, None].astype(np.int16)


def read(folder: Path) -> SeriesRead:
    scratch = folder.parent / "scratch"
    scratch.mkdir()
    return read_series(folder, scratch=scratch)


def test_frames_are_placed_and_scaled_each_by_its_own_numbers(tmp_path: Path) -> None:
    order = np.random.default_rng(5).permutation(12)
    write_enhanced(tmp_path / "series" / "all.dcm", ARRAY, order=order)
    found = read(tmp_path / "series")
    assert np.array_equal(found.array, ARRAY)
    assert found.patient_from_voxel.apply((1, 2, 3)) == pytest.approx((-122.0, -118.0, -68.0))
    assert found.provenance.slices == 12
    assert str(found.provenance.acquired) == "2024-02-29"
    assert [finding.code for finding in found.findings] == ["SCALE_VARIES"]


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLosslessSV1])
def test_compressed_frames(tmp_path: Path, syntax: Any) -> None:
    write_enhanced(tmp_path / "series" / "all.dcm", ARRAY, change=lambda dataset: compress(dataset, syntax, tmp_path))
    assert np.array_equal(read(tmp_path / "series").array, ARRAY)


def test_a_volume_in_two_files(tmp_path: Path) -> None:
    """As concatenations (PS3.3 C.7.6.16.1.3) part what is too large for one file."""
    series, frame, study = generate_uid(), generate_uid(), generate_uid()

    def same(dataset: Any) -> None:
        dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID, dataset.StudyInstanceUID = series, frame, study

    write_enhanced(tmp_path / "series" / "a.dcm", ARRAY[:6], change=same)

    def later(group: Any, k: int) -> None:
        group.FrameContentSequence[0].InStackPositionNumber = k + 7
        group.PixelValueTransformationSequence[0].RescaleIntercept -= 18

    write_enhanced(
        tmp_path / "series" / "b.dcm",
        ARRAY[6:] + np.int16(18),
        corner_mm=(-126.0, -126.0, -56.0),
        change=same,
        change_frame=later,
    )
    assert np.array_equal(read(tmp_path / "series").array, ARRAY)


def test_an_enhanced_mr(tmp_path: Path) -> None:
    def magnetic(dataset: Any) -> None:
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = EnhancedMRImageStorage
        dataset.Modality = "MR"

    write_enhanced(tmp_path / "series" / "all.dcm", ARRAY, change=magnetic)
    found = read(tmp_path / "series")
    assert found.provenance.modality == "MR"
    assert np.array_equal(found.array, ARRAY)


def _two_stacks(group: Any, k: int) -> None:
    group.FrameContentSequence[0].StackID = "1" if k < 6 else "2"


def _no_place(group: Any, k: int) -> None:
    del group.PlanePositionSequence


def _one_turned(group: Any, k: int) -> None:
    if k == 4:
        group.PlaneOrientationSequence = [type(group)()]
        group.PlaneOrientationSequence[0].ImageOrientationPatient = [0, 1, 0, -1, 0, 0]


def _same_place(group: Any, k: int) -> None:
    if k == 4:
        group.PlanePositionSequence[0].ImagePositionPatient = [-126.0, -126.0, -80.0]


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(
    ("change_frame", "words"),
    [
        (_two_stacks, "more than one stack"),
        (_no_place, "does not say where each lies"),
        (_one_turned, "same way"),
        (_same_place, "same place"),
    ],
)
def test_frames_that_make_no_one_stack_are_refused(tmp_path: Path, change_frame: Any, words: str) -> None:
    write_enhanced(tmp_path / "series" / "all.dcm", ARRAY, change_frame=change_frame)
    with pytest.raises((InputError, RefusedError), match=words):
        read(tmp_path / "series")


def test_groups_that_do_not_match_the_frames_are_refused(tmp_path: Path) -> None:
    def change(dataset: Any) -> None:
        dataset.PerFrameFunctionalGroupsSequence = dataset.PerFrameFunctionalGroupsSequence[:11]

    write_enhanced(tmp_path / "series" / "all.dcm", ARRAY, change=change)
    with pytest.raises(InputError, match="damaged"):
        read(tmp_path / "series")
