"""Which image the nurse is told of: the chosen case's, while a session is on or a plan is drawn, and no other."""

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path

from orview.edge.case_store import CaseStore
from orview.edge.host.keeper import Keeper
from orview.edge.host.slices_desk import SlicesDesk
from orview.protocol.slices import Slices
from orview.session.checks import CheckNeed
from orview.session.state import Role, Session, Started, Stopped
from tests.cases import BLOBS, a_case
from tests.unit.edge.host.test_keeper import BOARD_DIGEST, T0

NAME = hashlib.sha256(b"slices").hexdigest()


def test_the_image_is_told_while_a_session_is_on_and_is_the_chosen_cases(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    case, older = a_case(), replace(a_case(case_id="ba9876543210"), name="Older")
    store.add(case, BLOBS, slices=b"slices")
    store.add(older, BLOBS)
    keeper = Keeper(session=Session(), board_digest=BOARD_DIGEST, room_frame_id=1)
    drawn = False
    desk = SlicesDesk(keeper, store, drawn=lambda: drawn)

    def chosen(which, *events) -> Slices:
        keeper.select(which, by=Role.NURSE, checks=CheckNeed(), now_ns=T0)
        asyncio.run(desk.look_up())
        for event in events:
            keeper.apply(event, now_ns=T0)
        return desk.message()

    assert chosen(case).image is None
    image = chosen(case, Started(by=Role.NURSE)).image
    assert image is not None
    assert (image.case_id, image.sha256, image.bytes, image.url) == (case.id, NAME, 6, f"/s/{NAME}")
    # Between the choice of another case and the look into the store nothing of the one before is told.
    keeper.select(older, by=Role.NURSE, checks=CheckNeed(), now_ns=T0)
    assert desk.message().image is None
    assert chosen(older).image is None
    assert chosen(case).image is not None
    assert chosen(case, Stopped(by=Role.NURSE)).image is None
    drawn = True
    assert desk.message().image == image
    drawn = False
    store.slices_path(NAME).unlink()
    assert chosen(case, Started(by=Role.NURSE)).image is None
