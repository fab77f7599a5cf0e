"""Drawing a plan: changes are undone and done again, also after the draft was put down and taken up."""

import json

import pytest

from orview.errors import InputError
from orview.plan.draft import MOST_KEPT, Draft
from orview.plan.plan import plan_of
from orview.plan.sketch import Sketch
from tests.unit.plan.test_plan import DOCUMENT


@pytest.fixture
def draft() -> Draft:
    return Draft(Sketch.of_plan(plan_of(DOCUMENT)), base_version=2)


def margins(draft: Draft, *values_mm: float) -> None:
    for value in values_mm:
        draft.change(draft.sketch.with_margin(value))


def test_changes_are_undone_and_done_again(draft: Draft) -> None:
    assert (draft.changed, draft.can_undo, draft.can_redo) == (False, False, False)
    margins(draft, 8.0, 9.0)
    draft.undo()
    assert (draft.sketch.margin_mm, draft.changed, draft.can_undo, draft.can_redo) == (8.0, True, True, True)
    draft.undo()
    assert (draft.sketch.margin_mm, draft.changed, draft.can_undo) == (12.0, False, False)
    draft.redo()
    draft.redo()
    assert (draft.sketch.margin_mm, draft.can_redo) == (9.0, False)
    with pytest.raises(InputError, match="nothing to redo"):
        draft.redo()


def test_another_change_takes_another_road(draft: Draft) -> None:
    margins(draft, 8.0)
    draft.undo()
    margins(draft, 5.0)
    assert not draft.can_redo
    draft.undo()
    with pytest.raises(InputError, match="nothing to undo"):
        draft.undo()


def test_what_changes_nothing_is_no_change(draft: Draft) -> None:
    margins(draft, 12.0)
    assert not draft.can_undo


def test_storing_keeps_the_past(draft: Draft) -> None:
    margins(draft, 8.0)
    draft.stored_as(3)
    assert (draft.base_version, draft.changed, draft.can_undo) == (3, False, True)
    draft.undo()
    assert draft.changed


def test_it_is_taken_up_where_it_was_put_down(draft: Draft) -> None:
    margins(draft, 8.0, 9.0, 11.0)
    draft.undo()
    again = Draft.from_json(draft.to_json())
    assert again.to_json() == draft.to_json()
    assert (again.sketch.margin_mm, again.base_version, again.changed) == (9.0, 2, True)
    again.redo()
    assert again.sketch.margin_mm == 11.0
    for _ in range(3):
        again.undo()
    assert (again.sketch.margin_mm, again.changed) == (12.0, False)


def test_the_past_is_not_endless(draft: Draft) -> None:
    margins(draft, *(n / 10.0 for n in range(MOST_KEPT + 20)))
    for _ in range(MOST_KEPT):
        draft.undo()
    assert not draft.can_undo


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"now": {}, "base_version": 1})])
def test_what_is_no_draft_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="draft of the plan cannot be read"):
        Draft.from_json(text)
