"""Processes killed or stopped at moments that matter: what people were told comes back, as HOLD, and nothing else."""

import asyncio
import contextlib
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from orview.edge.case_store import CaseStore
from orview.edge.host.host import HostAddresses
from orview.protocol.binary import PoseMessage
from orview.protocol.messages import Role, SelectCase, Session, Start, Stop, Welcome
from orview.units import ms_from_ns
from tests.faults.fault_room import FaultRoom, Nurse
from tests.faults.ledger import Ledger
from tests.integration.small_room import (
    FilmedBoard,
    add_case,
    confirm,
    console,
    go_live,
    host_config,
    is_live_pose,
    joined,
)

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = ("stream", "track", "look", "work", "plan")

HOST_SCRIPT = f"""
import json, pickle, sys, time
from dataclasses import asdict, replace
from pathlib import Path
from orview.edge.host.host import Host

if __name__ == "__main__":
    config = pickle.loads(Path(sys.argv[1]).read_bytes())
    with Host(replace(config, port=int(sys.argv[2]), loopback_port=int(sys.argv[3]))) as host:
        addresses = host.wait_ready()
        pids = [host.pid(name) for name in {PROCESSES!r}]
        print(json.dumps({{"addresses": asdict(addresses), "pids": pids}}), flush=True)
        time.sleep(600)
"""


@pytest.mark.hazard("H22", "H23")
@pytest.mark.timeout(900)
def test_what_people_were_told_of_the_session_is_what_comes_back(room: FaultRoom, ledger: Ledger, full: bool) -> None:
    rng = random.Random(22)
    row = ledger.row("stream killed as it told of a change")

    async def told(nurse: Nurse, message: object, holds: str, case_id: str) -> None:
        await nurse.say(message)
        await nurse.until(lambda: nurse.session and (nurse.session.state, nurse.session.case_id) == (holds, case_id))

    async def scene(nurse: Nurse) -> None:
        ids = [room.case.id, room.other_case.id]
        rounds = 60 if full else 2
        for number in range(rounds):
            await nurse.until(lambda: nurse.session is not None)
            case_id = next(case_id for case_id in ids if case_id != nurse.session.case_id)
            before = nurse.session.case_id
            await nurse.say(Stop())
            await nurse.until_state("OFF")
            # Killed the moment one of these was told, whichever it is.
            acts = [(SelectCase(case_id=case_id), "OFF", case_id), (Start(), "HOLD", case_id)]
            if rng.random() < 0.3:
                acts = [(Start(), "HOLD", before), (SelectCase(case_id=case_id), "HOLD", case_id)]
            for message, state, of_case in acts[: rng.choice((1, 2))]:
                await told(nurse, message, state, of_case)
            expected = (nurse.session.state, nurse.session.case_id)
            link = nurse.client
            os.kill(room.pids()["stream"], signal.SIGKILL)
            row.count += 1
            # What she was told before stands until she sees that the link is gone.
            await nurse.until(lambda link=link: nurse.client is not link and nurse.session is not None)
            if (nurse.session.state, nurse.session.case_id) != expected:
                row.wrong.append(f"{expected} came back as {(nurse.session.state, nurse.session.case_id)}")
            # A process must live to be killed: else the next in its place is made to wait.
            await asyncio.sleep(2.2 if number + 1 < rounds else 0.0)

    room.play(scene)
    assert row.wrong == []


@pytest.mark.hazard("H22", "H23", "H25")
def test_nothing_is_told_of_the_session_before_it_is_on_disk_but_the_overlay_hides_at_once(room: FaultRoom) -> None:
    async def scene(nurse: Nurse) -> None:
        async with room.client(nurse) as surgeon:
            await surgeon.until(is_live_pose)
            # Whoever holds the store's lock stands for a disk that takes its time.
            with CaseStore(room.store).file.transaction():
                before = nurse.session
                await nurse.say(Stop())
                await surgeon.until(lambda m: isinstance(m, PoseMessage) and m.state == "OFF", timeout_s=0.5)
                heard = await surgeon.hear_for(0.5)
                assert not any(map(is_live_pose, heard))
                assert not any(isinstance(m, Session) and m.state == "OFF" for m in heard)
                assert nurse.session == before
            await surgeon.until_state("OFF")
            await nurse.until_state("OFF")

    room.play(scene)


@pytest.mark.hazard("H24")
def test_stopped_and_continued_stream_comes_back_as_hold(room: FaultRoom) -> None:
    async def scene(nurse: Nurse) -> None:
        async with room.client(nurse) as surgeon:
            await surgeon.until(is_live_pose)
            stream = room.pids()["stream"]
            os.kill(stream, signal.SIGSTOP)
            await asyncio.sleep(1.5)
            continued_ns = time.monotonic_ns()
            os.kill(stream, signal.SIGCONT)
            held = await surgeon.until_state("HOLD")
            assert held.why == "The computer paused: confirm again."
            sent_after = [m for _, m in surgeon.arrived_ns if is_live_pose(m) and m.send_ns > continued_ns]
            assert sent_after == []

    room.play(scene)


@pytest.mark.hazard("H22")
@pytest.mark.timeout(900)
def test_a_killed_host_takes_its_processes_along_and_comes_back_as_hold(
    tmp_path: Path, ledger: Ledger, full: bool
) -> None:
    row = ledger.row("whole host killed and started anew")
    case = add_case(CaseStore.open(tmp_path / "store"))

    async def scene(process: HostProcess) -> None:
        token = None
        for _ in range(15 if full else 1):
            async with (
                joined(process.addresses, role=Role.SURGEON, token=token, code=process.addresses.code) as surgeon,
                console(process.addresses) as nurse,
            ):
                token = (await surgeon.until(lambda m: isinstance(m, Welcome))).token or token
                await (go_live(nurse, case) if row.count == 0 else confirm(nurse))
                await surgeon.until(is_live_pose)
                killed_ns = time.monotonic_ns()
                await asyncio.to_thread(process.kill)
                with contextlib.suppress(ConnectionClosed):
                    await surgeon.hear_for(0.5)
            sent = [m for m in surgeon.history if is_live_pose(m) and m.send_ns > killed_ns + 200_000_000]
            row.wrong += ["a pose was sent after the host was dead"] * len(sent)
            process.start()
            row.count += 1
            async with joined(process.addresses, role=Role.SURGEON, token=token) as again:
                session = await again.until(lambda m: isinstance(m, Session))
                row.restored_ms.append(ms_from_ns(time.monotonic_ns() - killed_ns))
                if (session.state, session.case_id) != ("HOLD", case.id):
                    row.wrong.append(f"it came back as {session.state}")

    with FilmedBoard(tmp_path / "camera.slot"), HostProcess(tmp_path) as process:
        asyncio.run(scene(process))
    assert row.wrong == []


class HostProcess:
    """A host in a process of its own, as `orview serve` is; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._script, self._config = folder / "host_script.py", folder / "config"
        self._script.write_text(HOST_SCRIPT)
        self._config.write_bytes(pickle.dumps(host_config(folder, f"slot:{folder / 'camera.slot'}")))
        self._ports = ("0", "0")

    def __enter__(self) -> "HostProcess":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, at the ports it had before, and wait until clients can come in."""
        self._process = subprocess.Popen(
            [sys.executable, self._script, self._config, *self._ports],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        self.addresses, self._pids = HostAddresses(**told["addresses"]), told["pids"]
        self._ports = (str(self.addresses.port), str(self.addresses.loopback_port))

    def kill(self) -> None:
        """Kill the process that looks after the others; they must end by themselves."""
        self._process.kill()
        self._process.wait()
        until_s = time.monotonic() + 10.0
        while any(Path(f"/proc/{pid}").exists() for pid in self._pids):
            assert time.monotonic() < until_s, "a process outlived its host"
            time.sleep(0.01)
