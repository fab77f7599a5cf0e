"""Which roots a plan keeps, and the published shares of normal function, row by row as the sources tell them."""

import itertools

import pytest

from orview.plan.roots import LEVELS, ROOT_OF_KEY, ROOTS, TODD, ZOCCALI, Fate, Root, root_findings, roots_kept
from orview.segment.anatomy import STANDARD, Side


def without(left: str | None, right: str | None) -> dict[Root, Fate]:
    """Everything from this level of each side downwards is sacrificed; None keeps all."""
    first = {Side.LEFT: left, Side.RIGHT: right}
    return {
        root: Fate.SACRIFICE
        for root in ROOTS
        if first[root.side] is not None and LEVELS.index(root.level) >= LEVELS.index(first[root.side])
    }


def test_every_root_is_a_structure_of_the_table() -> None:
    assert len(ROOTS) == 12
    assert set(ROOT_OF_KEY) <= set(STANDARD)


@pytest.mark.parametrize(
    ("left", "right", "bladder", "bowel", "walking"),
    [
        ("S1", "S1", 0.0, 0.0, None),
        ("S2", "S2", 0.0, 0.0, None),
        ("S2", "S3", 25.0, None, None),
        ("S3", "S3", 39.9, None, 56.2),
        ("S3", "S4", 72.7, None, None),
        ("S5", "S3", 72.7, None, None),
        ("S4", "S4", 83.3, None, 94.1),
        ("S4", "S5", 83.3, None, 94.1),
        ("S5", "S5", 83.3, None, 100.0),
    ],
)
def test_the_review_of_2016(left: str, right: str, bladder: float, bowel: float | None, walking: float | None) -> None:
    for one, other in ((left, right), (right, left)):
        row = next(row for row in roots_kept(without(one, other)).published if row.source == ZOCCALI)
        assert (row.bladder_percent, row.bowel_percent, row.walking_percent) == (bladder, bowel, walking)


@pytest.mark.parametrize(
    ("left", "right", "bladder", "bowel"),
    [
        ("S1", None, 89.0, 87.0),
        ("S2", "S2", 0.0, 0.0),
        ("S3", "S3", 25.0, 40.0),
        ("S4", "S4", 69.0, 100.0),
        ("S3", "S4", 60.0, 67.0),
        ("S4", "S5", 60.0, 67.0),
    ],
)
def test_the_series_of_2002(left: str, right: str | None, bladder: float, bowel: float) -> None:
    for one, other in ((left, right), (right, left)):
        row = next(row for row in roots_kept(without(one, other)).published if row.source == TODD)
        assert (row.bladder_percent, row.bowel_percent) == (bladder, bowel)


def test_a_group_nobody_published_is_not_made_up() -> None:
    # S1 kept on one side and S3 on the other: not in the review; S2 on one side alone: not in the series.
    assert ZOCCALI not in {row.source for row in roots_kept(without("S2", "S4")).published}
    assert TODD not in {row.source for row in roots_kept(without("S2", "S3")).published}


def test_nothing_sacrificed_promises_nothing() -> None:
    kept = roots_kept({})
    assert (kept.lowest_left, kept.lowest_right, kept.sacrificed, kept.published) == ("S5", "S5", (), ())


def test_more_roots_never_promise_less_bladder() -> None:
    order = [*LEVELS, None]
    for left, right in itertools.product(range(len(order) - 1), repeat=2):
        less = roots_kept(without(order[left], order[right])).published
        more = roots_kept(without(order[left + 1], order[right])).published
        for source in (ZOCCALI, TODD):
            shares = [[row.bladder_percent for row in rows if row.source == source] for rows in (less, more)]
            # Todd's asymmetric group, one S3 or more, did worse than both S3 alone: as published.
            if all(shares) and source == ZOCCALI:
                assert shares[1][0] >= shares[0][0]


def test_the_lowest_level_is_that_above_the_first_lost_one() -> None:
    fates = {Root(level="S2", side=Side.LEFT): Fate.SACRIFICE, Root(level="L5", side=Side.RIGHT): Fate.SACRIFICE}
    kept = roots_kept(fates)
    assert (kept.lowest_left, kept.lowest_right) == ("S1", "")
    assert [root.name for root in kept.sacrificed] == ["L5 right", "S2 left"]


def test_the_last_s2_and_s3_are_told() -> None:
    codes = [(found.code, found.where) for found in root_findings(without("S2", "S2"))]
    assert codes == [("LAST_ROOT_SACRIFICED", "S2"), ("LAST_ROOT_SACRIFICED", "S3")]
    assert root_findings(without("S2", "S4")) == []


def test_a_root_kept_below_a_lost_one_is_asked_about() -> None:
    (found,) = root_findings({Root(level="S4", side=Side.RIGHT): Fate.SACRIFICE})
    assert (found.code, found.where) == ("ROOT_KEPT_BELOW", "right")
    assert "S5 right" in found.message
