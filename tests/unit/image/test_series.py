"""The rule by which one of several series is taken: better in something and worse in nothing (hazard H14)."""

import itertools
import json
from dataclasses import replace
from datetime import date

import pytest

from orview.errors import InputError, RefusedError
from orview.image.series import SeriesRole, SeriesSummary, choose_series, pick_series


def of(number: int, *, every_mm: float = 1.0, long_mm: float = 300.0, wide_mm: float = 400.0) -> SeriesSummary:
    return SeriesSummary(
        number=number,
        role=SeriesRole.IMAGE,
        modality="CT",
        description="pelvis",
        acquired=date(2024, 2, 29),
        slices=round(long_mm / every_mm),
        spacing_mm=(0.8, 0.8, every_mm),
        extent_mm=(wide_mm, wide_mm, long_mm),
        orientation="axial",
    )


THIN, THICK, SHORT = of(1), of(2, every_mm=5.0), of(3, long_mm=100.0)


@pytest.mark.hazard("H14")
@pytest.mark.parametrize("order", list(itertools.permutations([THIN, THICK, SHORT])))
def test_the_thinnest_that_covers_the_most_is_taken_in_any_order(order: tuple[SeriesSummary, ...]) -> None:
    choice = choose_series(order)
    assert choice.number == 1
    assert [finding.code for finding in choice.findings] == ["SERIES_CHOSEN"]
    assert "2: 60 slices of CT 'pelvis', axial, every 5 mm, 2024-02-29" in choice.findings[0].message


@pytest.mark.hazard("H14")
@pytest.mark.parametrize(
    "other",
    [
        of(2),
        of(2, every_mm=0.95),
        of(2, long_mm=290.0),
        of(2, every_mm=0.5, long_mm=100.0),
        of(2, every_mm=0.5, wide_mm=200.0),
        replace(of(2, every_mm=5.0), patient=2),
        replace(of(2, every_mm=5.0), study=2),
        replace(of(2, every_mm=0.5), unusable="A slice is missing."),
        replace(of(2, every_mm=0.5), spacing_mm=None),
    ],
)
def test_what_the_rule_cannot_decide_is_refused(other: SeriesSummary) -> None:
    with pytest.raises(InputError, match="2 series") as refused:
        choose_series([THIN, other])
    assert THIN.words in refused.value.message
    assert "--series" in refused.value.mend
    assert pick_series([THIN, other], 2).number == 2


@pytest.mark.hazard("H14")
def test_an_unusable_series_that_would_have_lost_anyway_blocks_nothing() -> None:
    assert choose_series([replace(THICK, unusable="A slice is missing."), THIN]).number == 1


def test_two_series_of_one_stack_are_refused() -> None:
    with pytest.raises(InputError, match="numbers 1 and 3 lie in one stack"):
        choose_series([replace(THIN, joins=3), THICK, replace(SHORT, joins=1)])


@pytest.mark.parametrize(
    "other",
    [
        replace(of(2, every_mm=0.5), modality="MR"),
        replace(of(2, every_mm=0.5), role=SeriesRole.DERIVED),
        replace(of(2, every_mm=0.5), orientation="coronal"),
        replace(of(2, long_mm=0.0), unusable="Two slices lie in the same place."),
    ],
)
def test_ct_original_axial_and_usable_go_first(other: SeriesSummary) -> None:
    assert choose_series([other, THIN]).number == 1


@pytest.mark.parametrize("role", [one for one in SeriesRole if one not in (SeriesRole.IMAGE, SeriesRole.DERIVED)])
def test_other_objects_are_no_choice(role: SeriesRole) -> None:
    assert choose_series([THIN, replace(of(2, every_mm=0.5), role=role)]).findings == ()
    with pytest.raises(InputError, match="no DICOM image"):
        choose_series([replace(THIN, role=role)])


def test_a_number_that_is_none_and_one_that_is_no_image() -> None:
    with pytest.raises(InputError, match="no series 9"):
        pick_series([THIN], 9)
    with pytest.raises(RefusedError, match="localizer"):
        pick_series([replace(THIN, role=SeriesRole.LOCALIZER)], 1)


@pytest.mark.parametrize("one", [THIN, replace(THIN, spacing_mm=None, acquired=None, orientation="", unusable="x")])
def test_a_summary_survives_json(one: SeriesSummary) -> None:
    assert SeriesSummary.from_json(json.loads(json.dumps(one.to_json()))) == one
