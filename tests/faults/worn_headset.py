"""A reference headset in a process of its own that writes down each frame it draws, by the machine's monotonic clock.

    python -m tests.faults.worn_headset ADDRESS CODE FINGERPRINT FRAMES SHIFT

FRAMES is the file of frames; SHIFT holds eight bytes: by how many ns the headset's own clock is shifted, read at
every look at it.
"""

import asyncio
import mmap
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from orview.edge.headset.config import AppliedPose, HeadsetConfig
from orview.edge.headset.reference import ReferenceHeadset
from orview.errors import OrviewError
from orview.protocol.messages import ModelLevelName, Role

FRAME_HZ = 60.0
_FRAME = struct.Struct("<qq?7x")
_SHIFT = struct.Struct("<q")
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Frame:
    """One frame: when, the exposure of the pose it drew last (both the machine's clock), and whether it drew it."""

    at_ns: int
    capture_ns: int
    shown: bool


class WornHeadset:
    """One headset's process, as the test sees it."""

    def __init__(self, folder: Path, address: str, code: str, fingerprint: str) -> None:
        folder.mkdir()
        self._frames, shift = folder / "frames", folder / "shift"
        self._frames.touch()
        shift.write_bytes(_SHIFT.pack(0))
        with shift.open("r+b") as file:
            self._shift = mmap.mmap(file.fileno(), _SHIFT.size)
        arguments = (address, code, fingerprint, str(self._frames), str(shift))
        self._process = subprocess.Popen([sys.executable, "-m", __spec__.name, *arguments], cwd=ROOT)
        self._read_bytes = 0
        self.frames: list[Frame] = []

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    def shift_clock(self, by_ns: int) -> None:
        """Let its own clock jump."""
        self._shift[:] = _SHIFT.pack(_SHIFT.unpack(self._shift[:])[0] + by_ns)

    def look(self) -> list[Frame]:
        """Return every frame so far."""
        assert self._process.poll() is None, "the headset's process ended"
        with self._frames.open("rb") as file:
            file.seek(self._read_bytes)
            data = file.read()
        whole = len(data) // _FRAME.size * _FRAME.size
        self._read_bytes += whole
        self.frames += [Frame(*values) for values in _FRAME.iter_unpack(data[:whole])]
        return self.frames

    @property
    def shows(self) -> bool:
        """Whether its newest frame, which is not old, shows the overlay."""
        frames = self.look()
        return bool(frames) and frames[-1].shown and time.monotonic_ns() - frames[-1].at_ns < 100_000_000

    def end(self) -> None:
        """Take it off."""
        self._process.kill()
        self._process.wait()
        self._shift.close()


class _Writing(ReferenceHeadset):
    def __init__(self, config: HeadsetConfig, frames: Path, shift: Path) -> None:
        with shift.open("r+b") as file:
            self._shift = mmap.mmap(file.fileno(), _SHIFT.size)
        self._frames = frames.open("ab", buffering=0)
        self._capture_ns = 0
        super().__init__(config, on_applied=self._applied, clock_ns=self._own_ns)

    def draw_frame(self) -> None:
        at_ns = time.monotonic_ns()
        super().draw_frame()
        self._frames.write(_FRAME.pack(at_ns, self._capture_ns, self.status.shown))

    def _applied(self, applied: AppliedPose) -> None:
        self._capture_ns = applied.pose.capture_ns

    def _own_ns(self) -> int:
        return time.monotonic_ns() + int(_SHIFT.unpack(self._shift[:])[0])


def main() -> None:
    address, code, fingerprint, frames, shift = sys.argv[1:]
    config = HeadsetConfig(
        host=address,
        code=code,
        fingerprint=fingerprint,
        role=Role.SURGEON,
        frame_hz=FRAME_HZ,
        level=ModelLevelName.PREVIEW,
    )
    try:
        asyncio.run(_Writing(config, Path(frames), Path(shift)).run())
    except OrviewError as error:
        sys.exit(f"a headset ended: {error}")


if __name__ == "__main__":
    main()
