"""A patient's own words leave the names of structures, and nothing else does (hazard H21)."""

import numpy as np
import pytest

from orview.edge.own_words import without_own_words
from orview.mesh.given import GivenSurface, Segmentation
from orview.segment.masks import LabelMap
from tests.shapes import grid

IDENTIFIERS = {
    "PatientName": "Doe-Li^Jané^^Dr",
    "PatientID": "PID 47110815",
    "PatientBirthDate": "19600229",
    "StudyInstanceUID": "1.2.840.10008.26",
}


def cleaned(name: str, identifiers: dict[str, str] = IDENTIFIERS) -> str:
    labels = LabelMap(
        array=np.zeros((2, 2, 2), dtype=np.uint16), patient_from_voxel=grid(), names={26: name}, colors_srgb={}
    )
    surface = GivenSurface(
        name=name, color_srgb=None, vertices_mm=np.zeros((3, 3)), triangles=np.array([[0, 1, 2]], dtype=np.int32)
    )
    found = without_own_words(Segmentation(label_maps=(labels,), surfaces=(surface,)), identifiers)
    assert found.label_maps[0].array is not None
    names = {found.label_maps[0].names[26].replace("label 26", "?"), found.surfaces[0].name.replace("surface 1", "?")}
    assert len(names) == 1
    return names.pop()


@pytest.mark.hazard("H21")
@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("Doe resection plane", "resection plane"),
        ("DOE_JANÉ gadget", "gadget"),
        ("gadget-47110815", "gadget"),
        ("gadget47110815a x", "x"),
        ("born 19600229 gadget", "born gadget"),
        ("Li gadget", "gadget"),
        ("Jané^Doe", "?"),
        ("gadget of list", "gadget of list"),
        ("My Gadget, 3rd (26)", "My Gadget, 3rd (26)"),
        ("plane 840", "plane 840"),
        ("nerve S1 left", "nerve S1 left"),
        ("sacrum", "sacrum"),
    ],
)
def test_own_words_are_taken_out(name: str, left: str) -> None:
    assert cleaned(name) == left


def test_a_patient_called_like_a_bone_loses_no_bone() -> None:
    assert cleaned("hip left", {"PatientName": "Hip^Left"}) == "hip left"
    assert cleaned("gadget", {"PatientName": "Hip^Left"}) == "gadget"


def test_without_identifiers_nothing_changes() -> None:
    assert cleaned("Doe plane", {}) == "Doe plane"
    assert cleaned("Doe plane", {"FrameOfReferenceUID": "1.2.3"}) == "Doe plane"
