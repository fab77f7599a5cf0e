"""Touches are written down when they change, the newest last, and come back as they were."""

import asyncio

import numpy as np
import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.store import HostStore
from orview.edge.host.touch_keeper import KeptTouches, TouchesOf, TouchKeeper, decode_touches, encode_touches
from orview.register.landmarks import Touch

OF = TouchesOf(run=3, case_id="case", landmarks="[]", board_digest="ab" * 32)


def touched(*names: str) -> tuple[Touch, ...]:
    rng = np.random.default_rng(1)
    return tuple(
        Touch(
            name=name,
            position_board_mm=rng.normal(size=3),
            covariance_mm2=np.diag(rng.uniform(1.0, 2.0, 3)),
            shared_mm2=np.diag(rng.uniform(0.0, 1.0, 3)),
        )
        for name in names
    )


def test_touches_come_back_as_they_were() -> None:
    touches = touched("Crest, left", "Sacral tip")
    back = decode_touches(encode_touches(KeptTouches(touches=touches, of=OF)), OF)
    for one, other in zip(back, touches, strict=True):
        assert one.name == other.name
        for name in ("position_board_mm", "covariance_mm2", "shared_mm2"):
            assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("text", [None, "", "{}", "[1]", '{"version":1,"of":[3,"case","[]","x"],"touches":[]}'])
def test_what_is_no_record_of_these_touches_is_none(text: str | None) -> None:
    assert decode_touches(text, OF) == ()


def test_the_newest_touches_are_on_disk_in_the_end_and_nothing_is_written_twice(tmp_path) -> None:
    store, works = HostStore(CaseStore.open(tmp_path)), []
    assert store.touches() is None
    first, second = (KeptTouches(touches=touched(*names), of=OF) for names in (("a",), ("a", "b")))

    async def run() -> None:
        keeper = TouchKeeper(store, works.append)
        for kept in (None, first, first, second):
            keeper.take(kept)
        assert len(works) == 2
        await asyncio.gather(*works)

    asyncio.run(run())
    assert len(decode_touches(store.touches(), OF)) == 2
