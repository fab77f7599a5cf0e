"""What each stage shows: ghosts once mobilised, no specimen once released."""

import pytest

from orview.plan.stages import Look, Position, Stage, looks_in, turned_between

LOOKS = {"sacrum": Look.SEE_THROUGH, "rectum": Look.OUTLINE, "tumour": Look.SOLID, "skin": Look.HIDDEN}
STAGES = (
    Stage(key="look", name="Look", position=Position.SUPINE, looks=LOOKS),
    Stage(key="front", name="Front", position=Position.SUPINE, looks=LOOKS, mobilises=frozenset({"rectum", "sacrum"})),
    Stage(key="back", name="Back", position=Position.PRONE, looks=LOOKS, releases_specimen=True),
    Stage(key="build", name="Build", position=Position.PRONE, looks=LOOKS),
)
MOVING, SPECIMEN = frozenset({"rectum", "skin"}), frozenset({"tumour"})


def looks(number: int) -> dict[str, Look]:
    return looks_in(STAGES, number, moving=MOVING, specimen=SPECIMEN)


def test_a_stage_shows_what_it_says() -> None:
    assert looks(0) == LOOKS


@pytest.mark.hazard("H35")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_moves_is_a_ghost_from_the_stage_that_mobilises_it(number: int) -> None:
    assert looks(number)["rectum"] is Look.GHOST
    # What is rigid with the sacrum is none, and what is hidden stays so.
    assert looks(number)["sacrum"] is Look.SEE_THROUGH
    assert looks(number)["skin"] is Look.HIDDEN


def test_the_specimen_is_there_until_the_stage_that_releases_it_is_over() -> None:
    assert [looks(number)["tumour"] for number in range(4)] == [Look.SOLID] * 3 + [Look.HIDDEN]


def test_going_back_brings_back_what_was_shown() -> None:
    assert looks(3)["tumour"] is Look.HIDDEN
    assert looks(2)["tumour"] is Look.SOLID


def test_a_patient_who_is_turned() -> None:
    assert not turned_between(STAGES, 0, 1)
    assert turned_between(STAGES, 1, 2)
    assert turned_between(STAGES, 3, 0)
