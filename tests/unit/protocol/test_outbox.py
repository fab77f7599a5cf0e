"""What waits for one client: control in order, newest pose and picture, and never more than the bound."""

import pytest

from orview.protocol.binary import POSE_BYTES
from orview.protocol.outbox import MAX_WAITING, MAX_WAITING_BYTES, Outbox


def drain(outbox: Outbox) -> list[str | bytes]:
    items = []
    while (item := outbox.take()) is not None:
        items.append(item)
    return items


def test_control_goes_first_then_poses_then_the_picture() -> None:
    outbox = Outbox()
    outbox.put_picture(b"picture")
    outbox.put_pose(b"pose")
    outbox.put_control("first")
    outbox.put_control("second")
    assert outbox
    assert drain(outbox) == ["first", "second", b"pose", b"picture"]
    assert not outbox


@pytest.mark.hazard("H27")
def test_the_newest_pose_and_picture_win() -> None:
    outbox = Outbox()
    assert not outbox.put_pose(b"old")
    assert outbox.put_pose(b"new")
    assert not outbox.put_pose(b"tool", thing_id=1)
    assert not outbox.put_picture(b"old")
    assert outbox.put_picture(b"new picture")
    assert drain(outbox) == [b"new", b"tool", b"new picture"]


def test_a_snapshot_replaces_the_one_that_waits() -> None:
    outbox = Outbox()
    outbox.put_control("session 1", replaces="session")
    outbox.put_control("notice")
    outbox.put_control("session 2", replaces="session")
    assert drain(outbox) == ["notice", "session 2"]
    outbox.put_control("session 3", replaces="session")
    assert drain(outbox) == ["session 3"]


@pytest.mark.hazard("H27")
def test_a_client_that_never_reads_has_a_bound() -> None:
    outbox = Outbox()
    assert all(outbox.put_control(f"{n}") for n in range(MAX_WAITING))
    assert not outbox.put_control("one too many")
    assert drain(outbox) == [f"{n}" for n in range(MAX_WAITING)]
    assert outbox.put_control("x" * MAX_WAITING_BYTES)
    assert not outbox.put_control("y")
    for _ in range(10_000):
        outbox.put_pose(b"p" * POSE_BYTES)
    assert [len(item) for item in drain(outbox)] == [MAX_WAITING_BYTES, POSE_BYTES]


def test_replacing_for_ever_never_fills() -> None:
    outbox = Outbox()
    assert all(outbox.put_control("s" * 10_000, replaces="session") for _ in range(1000))
    assert len(drain(outbox)) == 1
