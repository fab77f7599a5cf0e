"""Names as people give them become keys; names of nerve roots are known as such."""

import re

import pytest

from orview.plan.names import key_of, names_a_root, stem_of


@pytest.mark.parametrize(
    ("label", "stem"),
    [("High cut-3", "High cut"), ("F_12", "F"), ("high.cut #4", "high.cut"), ("7", "7"), ("S1-1", "S1")],
)
def test_the_number_at_the_end_is_taken_off(label: str, stem: str) -> None:
    assert stem_of(label) == stem


@pytest.mark.parametrize(
    ("name", "key"),
    [("High cut", "high_cut"), ("  Schnitt (links)!", "schnitt_links"), ("3rd", "plane_3rd"), ("骨", "plane")],
)
def test_a_name_becomes_a_key(name: str, key: str) -> None:
    assert key_of(name) == key
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,39}", key_of(name * 30))


@pytest.mark.parametrize(
    "label", ["nerve_s2_left", "S1_left", "L5 right", "nerve root S3", "Root S2 R-1", "s2_left-2", "S1", "S2-1", "s3 L"]
)
def test_roots_are_known(label: str) -> None:
    assert names_a_root(label)


@pytest.mark.parametrize("label", ["High cut", "S2 cut", "left cut", "Root of the spine", "L5S1"])
def test_other_names_are_no_roots(label: str) -> None:
    assert not names_a_root(label)
