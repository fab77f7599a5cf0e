"""Which camera a host takes: the one it was told, else the one a nurse chose last, else the first there is.

A camera is remembered by name and serial number, since its number changes with the order of plugs.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from orview.edge.cameras.listing import ListedCamera
from orview.protocol.camera import CameraChoice

GIVEN = "given"
FIRST = "0"
"""Where nobody knows better: the source of the first camera."""
_NAME_LENGTH = 80


def number_of(source: str) -> int | None:
    """Return the number of a live camera's source, "0" or "0@1280x720"; None of any other source."""
    number = source.partition("@")[0]
    return int(number) if number.isdecimal() else None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One source of pictures: its key and name for the nurse, and what opens it."""

    key: str
    name: str
    source: str
    serial: str = ""

    @property
    def told(self) -> CameraChoice:
        """What the nurse is told of it."""
        return CameraChoice(key=self.key, name=self.name[:_NAME_LENGTH])

    def record(self) -> str:
        """Return it as it is remembered."""
        return json.dumps({"name": self.name, "serial": self.serial, "source": self.source})


def choices_of(cameras: Sequence[ListedCamera], *, given: str, simulated: bool) -> tuple[Choice, ...]:
    """Return what the nurse may choose from: the cameras there are, and what the host was started with."""
    given_number = number_of(given)
    choices = [
        Choice(
            key=f"video{camera.number}",
            name=camera.name,
            source=given if camera.number == given_number else str(camera.number),
            serial=camera.serial,
        )
        for camera in cameras
    ]
    if given_number is None:
        choices.insert(
            0, Choice(key=GIVEN, name="Simulated camera" if simulated else "Recorded pictures", source=given)
        )
    return tuple(choices)


def first_source(record: str | None, cameras: Sequence[ListedCamera]) -> str:
    """Return the source to begin with: the camera that was chosen last, else the first, else `FIRST`."""
    try:
        document = json.loads(record or "null")
        name, serial, source = document["name"], document["serial"], document["source"]
    except (ValueError, TypeError, KeyError):
        return str(cameras[0].number) if cameras else FIRST
    for camera in cameras:
        if (camera.name, camera.serial) == (name, serial):
            return source if number_of(str(source)) == camera.number else str(camera.number)
    # It is not plugged in: no other takes its place unasked, so that the console says which is missing.
    return str(source)
