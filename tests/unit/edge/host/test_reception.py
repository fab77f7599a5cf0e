"""Who is paired and not in: told with when it was last there, without this machine's screens and who was put out."""

import asyncio
import json

import pytest

from orview.edge.host.reception import Reception
from orview.protocol.codec import encode
from orview.protocol.pairing import Device, Doorkeeper
from orview.protocol.roles import Role

QUEST = Device(device_id="aa", name="Quest 3", role=Role.SURGEON, room_name="OR 3", token_digest="1" * 64)
PICO = Device(device_id="bb", name="Pico", role=Role.OBSERVER, room_name="OR 3", token_digest="2" * 64)
ELSEWHERE = Device(device_id="cc", name="Other room's", role=Role.SURGEON, room_name="OR 4", token_digest="3" * 64)
CONSOLE = Device(device_id="dd", name="Console", role=Role.NURSE, room_name="OR 3", token_digest="4" * 64)


class Book:
    """Remembers devices."""

    def __init__(self) -> None:
        self.put: list[Device] = []

    def put_device(self, device: Device) -> None:
        self.put.append(device)


def reception(*, seen: str | None = None) -> Reception:
    return Reception(
        door=Doorkeeper(room_name="OR 3", devices=(QUEST, PICO, ELSEWHERE, CONSOLE)),
        devices=Book(),
        host_id="h",
        host_name="host",
        room_name="OR 3",
        simulated=False,
        join_url="https://192.0.2.1:8443/",
        fingerprint="0" * 64,
        local_devices=frozenset({CONSOLE.device_id}),
        seen=seen,
    )


def names(desk: Reception, *present: str) -> list[tuple[str, str | None]]:
    told = desk.absent(present)
    assert encode(told)
    return [(entry.name, entry.last_seen_utc) for entry in told.devices]


@pytest.mark.hazard("H19")
def test_paired_devices_that_are_not_in_are_told_the_one_seen_last_first() -> None:
    desk, kept = reception(), []
    desk.keep_seen = kept.append
    assert names(desk) == [("Pico", None), ("Quest 3", None)]
    desk.left(QUEST.device_id, utc="2026-07-30T07:15:00+00:00")
    desk.left(CONSOLE.device_id, utc="2026-07-30T08:00:00+00:00")
    assert names(desk) == [("Quest 3", "2026-07-30T07:15:00+00:00"), ("Pico", None)]
    assert names(desk, QUEST.device_id) == [("Pico", None)]
    assert names(reception(seen=kept[-1])) == names(desk), "a restart remembers"


@pytest.mark.hazard("H19")
def test_a_device_that_was_put_out_is_told_no_more() -> None:
    desk = reception()
    assert asyncio.run(desk.put_out(PICO.device_id)) == ""
    assert names(desk) == [("Quest 3", None)]


@pytest.mark.parametrize("record", ["{", "[]", "null", json.dumps({"aa": 7})])
def test_a_record_that_does_not_hold_is_no_obstacle(record: str) -> None:
    assert [name for name, _ in names(reception(seen=record))] != []


def test_another_address_is_told_with_its_certificate() -> None:
    desk = reception()
    desk.reached_at("https://198.51.100.7:8443/", fingerprint="a" * 64)
    told = desk.message(now_ns=0)
    assert (told.url, told.fingerprint) == ("https://198.51.100.7:8443/", "a" * 64)
