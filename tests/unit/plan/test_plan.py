"""A plan as data: kept whole, told apart by its digest, and refused in words where it makes none."""

import copy
import json
import math

import pytest

from orview.errors import InputError
from orview.plan.plan import Plan, document_of, plan_of
from orview.plan.roots import Fate, Root
from orview.segment.anatomy import Side

DOCUMENT = {
    "case_digest": "ab" * 32,
    "version": 2,
    "margin_mm": 12.0,
    "stages": [
        {
            "key": "front",
            "name": "Front",
            "position": "supine",
            "looks": {"sacrum": "outline", "tumour": "solid"},
            "planes": ["high"],
            "mobilises": ["rectum"],
            "releases_specimen": False,
            "notes": "Tie the middle sacral vessels.",
        },
        {"key": "back", "name": "Back", "position": "prone", "looks": {"tumour": "solid"}, "releases_specimen": True},
    ],
    "planes": [
        {
            "key": "high",
            "name": "Through S2",
            "center_mm": [1.0, 40.0, -880.0],
            "kept_normal": [0.0, 0.0, 1.0],
            "along": [1.0, 0.0, 0.0],
            "width_mm": 90.0,
            "height_mm": 60.0,
        }
    ],
    "roots": {"nerve_s3_left": "sacrifice", "nerve_s3_right": "keep"},
    "specimen": ["tumour"],
}


def changed(**fields: object) -> dict[str, object]:
    return {**copy.deepcopy(DOCUMENT), **fields}


def with_stage(**fields: object) -> dict[str, object]:
    document = copy.deepcopy(DOCUMENT)
    document["stages"][0].update(fields)
    return document


def test_a_plan_comes_back_as_it_was_written() -> None:
    plan = plan_of(DOCUMENT)
    again = Plan.from_json(plan.to_json())
    assert document_of(again) == document_of(plan)
    assert again.digest == plan.digest
    assert again.roots[Root(level="S3", side=Side.LEFT)] is Fate.SACRIFICE
    assert again.plane("high").name == "Through S2"


def test_what_may_be_left_out() -> None:
    plan = plan_of({"case_digest": "ab" * 32, "stages": [DOCUMENT["stages"][1]]})
    assert (plan.version, plan.margin_mm, plan.planes, plan.specimen) == (1, 10.0, (), frozenset({"tumour"}))


@pytest.mark.parametrize(
    "other",
    [
        changed(case_digest="cd" * 32),
        changed(version=3),
        changed(margin_mm=12.5),
        changed(roots={}),
        changed(specimen=[]),
        with_stage(name="Anterior"),
        with_stage(position="prone"),
        with_stage(looks={"sacrum": "outline", "tumour": "outline"}),
        with_stage(mobilises=[]),
        with_stage(notes=""),
        with_stage(planes=[]),
    ],
)
def test_every_part_is_in_the_digest(other: dict[str, object]) -> None:
    assert plan_of(other).digest != plan_of(DOCUMENT).digest


@pytest.mark.hazard("H23")
def test_a_record_that_is_not_what_was_written_is_refused_as_a_whole() -> None:
    record = json.loads(plan_of(DOCUMENT).to_json())
    for key in record:
        without = {name: value for name, value in record.items() if name != key}
        # What may be left out in a file a person writes may not be missing here: the digest is over it.
        with pytest.raises(InputError):
            Plan.from_json(json.dumps(without))
    with pytest.raises(InputError, match="digest does not match"):
        Plan.from_json(json.dumps(record | {"margin_mm": 11.0}))
    with pytest.raises(InputError, match="newer orview"):
        Plan.from_json(json.dumps(record | {"format": 99}))
    with pytest.raises(InputError):
        Plan.from_json("nonsense")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (changed(margin_mm=-1.0), "margin asked for is -1 mm"),
        (changed(margin_mm=math.nan), "margin asked for is nan"),
        (changed(stages=[]), "0 stages"),
        (changed(stages=DOCUMENT["stages"] * 7), "14 stages"),
        (with_stage(looks={}), "The stage Front shows no structure"),
        (with_stage(looks={"tumour": "hidden"}), "The stage Front shows no structure"),
        (with_stage(looks={"rectum": "ghost"}), "cannot be planned as a ghost"),
        (with_stage(planes=["low"]), "a plane 'low' that the plan has not"),
        (with_stage(key="back"), "Two stages have the key back"),
        (with_stage(key="The front"), "cannot be used"),
        (with_stage(name=" "), "no name"),
        (with_stage(name="Front\nway"), "holds what cannot be shown"),
        (with_stage(notes="x" * 401), "notes of the stage Front are too long"),
        (changed(roots={"nerve_s9_left": "keep"}), "is no nerve root"),
        (changed(surgeon="somebody"), "A plan has no 'surgeon'"),
        (changed(planes=DOCUMENT["planes"] * 2), "Two planes have the key high"),
    ],
)
def test_what_makes_no_plan_is_refused_in_words(document: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        plan_of(document)


def test_a_plane_the_plan_has_not() -> None:
    with pytest.raises(InputError, match="no plane 'low'"):
        plan_of(DOCUMENT).plane("low")
