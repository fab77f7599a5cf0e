"""The binary message of a client: one picture of its own camera, with where the head was around it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from orview.protocol.faults import Fault, WireError
from orview.protocol.layout import Slot, check_jpeg, struct_of
from orview.protocol.limits import MAX_HEADS, MAX_LOOK_BYTES, MAX_NS
from orview.protocol.schema import check_pose

LOOK_TYPE = 3
LOOK_VERSION = 1

LOOK_LAYOUT = (
    Slot("type", "u8"),
    Slot("version", "u8"),
    Slot("width_px", "u16"),
    Slot("height_px", "u16"),
    Slot("heads", "u16"),
    Slot("sequence", "u32"),
    Slot("jpeg_bytes", "u32"),
    Slot("taken_ns", "u64"),
)
HEAD_LAYOUT = (
    Slot("at_ns", "u64"),
    Slot("position_m", "f32", 3),
    Slot("quat_xyzw", "f32", 4),
)
_LOOK = struct_of(LOOK_LAYOUT)
_HEAD = struct_of(HEAD_LAYOUT)
LOOK_HEADER_BYTES = _LOOK.size
HEAD_BYTES = _HEAD.size


@dataclass(frozen=True, kw_only=True)
class HeadPose:
    """Where a head was: world_from_headset at a time.

    Attributes:
        at_ns: host clock.
        position_m, quat_xyzw: world_from_headset, in the client's world; unit quaternion.
    """

    at_ns: int
    position_m: tuple[float, ...]
    quat_xyzw: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class LookMessage:
    """One picture of a headset's own camera, and where the head was since the look before it.

    Attributes:
        width_px, height_px: size of the picture, as in `headset_camera`.
        sequence: grows with each look.
        taken_ns: when the picture says it was taken, host clock.
        heads: where the head was, times ascending; from the look before it to now.
        jpeg: the picture, baseline.
        ABOUT: what a `refused` about looks is about.
    """

    ABOUT: ClassVar[str] = "look"

    width_px: int
    height_px: int
    sequence: int
    taken_ns: int
    heads: tuple[HeadPose, ...]
    jpeg: bytes


def pack_look(look: LookMessage) -> bytes:
    """Return the bytes of a look, unchecked; `codec.encode_look` checks."""
    header = _LOOK.pack(
        LOOK_TYPE,
        LOOK_VERSION,
        look.width_px,
        look.height_px,
        len(look.heads),
        look.sequence,
        len(look.jpeg),
        look.taken_ns,
    )
    heads = [_HEAD.pack(head.at_ns, *head.position_m, *head.quat_xyzw) for head in look.heads]
    return b"".join((header, *heads, look.jpeg))


def unpack_look(data: bytes) -> LookMessage:
    """Read a look.

    Raises:
        WireError: the bytes are not a look of this version.
    """
    if not LOOK_HEADER_BYTES < len(data) <= MAX_LOOK_BYTES:
        raise WireError(Fault.WRONG_LENGTH, "A look has a header, heads, a JPEG and a limit.", where="look")
    _, version, width, height, count, sequence, jpeg_bytes, taken_ns = _LOOK.unpack_from(data)
    if version != LOOK_VERSION:
        raise WireError(Fault.WRONG_VERSION, "The look has another version.", where="look.version")
    if not 1 <= count <= MAX_HEADS:
        raise WireError(Fault.WRONG_COUNT, f"A look has 1 to {MAX_HEADS} heads.", where="look.heads")
    start = LOOK_HEADER_BYTES + count * HEAD_BYTES
    if len(data) != start + jpeg_bytes:
        raise WireError(Fault.WRONG_LENGTH, "The look's JPEG is cut or too long.", where="look.jpeg_bytes")
    if 0 in (width, height):
        raise WireError(Fault.OUT_OF_RANGE, "The look's picture has no size.", where="look")
    look = LookMessage(
        width_px=width,
        height_px=height,
        sequence=sequence,
        taken_ns=taken_ns,
        heads=tuple(_head(data, LOOK_HEADER_BYTES + number * HEAD_BYTES) for number in range(count)),
        jpeg=bytes(data[start:]),
    )
    _check_times(look)
    for number, head in enumerate(look.heads):
        check_pose(head.position_m, head.quat_xyzw, f"look.heads[{number}]")
    check_jpeg(look.jpeg, "look.jpeg")
    return look


def _head(data: bytes, offset: int) -> HeadPose:
    at_ns, *numbers = _HEAD.unpack_from(data, offset)
    return HeadPose(at_ns=at_ns, position_m=tuple(numbers[:3]), quat_xyzw=tuple(numbers[3:]))


def _check_times(look: LookMessage) -> None:
    if look.taken_ns > MAX_NS:
        raise WireError(Fault.OUT_OF_RANGE, f"A time is at most {MAX_NS}.", where="look.taken_ns")
    times = [head.at_ns for head in look.heads]
    if times[-1] > MAX_NS or any(later <= earlier for earlier, later in pairwise(times)):
        raise WireError(Fault.OUT_OF_RANGE, "The times of the heads do not ascend.", where="look.heads")
