"""A recording as MCAP, read back by the library others read it with: every message, at its time, where it stood."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mcap.reader import make_reader

from orview.edge.recording.frames import MAGIC, Frame, FrameKind, head_frame
from orview.edge.recording.mcap_file import write_mcap
from orview.edge.recording.shelf import FOLDER, recording_named, recordings_in
from orview.edge.recording.writer import SUFFIX
from orview.edge.slots.records import SightState, TrackRecord
from orview.errors import InputError
from orview.frames import Frame as RoomFrame
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.protocol.binary import PoseMessage, pack_pose
from orview.protocol.messages import OverlayState
from tests.unit.cli.verbs import run_verb
from tests.unit.edge.recording.test_frames import HEAD

STARTED_UTC_NS = 1767261600_000_000_000
BOARD = RigidTransform.from_rotation_vector(RoomFrame.ROOM, RoomFrame.BOARD, (0.1, -0.2, 0.3), (100.0, -50.0, 700.0))
QUAT = (0.0, 0.6, 0.0, 0.8)


def track(state: SightState) -> bytes:
    return TrackRecord(
        sequence=3,
        taken_ns=1_000_000,
        finished_ns=2_000_000,
        state=state,
        room_from_board=UncertainPose.certain(BOARD) if state is SightState.TRACKED else None,
        rms_px=0.25,
        corner_count=24,
        camera_digest="0" * 16,
        profile_digest="1" * 16,
        board_digest="2" * 16,
    ).encode()


def pose(state: OverlayState) -> bytes:
    where: dict[str, Any] = {}
    if state is OverlayState.LIVE:
        where = {"position_m": (0.5, 0.25, -1.0), "quat_xyzw": QUAT, "expected_error_mm": 1.5}
    return pack_pose(
        PoseMessage(
            state=state,
            thing_id=0,
            sequence=9,
            room_frame_id=1,
            capture_ns=5,
            send_ns=9,
            model_prefix=b"12345678",
            sight_age_ms=12.5,
            **where,
        )
    )


FRAMES = [
    Frame(kind=FrameKind.SESSION, at_ns=HEAD.started_ns + 1_000, content=b'{"state": "HOLD"}'),
    Frame(kind=FrameKind.PLAN, at_ns=HEAD.started_ns + 1_500, content=b'{"digest": null}'),
    Frame(kind=FrameKind.TRACK, at_ns=HEAD.started_ns + 2_000, content=track(SightState.TRACKED)),
    Frame(kind=FrameKind.TRACK, at_ns=HEAD.started_ns + 3_000, content=track(SightState.LOST)),
    Frame(kind=FrameKind.POSE, at_ns=HEAD.started_ns + 4_000, content=pose(OverlayState.LIVE)),
    Frame(kind=FrameKind.POSE, at_ns=HEAD.started_ns + 5_000, content=pose(OverlayState.HOLD)),
    Frame(kind=FrameKind.MESSAGE, at_ns=HEAD.started_ns + 6_000, content=b'{"role": "nurse", "message": {}}'),
    Frame(kind=FrameKind.DROPPED, at_ns=HEAD.started_ns + 7_000, content=b"12"),
]


def recorded(folder: Path, frames: list[Frame], *, tail: bytes = b"") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"20260101T100000Z_abc123{SUFFIX}"
    path.write_bytes(MAGIC + head_frame(HEAD).encode() + b"".join(frame.encode() for frame in frames) + tail)
    return path


def read_back(path: Path) -> tuple[dict[str, list[tuple[int, dict[str, Any]]]], dict[str, str]]:
    messages: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    with path.open("rb") as file:
        reader = make_reader(file)
        for _, channel, message in reader.iter_messages():
            messages.setdefault(channel.topic, []).append((message.log_time, json.loads(message.data)))
        (metadata,) = reader.iter_metadata()
    return messages, metadata.metadata


def test_every_frame_is_there_at_its_time(tmp_path: Path) -> None:
    out = tmp_path / "session.mcap"
    done: list[float] = []
    counts = write_mcap(recorded(tmp_path, FRAMES, tail=b"torn"), out, progress=done.append)
    messages, said = read_back(out)
    assert {topic: len(found) for topic, found in messages.items()} == counts
    assert counts == {
        "/patient": 1,
        "/board": 1,
        "/pose": 2,
        "/track": 2,
        "/session": 1,
        "/plan": 1,
        "/request": 1,
        "/dropped": 1,
    }
    assert [at_ns for at_ns, _ in messages["/pose"]] == [STARTED_UTC_NS + 4_000, STARTED_UTC_NS + 5_000]
    assert said["bytes_lost_at_the_end"] == "4"
    assert said["simulated"] == "true"
    assert "Research use only" in said["research_use"]
    assert done == sorted(done)


def test_transforms_stand_where_they_stood(tmp_path: Path) -> None:
    out = tmp_path / "session.mcap"
    write_mcap(recorded(tmp_path, FRAMES), out)
    messages, _ = read_back(out)
    ((_, board),) = messages["/board"]
    assert (board["parent_frame_id"], board["child_frame_id"]) == ("room", "board")
    np.testing.assert_allclose([board["translation"][axis] for axis in "xyz"], BOARD.translation_mm / 1000.0)
    np.testing.assert_allclose([board["rotation"][axis] for axis in "xyzw"], BOARD.quat_xyzw)
    ((at_ns, patient),) = messages["/patient"]
    assert patient["timestamp"] == {"sec": at_ns // 10**9, "nsec": at_ns % 10**9}
    np.testing.assert_allclose([patient["rotation"][axis] for axis in "xyzw"], QUAT, atol=1e-6)
    assert messages["/pose"][0][1]["expected_error_mm"] == 1.5
    assert messages["/pose"][1][1]["state"] == "HOLD"


def test_a_content_that_is_none_leaves_nothing_behind(tmp_path: Path) -> None:
    broken = [Frame(kind=FrameKind.POSE, at_ns=HEAD.started_ns, content=b"no pose")]
    with pytest.raises(InputError, match="POSE"):
        write_mcap(recorded(tmp_path, broken), tmp_path / "session.mcap")
    assert [path.suffix for path in tmp_path.iterdir()] == [SUFFIX]


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "session.mcap").write_text("mine")
    with pytest.raises(InputError, match="already"):
        write_mcap(recorded(tmp_path, FRAMES), tmp_path / "session.mcap")
    assert (tmp_path / "session.mcap").read_text() == "mine"


def test_the_shelf_lists_newest_first_and_says_what_cannot_be_read(tmp_path: Path) -> None:
    path = recorded(tmp_path / FOLDER, FRAMES)
    (tmp_path / FOLDER / f"empty{SUFFIX}").write_bytes(b"")
    readable, broken = recordings_in(tmp_path)
    assert (readable.path, readable.started_utc, readable.trouble) == (path, HEAD.started_utc, "")
    assert "no recording" in broken.trouble
    assert recording_named(path.stem, tmp_path) == path
    assert recording_named(str(path), tmp_path) == path
    with pytest.raises(InputError, match="no such recording"):
        recording_named("nothing", tmp_path)


def test_the_verbs_list_and_write(tmp_path: Path) -> None:
    store = tmp_path / "store"
    assert "Nothing is recorded" in run_verb("recording", "list", "--store", store).words
    path = recorded(store / FOLDER, FRAMES)
    (listed,) = run_verb("recording", "list", "--store", store, "--json").document
    assert listed["recording"] == path.stem
    assert path.stem[:15] in run_verb("recording", "list", "--store", store).words
    out = tmp_path / "session.mcap"
    outcome = run_verb("recording", "export", path.stem, "--out", out, "--store", store, "--json")
    assert outcome.code == 0
    assert outcome.document["messages"]["/pose"] == 2
    assert read_back(out)[0].keys() == {
        "/patient",
        "/board",
        "/pose",
        "/track",
        "/session",
        "/plan",
        "/request",
        "/dropped",
    }
    again = run_verb("recording", "export", path.stem, "--out", out, "--store", store)
    assert again.code == 1
