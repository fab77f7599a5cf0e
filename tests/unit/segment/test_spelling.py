"""Names of many habits fall into the same words; sides are read, never guessed."""

import pytest

from orview.segment.spelling import gist, spelled


@pytest.mark.parametrize(
    ("name", "words", "side"),
    [
        ("Arteria iliaca interna sinistra", {"artery", "iliac", "internal"}, "left"),
        ("A. iliaca int. dex.", {"artery", "iliac", "internal"}, "right"),
        ("LeftInternalIliacArtery", {"artery", "iliac", "internal"}, "left"),
        ("internal_iliac_artery_l", {"artery", "iliac", "internal"}, "left"),
        ("Hüftbein rechts", {"hip"}, "right"),
        ("Dünndarm", {"small", "bowel"}, ""),
        ("lesion A", {"tumour", "a"}, ""),
        ("left and right kidney", {"left", "right", "kidney"}, ""),
        ("L hip", {"hip"}, "left"),
        ("hip R", {"hip"}, "right"),
    ],
)
def test_words_and_side(name: str, words: set[str], side: str) -> None:
    found = spelled(name)
    assert gist(found.words) == words
    assert found.side == side


@pytest.mark.parametrize(
    ("name", "levels", "side"),
    [
        ("L5", ("l5",), ""),
        ("L 5", ("l5",), ""),
        ("vertebrae_L5", ("l5",), ""),
        ("LWK5", ("l5",), ""),
        ("BWK 12", ("t12",), ""),
        ("Th12", ("t12",), ""),
        ("S1L", ("s1",), "left"),
        ("S2 re", ("s2",), "right"),
        ("disc L5/S1", ("l5", "s1"), ""),
        ("S9", (), ""),
    ],
)
def test_spinal_levels(name: str, levels: tuple[str, ...], side: str) -> None:
    assert spelled(name).levels == levels
    assert spelled(name).side == side


def test_numbers_of_ribs_are_not_vertebrae() -> None:
    assert spelled("rib_left_12").numbers == (12,)
    assert spelled("Rib L 5").numbers == (5,)
    assert spelled("Rib L 5").side == "left"
    assert spelled("12th rib right").numbers == (12,)
