"""What crosses between processes for boards worn on headsets, as JSON.

The track process tells where the room's camera sees them (`WornRecord`). The stream process hands that with the poses
of the heads to the look process (`WornAsk`), which finds out what belongs to one moment (`WornAnswer`).
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.edge.slots.plain_pose import plain_of, pose_of
from orview.frames import Frame
from orview.geometry.uncertain import UncertainPose
from orview.protocol.placing import HeadsetBoard

WORN_CAPACITY = 1 << 16
WORN_ASK_CAPACITY = 1 << 21
WORN_ANSWER_CAPACITY = 1 << 19
"""Bytes the slots need."""
MOST_PLACED = 16
"""Sights of one headset that one answer places."""


@dataclass(frozen=True, kw_only=True, eq=False)
class WornSight:
    """A board worn on a headset as one picture of the room's camera shows it.

    Attributes:
        board: its name.
        taken_ns: middle of the exposure, host clock.
        room_from_worn: with what is wrong with this picture alone.
        shared: (6, K) what lens (`LENS_ERRORS` of the columns) and print make it wrong by, alike in every picture, room
            frame.
    """

    board: str
    taken_ns: int
    room_from_worn: UncertainPose
    shared: NDArray[np.float64]

    def plain(self) -> dict[str, Any]:
        """Return the sight as plain values for JSON."""
        return {
            "board": self.board,
            "taken_ns": self.taken_ns,
            "room_from_worn": plain_of(self.room_from_worn),
            "shared": self.shared.ravel().tolist(),
        }

    @classmethod
    def of(cls, plain: dict[str, Any]) -> "WornSight":
        """Rebuild what `plain` made."""
        return cls(
            board=plain["board"],
            taken_ns=plain["taken_ns"],
            room_from_worn=pose_of(Frame.ROOM, Frame.BOARD, plain["room_from_worn"]),
            shared=np.array(plain["shared"]).reshape(6, -1),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class WornRecord:
    """All boards worn on headsets that one picture of the room's camera shows."""

    sights: tuple[WornSight, ...]

    def encode(self) -> bytes:
        """Return the record as bytes."""
        return json.dumps([sight.plain() for sight in self.sights]).encode()

    @classmethod
    def decode(cls, payload: bytes) -> "WornRecord":
        """Rebuild what `encode` wrote."""
        return cls(sights=tuple(WornSight.of(plain) for plain in json.loads(payload)))


@dataclass(frozen=True, kw_only=True, eq=False)
class WornNews:
    """What is new of one headset that wears a board.

    Attributes:
        client: which connection.
        wearer: which device wears it since when; the same for as long as the board sits where it sits.
        room_frame_id: of the frame the sights are told in.
        worn: what the client told of its board.
        heads_ns: (N,) times of the heads, host clock, ascending.
        heads: (N, 7) `world_from_headset` then: position (m) and quaternion x, y, z, w.
        sights: of the board.
    """

    client: int
    wearer: str
    room_frame_id: int
    worn: HeadsetBoard
    heads_ns: tuple[int, ...]
    heads: tuple[tuple[float, ...], ...]
    sights: tuple[WornSight, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class WornAsk:
    """What is new of all headsets that wear a board; its answer has the same number."""

    number: int
    news: tuple[WornNews, ...]

    def encode(self) -> bytes:
        """Return what is asked as bytes."""
        document = {
            "number": self.number,
            "news": [
                {
                    "client": news.client,
                    "wearer": news.wearer,
                    "room_frame_id": news.room_frame_id,
                    "worn": _plain(news.worn),
                    "heads_ns": news.heads_ns,
                    "heads": news.heads,
                    "sights": [sight.plain() for sight in news.sights],
                }
                for news in self.news
            ],
        }
        return json.dumps(document).encode()

    @classmethod
    def decode(cls, payload: bytes) -> "WornAsk":
        """Rebuild what `encode` wrote."""
        document: dict[str, Any] = json.loads(payload)
        return cls(
            number=document["number"],
            news=tuple(
                WornNews(
                    client=news["client"],
                    wearer=news["wearer"],
                    room_frame_id=news["room_frame_id"],
                    worn=_worn(*news["worn"]),
                    heads_ns=tuple(news["heads_ns"]),
                    heads=tuple(tuple(numbers) for numbers in news["heads"]),
                    sights=tuple(WornSight.of(plain) for plain in news["sights"]),
                )
                for news in document["news"]
            ),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class PlacedWorn:
    """A sight of a worn board of whose moment the head is known.

    Attributes:
        world_from_headset: then, with what is unknown of the head.
        sight: of the board.
    """

    world_from_headset: UncertainPose
    sight: WornSight


@dataclass(frozen=True, kw_only=True, eq=False)
class WornPlaced:
    """What came of the news of one headset.

    Attributes:
        client: which connection.
        room_frame_id: of the frame the sights are told in.
        worn: the board and where it sits, as it was told or found; None while that is not known.
        words: what the wearer should do; one short sentence, empty where nothing is to be said.
        placed: sights that count, older ones too whose heads came only now; none without `worn`.
    """

    client: int
    room_frame_id: int
    worn: HeadsetBoard | None
    words: str
    placed: tuple[PlacedWorn, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class WornAnswer:
    """What came of what was asked."""

    number: int
    clients: tuple[WornPlaced, ...]

    def encode(self) -> bytes:
        """Return the answer as bytes."""
        document = {
            "number": self.number,
            "clients": [
                {
                    "client": one.client,
                    "room_frame_id": one.room_frame_id,
                    "worn": None if one.worn is None else _plain(one.worn),
                    "words": one.words,
                    "placed": [
                        {"world_from_headset": plain_of(placed.world_from_headset), "sight": placed.sight.plain()}
                        for placed in one.placed[-MOST_PLACED:]
                    ],
                }
                for one in self.clients
            ],
        }
        return json.dumps(document).encode()

    @classmethod
    def decode(cls, payload: bytes) -> "WornAnswer":
        """Rebuild what `encode` wrote."""
        document: dict[str, Any] = json.loads(payload)
        return cls(
            number=document["number"],
            clients=tuple(
                WornPlaced(
                    client=one["client"],
                    room_frame_id=one["room_frame_id"],
                    worn=None if one["worn"] is None else _worn(*one["worn"]),
                    words=one["words"],
                    placed=tuple(
                        PlacedWorn(
                            world_from_headset=pose_of(Frame.WORLD, Frame.HEADSET, placed["world_from_headset"]),
                            sight=WornSight.of(placed["sight"]),
                        )
                        for placed in one["placed"]
                    ),
                )
                for one in document["clients"]
            ),
        )


def _plain(worn: HeadsetBoard) -> list[Any]:
    return [worn.board, worn.headset_from_board, worn.place_sigma_mm, worn.place_sigma_rad]


def _worn(board: str, place: list[float], sigma_mm: float, sigma_rad: float) -> HeadsetBoard:
    return HeadsetBoard(
        board=board, headset_from_board=tuple(place), place_sigma_mm=sigma_mm, place_sigma_rad=sigma_rad
    )
