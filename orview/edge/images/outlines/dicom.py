"""What DICOM SEG and RTSTRUCT have in common: codes, colours, the frame of reference. Confined child only."""

from typing import Any

from pydicom.datadict import dictionary_description, tag_for_keyword
from pydicom.dataset import Dataset

from orview.edge.images.outlines.names import side_of_code
from orview.errors import InputError, RefusedError
from orview.findings import Finding, Severity

SNOMED = ("SCT", "99SCT")


def damaged(what: str, error: Exception) -> InputError:
    """Return what is said of outlines that cannot be read on: what is missing, where the error tells that.

    Args:
        what: "The RTSTRUCT file", "The DICOM segmentation".
        error: what reading ended in; of it only the name of a missing attribute is told, and only one that DICOM knows.
    """
    missing = error.name if isinstance(error, AttributeError) else None
    known = missing is not None and tag_for_keyword(missing) is not None
    words = f"{what} is damaged" + (f": its {dictionary_description(str(missing))} is missing." if known else ".")
    return InputError(words, mend="Export it again.")


def check_frame(frame_uid: str, image_frame_uid: str | None, findings: list[Finding]) -> None:
    """Compare the frame of reference of outlines with that of the image (hazard H14).

    Raises:
        RefusedError: they are two.
    """
    if image_frame_uid is None or not frame_uid:
        findings.append(
            Finding(
                code="FRAME_OF_REFERENCE_UNKNOWN",
                severity=Severity.WARNING,
                message="Nothing proves that the outlines were drawn on this very image: "
                f"{'the outlines do' if image_frame_uid else 'the image does'} not name a frame of reference.",
            )
        )
    elif frame_uid != image_frame_uid:
        raise RefusedError(
            "The outlines were drawn in another frame of reference than the image: on another scan, "
            "or before the patient was moved.",
            mend="Give the series they were drawn on.",
        )


def first(dataset: Dataset, sequence: str) -> Dataset | None:
    """Return the first item of a sequence, None where there is none."""
    items = dataset.get(sequence)
    return items[0] if items else None


def snomed_code(coded: Dataset | None) -> str:
    """Return the SNOMED CT code of a coded entry, else nothing."""
    if coded is None or str(coded.get("CodingSchemeDesignator", "")) not in SNOMED:
        return ""
    return str(coded.get("CodeValue", ""))


def side_of(coded: Dataset | None) -> str:
    """Return "left" or "right" of an entry that says so, else nothing.

    A side may stand as a modifier of the entry itself or be the entry.
    """
    if coded is None:
        return ""
    old = {"G-A101": "left", "G-A100": "right"}
    return side_of_code(snomed_code(coded)) or old.get(str(coded.get("CodeValue", "")), "")


def modifier_side(dataset: Dataset, coded: Dataset | None) -> str:
    """Return the side of a structure from the places DICOM gives for it."""
    places: list[Any] = [
        first(dataset, "SegmentedPropertyTypeModifierCodeSequence"),
        first(coded, "SegmentedPropertyTypeModifierCodeSequence") if coded is not None else None,
    ]
    region = first(dataset, "AnatomicRegionSequence")
    if region is not None:
        places.append(first(region, "AnatomicRegionModifierSequence"))
    return next((side for place in places if (side := side_of(place))), "")
