"""The messages about who else is on the network, and about putting a device out. They are the nurse's alone."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from orview.protocol.fields import DeviceId, Name, ShortText
from orview.protocol.schema import Items


@dataclass(frozen=True, kw_only=True)
class PutOut:
    """Put a device out: its token is void from now on, and its sockets are closed with NOT_ALLOWED."""

    TYPE: ClassVar[str] = "put_out"
    device_id: DeviceId


@dataclass(frozen=True, kw_only=True)
class NearbyHost:
    """Another host that answers on this network; `replay` plays a recording."""

    name: Name
    address: ShortText
    replay: bool


@dataclass(frozen=True, kw_only=True)
class NearbyHeadset:
    """A native headset app that announces itself: it is here, and may be let in."""

    name: Name
    address: ShortText


@dataclass(frozen=True, kw_only=True)
class Nearby:
    """Who else is on this network: other hosts, which a headset could join by mistake, and headset apps."""

    TYPE: ClassVar[str] = "nearby"
    hosts: Annotated[tuple[NearbyHost, ...], Items(16)]
    headsets: Annotated[tuple[NearbyHeadset, ...], Items(32)]
