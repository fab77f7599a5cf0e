"""DICOM SEG made by highdicom from known shapes comes back: binary, overlapping, fractional, as label map."""

from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pydicom
import pytest
from highdicom.color import CIELabColor
from highdicom.seg import SegmentationTypeValues, SegmentDescription
from numpy.typing import NDArray
from pydicom.sr.coding import Code
from pydicom.uid import generate_uid

from orview.edge.images.outlines.dicom_seg import read_dicom_seg
from orview.edge.images.outlines.label_map import read_label_map
from orview.errors import InputError, RefusedError
from tests.data import shared_data
from tests.shapes import write_dicom

SACRUM = Code("54735007", "SCT", "Sacrum")
HIP = Code("29836001", "SCT", "Hip")
STRUCTURE = Code("123037004", "SCT", "Anatomical Structure")
LEFT, RIGHT = Code("7771000", "SCT", "Left"), Code("24028007", "SCT", "Right")
SHAPE = (12, 40, 50)


def described(number: int, label: str, kind: Code = SACRUM, **more: Any) -> SegmentDescription:
    return SegmentDescription(
        segment_number=number,
        segment_label=label,
        segmented_property_category=STRUCTURE,
        segmented_property_type=kind,
        algorithm_type="MANUAL",
        display_color=CIELabColor.from_rgb(255, 128, 0),
        **more,
    )


@pytest.fixture(scope="module")
def slices(tmp_path_factory: pytest.TempPathFactory) -> list[pydicom.Dataset]:
    folder = tmp_path_factory.mktemp("series")
    paths = write_dicom(folder, np.zeros(SHAPE, dtype=np.int16))
    found: list[pydicom.Dataset] = [pydicom.dcmread(path) for path in paths]
    for dataset in found:
        dataset.PatientBirthDate = dataset.PatientSex = dataset.AccessionNumber = dataset.StudyID = ""
        dataset.StudyTime = dataset.ReferringPhysicianName = ""
    return found


def write(
    path: Path,
    slices: list[pydicom.Dataset],
    array: NDArray[Any],
    descriptions: list[SegmentDescription],
    kind: SegmentationTypeValues = SegmentationTypeValues.BINARY,
) -> Path:
    seg = highdicom.seg.Segmentation(
        source_images=slices,
        pixel_array=array,
        segmentation_type=kind,
        segment_descriptions=descriptions,
        series_instance_uid=generate_uid(),
        series_number=2,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="m",
        manufacturer_model_name="m",
        software_versions="1",
        device_serial_number="1",
        max_fractional_value=200,
    )
    seg.save_as(path)
    return path


def blocks() -> NDArray[np.uint8]:
    array = np.zeros(SHAPE, dtype=np.uint8)
    array[2:8, 5:20, 10:30] = 1
    array[4:11, 22:30, 10:45] = 2
    return array


def frame_uid(slices: list[pydicom.Dataset]) -> str:
    return str(slices[0].FrameOfReferenceUID)


def filled_mm(array: NDArray[Any], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Patient places of the voxels that are not 0, sorted."""
    places = np.argwhere(array > 0)[:, ::-1] @ matrix[:3, :3].T + matrix[:3, 3]
    return places[np.lexsort(np.rint(places).T)]


@pytest.mark.parametrize("kind", [SegmentationTypeValues.BINARY, SegmentationTypeValues.LABELMAP])
def test_segments_come_back_where_they_were(
    tmp_path: Path, slices: list[pydicom.Dataset], kind: SegmentationTypeValues
) -> None:
    descriptions = [described(1, "Segment_1"), described(2, "Hip", HIP, anatomic_regions=None)]
    path = write(tmp_path / "seg.dcm", slices, blocks(), descriptions, kind)
    found = read_dicom_seg(path, image_frame_uid=frame_uid(slices))
    assert found.findings == []
    (labels,) = found.maps
    assert labels.names == {1: "sacrum", 2: "Hip"}
    assert labels.colors_srgb[1] == pytest.approx((1.0, 128 / 255, 0.0), abs=0.02)
    expected = np.eye(4)
    expected[:3, :3] *= 4.0
    expected[:3, 3] = (-126.0, -126.0, -80.0)
    for value in (1, 2):
        assert filled_mm(labels.array == value, labels.patient_from_voxel.matrix) == pytest.approx(
            filled_mm(blocks() == value, expected), abs=1e-3
        )


def test_overlapping_segments_are_kept_apart(tmp_path: Path, slices: list[pydicom.Dataset]) -> None:
    array = np.zeros((*SHAPE, 3), dtype=np.uint8)
    array[2:10, 5:30, 10:40, 0] = 1
    array[4:6, 10:15, 15:20, 1] = 1
    array[2:10, 32:36, 10:40, 2] = 1
    descriptions = [described(1, "sacrum"), described(2, "Tumor"), described(3, "rectum")]
    found = read_dicom_seg(write(tmp_path / "seg.dcm", slices, array, descriptions), image_frame_uid=frame_uid(slices))
    assert [sorted(labels.names.values()) for labels in found.maps] == [["rectum", "sacrum"], ["Tumor"]]
    assert [(labels.array > 0).sum() for labels in found.maps] == [8 * 25 * 30 + 8 * 4 * 30, 50]


def test_fractions_are_kept_as_such(tmp_path: Path, slices: list[pydicom.Dataset]) -> None:
    array = np.zeros((*SHAPE, 1), dtype=np.float32)
    array[3:9, 8:20, 10:30, 0] = 1.0
    array[3:9, 8:20, 30, 0] = 0.25
    path = write(tmp_path / "seg.dcm", slices, array, [described(1, "sacrum")], SegmentationTypeValues.FRACTIONAL)
    found = read_dicom_seg(path, image_frame_uid=frame_uid(slices))
    assert [finding.code for finding in found.findings] == ["SEGMENT_FRACTIONS"]
    (field,) = found.fields
    assert field.array.max() == 1.0
    assert field.array.sum() == pytest.approx(6 * 12 * 20.25)
    assert field.array.size < np.prod(SHAPE)
    assert np.sort(np.unique(field.array)) == pytest.approx([0.0, 0.25, 1.0])


@pytest.mark.hazard("H14")
def test_another_frame_of_reference_is_refused(tmp_path: Path, slices: list[pydicom.Dataset]) -> None:
    path = write(tmp_path / "seg.dcm", slices, blocks(), [described(1, "sacrum"), described(2, "Hip")])
    with pytest.raises(RefusedError, match="another frame of reference"):
        read_dicom_seg(path, image_frame_uid="1.2.3")
    found = read_dicom_seg(path, image_frame_uid=None)
    assert [finding.code for finding in found.findings] == ["FRAME_OF_REFERENCE_UNKNOWN"]


@pytest.mark.hazard("H04")
@pytest.mark.parametrize(("label", "side", "name"), [("Hip", LEFT, "Hip left"), ("Left hip", LEFT, "Left hip")])
def test_the_side_of_a_code_is_used(
    tmp_path: Path, slices: list[pydicom.Dataset], label: str, side: Code, name: str
) -> None:
    path = write(tmp_path / "seg.dcm", slices, (blocks() == 1).astype(np.uint8), [described(1, label, HIP)])
    assert read_dicom_seg(sided(path, side), image_frame_uid=frame_uid(slices)).maps[0].names == {1: name}


@pytest.mark.hazard("H04")
def test_a_name_and_a_code_of_two_sides_are_refused(tmp_path: Path, slices: list[pydicom.Dataset]) -> None:
    path = write(tmp_path / "seg.dcm", slices, (blocks() == 1).astype(np.uint8), [described(1, "Left hip", HIP)])
    with pytest.raises(RefusedError, match="left by its name and right by its code"):
        read_dicom_seg(sided(path, RIGHT), image_frame_uid=frame_uid(slices))


def sided(path: Path, side: Code) -> Path:
    """Write a side into the first segment's type."""
    dataset = pydicom.dcmread(path)
    modifier = pydicom.Dataset()
    modifier.CodeValue, modifier.CodingSchemeDesignator, modifier.CodeMeaning = side.value, "SCT", side.meaning
    dataset.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [
        modifier
    ]
    dataset.save_as(path)
    return path


@pytest.mark.hazard("H28")
def test_a_damaged_file_is_told(tmp_path: Path, slices: list[pydicom.Dataset]) -> None:
    path = write(tmp_path / "seg.dcm", slices, blocks(), [described(1, "sacrum"), described(2, "Hip")])
    data = path.read_bytes()
    for cut in (200, len(data) // 2, len(data) - 700):
        path.write_bytes(data[:cut])
        with pytest.raises(InputError, match="DICOM segmentation"):
            read_dicom_seg(path, image_frame_uid=None)


@pytest.mark.hazard("H28")
def test_what_is_missing_is_named(tmp_path: Path, slices: list[pydicom.Dataset]) -> None:
    dataset = pydicom.dcmread(write(tmp_path / "seg.dcm", slices, blocks(), [described(1, "a"), described(2, "b")]))
    del dataset.SegmentSequence
    dataset.save_as(tmp_path / "seg.dcm")
    with pytest.raises(InputError, match="The DICOM segmentation is damaged: its Segment Sequence is missing"):
        read_dicom_seg(tmp_path / "seg.dcm", image_frame_uid=None)


def test_a_real_segmentation_is_the_real_label_map(tmp_path: Path) -> None:
    folder = shared_data("dicom_seg")
    found = read_dicom_seg(folder / "seg_liver.dcm", image_frame_uid=None)
    (labels,) = found.maps
    assert labels.names == {1: "Liver"}

    other = read_label_map(folder / "labelmap_liver_spine.nrrd", tmp_path, names_from=None).maps[0]
    assert filled_mm(labels.array, labels.patient_from_voxel.matrix) == pytest.approx(
        filled_mm(other.array == 1, other.patient_from_voxel.matrix), abs=0.02
    )
