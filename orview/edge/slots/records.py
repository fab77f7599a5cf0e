"""The binary records that travel between processes in latest-value slots, little endian.

Three of them: a virtual camera's picture (simulated room to tracker), a tracked pose (tracker to
stream) and a small JPEG of what the camera sees (tracker to stream, for pages that watch).
Times are nanoseconds of the host's monotonic clock; lengths millimetres; quaternions x, y, z, w.
"""

import struct
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose

_POSE = "7d"
_CAMERA_PICTURE = struct.Struct(f"<4sQHHB3x{_POSE}")
SHARED_ERRORS = 16
"""Most columns of `TrackRecord.shared`: nine of a lens, the scale of a print, three bends of each of two plates."""
LENS_ERRORS = slice(0, 9)
"""Those of them that are of the lens: the same for every board one camera sees."""
_TRACK = struct.Struct(f"<4sQQQBB2xIf{_POSE}36d{6 * SHARED_ERRORS}d8s8s8s")
_PICTURE = struct.Struct(f"<4sQ{_POSE}4dHHII")
_CAMERA_PICTURE_MAGIC = b"OVC1"
_TRACK_MAGIC = b"OVT1"
_PICTURE_MAGIC = b"OVP1"
_DIGEST_DIGITS = 16

TRACK_CAPACITY = _TRACK.size
"""Bytes a slot of track records needs."""
PICTURE_CAPACITY = _PICTURE.size + 512 * 1024
"""Bytes a slot of observer pictures needs; a 640 px JPEG is about 60 kB."""


def camera_picture_capacity(*, width: int, height: int, channels: int) -> int:
    """Return the bytes a slot of a virtual camera's pictures needs."""
    return _CAMERA_PICTURE.size + width * height * channels


@dataclass(frozen=True, kw_only=True, eq=False)
class CameraPicture:
    """One picture of a virtual camera.

    Attributes:
        image: (H, W) grey or (H, W, 3) BGR, uint8.
        taken_ns: middle of the exposure.
        room_from_camera: where the camera stood then.
    """

    image: NDArray[np.uint8]
    taken_ns: int
    room_from_camera: RigidTransform

    def encode(self) -> bytes:
        """Return the record as bytes."""
        height, width = self.image.shape[:2]
        channels = 1 if self.image.ndim == 2 else self.image.shape[2]
        head = _CAMERA_PICTURE.pack(
            _CAMERA_PICTURE_MAGIC, self.taken_ns, width, height, channels, *_numbers(self.room_from_camera)
        )
        return head + self.image.tobytes()

    @classmethod
    def decode(cls, payload: bytes) -> "CameraPicture":
        """Rebuild what `encode` wrote; the image is a read-only view of `payload`.

        Raises:
            ContractError: the bytes are no such record.
        """
        head = _unpack(_CAMERA_PICTURE, _CAMERA_PICTURE_MAGIC, payload)
        taken_ns, width, height, channels = head[:4]
        pixels = np.frombuffer(payload, dtype=np.uint8, offset=_CAMERA_PICTURE.size)
        if channels not in (1, 3) or pixels.size != width * height * channels:
            raise ContractError("A picture in a slot is not as large as its header says.")
        shape = (height, width) if channels == 1 else (height, width, channels)
        return cls(
            image=pixels.reshape(shape), taken_ns=taken_ns, room_from_camera=_pose(Frame.ROOM, Frame.CAMERA, head[4:11])
        )


class SightState(IntEnum):
    """What the tracker can say about one picture."""

    TRACKED = 0
    AMBIGUOUS = 1
    LOST = 2
    NO_CAMERA = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackRecord:
    """What the tracker found in one picture.

    Attributes:
        sequence: counts pictures since the tracker started.
        taken_ns: middle of the exposure.
        finished_ns: when the pose was ready.
        state: TRACKED carries a pose, every other state none.
        room_from_board: the pose with its covariance, or None.
        shared: (6, `SHARED_ERRORS`) what lens and print make it wrong by, alike in every picture, room frame
            (`geometry.shared_error`); zeros where nothing is known to be shared.
        rms_px: reprojection error, 0 without a pose.
        corner_count: corners the pose rests on.
        camera_digest: first 16 hex digits over camera name, mode and serial.
        profile_digest: first 16 hex digits of the camera profile's digest.
        board_digest: first 16 hex digits of the board's digest.
    """

    sequence: int
    taken_ns: int
    finished_ns: int
    state: SightState
    room_from_board: UncertainPose | None
    rms_px: float
    corner_count: int
    camera_digest: str
    profile_digest: str
    board_digest: str
    shared: NDArray[np.float64] = field(default_factory=lambda: np.zeros((6, SHARED_ERRORS)))

    def __post_init__(self) -> None:
        if (self.state is SightState.TRACKED) != (self.room_from_board is not None):
            raise ContractError("A track record carries a pose exactly when the board is tracked.")
        if any(
            len(digest) != _DIGEST_DIGITS for digest in (self.camera_digest, self.profile_digest, self.board_digest)
        ):
            raise ContractError(f"A track record carries the first {_DIGEST_DIGITS} hex digits of each digest.")
        if self.shared.shape != (6, SHARED_ERRORS) or not np.isfinite(self.shared).all():
            raise ContractError(f"What a pose shares with others is 6 x {SHARED_ERRORS} finite numbers.")

    def encode(self) -> bytes:
        """Return the record as bytes."""
        pose = self.room_from_board
        numbers = (0.0,) * 7 if pose is None else _numbers(pose.transform)
        covariance = (0.0,) * 36 if pose is None else tuple(pose.covariance.ravel())
        return _TRACK.pack(
            _TRACK_MAGIC,
            self.sequence,
            self.taken_ns,
            self.finished_ns,
            self.state,
            pose is not None,
            self.corner_count,
            self.rms_px,
            *numbers,
            *covariance,
            *self.shared.ravel(),
            *(bytes.fromhex(digest) for digest in (self.camera_digest, self.profile_digest, self.board_digest)),
        )

    @classmethod
    def decode(cls, payload: bytes) -> "TrackRecord":
        """Rebuild what `encode` wrote.

        Raises:
            ContractError: the bytes are no such record, or its numbers are no pose.
        """
        head = _unpack(_TRACK, _TRACK_MAGIC, payload)
        sequence, taken_ns, finished_ns, state, has_pose, corner_count, rms_px = head[:7]
        if state not in tuple(SightState):
            raise ContractError("A track record carries a state nobody knows.")
        pose = None
        if has_pose:
            covariance = np.array(head[14:50]).reshape(6, 6)
            pose = UncertainPose(_pose(Frame.ROOM, Frame.BOARD, head[7:14]), covariance)
        return cls(
            sequence=sequence,
            taken_ns=taken_ns,
            finished_ns=finished_ns,
            state=SightState(state),
            room_from_board=pose,
            rms_px=rms_px,
            corner_count=corner_count,
            camera_digest=head[-3].hex(),
            profile_digest=head[-2].hex(),
            board_digest=head[-1].hex(),
            shared=np.array(head[50:-3]).reshape(6, SHARED_ERRORS),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class PictureRecord:
    """A small undistorted JPEG of what the camera sees, with the pinhole that fits it.

    Attributes:
        taken_ns: middle of the exposure.
        room_from_camera: where the camera stood then.
        fx, fy, cx, cy: pinhole of the JPEG, px; no distortion is left in it.
        width, height: of the JPEG, px.
        jpeg: the encoded picture.
        corners_px: (N, 2) float32 corners of boards found in this picture, pixels of the JPEG.
    """

    taken_ns: int
    room_from_camera: RigidTransform
    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int
    jpeg: bytes
    corners_px: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 2), dtype=np.float32))

    def encode(self) -> bytes:
        """Return the record as bytes."""
        return (
            _PICTURE.pack(
                _PICTURE_MAGIC,
                self.taken_ns,
                *_numbers(self.room_from_camera),
                self.fx,
                self.fy,
                self.cx,
                self.cy,
                self.width,
                self.height,
                len(self.corners_px),
                len(self.jpeg),
            )
            + self.corners_px.tobytes()
            + self.jpeg
        )

    @classmethod
    def decode(cls, payload: bytes) -> "PictureRecord":
        """Rebuild what `encode` wrote.

        Raises:
            ContractError: the bytes are no such record.
        """
        head = _unpack(_PICTURE, _PICTURE_MAGIC, payload)
        start = _PICTURE.size + 8 * head[14]
        jpeg = payload[start:]
        if len(payload) < start or len(jpeg) != head[15]:
            raise ContractError("A picture in a slot is not as long as its header says.")
        fx, fy, cx, cy, width, height = head[8:14]
        return cls(
            taken_ns=head[0],
            room_from_camera=_pose(Frame.ROOM, Frame.CAMERA, head[1:8]),
            fx=fx,
            fy=fy,
            cx=cx,
            cy=cy,
            width=width,
            height=height,
            jpeg=jpeg,
            corners_px=np.frombuffer(payload[_PICTURE.size : start], dtype=np.float32).reshape(-1, 2),
        )


def _unpack(layout: struct.Struct, magic: bytes, payload: bytes) -> tuple[Any, ...]:
    if len(payload) < layout.size or payload[:4] != magic:
        raise ContractError(f"A slot does not hold the record {magic.decode()}.")
    return layout.unpack_from(payload)[1:]


def _numbers(pose: RigidTransform) -> tuple[float, ...]:
    return (*pose.translation_mm, *pose.quat_xyzw)


def _pose(to_frame: Frame, from_frame: Frame, numbers: tuple[float, ...]) -> RigidTransform:
    return RigidTransform.from_quaternion(to_frame, from_frame, numbers[3:], numbers[:3])
