"""Writes a recording beside the poses' road: nobody waits for the disk, and a full disk ends the recording alone.

Frames go through a bounded queue to a thread of its own. Where the disk is too slow, frames are lost and counted; where
it is nearly full, the recording stops by itself while there is room left for what must not be lost: the session.
"""

import os
import secrets
import shutil
import threading
import time
from collections import deque
from io import FileIO
from pathlib import Path

from orview.edge.recording.frames import MAGIC, Frame, FrameKind, RecordingHead, head_frame

SUFFIX = ".orvrec"
SYNC_EVERY_S = 1.0
MOST_WAITING = 4096
"""Frames: about 20 seconds of a session, 1 MB."""

LEAST_FREE_BYTES = 256 * 1024 * 1024
LOOK_EVERY_S = 0.25
"""How often it looks at the room on the disk: a session's minute is 1 MB, another program's second may be many."""


class RecordingWriter:
    """One recording; a context manager. Nothing it does waits for the disk but `close`.

    Args:
        folder: of the recordings, made where it is not there.
        head: what it begins with.
        least_free_bytes: a disk with less room ends it.

    Attributes:
        path: the file; made soon, unless `stopped_why` says otherwise.
        written_bytes: so far.
        all_dropped: frames that were lost so far.
    """

    def __init__(self, folder: Path, head: RecordingHead, *, least_free_bytes: int = LEAST_FREE_BYTES) -> None:
        self._least_free_bytes = least_free_bytes
        stamp = head.started_utc[:19].replace("-", "").replace(":", "")
        self.path = folder / f"{stamp}Z_{secrets.token_hex(3)}{SUFFIX}"
        self._waiting: deque[Frame] = deque()
        self._dropped = 0
        self.written_bytes = self.all_dropped = 0
        self._news = threading.Condition()
        self._ended = False
        self._stopped_why = ""
        self._head = head
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._thread.start()

    @property
    def stopped_why(self) -> str:
        """Why it stopped by itself, one short sentence; empty while it goes on."""
        return self._stopped_why

    def put(self, kind: FrameKind, at_ns: int, content: bytes) -> None:
        """Have something recorded; never waits. What finds no room is lost and counted."""
        with self._news:
            if self._stopped_why or self._ended:
                return
            if len(self._waiting) >= MOST_WAITING:
                self._dropped += 1
                self.all_dropped += 1
                return
            self._waiting.append(Frame(kind=kind, at_ns=at_ns, content=content))
            self._news.notify()

    def end(self) -> None:
        """Let what waits be written, and nothing more; does not wait for that."""
        with self._news:
            self._ended = True
            self._news.notify()

    def close(self) -> None:
        """End, and wait until the file is safely on disk, as far as it was written."""
        self.end()
        self._thread.join()

    def __enter__(self) -> "RecordingWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._require_room()
            with self.path.open("xb", buffering=0) as file:
                self._write(file, MAGIC + head_frame(self._head).encode())
                self._write_on(file)
        except OSError as error:
            self._stop(f"Nothing is recorded any more: {error.strerror or error}. The session goes on without.")

    def _write_on(self, file: FileIO) -> None:
        synced_s = looked_s = time.monotonic()
        while True:
            frames, ended = self._taken()
            self._write(file, b"".join(frame.encode() for frame in frames))
            if time.monotonic() - looked_s >= LOOK_EVERY_S:
                looked_s = time.monotonic()
                self._require_room()
            if ended or time.monotonic() - synced_s >= SYNC_EVERY_S:
                os.fsync(file.fileno())
                synced_s = time.monotonic()
            if ended:
                return

    def _write(self, file: FileIO, data: bytes) -> None:
        self.written_bytes += len(data)
        # A disk that fills up takes a part and says no only to the rest.
        while data:
            data = data[file.write(data) :]

    def _taken(self) -> tuple[list[Frame], bool]:
        """Return what waits, at least one frame unless it ends, and whether it ends."""
        with self._news:
            while not self._waiting and not self._ended:
                self._news.wait(SYNC_EVERY_S)
                if not self._waiting:
                    break
            frames = list(self._waiting)
            self._waiting.clear()
            if self._dropped and frames:
                lost = Frame(kind=FrameKind.DROPPED, at_ns=frames[-1].at_ns, content=str(self._dropped).encode())
                frames.append(lost)
                self._dropped = 0
            return frames, self._ended

    def _require_room(self) -> None:
        """Raises OSError where the disk is nearly full."""
        if shutil.disk_usage(self.path.parent).free < self._least_free_bytes:
            raise OSError(f"less than {self._least_free_bytes // 1024**2} MB of the disk are free")

    def _stop(self, why: str) -> None:
        with self._news:
            self._stopped_why = why
            self._waiting.clear()
