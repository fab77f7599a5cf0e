"""The messages about devices: those that were let in once and are not in now, and which of them is which."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from orview.protocol.fields import DeviceId, Name, UtcTime
from orview.protocol.roles import Role
from orview.protocol.schema import Items, Number

FLASH_S = 6.0
"""So long a headset shows that it is meant: time to look round the room."""


@dataclass(frozen=True, kw_only=True)
class Flash:
    """Have a device that is in show which one it is."""

    TYPE: ClassVar[str] = "flash"
    device_id: DeviceId


@dataclass(frozen=True, kw_only=True)
class Flashing:
    """You are meant: show a bright ring and your name for so long, beside whatever else you show."""

    TYPE: ClassVar[str] = "flashing"
    name: Name
    seconds: Annotated[float, Number(0.0, 60.0)]


@dataclass(frozen=True, kw_only=True)
class DeviceEntry:
    """A device that is paired with the room and not in: it comes back without a code."""

    device_id: DeviceId
    name: Name
    role: Role
    last_seen_utc: UtcTime | None


@dataclass(frozen=True, kw_only=True)
class Devices:
    """The devices that are paired and not in, the one seen last first."""

    TYPE: ClassVar[str] = "devices"
    devices: Annotated[tuple[DeviceEntry, ...], Items(64)]
