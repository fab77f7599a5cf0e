"""Recordings are written beside the poses' road: nothing waits, nothing is half there, a full disk ends them alone."""

import os
import threading
import time
from pathlib import Path

import pytest

from orview.edge.recording.frames import Frame, FrameKind, FrameReader
from orview.edge.recording.writer import MOST_WAITING, SUFFIX, RecordingWriter
from orview.errors import InputError
from tests.unit.edge.recording.test_frames import HEAD


def frames_of(path: Path) -> list[Frame]:
    """Return what is in the file so far, which may not even be there yet."""
    try:
        with path.open("rb") as file:
            return list(FrameReader(file).frames())
    except (FileNotFoundError, InputError):
        return []


def test_everything_put_is_there_in_order_once_it_is_closed(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "recordings", HEAD, least_free_bytes=0) as writer:
        for n in range(2000):
            writer.put(FrameKind.POSE, n, str(n).encode())
            if n % 500 == 0:
                time.sleep(0.01)
    assert [frame.content for frame in frames_of(writer.path)] == [str(n).encode() for n in range(2000)]
    assert writer.path.name.startswith("20260101T100000Z_")
    assert writer.path.suffix == SUFFIX


def test_what_was_put_a_second_ago_outlives_the_process(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path, HEAD, least_free_bytes=0)
    writer.put(FrameKind.TRACK, 7, b"seen")
    until_s = time.monotonic() + 10.0
    while not frames_of(writer.path):
        assert time.monotonic() < until_s
        time.sleep(0.01)
    # Nobody closed it: what a reader finds now is what a crash would leave.
    assert frames_of(writer.path) == [Frame(kind=FrameKind.TRACK, at_ns=7, content=b"seen")]
    writer.close()


def test_a_disk_that_is_too_slow_loses_frames_and_says_how_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    fsync = os.fsync

    def slow(descriptor: int) -> None:
        go_on.wait(20.0)
        fsync(descriptor)

    writer = RecordingWriter(tmp_path, HEAD, least_free_bytes=0)
    monkeypatch.setattr("orview.edge.recording.writer.os.fsync", slow)
    monkeypatch.setattr("orview.edge.recording.writer.SYNC_EVERY_S", 0.0)
    writer.put(FrameKind.POSE, 0, b"first")
    while not frames_of(writer.path):
        time.sleep(0.01)
    begun_s = time.monotonic()
    for n in range(MOST_WAITING + 50):
        writer.put(FrameKind.POSE, 1 + n, b"more")
    assert time.monotonic() - begun_s < 10.0, "putting waited for the disk"
    go_on.set()
    writer.close()
    frames = frames_of(writer.path)
    assert len(frames) == 1 + MOST_WAITING + 1
    assert (frames[-1].kind, frames[-1].content) == (FrameKind.DROPPED, b"50")


def test_a_disk_that_fills_up_ends_the_recording_with_words_and_nothing_else(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path, HEAD, least_free_bytes=0)
    writer.put(FrameKind.POSE, 0, b"before")
    while not frames_of(writer.path):
        time.sleep(0.01)
    writer._least_free_bytes = 1 << 62
    until_s = time.monotonic() + 10.0
    n = 0
    while not writer.stopped_why:
        assert time.monotonic() < until_s
        writer.put(FrameKind.POSE, n, b"x")
        n += 1
        time.sleep(0.0005)
    assert "disk" in writer.stopped_why
    writer.put(FrameKind.POSE, n, b"after")
    writer.close()
    assert frames_of(writer.path)[0].content == b"before"
    assert all(frame.content != b"after" for frame in frames_of(writer.path))


def test_a_disk_that_is_full_from_the_beginning_is_said(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, HEAD, least_free_bytes=1 << 62) as writer:
        writer.put(FrameKind.POSE, 0, b"lost")
    assert "Nothing is recorded" in writer.stopped_why
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("a file")
    with RecordingWriter(tmp_path / "recordings", HEAD, least_free_bytes=0) as writer:
        writer.put(FrameKind.POSE, 0, b"lost")
    assert "Nothing is recorded" in writer.stopped_why
