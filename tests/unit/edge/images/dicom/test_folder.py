"""Twenty mixed folders: each gives the one series that is meant, or is refused with the list (hazard H14)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import (
    EncapsulatedPDFStorage,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    RTStructureSetStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
    generate_uid,
)

from orview.edge.images.dicom.series import open_folder, read_series, summarise
from orview.edge.images.files import list_series, read_volume
from orview.errors import InputError, RefusedError
from orview.image.series import SeriesRole
from tests.dicom_files import write_enhanced
from tests.shapes import trunk, write_dicom

MEANT = trunk((12, 40, 36))
OTHER = MEANT + np.int16(7)
STUDY, FRAME = generate_uid(), generate_uid()


@dataclass
class Disc:
    """A folder that fills up with series of one study, each in a sub-folder of its own or all in one."""

    folder: Path
    counts: dict[str, int] = field(default_factory=dict)

    def add(
        self,
        array: np.ndarray = OTHER,
        *,
        into: str = "",
        every_mm: float = 4.0,
        pixel_mm: float = 4.0,
        from_mm: float = -80.0,
        change: Callable[[Any, int], None] | None = None,
        **elements: Any,
    ) -> None:
        name = into or f"S{len(self.counts)}"
        start = self.counts.get(name, 0)
        self.counts[name] = start + len(array)
        number = len(self.counts)

        def same_study(dataset: Any, k: int) -> None:
            dataset.StudyInstanceUID, dataset.FrameOfReferenceUID, dataset.SeriesNumber = STUDY, FRAME, number
            for element, value in elements.items():
                setattr(dataset, element, value)
            if change:
                change(dataset, k)

        write_dicom(
            self.folder / name,
            array,
            spacing_mm=(pixel_mm, pixel_mm, every_mm),
            corner_mm=(-126.0, -126.0, from_mm),
            names=lambda k: f"IM{start + k:04d}",
            change=same_study,
        )


def object_of(sop_class: str, modality: str) -> Callable[[Any, int], None]:
    def change(dataset: Any, k: int) -> None:
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = sop_class
        dataset.Modality = modality
        if sop_class in (RTStructureSetStorage, EncapsulatedPDFStorage):
            del dataset.PixelData, dataset.Rows

    return change


def with_localizer(disc: Disc) -> None:
    disc.add(MEANT)
    disc.add(OTHER[:2], ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])


def with_localizer_of_the_same_series(disc: Disc) -> None:
    series = generate_uid()
    disc.add(MEANT, into="A", SeriesInstanceUID=series)
    disc.add(OTHER[:1], into="A", SeriesInstanceUID=series, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])


def with_thick_slices(disc: Disc) -> None:
    disc.add(OTHER[:6], every_mm=8.0)
    disc.add(MEANT)


def with_a_part_as_thin(disc: Disc) -> None:
    disc.add(OTHER[:5], from_mm=-76.0)
    disc.add(MEANT)


def with_reformats(disc: Disc) -> None:
    disc.add(MEANT)
    disc.add(OTHER, every_mm=1.0, ImageType=["DERIVED", "SECONDARY", "REFORMATTED", "AVERAGE"])
    disc.add(OTHER, every_mm=1.0, ImageType=["DERIVED", "PRIMARY", "MIP"])


def with_a_coronal_series(disc: Disc) -> None:
    disc.add(MEANT)
    disc.add(
        np.concatenate([OTHER, OTHER]),
        every_mm=2.0,
        change=lambda dataset, k: (
            setattr(dataset, "ImageOrientationPatient", [1, 0, 0, 0, 0, -1]),
            setattr(dataset, "ImagePositionPatient", [-126.0, -80.0 + 2.0 * k, 60.0]),
        ),
    )


def with_captures_and_a_dose_report(disc: Disc) -> None:
    disc.add(MEANT)
    disc.add(OTHER[:1], change=object_of(SecondaryCaptureImageStorage, "OT"))
    disc.add(OTHER[:1], ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"])
    disc.add(OTHER[:1], change=object_of(EncapsulatedPDFStorage, "DOC"))


def with_bolus_tracking(disc: Disc) -> None:
    disc.add(MEANT)
    disc.add(OTHER, every_mm=0.0)


def with_mr_and_pet(disc: Disc) -> None:
    disc.add(MEANT)
    disc.add(OTHER, every_mm=1.0, change=object_of(MRImageStorage, "MR"))
    disc.add(OTHER, change=object_of(PositronEmissionTomographyImageStorage, "PT"))


def with_outlines(disc: Disc) -> None:
    disc.add(MEANT)
    disc.add(OTHER[:1], change=object_of(SegmentationStorage, "SEG"))
    disc.add(OTHER[:1], change=object_of(RTStructureSetStorage, "RTSTRUCT"))


def with_a_derived_series(disc: Disc) -> None:
    disc.add(MEANT)
    disc.add(OTHER, every_mm=2.0, ImageType=["DERIVED", "PRIMARY", "AXIAL"])


def all_in_one_folder(disc: Disc) -> None:
    disc.add(MEANT, into="A")
    disc.add(OTHER[:6], into="A", every_mm=8.0)
    disc.add(OTHER[:1], into="A", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])


def with_thin_slices_of_a_part(disc: Disc) -> None:
    disc.add(MEANT)
    disc.add(OTHER, every_mm=1.0)


def two_kernels(disc: Disc) -> None:
    disc.add(MEANT, ConvolutionKernel="SOFT")
    disc.add(OTHER, ConvolutionKernel="BONE")


def two_phases_of_one_series(disc: Disc) -> None:
    series = generate_uid()
    disc.add(MEANT, into="A", SeriesInstanceUID=series, AcquisitionNumber=1)
    disc.add(OTHER, into="A", SeriesInstanceUID=series, AcquisitionNumber=2)


def two_patients(disc: Disc) -> None:
    disc.add(MEANT)
    disc.add(OTHER[:6], every_mm=8.0, PatientID="4712", PatientName="Roe^Richard")


def two_studies(disc: Disc) -> None:
    disc.add(MEANT)
    disc.add(OTHER[:6], every_mm=8.0, StudyInstanceUID=generate_uid(), StudyDate="20230101")


def a_slice_under_another_uid(disc: Disc) -> None:
    stray = generate_uid()
    disc.add(MEANT, change=lambda dataset, k: setattr(dataset, "SeriesInstanceUID", stray) if k == 11 else None)


def a_broken_thin_series(disc: Disc) -> None:
    disc.add(MEANT, every_mm=8.0)
    disc.add(np.delete(np.concatenate([OTHER, OTHER]), 5, axis=0), every_mm=4.0, change=_gap_at_5)


def _gap_at_5(dataset: Any, k: int) -> None:
    dataset.ImagePositionPatient = [-126.0, -126.0, -80.0 + 4.0 * (k + (k >= 5))]


def two_without_slices_that_say_where(disc: Disc) -> None:
    for _ in range(2):
        disc.add(MEANT, change=lambda dataset, k: delattr(dataset, "ImagePositionPatient"))


CHOSEN = [
    with_localizer,
    with_localizer_of_the_same_series,
    with_thick_slices,
    with_a_part_as_thin,
    with_reformats,
    with_a_coronal_series,
    with_captures_and_a_dose_report,
    with_bolus_tracking,
    with_mr_and_pet,
    with_outlines,
    with_a_derived_series,
    all_in_one_folder,
]
REFUSED = [
    with_thin_slices_of_a_part,
    two_kernels,
    two_phases_of_one_series,
    two_patients,
    two_studies,
    a_slice_under_another_uid,
    a_broken_thin_series,
    two_without_slices_that_say_where,
]
assert len(CHOSEN) + len(REFUSED) == 20


@pytest.mark.hazard("H14")
@pytest.mark.parametrize("fill", CHOSEN)
def test_the_series_meant_is_chosen(tmp_path: Path, fill: Callable[[Disc], None]) -> None:
    fill(Disc(tmp_path / "disc"))
    found = read_series(tmp_path / "disc", scratch=tmp_path)
    assert np.array_equal(found.array, MEANT)
    # One image among other things is no choice; one among several images is said.
    images = [one for one in summarise(open_folder(tmp_path / "disc"), today=None) if one.role in ("image", "derived")]
    assert ("SERIES_CHOSEN" in {finding.code for finding in found.findings}) == (len(images) > 1)


@pytest.mark.hazard("H14")
@pytest.mark.parametrize("fill", REFUSED)
def test_what_nothing_decides_is_refused_with_the_list_and_a_number_chooses(
    tmp_path: Path, fill: Callable[[Disc], None]
) -> None:
    fill(Disc(tmp_path / "disc"))
    with pytest.raises(InputError, match="2 series") as refused:
        read_series(tmp_path / "disc", scratch=tmp_path)
    assert "Doe" not in str(refused.value)
    assert "4711" not in str(refused.value)
    read = []
    for one in summarise(open_folder(tmp_path / "disc"), today=None):
        assert f"{one.number}: {one.slices} slice" in refused.value.message
        if not one.unusable:
            read.append(read_series(tmp_path / "disc", scratch=tmp_path, series=str(one.number)).array)
    if fill not in (a_slice_under_another_uid, two_without_slices_that_say_where):
        assert sum(np.array_equal(array, MEANT) for array in read) == 1


def test_the_list_says_what_a_person_needs_to_choose(tmp_path: Path) -> None:
    disc = Disc(tmp_path / "disc")
    disc.add(MEANT, ConvolutionKernel="B30f", SeriesDescription="Doe pelvis 4.0")
    disc.add(OTHER[:6], every_mm=8.0, ConvolutionKernel="Mrs Doe")
    with_outlines(disc)
    listed = list_series(tmp_path / "disc", today=date(2024, 3, 31))
    assert [one.number for one in listed] == [1, 2, 3, 4, 5]
    first, second = listed[:2]
    assert (first.modality, first.description, first.kernel, first.slices) == ("CT", "pelvis 4.0", "B30f", 12)
    assert (first.orientation, first.spacing_mm, first.thickness_mm) == ("axial", (4.0, 4.0, 4.0), 4.0)
    assert (str(first.acquired), first.age_days, first.unusable) == ("2024-02-29", 31, "")
    assert second.kernel == ""
    assert {one.role for one in listed} == {SeriesRole.IMAGE, SeriesRole.SEGMENTATION, SeriesRole.STRUCTURES}


def test_a_uid_chooses_too(tmp_path: Path) -> None:
    disc, wanted = Disc(tmp_path / "disc"), generate_uid()
    disc.add(MEANT, SeriesInstanceUID=wanted)
    disc.add(OTHER)
    found = read_volume(tmp_path / "disc", series=wanted, today=date(2024, 4, 1))
    assert np.array_equal(found.volume.array, MEANT)
    assert "SCAN_OLD" in {finding.code for finding in found.findings}
    with pytest.raises(InputError, match="No image series"):
        read_series(tmp_path / "disc", scratch=tmp_path, series=generate_uid())


def test_a_reformat_is_read_when_somebody_names_it_and_a_capture_never(tmp_path: Path) -> None:
    disc = Disc(tmp_path / "disc")
    disc.add(MEANT, ImageType=["DERIVED", "SECONDARY", "MPR"])
    disc.add(OTHER[:1], change=object_of(SecondaryCaptureImageStorage, "OT"))
    with pytest.raises(InputError, match="no DICOM image"):
        read_series(tmp_path / "disc", scratch=tmp_path)
    found = read_series(tmp_path / "disc", scratch=tmp_path, series="1")
    assert np.array_equal(found.array, MEANT)
    assert "SERIES_DERIVED" in {finding.code for finding in found.findings}
    with pytest.raises(RefusedError, match="capture"):
        read_series(tmp_path / "disc", scratch=tmp_path, series="2")
    with pytest.raises(InputError, match="no series 3"):
        read_series(tmp_path / "disc", scratch=tmp_path, series="3")


def test_an_enhanced_and_a_classic_ct_of_one_study(tmp_path: Path) -> None:
    disc = Disc(tmp_path / "disc")
    disc.add(OTHER[:6], every_mm=8.0)

    def same(dataset: Any) -> None:
        dataset.StudyInstanceUID, dataset.PatientID, dataset.PatientName = STUDY, "4711", "Doe^Jane"

    def unscaled(group: Any, k: int) -> None:
        group.PixelValueTransformationSequence[0].RescaleSlope = 1
        group.PixelValueTransformationSequence[0].RescaleIntercept = 0

    write_enhanced(tmp_path / "disc" / "E" / "all.dcm", MEANT, change=same, change_frame=unscaled)
    found = read_series(tmp_path / "disc", scratch=tmp_path)
    assert found.provenance.slices == 12


def _one(dataset: Any, k: int, **elements: Any) -> None:
    if k == 4:
        for element, value in elements.items():
            setattr(dataset, element, value)


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"PatientID": "4712"}, "more than one patient"),
        ({"StudyInstanceUID": generate_uid()}, "more than one study"),
        ({"FrameOfReferenceUID": generate_uid()}, "more than one frame of reference"),
        ({"PatientPosition": "FFS"}, "more than one patient position"),
        ({"AcquisitionDate": "20240303"}, "different days"),
        ({"ImageOrientationPatient": [0, 1, 0, -1, 0, 0]}, "same way"),
        ({"PixelSpacing": [3.9, 3.9]}, "size or pixel spacing"),
        ({"RescaleType": "HU"}, "different units"),
        ({"InstanceNumber": 9}, None),
        ({"SeriesInstanceUID": generate_uid()}, "2 series"),
    ],
)
def test_one_slice_of_another_kind_is_refused(tmp_path: Path, elements: dict[str, Any], words: str | None) -> None:
    write_dicom(tmp_path / "disc", MEANT, change=lambda dataset, k: _one(dataset, k, **elements))
    if words is None:
        # Numbers that repeat tell nothing, and positions still do.
        found = read_series(tmp_path / "disc", scratch=tmp_path)
        assert "SLICES_UNNUMBERED" in {finding.code for finding in found.findings}
        return
    with pytest.raises((InputError, RefusedError), match=words):
        read_series(tmp_path / "disc", scratch=tmp_path)
