"""Each process of a host killed while the overlay is live: hidden, back as HOLD, the others untouched."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from orview.edge.host.host import Host
from orview.protocol.messages import Role, Session, Welcome
from tests.integration.small_room import (
    confirm,
    console,
    is_live_pose,
    joined,
    run_live,
)

ROOT = Path(__file__).resolve().parents[2]

HOST_SCRIPT = """
import sys, time
from pathlib import Path
from orview.edge.host.host import Host
from tests.integration.small_room import host_config

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with Host(host_config(folder, "slot:none")) as host:
        host.wait_ready()
        while not all(host.pid(name) for name in ("stream", "track", "work")):
            time.sleep(0.01)
        print(*(host.pid(name) for name in ("stream", "track", "work")), flush=True)
        time.sleep(60)
"""


def pids(host: Host) -> dict[str, int | None]:
    return {name: host.pid(name) for name in ("stream", "track", "work")}


async def restarted(host: Host, name: str, before: int) -> None:
    async with asyncio.timeout(10):
        while host.pid(name) in (None, before):
            await asyncio.sleep(0.01)


@pytest.mark.hazard("H22")
def test_killed_tracker_hides_and_comes_back_as_hold_until_a_person_confirms(tmp_path):
    async def scene(host, addresses, surgeon, nurse):
        before = pids(host)
        killed_ns = time.monotonic_ns()
        os.kill(before["track"], signal.SIGKILL)
        held = await surgeon.until(lambda m: isinstance(m, Session) and m.state == "HOLD")
        assert held.why == "The camera tracking was restarted: confirm again."
        late = [at for at, m in surgeon.arrived_ns if is_live_pose(m) and at > killed_ns + 200_000_000]
        assert late == []
        assert not any(is_live_pose(m) for m in await surgeon.hear_for(1.0))
        assert (host.pid("stream"), host.pid("work")) == (before["stream"], before["work"])
        await nurse.until_state("HOLD")
        await confirm(nurse)
        await surgeon.until(is_live_pose)

    run_live(tmp_path, scene)


@pytest.mark.hazard("H22")
def test_killed_stream_comes_back_on_the_same_port_as_hold_and_knows_its_devices(tmp_path):
    async def scene(host, addresses, surgeon, nurse):
        before = pids(host)
        token = surgeon.told["Welcome"].token
        os.kill(before["stream"], signal.SIGKILL)
        with contextlib.suppress(ConnectionClosed):
            while True:
                await surgeon.hear()
        await restarted(host, "stream", before["stream"])
        # The same address, token and console address as before: nobody pairs again.
        async with joined(addresses, role=Role.SURGEON, token=token) as again, console(addresses) as nurse_again:
            await again.until(lambda m: isinstance(m, Welcome))
            session = await again.until(lambda m: isinstance(m, Session))
            assert (session.state, session.why) == ("HOLD", "The host was restarted: confirm again.")
            assert session.case_name == "Phantom 1"
            assert not any(is_live_pose(m) for m in await again.hear_for(1.0))
            assert (host.pid("track"), host.pid("work")) == (before["track"], before["work"])
            await confirm(nurse_again)
            await again.until(is_live_pose)

    run_live(tmp_path, scene)


def test_killed_work_process_is_not_noticed_in_the_room(tmp_path):
    async def scene(host, addresses, surgeon, nurse):
        before = pids(host)
        os.kill(before["work"], signal.SIGKILL)
        await asyncio.gather(restarted(host, "work", before["work"]), surgeon.hear_for(1.0))
        assert sum(map(is_live_pose, await surgeon.hear_for(0.5))) >= 5
        assert (host.pid("stream"), host.pid("track")) == (before["stream"], before["track"])

    run_live(tmp_path, scene)


@pytest.mark.hazard("H24")
def test_stopped_and_continued_stream_comes_back_as_hold(tmp_path):
    async def scene(host, addresses, surgeon, nurse):
        stream = host.pid("stream")
        os.kill(stream, signal.SIGSTOP)
        await asyncio.sleep(1.5)
        continued_ns = time.monotonic_ns()
        os.kill(stream, signal.SIGCONT)
        held = await surgeon.until(lambda m: isinstance(m, Session) and m.state == "HOLD")
        assert held.why == "The computer paused: confirm again."
        sent_after = [m for _, m in surgeon.arrived_ns if is_live_pose(m) and m.send_ns > continued_ns]
        assert sent_after == []

    run_live(tmp_path, scene)


def test_processes_die_with_a_killed_host(tmp_path):
    script = tmp_path / "host_script.py"
    script.write_text(HOST_SCRIPT)
    host = subprocess.Popen(
        [sys.executable, script, tmp_path],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        assert host.stdout is not None
        children = [int(pid) for pid in host.stdout.readline().split()]
        assert len(children) == 3
    finally:
        host.kill()
        host.wait()
    until_s = time.monotonic() + 5.0
    while any(Path(f"/proc/{pid}").exists() for pid in children):
        assert time.monotonic() < until_s, "a process outlived its host"
        time.sleep(0.02)
