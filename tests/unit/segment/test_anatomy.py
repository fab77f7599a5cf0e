"""Label names of others mean our structures; sides and colours are as the table says."""

import csv

import pytest

from orview.segment.anatomy import STANDARD, Kind, Side, anatomy_of, slug
from tests.data import shared_data


@pytest.mark.parametrize(
    ("label_name", "key"),
    [
        ("sacrum", "sacrum"),
        ("vertebrae_L5", "vertebra_l5"),
        ("vertebrae_S1", "vertebra_s1"),
        ("iliac_vena_left", "iliac_vein_left"),
        ("iliac_artery_right", "iliac_artery_right"),
        ("urinary_bladder", "bladder"),
        ("Left Hip", "hip_left"),
        ("hip R", "hip_right"),
        ("S3 nerve root left", "nerve_s3_left"),
        ("Tumor", "tumour"),
        ("body", "skin"),
    ],
)
def test_foreign_names_map_onto_our_keys(label_name: str, key: str) -> None:
    assert anatomy_of(label_name) is STANDARD[key]


@pytest.mark.hazard("H04")
def test_sides_of_the_table_are_those_of_the_keys() -> None:
    for key, anatomy in STANDARD.items():
        expected = key.rsplit("_", 1)[-1]
        assert anatomy.key == key
        assert anatomy.side is (Side(expected) if expected in ("left", "right") else Side.NONE)


def test_every_name_of_the_real_label_map_is_understood() -> None:
    with (shared_data("ct_pelvis_3mm") / "labels.csv").open() as file:
        names = [row["name"] for row in csv.DictReader(file)]
    anatomies = [anatomy_of(name) for name in names]
    assert len({anatomy.key for anatomy in anatomies}) == len(names) == 61
    for name, anatomy in zip(names, anatomies, strict=True):
        assert (anatomy.side is Side.LEFT) == ("left" in name)
        assert (anatomy.side is Side.RIGHT) == ("right" in name)


def test_an_unknown_name_keeps_a_slug_and_always_the_same_colour() -> None:
    first, again = anatomy_of("My Gadget, 3rd"), anatomy_of("my gadget 3rd")
    assert first == again
    assert first.key == "my_gadget_3rd"
    assert not first.rigid
    assert anatomy_of("My Gadget, 3rd", color_srgb=(0.1, 0.2, 0.3)).color_srgb == (0.1, 0.2, 0.3)


@pytest.mark.hazard("H35")
def test_only_bones_fixed_to_the_sacrum_and_the_tumour_are_rigid() -> None:
    rigid = {key for key, anatomy in STANDARD.items() if anatomy.rigid}
    assert rigid == {"tumour", "sacrum", "vertebra_s1", "vertebra_l5", "hip_left", "hip_right", "bone"}
    assert not any(STANDARD[key].rigid for key in STANDARD if STANDARD[key].kind in (Kind.NERVE, Kind.VESSEL))


def test_a_slug_is_never_empty_nor_long() -> None:
    assert slug("äö!") == "unnamed"
    assert len(slug("x" * 200)) == 48
