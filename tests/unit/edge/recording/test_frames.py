"""The format of recordings: whole frames come back, and whatever a crash or a bad disk left behind is told apart."""

import io

import pytest

from orview.edge.recording.frames import (
    MAGIC,
    MAX_BODY_BYTES,
    Frame,
    FrameKind,
    FrameReader,
    RecordingHead,
    head_frame,
)
from orview.errors import ContractError, InputError

HEAD = RecordingHead(
    orview="0.1.0",
    protocol="abc",
    room_name="OR 3",
    started_utc="2026-01-01T10:00:00+00:00",
    started_ns=123,
    simulated=True,
)
FRAMES = [
    Frame(kind=FrameKind.TRACK, at_ns=200, content=b"t" * 40),
    Frame(kind=FrameKind.SESSION, at_ns=300, content='{"why":"ä"}'.encode()),
    Frame(kind=FrameKind.POSE, at_ns=400, content=b""),
]
WHOLE = MAGIC + head_frame(HEAD).encode() + b"".join(frame.encode() for frame in FRAMES)


def read(data: bytes) -> tuple[FrameReader, list[Frame]]:
    reader = FrameReader(io.BytesIO(data))
    return reader, list(reader.frames())


def test_what_was_written_comes_back() -> None:
    reader, frames = read(WHOLE)
    assert (reader.head, frames, reader.lost_bytes) == (HEAD, FRAMES, 0)


@pytest.mark.parametrize("kept", range(len(MAGIC) + len(head_frame(HEAD).encode()), len(WHOLE) + 1))
def test_a_recording_cut_anywhere_gives_its_whole_frames(kept: int) -> None:
    reader, frames = read(WHOLE[:kept])
    assert frames == FRAMES[: len(frames)]
    used = len(MAGIC) + len(head_frame(HEAD).encode()) + sum(len(frame.encode()) for frame in frames)
    assert reader.lost_bytes == kept - used
    assert len(frames) == len(FRAMES) or kept < used + len(FRAMES[len(frames)].encode())


def test_a_changed_byte_ends_it_before_that_frame_and_is_counted() -> None:
    at = len(MAGIC) + len(head_frame(HEAD).encode()) + len(FRAMES[0].encode()) + 12
    broken = WHOLE[:at] + bytes([WHOLE[at] ^ 1]) + WHOLE[at + 1 :]
    reader, frames = read(broken)
    assert frames == FRAMES[:1]
    assert reader.lost_bytes == len(FRAMES[1].encode()) + len(FRAMES[2].encode())


@pytest.mark.parametrize("data", [b"", b"ORVREC2\n" + WHOLE[8:], b"\x89PNG" * 40])
def test_what_is_no_recording_is_said(data: bytes) -> None:
    with pytest.raises(InputError, match="no recording"):
        read(data)


def test_a_recording_without_a_head_is_said() -> None:
    with pytest.raises(InputError, match="before it begins"):
        read(MAGIC)
    with pytest.raises(InputError, match="before it begins"):
        read(MAGIC + FRAMES[0].encode())


def test_a_frame_of_a_later_version_is_said() -> None:
    later = bytearray(Frame(kind=FrameKind.POSE, at_ns=5, content=b"x").encode())
    frame = Frame(kind=FrameKind.POSE, at_ns=5, content=b"x")
    object.__setattr__(frame, "kind", 77)
    later[:] = frame.encode()
    with pytest.raises(InputError, match="kind 77"):
        read(MAGIC + head_frame(HEAD).encode() + bytes(later))


def test_a_frame_too_large_is_refused_by_its_writer() -> None:
    with pytest.raises(ContractError):
        Frame(kind=FrameKind.POSE, at_ns=0, content=b"x" * MAX_BODY_BYTES).encode()
