"""A DICOM folder is one series, sorted by position, or one sentence why not."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import MRImageStorage, generate_uid

from orview.edge.images.files import read_volume
from orview.errors import InputError, RefusedError
from tests.shapes import points_of, trunk, write_dicom

ARRAY = trunk((12, 64, 64))


def test_slices_are_placed_by_position_not_by_name(tmp_path: Path) -> None:
    write_dicom(tmp_path, ARRAY, names=lambda k: f"{(k * 7) % 12:03d}.dcm")
    read = read_volume(tmp_path)
    assert np.array_equal(read.volume.array, ARRAY)
    assert read.volume.patient_from_voxel.apply((1, 2, 3)) == pytest.approx((-122.0, -118.0, -68.0))
    assert read.identifiers["PatientID"] == "4711"
    assert "4711" not in repr(read)
    provenance = read.volume.provenance
    assert (provenance.modality, provenance.series_text, provenance.slices) == ("CT", "PELVIS SOFT 1.0", 12)
    assert str(provenance.acquired) == "2024-02-29"


def test_the_digest_tells_the_pixels_not_the_names(tmp_path: Path) -> None:
    paths = write_dicom(tmp_path / "a", ARRAY)
    (tmp_path / "b").mkdir()
    for n, path in enumerate(reversed(paths)):
        (tmp_path / "b" / f"IM{n}").write_bytes(path.read_bytes())
    digests = [read_volume(tmp_path / name).volume.provenance.source_digest for name in "ab"]
    assert digests[0] == digests[1]


def test_rescaling_is_done_slice_by_slice(tmp_path: Path) -> None:
    def change(dataset: Any, k: int) -> None:
        dataset.RescaleSlope, dataset.RescaleIntercept = ("2.5", "-10") if k == 4 else ("1", "-1024")

    write_dicom(tmp_path, ARRAY, change=change)
    array = read_volume(tmp_path).volume.array
    assert np.array_equal(array[3], ARRAY[3])
    assert array[4] == pytest.approx((ARRAY[4].astype(np.float64) + 1024) * 2.5 - 10)


def test_an_empty_folder_and_one_without_dicom_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="empty"):
        read_volume(tmp_path)
    (tmp_path / "readme.txt").write_text("no image")
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8" * 200)
    with pytest.raises(InputError, match=r"no DICOM image .*2 other files"):
        read_volume(tmp_path)


@pytest.mark.hazard("H14")
def test_two_series_are_listed_without_the_patient(tmp_path: Path) -> None:
    def named(dataset: Any, k: int) -> None:
        dataset.SeriesDescription = "Doe^Jane THORAX 5mm"

    write_dicom(tmp_path / "a", ARRAY)
    write_dicom(tmp_path / "b", ARRAY[:5], change=named)
    with pytest.raises(InputError) as refused:
        read_volume(tmp_path)
    words = str(refused.value)
    assert "2 series" in words
    assert re.search(r"\d: 12 slices of CT 'PELVIS SOFT 1.0', axial, every 4 mm, 2024-02-29", words)
    assert re.search(r"\d: 5 slices of CT 'THORAX 5mm'", words)
    assert "Doe" not in words


@pytest.mark.parametrize("keep", [0.9, 0.5, 0.05, 0.015, 0.0])
@pytest.mark.parametrize("which", [6, 11])
@pytest.mark.hazard("H15")
def test_a_truncated_slice_is_told_wherever_it_ends(tmp_path: Path, keep: float, which: int) -> None:
    paths = write_dicom(tmp_path, ARRAY, names=lambda k: f"IM{k}" if keep == 0.0 else f"{k}.dcm")
    data = paths[which].read_bytes()
    paths[which].write_bytes(data[: int(len(data) * keep)])
    with pytest.raises((InputError, RefusedError), match="cut short"):
        read_volume(tmp_path)


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("lost", [1, 5, 10])
def test_a_lost_slice_is_refused(tmp_path: Path, lost: int) -> None:
    write_dicom(tmp_path, ARRAY)[lost].unlink()
    with pytest.raises(RefusedError, match="missing"):
        read_volume(tmp_path)


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("witness", ["InstanceNumber", "SliceLocation"])
def test_two_slices_whose_positions_were_exchanged_are_refused(tmp_path: Path, witness: str) -> None:
    def change(dataset: Any, k: int) -> None:
        del dataset.InstanceNumber
        setattr(dataset, witness, k + 1)

    swapped = {6: 7, 7: 6}
    write_dicom(
        tmp_path,
        ARRAY,
        change=change,
        position_of=lambda k: (-126.0, -126.0, -80.0 + 4.0 * swapped.get(k, k)),
    )
    with pytest.raises(RefusedError, match=r"Slices 7 and 8 .* the other way round"):
        read_volume(tmp_path)


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("degrees", [-25.0, -7.0, 1.0, 13.0, 25.0])
def test_a_tilted_gantry_comes_back_straight_and_in_place(tmp_path: Path, degrees: float) -> None:
    """The scanner's slices stay at right angles to its own axis while the table moves along the patient's."""
    turned = np.deg2rad(degrees)
    row, column = np.array([1.0, 0.0, 0.0]), np.array([0.0, np.cos(turned), np.sin(turned)])
    corner, step = np.array([-30.0, -38.0, 500.0]), np.array([0.0, 0.0, 2.0])
    spacing, shape = 0.8, (24, 96, 76)

    def soft_ball(points: np.ndarray) -> np.ndarray:
        distance = np.linalg.norm((points - [2.0, 4.0, 523.0]) / [1.0, 1.3, 0.8], axis=-1) - 15.0
        return 1000.0 / (1.0 + np.exp(distance / 0.8))

    k, j, i = np.mgrid[: shape[0], : shape[1], : shape[2]][..., None]
    array = soft_ball(corner + k * step + j * spacing * column + i * spacing * row).round().astype(np.int16)

    def tilted(dataset: Any, k: int) -> None:
        dataset.ImageOrientationPatient = [round(float(value), 9) for value in (*row, *column)]
        dataset.GantryDetectorTilt = str(degrees)

    write_dicom(
        tmp_path,
        array,
        spacing_mm=(spacing, spacing, 2.0),
        position_of=lambda k: tuple(corner + k * step),
        change=tilted,
    )
    read = read_volume(tmp_path)
    assert [finding.code for finding in read.findings if "TILT" in finding.code] == ["GANTRY_TILT"]
    matrix = read.volume.patient_from_voxel.matrix[:3, :3] / read.volume.spacing_mm
    assert matrix.T @ matrix == pytest.approx(np.eye(3), abs=1e-6)
    assert np.linalg.det(matrix) == pytest.approx(1.0)
    truth = soft_ball(points_of(read.volume.array.shape, read.volume.patient_from_voxel))
    scanned = read.volume.array > -1024
    assert np.count_nonzero(scanned) >= 0.98 * array.size
    off = read.volume.array[scanned] - truth[scanned]
    # 1000 HU fall within two pixels at the ball's edge: cubic interpolation is off by 1 % there and nowhere else.
    assert np.sqrt((off**2).mean()) < 1.5
    assert np.abs(off).max() < 15.0
    assert truth[~scanned].max() < 1.0


def test_slices_without_a_place_are_told(tmp_path: Path) -> None:
    def change(dataset: Any, k: int) -> None:
        del dataset.PixelSpacing

    write_dicom(tmp_path, ARRAY, change=change)
    with pytest.raises(InputError, match="where it lies"):
        read_volume(tmp_path)


def test_other_files_and_overviews_are_left_out_and_told(tmp_path: Path) -> None:
    write_dicom(tmp_path, ARRAY)

    def overview(dataset: Any, k: int) -> None:
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]

    write_dicom(tmp_path / "scout", ARRAY[:1], change=overview)
    (tmp_path / "DICOMDIR").write_bytes(bytes(128) + b"DICM")
    (tmp_path / "readme.txt").write_text("no image")
    read = read_volume(tmp_path)
    assert read.volume.array.shape == ARRAY.shape
    assert [f.code for f in read.findings] == ["SERIES_LEFT_OUT", "FILES_IGNORED"]
    assert "1 localizer" in read.findings[0].message
    assert read.findings[1].message.startswith("1 file ")


def test_frames_in_one_file_are_told(tmp_path: Path) -> None:
    def change(dataset: Any, k: int) -> None:
        dataset.NumberOfFrames = 12

    write_dicom(tmp_path, ARRAY, change=change)
    with pytest.raises(RefusedError, match="many frames"):
        read_volume(tmp_path)


def test_another_modality_is_named(tmp_path: Path) -> None:
    def change(dataset: Any, k: int) -> None:
        dataset.Modality, dataset.SOPClassUID = "MR", MRImageStorage

    write_dicom(tmp_path, ARRAY, change=change)
    assert read_volume(tmp_path).volume.provenance.modality == "MR"


@pytest.mark.parametrize(
    ("stated", "taken", "codes"),
    [("", "CT", []), ("Jane", "CT", []), ("CT", "CT", []), ("PT", "CT", ["MODALITY_CONTRADICTED"])],
)
def test_a_modality_is_what_the_files_are_stored_as(tmp_path: Path, stated: str, taken: str, codes: list[str]) -> None:
    write_dicom(tmp_path, ARRAY, change=lambda dataset, k: setattr(dataset, "Modality", stated))
    found = read_volume(tmp_path)
    assert found.volume.provenance.modality == taken
    assert [finding.code for finding in found.findings] == codes


def test_a_reformat_made_later_is_as_old_as_its_scan(tmp_path: Path) -> None:
    def change(dataset: Any, k: int) -> None:
        dataset.ContentDate, dataset.SeriesDate, dataset.AcquisitionDate = "20240501", "20240401", "20240301"

    write_dicom(tmp_path, ARRAY, change=change)
    assert str(read_volume(tmp_path).volume.provenance.acquired) == "2024-03-01"


@pytest.mark.hazard("H28")
def test_a_file_nested_without_end_does_not_reach_us(tmp_path: Path) -> None:
    """6,800 nested sequences crash SimpleITK in the process that lists the folder."""
    paths = write_dicom(tmp_path, ARRAY)
    sequence = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    paths[0].write_bytes(paths[0].read_bytes()[:400] + sequence * 6800)
    with pytest.raises((InputError, RefusedError)):
        read_volume(tmp_path)


def test_uids_that_differ_make_two_series(tmp_path: Path) -> None:
    def change(dataset: Any, k: int) -> None:
        if k == 11:
            dataset.SeriesInstanceUID = generate_uid()

    write_dicom(tmp_path, ARRAY, change=change)
    with pytest.raises(InputError, match="2 series"):
        read_volume(tmp_path)
