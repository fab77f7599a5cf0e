"""The newest whole value, never a torn one, whoever dies."""

import multiprocessing
import os
import signal
import struct
import time
from pathlib import Path

import pytest

from orview.edge.slots.latest_slot import LatestSlot
from orview.errors import ContractError, InputError

SPAWN = multiprocessing.get_context("spawn")
WORDS = 2048


def hammer(path: str, ready: "multiprocessing.synchronize.Event") -> None:  # type: ignore[name-defined]
    slot = LatestSlot.attach(Path(path))
    number = slot.sequence
    while True:
        number += 1
        slot.publish(struct.pack("<Q", number) * WORDS)
        ready.set()


def read_forever(path: str, ready: "multiprocessing.synchronize.Event") -> None:  # type: ignore[name-defined]
    slot = LatestSlot.attach(Path(path))
    while True:
        slot.latest()
        ready.set()


def started(target, path):
    ready = SPAWN.Event()
    process = SPAWN.Process(target=target, args=(str(path), ready), daemon=True)
    process.start()
    assert ready.wait(20)
    return process


def test_nothing_published_is_nothing_to_read(tmp_path):
    with LatestSlot.create(tmp_path / "slot", 16) as slot:
        assert slot.latest() is None
        assert slot.sequence == 0


def test_newest_value_wins_and_is_counted(tmp_path):
    with LatestSlot.create(tmp_path / "slot", 16) as slot, LatestSlot.attach(tmp_path / "slot") as other:
        assert slot.publish(b"one") == 1
        assert slot.publish(b"three3") == 2
        assert other.latest() == (2, b"three3")
        assert slot.publish(b"") == 3
        assert other.latest() == (3, b"")
        assert other.capacity == 16


def test_value_larger_than_the_slot_is_refused_and_the_old_one_stays(tmp_path):
    with LatestSlot.create(tmp_path / "slot", 4) as slot:
        slot.publish(b"good")
        with pytest.raises(ContractError):
            slot.publish(b"too long")
        assert slot.latest() == (1, b"good")


def test_slot_without_room_is_refused(tmp_path):
    with pytest.raises(ContractError):
        LatestSlot.create(tmp_path / "slot", 0)


@pytest.mark.parametrize("content", [None, b"", b"something else entirely", bytes(5000)])
def test_what_is_no_slot_is_refused_with_words(tmp_path, content):
    path = tmp_path / "slot"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        LatestSlot.attach(path)
    assert caught.value.mend


def test_only_the_owner_may_open_it(tmp_path):
    LatestSlot.create(tmp_path / "slot", 16).close()
    assert (tmp_path / "slot").stat().st_mode & 0o077 == 0


def test_large_values_arrive_whole(tmp_path):
    payload = os.urandom(3_000_000)
    with LatestSlot.create(tmp_path / "slot", len(payload)) as slot:
        slot.publish(payload)
        assert slot.latest() == (1, payload)


def test_no_read_is_torn_while_another_process_writes_without_pause(tmp_path):
    path = tmp_path / "slot"
    LatestSlot.create(path, 8 * WORDS).close()
    writer = started(hammer, path)
    reads = 0
    newest = 0
    try:
        with LatestSlot.attach(path) as slot:
            until = time.monotonic() + 2.0
            while time.monotonic() < until:
                value = slot.latest()
                assert value is not None
                number, payload = value
                assert payload == struct.pack("<Q", number) * WORDS
                assert number >= newest
                newest = number
                reads += 1
    finally:
        writer.kill()
        writer.join()
    assert reads > 1000
    assert newest > 1000


def test_killed_writer_leaves_a_whole_value_and_its_heir_goes_on_counting(tmp_path):
    path = tmp_path / "slot"
    LatestSlot.create(path, 8 * WORDS).close()
    with LatestSlot.attach(path) as slot:
        for _ in range(10):
            writer = started(hammer, path)
            os.kill(writer.pid, signal.SIGKILL)
            writer.join()
            number, payload = slot.latest()
            assert payload == struct.pack("<Q", number) * WORDS
            assert slot.publish(b"heir") == number + 1
            assert slot.latest() == (number + 1, b"heir")


def test_writer_killed_half_way_through_a_value_leaves_the_last_one(tmp_path):
    path = tmp_path / "slot"
    with LatestSlot.create(path, 8) as slot:
        slot.publish(b"whole   ")
        half = bytearray(path.read_bytes())
        # What a writer of value 2 leaves behind when it dies before its last step: buffer 0 begun, newest unchanged.
        struct.pack_into("=Q", half, 3 * 8, 2)
        half[4096:4100] = b"torn"
        path.write_bytes(half)
        with LatestSlot.attach(path) as other:
            assert other.latest() == (1, b"whole   ")


def test_value_whose_bytes_do_not_fit_its_checksum_is_never_handed_out(tmp_path):
    path = tmp_path / "slot"
    with LatestSlot.create(path, 8) as slot:
        slot.publish(b"whole   ")
        broken = bytearray(path.read_bytes())
        broken[4096 + 8] ^= 1
        path.write_bytes(broken)
        with LatestSlot.attach(path) as other:
            assert other.latest() is None


def test_killed_reader_costs_the_writer_nothing(tmp_path):
    path = tmp_path / "slot"
    with LatestSlot.create(path, 64) as slot:
        slot.publish(b"first")
        reader = started(read_forever, path)
        os.kill(reader.pid, signal.SIGKILL)
        reader.join()
        assert slot.publish(b"second") == 2
        assert slot.latest() == (2, b"second")
