"""What a reference headset is told, and what it tells while it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from orview.geometry.rigid import RigidTransform
from orview.protocol.binary import PoseMessage
from orview.protocol.messages import HideReason, ModelLevelName, Role
from orview.protocol.placing import HeadsetBoard, HeadsetCamera


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at the patient's board, with the noise of that look alone (one sigma along each axis).

    Attributes:
        world_from_board: where it was seen.
        world_from_headset: where the head was then.
        sigma_mm, sigma_rad: of the board's place and turn.
    """

    world_from_board: RigidTransform
    world_from_headset: RigidTransform
    sigma_mm: float
    sigma_rad: float


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A picture of a headset's own camera.

    Attributes:
        jpeg: baseline, of the size its camera was told to have.
        stamped_ns: when it says it was taken, the headset's own clock; it may have been exposed long before.
    """

    jpeg: bytes
    stamped_ns: int


class HeadsetEyes(Protocol):
    """A headset's tracking and its own camera."""

    @property
    def camera(self) -> HeadsetCamera:
        """Which camera it is, as the host is told."""
        ...

    def head(self, now_ns: int) -> RigidTransform:
        """Return `world_from_headset` at a time of the headset's own clock."""
        ...

    def shoot(self, now_ns: int) -> Shot | None:
        """Return the newest picture; may take its time, so it is called in a thread."""
        ...


class HeadsetHead(Protocol):
    """A headset's tracking, and the board it wears for the room's camera."""

    @property
    def board(self) -> HeadsetBoard:
        """Which board it is and where it sits, as the host is told."""
        ...

    def head(self, now_ns: int) -> RigidTransform:
        """Return `world_from_headset` at a time of the headset's own clock."""
        ...


@dataclass(frozen=True, kw_only=True)
class HeadsetConfig:
    """What a reference headset is told.

    Attributes:
        host: address, "address:port" or joining URL; None: the host is looked for by mDNS.
        code: joining code; one in the URL does too.
        token: of an earlier welcome.
        fingerprint: of the certificate, hex: only that host will do; None: as mDNS says, else the first one seen.
        role: what to join as.
        device_name: what the console shows.
        interfaces: addresses of the interfaces to look on; None: all.
        search_s: how long to look.
        frame_hz: how often to draw.
        level: which level of detail to fetch.
        world_from_room: where the room is; None: as the host proposes, else the room is the world.
        eyes: look at the board at a time of its own clock; with them the headset is placed by what it sees alone.
        announce: tell the network that this headset is here, so that the nurse sees it.
        pictures: a camera whose pictures are sent, so that the host finds the board in them; likewise.
        worn: a board it wears, so that the room's camera finds the headset; likewise.
    """

    host: str | None = None
    code: str | None = None
    token: str | None = None
    fingerprint: str | None = None
    role: Role = Role.SURGEON
    device_name: str = "Reference headset"
    interfaces: tuple[str, ...] | None = None
    search_s: float = 5.0
    frame_hz: float = 90.0
    level: ModelLevelName = ModelLevelName.HEADSET
    world_from_room: RigidTransform | None = None
    eyes: Callable[[int], Look | None] | None = None
    pictures: HeadsetEyes | None = None
    announce: bool = False
    worn: HeadsetHead | None = None

    @property
    def sees(self) -> bool:
        """Whether the headset is placed by what it sees, or is seen wearing."""
        return self.eyes is not None or self.pictures is not None or self.worn is not None


@dataclass(frozen=True, kw_only=True)
class AppliedPose:
    """A pose at the frame that drew it first.

    Attributes:
        pose: as it came.
        world_from_patient: where the patient stands in the headset's world.
        expected_error_mm: at the target, 95 %, with what the headset knows of its own place in the room in it.
        host_ns: the host's clock when it was drawn, as the headset knows it.
        drawn_ns: the headset's own clock then.
    """

    pose: PoseMessage
    world_from_patient: RigidTransform
    expected_error_mm: float
    host_ns: int
    drawn_ns: int


@dataclass
class HeadsetStatus:
    """How a headset stands now, for a live line."""

    connected: bool = False
    state: str = "OFF"
    words: str = ""
    shown: bool = False
    why: HideReason | None = None
    poses: int = 0
    latency_ms: float | None = None
    expected_error_mm: float | None = None
    world: str = ""
