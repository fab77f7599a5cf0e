"""The cameras of this machine, by what the system says of them; none is opened for pictures, and OpenCV is not loaded.

On Linux every V4L2 device is asked whether it captures video: a USB camera has a second one that only tells of the
first. Elsewhere the system does not say which cameras there are; they are named by number on the command line.
"""

import os
import re
import struct
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SYSTEM, DEVICES = Path("/sys/class/video4linux"), Path("/dev")

_QUERY_CAPABILITIES = 0x80685600
"""VIDIOC_QUERYCAP: _IOR('V', 0, struct v4l2_capability), include/uapi/linux/videodev2.h."""
_CAPABILITIES = struct.Struct("16s32s32sIII12x")
_DEVICE_CAPABILITIES, _CAPTURES = 0x80000000, 0x00000001 | 0x00001000
"""V4L2_CAP_DEVICE_CAPS; V4L2_CAP_VIDEO_CAPTURE and its multi-planar brother."""


@dataclass(frozen=True, kw_only=True)
class ListedCamera:
    """One camera: its number, and what the device calls itself; the serial number is empty where it has none."""

    number: int
    name: str
    serial: str = ""


def listed_cameras(*, system: Path = SYSTEM, devices: Path = DEVICES) -> tuple[ListedCamera, ...]:
    """Return the cameras that are plugged in now, by number."""
    numbers = sorted(int(match[1]) for path in _children(system) if (match := re.fullmatch("video([0-9]+)", path.name)))
    found = []
    for number in numbers:
        if captures(number, system=system, devices=devices):
            name, serial = device_names(number, system=system)
            found.append(ListedCamera(number=number, name=name, serial=serial))
    return tuple(found)


def device_names(number: int, *, system: Path = SYSTEM) -> tuple[str, str]:
    """Return name and serial number of a camera as Linux knows them, the number elsewhere."""
    device = system / f"video{number}"
    name, serial = f"camera {number}", ""
    try:
        name = (device / "name").read_text(encoding="utf-8").strip() or name
        # The interface's parent is the USB device, which has the serial number.
        serial = (device / "device" / ".." / "serial").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        pass
    return name, serial


def captures(number: int, *, system: Path = SYSTEM, devices: Path = DEVICES) -> bool:
    """Return whether a V4L2 device gives pictures; one that cannot be asked counts by its place in its family.

    It is asked once for each place it is plugged in: opening a camera wakes it, however little is wanted of it.
    """
    return _captures((system / f"video{number}").resolve(), system, devices, number)


@cache
def _captures(place: Path, system: Path, devices: Path, number: int) -> bool:
    said = _ask(devices / f"video{number}")
    if said is not None:
        return bool(said & _CAPTURES)
    try:
        return (system / f"video{number}" / "index").read_text(encoding="ascii").strip() == "0"
    except (OSError, UnicodeDecodeError):
        return False


def capabilities_of(answer: bytes) -> int:
    """Return what a device can do from its answer to VIDIOC_QUERYCAP."""
    *_, whole, own = _CAPABILITIES.unpack(answer)
    return int(own if whole & _DEVICE_CAPABILITIES else whole)


def _ask(device: Path) -> int | None:
    if not sys.platform.startswith("linux"):
        return None
    import fcntl

    try:
        opened = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    answer = bytearray(_CAPABILITIES.size)
    try:
        fcntl.ioctl(opened, _QUERY_CAPABILITIES, answer)
    except OSError:
        return None
    finally:
        os.close(opened)
    return capabilities_of(bytes(answer))


def _children(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
