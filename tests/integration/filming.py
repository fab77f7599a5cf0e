"""A camera slot that a thread of the test fills, as long as the test is inside."""

import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.records import CameraPicture, camera_picture_capacity


class Filming(ABC):
    """Films into a slot until the test leaves; what and when is the heir's."""

    def __init__(self, path: Path, *, width: int, height: int) -> None:
        self.path = path
        self._slot = LatestSlot.create(path, camera_picture_capacity(width=width, height=height, channels=1))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._film, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._slot.close()

    def _publish(self, picture: CameraPicture) -> None:
        self._slot.publish(picture.encode())

    @abstractmethod
    def _film(self) -> None:
        """Publish pictures until `_stop` is set."""
