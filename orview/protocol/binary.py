"""The two binary messages of a host: a pose (84 bytes, several times a frame of nothing else) and a picture."""

import math
import struct
from dataclasses import dataclass

from orview.protocol.faults import Fault, WireError
from orview.protocol.layout import Slot, check_jpeg, check_number, struct_of
from orview.protocol.limits import MAX_CORNERS, MAX_NS, MAX_PICTURE_BYTES
from orview.protocol.messages import OverlayState
from orview.protocol.planning import MOST_STAGES
from orview.protocol.schema import check_pose

BINARY_VERSION = 1
POSE_TYPE = 1
PICTURE_TYPE = 2
MODEL_PREFIX_BYTES = 8
PLAN_PREFIX_BYTES = 8
MAX_ERROR_MM = 1000.0
MAX_AGE_MS = 1e9
MAX_LENS_PX = 1e5
NO_MODEL = bytes(MODEL_PREFIX_BYTES)
NO_PLAN = bytes(PLAN_PREFIX_BYTES)

STATE_NUMBERS = {OverlayState.OFF: 0, OverlayState.HOLD: 1, OverlayState.LIVE: 2, OverlayState.LOST: 3}
_STATES = {number: state for state, number in STATE_NUMBERS.items()}
_POSITION_NOWHERE = (0.0, 0.0, 0.0)
_QUAT_NOWHERE = (0.0, 0.0, 0.0, 1.0)


POSE_LAYOUT = (
    Slot("type", "u8"),
    Slot("version", "u8"),
    Slot("state", "u8"),
    Slot("stage", "u8"),
    Slot("thing_id", "u32"),
    Slot("sequence", "u32"),
    Slot("room_frame_id", "u32"),
    Slot("capture_ns", "u64"),
    Slot("send_ns", "u64"),
    Slot("model_prefix", "bytes", MODEL_PREFIX_BYTES),
    Slot("plan_prefix", "bytes", PLAN_PREFIX_BYTES),
    Slot("position_m", "f32", 3),
    Slot("quat_xyzw", "f32", 4),
    Slot("expected_error_mm", "f32"),
    Slot("sight_age_ms", "f32"),
)
PICTURE_LAYOUT = (
    Slot("type", "u8"),
    Slot("version", "u8"),
    Slot("width_px", "u16"),
    Slot("height_px", "u16"),
    Slot("corners", "u16"),
    Slot("sequence", "u32"),
    Slot("room_frame_id", "u32"),
    Slot("taken_ns", "u64"),
    Slot("send_ns", "u64"),
    Slot("position_m", "f32", 3),
    Slot("quat_xyzw", "f32", 4),
    Slot("fx_px", "f32"),
    Slot("fy_px", "f32"),
    Slot("cx_px", "f32"),
    Slot("cy_px", "f32"),
    Slot("jpeg_bytes", "u32"),
)
_POSE = struct_of(POSE_LAYOUT)
_PICTURE = struct_of(PICTURE_LAYOUT)
POSE_BYTES = _POSE.size
PICTURE_HEADER_BYTES = _PICTURE.size
CORNER_BYTES = 8


@dataclass(frozen=True, kw_only=True)
class PoseMessage:
    """Where one thing stands: room_from_patient, in metres, patient axes (LPS).

    Only LIVE carries a pose. In any other state position and quaternion are the identity and the error is 0,
    so that there is nothing a careless client could show.

    Attributes:
        state: the overlay's state.
        thing_id: which tracked thing; 0 is the patient.
        sequence: grows by one with each pose of the thing, from the start of the host's stream process.
        room_frame_id: which room frame the pose is told in (`room` message).
        capture_ns: when the camera's exposure was made, or the last sight of the board, host clock.
        send_ns: when this message was built, host clock; never before `capture_ns`.
        model_prefix: the first 8 bytes of the model's digest; zeros when there is no model.
        plan_prefix: likewise of the locked plan's digest; zeros while none is locked.
        stage: of that plan, from 1; 0 while none is locked.
        position_m: patient origin in the room, m.
        quat_xyzw: rotation, unit quaternion.
        expected_error_mm: at the target, 95 %.
        sight_age_ms: age of the last sight of the board at `send_ns`.
    """

    state: OverlayState
    thing_id: int
    sequence: int
    room_frame_id: int
    capture_ns: int
    send_ns: int
    model_prefix: bytes
    position_m: tuple[float, ...] = _POSITION_NOWHERE
    quat_xyzw: tuple[float, ...] = _QUAT_NOWHERE
    expected_error_mm: float = 0.0
    sight_age_ms: float = 0.0
    plan_prefix: bytes = NO_PLAN
    stage: int = 0


@dataclass(frozen=True, kw_only=True)
class PictureMessage:
    """One undistorted picture of the room camera, for pages without a camera of their own.

    Attributes:
        width_px, height_px: size of the picture.
        sequence: grows with each picture.
        room_frame_id: which room frame `room_from_camera` is told in.
        taken_ns: time of exposure, host clock.
        send_ns: when this message was built, host clock.
        position_m, quat_xyzw: room_from_camera, m; camera axes +x right, +y down, +z forward.
        fx_px, fy_px, cx_px, cy_px: the lens; there is no distortion. Pixel (0, 0) is a pixel's centre.
        corners_px: corners of boards found in this picture, x and y in turn; pixels of this picture.
        jpeg: the picture.
    """

    width_px: int
    height_px: int
    sequence: int
    room_frame_id: int
    taken_ns: int
    send_ns: int
    position_m: tuple[float, ...]
    quat_xyzw: tuple[float, ...]
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    jpeg: bytes
    corners_px: tuple[float, ...] = ()


def pack_pose(pose: PoseMessage) -> bytes:
    """Return the bytes of a pose, unchecked; `codec.encode_binary` checks."""
    return _POSE.pack(
        POSE_TYPE,
        BINARY_VERSION,
        STATE_NUMBERS[pose.state],
        pose.stage,
        pose.thing_id,
        pose.sequence,
        pose.room_frame_id,
        pose.capture_ns,
        pose.send_ns,
        pose.model_prefix,
        pose.plan_prefix,
        *pose.position_m,
        *pose.quat_xyzw,
        pose.expected_error_mm,
        pose.sight_age_ms,
    )


def unpack_pose(data: bytes) -> PoseMessage:
    """Read a pose.

    Raises:
        WireError: the bytes are not a pose of this version.
    """
    if len(data) != POSE_BYTES:
        raise WireError(Fault.WRONG_LENGTH, f"A pose is {POSE_BYTES} bytes.", where="pose")
    _, version, state, stage, thing_id, sequence, room_frame_id, capture_ns, send_ns, *rest = _POSE.unpack(data)
    model_prefix, plan_prefix, *numbers = rest
    if version != BINARY_VERSION:
        raise WireError(Fault.WRONG_VERSION, "The pose has another version.", where="pose.version")
    if state not in _STATES:
        raise WireError(Fault.UNKNOWN_CHOICE, "The pose has a state nobody knows.", where="pose.state")
    pose = PoseMessage(
        state=_STATES[state],
        thing_id=thing_id,
        sequence=sequence,
        room_frame_id=room_frame_id,
        capture_ns=capture_ns,
        send_ns=send_ns,
        model_prefix=model_prefix,
        position_m=tuple(numbers[:3]),
        quat_xyzw=tuple(numbers[3:7]),
        expected_error_mm=numbers[7],
        sight_age_ms=numbers[8],
        plan_prefix=plan_prefix,
        stage=stage,
    )
    _check_pose_message(pose)
    return pose


def _check_pose_message(pose: PoseMessage) -> None:
    check_pose(pose.position_m, pose.quat_xyzw, "pose")
    check_number(pose.expected_error_mm, MAX_ERROR_MM, "pose.expected_error_mm")
    check_number(pose.sight_age_ms, MAX_AGE_MS, "pose.sight_age_ms")
    if not pose.capture_ns <= pose.send_ns <= MAX_NS:
        raise WireError(Fault.OUT_OF_RANGE, "The pose was sent before it was taken.", where="pose.send_ns")
    if pose.stage > MOST_STAGES or (pose.stage == 0) != (pose.plan_prefix == NO_PLAN):
        raise WireError(Fault.OUT_OF_RANGE, "A pose names a plan and a stage of it, or neither.", where="pose.stage")
    if pose.state is OverlayState.LIVE:
        if pose.model_prefix == NO_MODEL:
            raise WireError(Fault.NOT_A_POSE, "A live pose names no model.", where="pose.model_prefix")
    elif (pose.position_m, pose.quat_xyzw, pose.expected_error_mm) != (_POSITION_NOWHERE, _QUAT_NOWHERE, 0.0):
        raise WireError(Fault.NOT_A_POSE, "A pose that is not live says where something stands.", where="pose")


def pack_picture(picture: PictureMessage) -> bytes:
    """Return the bytes of a picture, unchecked; `codec.encode_binary` checks."""
    header = _PICTURE.pack(
        PICTURE_TYPE,
        BINARY_VERSION,
        picture.width_px,
        picture.height_px,
        len(picture.corners_px) // 2,
        picture.sequence,
        picture.room_frame_id,
        picture.taken_ns,
        picture.send_ns,
        *picture.position_m,
        *picture.quat_xyzw,
        picture.fx_px,
        picture.fy_px,
        picture.cx_px,
        picture.cy_px,
        len(picture.jpeg),
    )
    return b"".join((header, struct.pack(f"<{len(picture.corners_px)}f", *picture.corners_px), picture.jpeg))


def unpack_picture(data: bytes) -> PictureMessage:
    """Read a picture.

    Raises:
        WireError: the bytes are not a picture of this version.
    """
    if not PICTURE_HEADER_BYTES < len(data) <= MAX_PICTURE_BYTES:
        raise WireError(Fault.WRONG_LENGTH, "A picture has a header, a JPEG and a limit.", where="picture")
    _, version, width, height, count, sequence, room_frame_id, taken_ns, send_ns, *rest = _PICTURE.unpack_from(data)
    numbers, jpeg_bytes = rest[:11], rest[11]
    if version != BINARY_VERSION:
        raise WireError(Fault.WRONG_VERSION, "The picture has another version.", where="picture.version")
    if count > MAX_CORNERS:
        raise WireError(Fault.WRONG_COUNT, f"A picture has at most {MAX_CORNERS} corners.", where="picture.corners")
    start = PICTURE_HEADER_BYTES + count * CORNER_BYTES
    if not jpeg_bytes or jpeg_bytes != len(data) - start:
        raise WireError(Fault.WRONG_LENGTH, "The picture's JPEG is cut or too long.", where="picture.jpeg_bytes")
    picture = PictureMessage(
        width_px=width,
        height_px=height,
        sequence=sequence,
        room_frame_id=room_frame_id,
        taken_ns=taken_ns,
        send_ns=send_ns,
        position_m=tuple(numbers[:3]),
        quat_xyzw=tuple(numbers[3:7]),
        fx_px=numbers[7],
        fy_px=numbers[8],
        cx_px=numbers[9],
        cy_px=numbers[10],
        corners_px=struct.unpack_from(f"<{2 * count}f", data, PICTURE_HEADER_BYTES),
        jpeg=bytes(data[start:]),
    )
    _check_picture(picture)
    return picture


def _check_picture(picture: PictureMessage) -> None:
    check_pose(picture.position_m, picture.quat_xyzw, "picture")
    for name in ("fx_px", "fy_px", "cx_px", "cy_px"):
        check_number(getattr(picture, name), MAX_LENS_PX, f"picture.{name}")
    if 0 in (picture.width_px, picture.height_px, picture.fx_px, picture.fy_px):
        raise WireError(Fault.OUT_OF_RANGE, "The picture or its lens has no size.", where="picture")
    if not picture.taken_ns <= picture.send_ns <= MAX_NS:
        raise WireError(Fault.OUT_OF_RANGE, "The picture was sent before it was taken.", where="picture.send_ns")
    if not all(map(math.isfinite, picture.corners_px)):
        raise WireError(Fault.NOT_FINITE, "A corner is not finite.", where="picture.corners")
    if any(abs(value) > MAX_LENS_PX for value in picture.corners_px):
        raise WireError(Fault.OUT_OF_RANGE, "A corner lies beyond any picture.", where="picture.corners")
    check_jpeg(picture.jpeg, "picture.jpeg")
