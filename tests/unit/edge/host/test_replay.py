"""A recording played again: bit for bit what was sent, marked everywhere, and nothing of it kept."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from orview.edge.audit_log import AuditLog
from orview.edge.case_store import CaseStore
from orview.edge.host.replay_host import ReplayConfig, running
from orview.edge.recording.frames import MAGIC, Frame, FrameKind, RecordingHead, head_frame
from orview.edge.recording.mcap_file import write_mcap
from orview.edge.recording.playing import Recording
from orview.errors import InputError
from orview.protocol.binary import NO_MODEL, PoseMessage
from orview.protocol.codec import PROTOCOL_VERSION, encode, encode_binary
from orview.protocol.messages import OverlayState, Refused, Role, Room, SelectCase, Session, Start, Welcome
from orview.units import ns_from_ms
from tests.integration.small_room import console, joined
from tests.wire.messages import SESSION

BEGAN_NS = 77_000_000_000_000
HEAD = RecordingHead(
    orview="0.1.0",
    protocol=PROTOCOL_VERSION,
    room_name="OR 3",
    started_utc="2026-01-01T10:00:00+00:00",
    started_ns=BEGAN_NS,
    simulated=False,
)


def poses() -> list[PoseMessage]:
    """Ten at 100 Hz, each elsewhere and each of another age, and then one that is lost."""
    chance = np.random.default_rng(5)
    found = []
    for number in range(10):
        quat = chance.normal(size=4).astype(np.float32)
        quat = (quat / np.linalg.norm(quat)).astype(np.float32)
        send_ns = BEGAN_NS + ns_from_ms(10.0 * number) + number
        found.append(
            PoseMessage(
                state=OverlayState.LIVE,
                thing_id=0,
                sequence=4000 + number + number // 5,
                room_frame_id=7 + number // 5,
                capture_ns=send_ns - 9_123_456 - 1000 * number,
                send_ns=send_ns,
                model_prefix=b"12345678",
                position_m=tuple(float(np.float32(value)) for value in chance.normal(size=3)),
                quat_xyzw=tuple(float(value) for value in quat),
                expected_error_mm=1.25 + number,
                sight_age_ms=9.125,
            )
        )
    send_ns = BEGAN_NS + ns_from_ms(100)
    lost = replace(found[-1], state=OverlayState.LOST, sequence=4012, capture_ns=0, send_ns=send_ns)
    nowhere = {"position_m": (0.0, 0.0, 0.0), "quat_xyzw": (0.0, 0.0, 0.0, 1.0), "expected_error_mm": 0.0}
    return [*found, replace(lost, model_prefix=NO_MODEL, **nowhere)]


@pytest.fixture
def recording(tmp_path) -> Path:
    path = tmp_path / "one.orvrec"
    session = replace(SESSION, state=OverlayState.LIVE, case_name=None)
    frames = [Frame(kind=FrameKind.SESSION, at_ns=BEGAN_NS, content=encode(session).encode())]
    for pose in poses():
        frames.append(Frame(kind=FrameKind.DROPPED, at_ns=pose.send_ns, content=b"3"))
        frames.append(Frame(kind=FrameKind.POSE, at_ns=pose.send_ns + 50_000, content=encode_binary(pose)))
    path.write_bytes(MAGIC + b"".join(frame.encode() for frame in (head_frame(HEAD), *frames)))
    return path


@asynccontextmanager
async def played(tmp_path: Path, file: Path, **changes: object):
    CaseStore.open(tmp_path / "store")
    fields: dict[str, object] = {"port": 0, "loopback_port": 0, "announce": False}
    config = ReplayConfig(store=tmp_path / "store", file=file, **(fields | changes))  # type: ignore[arg-type]
    async with running(config) as (replay, addresses):
        yield replay, addresses


def without_times(pose: PoseMessage) -> tuple[bytes, int]:
    """A pose as bytes without its two times, and how far these are apart."""
    apart_ns = 0 if pose.capture_ns == 0 else pose.send_ns - pose.capture_ns
    return encode_binary(replace(pose, capture_ns=0 if pose.capture_ns == 0 else 1, send_ns=2)), apart_ns


@pytest.mark.parametrize("speed", [1.0, 8.0])
@pytest.mark.parametrize("kind", ["orvrec", "mcap"])
def test_poses_are_those_that_were_sent_bit_for_bit(tmp_path, recording, speed, kind):
    if kind == "mcap":
        write_mcap(recording, tmp_path / "one.mcap")

    async def run() -> list[object]:
        async with (
            played(tmp_path, tmp_path / f"one.{kind}", speed=speed) as (_, addresses),
            joined(addresses, role=Role.SURGEON, code=addresses.code) as surgeon,
        ):
            await surgeon.until(lambda m: isinstance(m, Session) and "is over" in m.why)
            return surgeon.history

    heard = asyncio.run(run())
    came = [message for message in heard if isinstance(message, PoseMessage) and message.state is not OverlayState.OFF]
    assert [without_times(pose) for pose in came] == [without_times(pose) for pose in poses()]
    took_ns = came[-1].send_ns - came[0].send_ns
    assert abs(took_ns - ns_from_ms(100) / speed) <= ns_from_ms(0.2)
    # Sequences and times only ever grow, so that the rule of freshness takes every pose.
    all_poses = [message for message in heard if isinstance(message, PoseMessage)]
    assert all(a.send_ns < b.send_ns for a, b in pairwise(all_poses))
    assert [a.sequence for a in all_poses] == sorted(a.sequence for a in all_poses)
    # Where the room was named anew, it is before the first pose in it.
    rooms = [message.room_frame_id for message in heard if isinstance(message, Room)]
    assert rooms == [7, 8]


@pytest.mark.hazard("H03")
@pytest.mark.hazard("H18")
def test_whoever_joins_is_told_that_it_is_a_replay_and_nothing_of_it_is_kept(tmp_path, recording):
    async def run() -> None:
        async with (
            played(tmp_path, recording) as (_, addresses),
            joined(addresses, role=Role.SURGEON, code=addresses.code) as surgeon,
            console(addresses) as nurse,
        ):
            welcome = await surgeon.until(lambda m: isinstance(m, Welcome))
            assert welcome.simulated
            assert welcome.room_name == "REPLAY OR 3"
            assert welcome.research_use.startswith("REPLAY of a recording, not the patient before you.")
            live = await surgeon.until_state("LIVE")
            assert live.why.startswith("REPLAY: ")
            assert live.case_name == "REPLAY of 2026-01-01 10:00 UTC"
            assert all(m.simulated for m in surgeon.history if isinstance(m, Room))
            await nurse.say(SelectCase(case_id="case-1"))
            refused = await nurse.until(lambda m: isinstance(m, Refused))
            assert (refused.code, refused.message) == ("NOT_NOW", "This is a replay.")

    asyncio.run(run())
    assert list(AuditLog(tmp_path / "store").entries()) == []
    assert not (tmp_path / "store" / "keys").exists()
    assert not list((tmp_path / "store").glob("recordings/*"))


def test_the_nurse_begins_it_again(tmp_path, recording):
    async def run() -> None:
        async with played(tmp_path, recording, at_once=True) as (replay, addresses):
            async with console(addresses) as nurse:
                over = await nurse.until(lambda m: isinstance(m, Session) and "is over" in m.why)
                # As the console's START asks for: a case, and no session that is on.
                assert over.case_id is not None
                assert over.state is OverlayState.OFF
                await nurse.say(Start())
            async with console(addresses) as nurse:
                await nurse.until_state("LIVE")
                await nurse.until(lambda m: isinstance(m, Session) and "is over" in m.why)
            assert replay.failure is None

    asyncio.run(run())


def test_what_cannot_be_played_is_told(tmp_path, recording):
    (tmp_path / "none.orvrec").write_bytes(b"something else")
    with pytest.raises(InputError, match="no recording"):
        Recording(tmp_path / "none.orvrec")
    other = replace(HEAD, protocol="000000000000")
    session = Frame(kind=FrameKind.SESSION, at_ns=1, content=b'{"type":"session","old":true}')
    (tmp_path / "old.orvrec").write_bytes(MAGIC + head_frame(other).encode() + session.encode())
    with pytest.raises(InputError, match="another version of the protocol"):
        list(Recording(tmp_path / "old.orvrec").parts())
    (tmp_path / "empty.orvrec").write_bytes(MAGIC + head_frame(HEAD).encode())

    async def run() -> None:
        async with played(tmp_path, tmp_path / "empty.orvrec"):
            pass

    with pytest.raises(InputError, match="No pose"):
        asyncio.run(run())
