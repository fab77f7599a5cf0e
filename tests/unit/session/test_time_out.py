"""The time-out: a tick is for the fact it was given for."""

from dataclasses import replace

from orview.session.time_out import Item, TimeOut

SIDE, BOARD = Item(key="side", words="Left.", fact="f1"), Item(key="board", words="Fixed.", fact="f2")


def test_it_is_over_when_every_item_is_ticked() -> None:
    assert TimeOut().fault() == "The time-out is still to come."
    time_out = TimeOut().told((SIDE, BOARD))
    assert time_out.fault() == "Time-out: 2 of 2 items to tick."
    one = time_out.with_tick("side", "f1")
    assert one.fault() == "Time-out: 1 of 2 items to tick."
    both = one.with_tick("board", "f2")
    assert both.fault() is None
    assert both.without_tick("side").fault() == one.fault()
    assert both.cleared() == time_out


def test_a_tick_goes_with_its_fact_and_does_not_come_back_with_it() -> None:
    ticked = TimeOut().told((SIDE, BOARD)).with_tick("side", "f1").with_tick("board", "f2")
    for changed in (replace(SIDE, fact="f3"), replace(SIDE, ready=False)):
        assert dict(ticked.told((changed, BOARD)).told((SIDE, BOARD)).ticked) == {"board": "f2"}
    assert dict(ticked.told((BOARD,)).told((SIDE, BOARD)).ticked) == {"board": "f2"}
    assert ticked.told((replace(SIDE, words="Left, again."), BOARD)).fault() is None


def test_a_tick_waits_where_its_fact_may_come_back_by_itself() -> None:
    worn = Item(key="headsets", words="Quest A.", fact="f4", returns=True)
    ticked = TimeOut().told((worn,)).with_tick("headsets", "f4")
    away = ticked.told((replace(worn, words="None.", fact="f5"),))
    assert away.fault() == "Time-out: 1 of 1 items to tick."
    assert away.ticked_keys == frozenset()
    assert away.told((worn,)).fault() is None
    assert away.with_tick("headsets", "f5").told((worn,)).fault() is not None
    assert ticked.told((replace(worn, ready=False),)).told((worn,)).fault() is not None


def test_only_what_stands_there_can_be_ticked() -> None:
    time_out = TimeOut().told((SIDE, replace(BOARD, ready=False)))
    assert time_out.refusal("side", "f1") == ""
    assert "changed" in time_out.refusal("side", "f2")
    assert time_out.refusal("board", "f2") == "Fixed."
    assert "no such item" in time_out.refusal("other", "f1")
