"""What the tracker says of a pointer's tip after each picture, from track process to stream; little endian.

A slot holds the newest value alone, so each record repeats the newest rest: none is lost where a reader is late.
"""

import math
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.track.tip_sight import Rest, TipState

_MAGIC = b"OVQ1"
_ADVICE_BYTES = 200
_TIP = struct.Struct(f"<4sQQBBBx12dQI22d{_ADVICE_BYTES}s")
_STATES = tuple(TipState)

TIP_CAPACITY = _TIP.size
"""Bytes a slot of tip records needs."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TipRecord:
    """What the newest picture says of the tip.

    Attributes:
        order: which `PointerOrders` it was looked for by.
        taken_ns: of the picture.
        state: what the tip does.
        patient_seen: whether the board on the patient is seen.
        doubted: the pointer's board says that the lens or its own print is not what it is said to be; it is not
            followed any more.
        position_board_mm: (3,) in the frame of the board on the patient, None where the tip is not seen.
        covariance_mm2: (3, 3) of it in this one picture, None likewise.
        rest: the newest rest since the order, None before the first.
        advice: what to do where the pointer is not seen and the reason is known, one short sentence, else empty.
    """

    order: int
    taken_ns: int
    state: TipState
    patient_seen: bool
    doubted: bool
    position_board_mm: NDArray[np.float64] | None
    covariance_mm2: NDArray[np.float64] | None
    rest: Rest | None
    advice: str = ""

    def __post_init__(self) -> None:
        if (self.position_board_mm is None) != (self.covariance_mm2 is None):
            raise ContractError("A place of a tip goes with its covariance.")

    def encode(self) -> bytes:
        """Return the record as bytes."""
        rest = self.rest
        return _TIP.pack(
            _MAGIC,
            self.order,
            self.taken_ns,
            _STATES.index(self.state),
            self.patient_seen + 2 * self.doubted,
            (self.position_board_mm is not None) + 2 * (rest is not None),
            *_numbers(self.position_board_mm, self.covariance_mm2),
            0 if rest is None else rest.taken_ns,
            0 if rest is None else rest.pictures,
            *((0.0,) * 12 if rest is None else _numbers(rest.position_board_mm, rest.covariance_mm2)),
            0.0 if rest is None else rest.scatter_mm,
            *((0.0,) * 9 if rest is None else rest.shared_mm2.ravel().tolist()),
            self.advice.encode("ascii", "replace")[:_ADVICE_BYTES],
        )

    @classmethod
    def decode(cls, payload: bytes) -> "TipRecord":
        """Rebuild what `encode` wrote.

        Raises:
            ContractError: the bytes are no such record, or its numbers are none.
        """
        if len(payload) != _TIP.size or payload[:4] != _MAGIC:
            raise ContractError("A slot does not hold the record of a tip.")
        _, order, taken_ns, state, seen, has, *numbers, advice = _TIP.unpack(payload)
        if state >= len(_STATES) or seen > 3 or has > 3 or not all(map(math.isfinite, numbers)) or not advice.isascii():
            raise ContractError("The record of a tip carries what is no tip.")
        place, covariance = _arrays(numbers[:12])
        rest_place, rest_covariance = _arrays(numbers[14:26])
        rest = Rest(
            taken_ns=int(numbers[12]),
            position_board_mm=rest_place,
            covariance_mm2=rest_covariance,
            pictures=int(numbers[13]),
            scatter_mm=numbers[26],
            shared_mm2=np.array(numbers[27:]).reshape(3, 3),
        )
        return cls(
            order=order,
            taken_ns=taken_ns,
            state=_STATES[state],
            patient_seen=bool(seen & 1),
            doubted=bool(seen & 2),
            position_board_mm=place if has & 1 else None,
            covariance_mm2=covariance if has & 1 else None,
            rest=rest if has & 2 else None,
            advice=advice.rstrip(b"\0").decode("ascii"),
        )


def _numbers(place: NDArray[np.float64] | None, covariance: NDArray[np.float64] | None) -> tuple[float, ...]:
    if place is None or covariance is None:
        return (0.0,) * 12
    return (*place.tolist(), *covariance.ravel().tolist())


def _arrays(numbers: list[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.array(numbers[:3]), np.array(numbers[3:]).reshape(3, 3)
