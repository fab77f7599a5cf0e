"""The messages that place a headset in the room: what it saw or touched, and where the room is by that."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from orview.protocol.fields import (
    Count,
    DeviceId,
    Distortion,
    FocalLength,
    Key,
    Millimetres,
    Name,
    Nanoseconds,
    PictureSize,
    Pixel,
    Point,
    Pose,
    Radians,
    Sentence,
    ShortText,
)
from orview.protocol.limits import MAX_WORN_HEADS
from orview.protocol.schema import Items, Number


class WorldState(StrEnum):
    """Whether the host knows where the room is in a headset's world."""

    LOOKING = "looking"
    ALIGNED = "aligned"
    DRIFTED = "drifted"


@dataclass(frozen=True, kw_only=True)
class BoardSeen:
    """The headset found the patient's board by itself: where, in its own world, with the noise of this one look."""

    TYPE: ClassVar[str] = "board_seen"
    room_frame_id: Count
    seen_ns: Nanoseconds
    world_from_board: Pose
    world_from_headset: Pose
    sigma_mm: Millimetres
    sigma_rad: Radians


@dataclass(frozen=True, kw_only=True)
class Corner:
    """The place of one corner, in the frame the message says."""

    place_m: Point


@dataclass(frozen=True, kw_only=True)
class CornersTouched:
    """A person touched the corners of the patient's board, in the order of `headset_world`; in the client's world."""

    TYPE: ClassVar[str] = "corners_touched"
    room_frame_id: Count
    touched: Annotated[tuple[Corner, ...], Items(16, 4)]
    sigma_mm: Millimetres


@dataclass(frozen=True, kw_only=True)
class LensEntry:
    """A lens as OpenCV describes it: focal lengths, principal point, and the distortion k1, k2, p1, p2, k3."""

    fx_px: FocalLength
    fy_px: FocalLength
    cx_px: Pixel
    cy_px: Pixel
    distortion: Distortion


@dataclass(frozen=True, kw_only=True)
class HeadsetCamera:
    """The camera whose pictures the client sends as looks: which it is, its lens, and where it sits on the headset."""

    TYPE: ClassVar[str] = "headset_camera"
    name: Name
    serial: ShortText
    width_px: PictureSize
    height_px: PictureSize
    lens: LensEntry | None
    headset_from_camera: Pose
    place_sigma_mm: Millimetres
    place_sigma_rad: Radians


@dataclass(frozen=True, kw_only=True)
class HeadsetBoard:
    """The board the client wears for the room's camera: which of the host's, and where it sits on the headset."""

    TYPE: ClassVar[str] = "headset_board"
    board: Name
    headset_from_board: Pose
    place_sigma_mm: Millimetres
    place_sigma_rad: Radians


@dataclass(frozen=True, kw_only=True)
class HeadEntry:
    """Where the head was, in the client's own world, at a time of the host's clock."""

    at_ns: Nanoseconds
    world_from_headset: Pose


@dataclass(frozen=True, kw_only=True)
class Heads:
    """Where the head of a client that wears a board was since the message before it; times ascending."""

    TYPE: ClassVar[str] = "heads"
    heads: Annotated[tuple[HeadEntry, ...], Items(MAX_WORN_HEADS, 1)]


@dataclass(frozen=True, kw_only=True)
class Wear:
    """Say which board a headset wears for the room's camera; null takes it off."""

    TYPE: ClassVar[str] = "wear"
    device_id: DeviceId
    board: Name | None


@dataclass(frozen=True, kw_only=True)
class WornEntry:
    """A board the room's camera looks for on headsets, and the device that wears it."""

    board: Name
    device_id: DeviceId | None


@dataclass(frozen=True, kw_only=True)
class Wearing:
    """Which headset wears which board; the one named tells its `headset_board` and its `heads` from now on."""

    TYPE: ClassVar[str] = "wearing"
    boards: Annotated[tuple[WornEntry, ...], Items(16)]


@dataclass(frozen=True, kw_only=True)
class StructureError:
    """What to expect at one structure, 95 %, of the whole chain with this headset in it."""

    key: Key
    expected_error_mm: Millimetres


@dataclass(frozen=True, kw_only=True)
class HeadsetWorld:
    """Where the room stands in this client's world; told to the one client whose world it is."""

    TYPE: ClassVar[str] = "headset_world"
    state: WorldState
    version: Count
    room_frame_id: Count
    world_from_room: Pose | None
    covariance: Annotated[tuple[Annotated[float, Number(-1e9, 1e9)], ...], Items(36)]
    expected_error_mm: Millimetres | None
    structure_errors: Annotated[tuple[StructureError, ...], Items(256)]
    words: Sentence
    corners: Annotated[tuple[Corner, ...], Items(16)]
