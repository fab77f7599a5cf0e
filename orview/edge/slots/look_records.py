"""What crosses between the stream and the process that looks through headsets' pictures, one look at a time."""

import json
import struct
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.edge.slots.plain_pose import plain_of, pose_of
from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.uncertain import UncertainPose
from orview.protocol.limits import MAX_LOOK_BYTES
from orview.protocol.placing import HeadsetCamera, LensEntry
from orview.register.exposure import MOST_HEADS

_LOOK = struct.Struct("<4sQQQQIII")
_LOOK_MAGIC = b"OVL1"
_HEAD_NUMBERS = 7
_CAMERA_BYTES = 4096

LOOK_CAPACITY = _LOOK.size + _CAMERA_BYTES + MOST_HEADS * 8 * (1 + _HEAD_NUMBERS) + MAX_LOOK_BYTES
"""Bytes a slot of looks needs."""
ANSWER_CAPACITY = 1 << 17
"""Bytes a slot of answers needs."""
MOST_PLACED = 16
"""Looks that one answer places."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LookRecord:
    """One picture of a headset, to be looked through.

    Attributes:
        number: of the look; its answer has the same.
        client: which connection it came by.
        device: which device that is.
        taken_ns: its stamp, host clock.
        camera: what the client told of its camera.
        begun: number of the newest look when it told that; another one means that it began anew, in another world.
        heads_ns: (N,) times of the heads since the look before it, host clock.
        heads: (N, 7) `world_from_headset` then: position (m) and quaternion x, y, z, w.
        jpeg: the picture.
    """

    number: int
    client: int
    device: str
    taken_ns: int
    camera: HeadsetCamera
    begun: int
    heads_ns: NDArray[np.int64]
    heads: NDArray[np.float64]
    jpeg: bytes

    def encode(self) -> bytes:
        """Return the record as bytes."""
        camera = json.dumps({"device": self.device, "camera": asdict(self.camera)}).encode()
        head = _LOOK.pack(
            _LOOK_MAGIC,
            self.number,
            self.client,
            self.taken_ns,
            self.begun,
            len(self.heads_ns),
            len(camera),
            len(self.jpeg),
        )
        return b"".join(
            (head, self.heads_ns.astype("<i8").tobytes(), self.heads.astype("<f8").tobytes(), camera, self.jpeg)
        )

    @classmethod
    def decode(cls, payload: bytes) -> "LookRecord":
        """Rebuild what `encode` wrote.

        Raises:
            ContractError: the bytes are no such record.
        """
        if len(payload) < _LOOK.size or payload[:4] != _LOOK_MAGIC:
            raise ContractError("A slot does not hold the record OVL1.")
        _, number, client, taken_ns, begun, heads, camera_bytes, jpeg_bytes = _LOOK.unpack_from(payload)
        places = [_LOOK.size]
        for length in (8 * heads, 8 * _HEAD_NUMBERS * heads, camera_bytes, jpeg_bytes):
            places.append(places[-1] + length)
        if places[-1] != len(payload):
            raise ContractError("A look in a slot is not as long as its header says.")
        times, poses, camera, jpeg = (payload[start:end] for start, end in pairwise(places))
        told = json.loads(camera)
        return cls(
            number=number,
            client=client,
            device=str(told["device"]),
            taken_ns=taken_ns,
            camera=_camera(told["camera"]),
            begun=begun,
            heads_ns=np.frombuffer(times, dtype="<i8").astype(np.int64),
            heads=np.frombuffer(poses, dtype="<f8").astype(np.float64).reshape(-1, _HEAD_NUMBERS),
            jpeg=jpeg,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class PlacedLook:
    """A picture in which the board was found and of whose moment the head is known.

    Attributes:
        exposed_ns: host clock.
        world_from_camera: then, with what is unknown of the head.
        camera_from_board: as found, with what is wrong with this picture alone.
        shared: (6, K) by what left motion, camera frame, it follows one sigma of each thing of lens and print.
        bias: (6, 6) what all pictures of this camera are wrong by alike, left, camera frame: its place on the head.
    """

    exposed_ns: int
    world_from_camera: UncertainPose
    camera_from_board: UncertainPose
    shared: NDArray[np.float64]
    bias: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class LookAnswer:
    """What came of a look.

    Attributes:
        number, client: of the look.
        words: what the wearer should do, or how it stands; one short sentence, empty where nothing is to be said.
        placed: looks that count, older ones too whose heads came only now.
    """

    number: int
    client: int
    words: str
    placed: tuple[PlacedLook, ...] = ()

    def encode(self) -> bytes:
        """Return the answer as bytes."""
        document = {
            "number": self.number,
            "client": self.client,
            "words": self.words,
            "placed": [
                {
                    "exposed_ns": look.exposed_ns,
                    "world_from_camera": plain_of(look.world_from_camera),
                    "camera_from_board": plain_of(look.camera_from_board),
                    "shared": look.shared.ravel().tolist(),
                    "bias": look.bias.ravel().tolist(),
                }
                for look in self.placed[-MOST_PLACED:]
            ],
        }
        return json.dumps(document).encode()

    @classmethod
    def decode(cls, payload: bytes) -> "LookAnswer":
        """Rebuild what `encode` wrote."""
        document: dict[str, Any] = json.loads(payload)
        return cls(
            number=document["number"],
            client=document["client"],
            words=document["words"],
            placed=tuple(
                PlacedLook(
                    exposed_ns=look["exposed_ns"],
                    world_from_camera=pose_of(Frame.WORLD, Frame.CAMERA, look["world_from_camera"]),
                    camera_from_board=pose_of(Frame.CAMERA, Frame.BOARD, look["camera_from_board"]),
                    shared=np.array(look["shared"]).reshape(6, -1),
                    bias=np.array(look["bias"]).reshape(6, 6),
                )
                for look in document["placed"]
            ),
        )


def _camera(document: dict[str, Any]) -> HeadsetCamera:
    lens = document.pop("lens")
    place = tuple(document.pop("headset_from_camera"))
    if lens is not None:
        lens = LensEntry(**{**lens, "distortion": tuple(lens["distortion"])})
    return HeadsetCamera(lens=lens, headset_from_camera=place, **document)
