"""The simulated room's camera: the newest picture in a slot of shared memory."""

import time
from pathlib import Path

from orview.edge.cameras.source import Camera, Picture
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.records import CameraPicture
from orview.errors import CameraError, InputError

VIRTUAL_CAMERA = "virtual camera"
"""Name of the camera behind a slot; profiles for the simulated room carry it."""

OPEN_TIMEOUT_S = 5.0


class SlotCamera(Camera):
    """The camera behind a slot. An arm carries it, and says where.

    Raises:
        CameraError: there is no such slot, or no picture comes.
    """

    live = True
    moving = True
    name = VIRTUAL_CAMERA

    def __init__(self, path: Path) -> None:
        super().__init__()
        try:
            self._slot = LatestSlot.attach(path)
        except InputError as error:
            raise CameraError("The simulated room's camera is not there.", mend="Start the simulated room.") from error
        self._closed = False
        self._seen = 0
        try:
            self._checked(self._newest(timeout_s=OPEN_TIMEOUT_S).image)
        except CameraError:
            self.close()
            raise
        self._seen = 0

    def read(self, *, timeout_s: float) -> Picture | None:
        """Return the newest picture; none is given twice."""
        record = self._newest(timeout_s=timeout_s)
        return self._timed(
            Picture(
                image=self._checked(record.image), taken_ns=record.taken_ns, room_from_camera=record.room_from_camera
            )
        )

    def close(self) -> None:
        """Let go of the slot."""
        if not self._closed:
            self._slot.close()
            self._closed = True

    def _newest(self, *, timeout_s: float) -> CameraPicture:
        deadline = time.monotonic() + timeout_s
        while True:
            if self._slot.sequence != self._seen:
                newest = self._slot.latest()
                if newest is not None:
                    self._seen = newest[0]
                    return CameraPicture.decode(newest[1])
            if time.monotonic() > deadline:
                raise CameraError("The simulated room gives no pictures.", mend="Start the simulated room again.")
            time.sleep(0.001)
