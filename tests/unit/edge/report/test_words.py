"""Numbers and times as every report writes them."""

from datetime import UTC, datetime

from orview.edge.report.words import lying, mm, when
from orview.plan.stages import Position


def test_no_line_ends_between_a_number_and_its_unit() -> None:
    assert mm(1.25) == "1.2\u00a0mm"
    assert mm(None) == "–"


def test_moments_are_told_in_utc_to_the_second() -> None:
    assert when("2026-11-30T01:02:03.900+01:00") == "2026-11-30 00:02:03 UTC"
    assert when(datetime(2026, 11, 30, 1, 2, 3, tzinfo=UTC)) == "2026-11-30 01:02:03 UTC"


def test_positions_are_told_in_words() -> None:
    assert [lying(position) for position in Position] == ["supine", "prone", "left side", "right side"]
