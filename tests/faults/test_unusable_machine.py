"""What is wrong with a machine, a disk or a file, said by the command line in one sentence with a mend, exit code 1."""

import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from orview.edge.audit_log import AuditLog
from orview.edge.case_store import CaseStore
from orview.edge.network.certificates import own_certificate
from orview.edge.recording.frames import FrameReader
from orview.edge.recording.shelf import recordings_in
from orview.protocol.messages import NoticeWeight, Stop
from orview.units import ms_from_ns
from tests.faults.fault_room import FaultRoom, Nurse, small_disk
from tests.faults.ledger import Ledger
from tests.integration.small_room import (
    add_case,
    is_live_pose,
    write_profile,
)
from tests.unit.cli.verbs import run_verb

ROOT = Path(__file__).resolve().parents[2]
RUN = "from orview.cli.main import run; run()"


def serve(tmp_path: Path, *, port: int = 0) -> list[str]:
    """Return what starts a host of this machine alone."""
    return [
        *("--store", str(tmp_path / "store"), "--camera", "slot:none", "--profile", str(write_profile(tmp_path))),
        *("--local", "--port", str(port), "--loopback-port", "0"),
    ]


def newer(store: Path) -> None:
    with closing(sqlite3.connect(store / "orview.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 99")


def garbage(store: Path) -> None:
    (store / "orview.sqlite").write_bytes(b"garbage " * 1000)


def lost(store: Path) -> None:
    for path in store.glob("orview.sqlite*"):
        path.unlink()


def no_longer_a_file(store: Path) -> None:
    lost(store)
    (store / "orview.sqlite").mkdir()


@pytest.mark.parametrize(
    ("harm", "words", "mend"),
    [
        (newer, "written by a newer orview (version 99", "Update orview"),
        (garbage, "The case store is damaged; nothing in it was changed", "from a copy"),
        (lost, "has lost its file orview.sqlite", "from a copy"),
        (no_longer_a_file, "The case store cannot be used: ", "--store DIR"),
    ],
)
@pytest.mark.parametrize("verb", ["serve", "cases"])
def test_a_store_that_cannot_be_used_is_refused_and_left_as_it_is(
    tmp_path: Path, harm: Callable[[Path], None], words: str, mend: str, verb: str
) -> None:
    store = tmp_path / "store"
    add_case(CaseStore.open(store))
    harm(store)
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    outcome = run_verb(verb, *(serve(tmp_path) if verb == "serve" else ("--store", store)))
    assert outcome.code == 1
    assert words in outcome.words
    assert mend in outcome.words
    after = {path: path.read_bytes() for path in store.rglob("*") if path.is_file() and path.suffix != ".sqlite-shm"}
    assert {path: after.get(path) for path in before} == before


def test_a_store_on_a_disk_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", mib=8) as mounted:
        if not mounted:
            pytest.skip("only an administrator can mount a small disk")
        disk = tmp_path / "disk"
        store = disk / "store"
        add_case(CaseStore.open(store))
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        outcome = run_verb("serve", *serve(tmp_path), "--store", store)
    assert outcome.code == 1
    assert "The case store cannot be written: Read-only file system. Choose another folder" in outcome.words


@pytest.mark.parametrize(
    ("certificate", "key", "words"),
    [
        ("one/host.pem", "two/host.key.pem", "do not belong together. Give the key"),
        ("one/host.pem", "one/host.pem", "key"),
        ("one/host.pem", "missing.key", "missing.key"),
        ("garbage.pem", "one/host.key.pem", "garbage.pem"),
        ("one/host.pem", None, "Give --cert and --key"),
    ],
)
def test_a_wrong_certificate_or_key_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: str, key: str | None, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("one", "two"):
        own_certificate(tmp_path / folder, names=["localhost"])
    Path("garbage.pem").write_text("-----BEGIN CERTIFICATE-----\nZ2FyYmFnZQ==\n-----END CERTIFICATE-----\n")
    given = ["--cert", certificate, *(("--key", key) if key else ())]
    outcome = run_verb("serve", *serve(tmp_path), *given)
    assert outcome.code == 1
    assert words in outcome.words


def test_a_port_in_use_is_said_with_what_to_do_and_the_exit_code_is_one(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-c", RUN, "serve", *serve(tmp_path, port=port)], capture_output=True, text=True, cwd=ROOT
        )
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_machine_without_a_network_is_told_so(tmp_path: Path) -> None:
    alone = ["unshare", "--user", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        pytest.skip("this system gives nobody a network of their own")
    options = [option for option in serve(tmp_path) if option != "--local"]
    done = subprocess.run(
        [*alone, sys.executable, "-c", RUN, "serve", *options], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 1
    assert "This machine is on no network." in done.stderr
    assert "--local" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.hazard("H25")
def test_a_disk_that_fills_up_ends_the_recording_first_and_the_overlay_never(room: FaultRoom, ledger: Ledger) -> None:
    if not room.has_small_disk:
        pytest.skip("only an administrator can mount a small disk")
    row = ledger.row("disk full")
    gaps_ms: dict[str, float] = {}
    log, filler = AuditLog(room.store), room.store.parent / "filler"

    async def scene(nurse: Nurse) -> None:
        async with room.client(nurse) as surgeon:
            await surgeon.until(is_live_pose)
            gaps_ms["before"] = await longest_gap_ms(surgeon)
            nurse.notices.clear()
            fill(filler, leave=100 * 1024**2)
            filled_s = time.monotonic()
            await nurse.until(lambda: nurse.notices)
            row.restored_ms.append((time.monotonic() - filled_s) * 1000)
            assert nurse.notices[0].weight is NoticeWeight.WARNING
            assert nurse.notices[0].text.startswith("Nothing is recorded any more: less than 256 MB")
            await nurse.until(lambda: "RECORDING_ENDED" in [entry.kind for entry in log.entries()])
            entries = len(list(log.entries()))
            fill(filler, leave=0)
            gaps_ms["full"] = await longest_gap_ms(surgeon)
            # What people do now cannot be written: they are told, it is done all the same, and written later.
            await nurse.say(Stop())
            await surgeon.until_state("OFF")
            await nurse.until(lambda: any("disk is full" in notice.text for notice in nurse.notices))
            filler.unlink()
            await nurse.until(lambda: "STOPPED" in [entry.kind for entry in log.entries()][entries:])
        row.count += 1

    try:
        room.play(scene)
    finally:
        filler.unlink(missing_ok=True)
    assert log.verified().whole
    recorded = recordings_in(room.store)[0]
    with recorded.path.open("rb") as file:
        assert len(list(FrameReader(file).frames())) > 20
    row.words = f"longest gap between poses {gaps_ms['before']:.0f} ms before, {gaps_ms['full']:.0f} ms while full"
    # The overlay hides after 150 ms without a pose: it did not.
    assert gaps_ms["full"] < 150.0


async def longest_gap_ms(client: object) -> float:
    """Return the longest time between the sending of two live poses within a second."""
    heard = [m for m in await client.hear_for(1.0) if is_live_pose(m)]  # type: ignore[attr-defined]
    assert len(heard) > 10
    sent_ns = [pose.send_ns for pose in heard]
    return max(ms_from_ns(b - a) for a, b in pairwise(sent_ns))


def fill(path: Path, *, leave: int) -> None:
    """Let a file take all room of its disk but so many bytes."""
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        free = shutil.disk_usage(path.parent).free
        os.posix_fallocate(file.fileno(), file.tell(), max(free - leave, 1))
        while leave == 0:
            file.seek(0, os.SEEK_END)
            file.write(bytes(4096))
