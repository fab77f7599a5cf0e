"""A case goes through JSON unchanged, and a changed one is refused (hazard H23)."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from orview.errors import ContractError, InputError
from orview.findings import Finding, Severity
from orview.model.case import Case, Level
from orview.segment.anatomy import Kind
from tests.cases import a_case, a_structure


def test_through_json_and_back() -> None:
    case = a_case(findings=(Finding(code="X", severity=Severity.WARNING, message="m", where="w"),))
    again = Case.from_json(case.to_json())
    assert again.to_json() == case.to_json()
    assert again.digest == case.digest
    assert again.fiducials[0].position_patient_mm == pytest.approx(case.fiducials[0].position_patient_mm)
    assert again.structures == case.structures
    assert again.levels == case.levels


def test_the_digest_tells_the_content_not_when_or_under_which_number() -> None:
    case = a_case()
    assert replace(case, id="ffffffff", created_utc="2030-01-01T00:00:00+00:00").digest == case.digest
    assert case.renamed("Another").digest != case.digest
    moved = replace(case.fiducials[0], position_patient_mm=np.array([1.0, 2.0, 3.001]))
    assert replace(case, fiducials=(moved,)).digest != case.digest


def _paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(deeper for key, child in items for deeper in _paths(child, (*path, key)))]


@pytest.mark.hazard("H23")
def test_every_dropped_or_changed_field_is_refused() -> None:
    text = a_case().to_json()
    paths = [path for path in _paths(json.loads(text)) if path and path not in (("id",), ("created_utc",))]
    assert len(paths) > 60
    for path in paths:
        for change in ("drop", "corrupt"):
            document = json.loads(text)
            parent = document
            for key in path[:-1]:
                parent = parent[key]
            if change == "drop":
                del parent[path[-1]]
            else:
                parent[path[-1]] = "corrupt"
            with pytest.raises(InputError):
                Case.from_json(json.dumps(document))


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "7", '{"format": "x"}'])
def test_what_is_no_case_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        Case.from_json(text)


EARLIER = (
    '{"created_utc":"2026-01-02T03:04:05+00:00","digest":"%s","fiducials":[],"findings":[],"format":1,'
    '"id":"0123456789ab","levels":[],"name":"Case 12","source":{"acquired":null,"digest":"","kind":"dicom",'
    '"labels_digest":"","modality":"CT","patient_key":"","series_text":"","slices":3,"spacing_mm":[1.0,1.0,1.0],'
    '"synthetic":false},"structures":[{"centroid_patient_mm":[0.0,0.0,0.0],"color_srgb":[1.0,1.0,1.0],"key":"sacrum",'
    '"kind":"bone","name":"Sacrum","rigid":true,"side":"none","volume_ml":200.0}]}'
)
"""A case as it was written before parts were counted."""

EARLIER_DIGEST = "744026f3a684ccabe79d54bb26d493390d32fb8013febcbfaaf0b607e14b12f5"


def test_a_case_of_the_earlier_format_keeps_its_digest() -> None:
    text = EARLIER % EARLIER_DIGEST
    case = Case.from_json(text)
    assert case.structure("sacrum").parts is None
    assert case.digest == EARLIER_DIGEST
    assert case.to_json() == text
    # What is counted is part of the digest.
    assert replace(case, structures=(replace(case.structures[0], parts=1),)).digest != EARLIER_DIGEST
    with pytest.raises(InputError, match="digest"):
        Case.from_json(text.replace('"format":1', '"format":2'))


def test_a_newer_case_says_so() -> None:
    document = json.loads(a_case().to_json()) | {"format": 3}
    with pytest.raises(InputError, match="newer"):
        Case.from_json(json.dumps(document))


@pytest.mark.parametrize(
    ("keys", "target"),
    [
        (("sacrum", "tumour", "hip_left"), "tumour"),
        (("hip_left", "sacrum"), "sacrum"),
        (("hip_left", "hip_right"), "hip_right"),
        (("skin",), "skin"),
    ],
)
def test_the_target_is_what_accuracy_is_told_at(keys: tuple[str, ...], target: str) -> None:
    structures = tuple(
        a_structure(key, kind=Kind.SKIN if key == "skin" else Kind.BONE, volume_ml=10.0 + n)
        for n, key in enumerate(keys)
    )
    assert replace(a_case(), structures=structures).target_key == target


def test_a_case_has_hex_id_structures_and_answers_for_them() -> None:
    case = a_case()
    assert case.level(Level.PREVIEW).triangles == 4
    assert case.structure("sacrum").name == "Sacrum"
    with pytest.raises(ContractError):
        case.structure("spleen")
    with pytest.raises(ContractError):
        replace(case, id="../../x")
    with pytest.raises(ContractError):
        replace(case, structures=())
    with pytest.raises(ContractError):
        replace(case, levels=()).level(Level.FULL)
