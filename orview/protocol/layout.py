"""Layouts of binary messages: little-endian, packed, and each a table.

The table is read by the encoder, the TypeScript, the version digest and the test of the protocol's page.
"""

import math
import struct
from dataclasses import dataclass

from orview.protocol.faults import Fault, WireError


@dataclass(frozen=True)
class Slot:
    """One field of a binary layout: `count` values of a type named as in Rust, or `bytes`."""

    name: str
    type: str
    count: int = 1


_CODES = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "f32": "f"}


def struct_of(layout: tuple[Slot, ...]) -> struct.Struct:
    """Return what packs and unpacks a layout."""
    parts = (f"{slot.count}s" if slot.type == "bytes" else _CODES[slot.type] * slot.count for slot in layout)
    return struct.Struct("<" + "".join(parts))


def offsets(layout: tuple[Slot, ...]) -> dict[str, int]:
    """Return the offset of each field of a layout, bytes."""
    return {slot.name: struct_of(layout[:index]).size for index, slot in enumerate(layout)}


PACKING_ERROR = struct.error
"""What a value that does not fit its field raises."""


def check_number(value: float, most: float, where: str) -> None:
    """Check a finite number from 0 to `most`.

    Raises:
        WireError: it is none.
    """
    if not math.isfinite(value):
        raise WireError(Fault.NOT_FINITE, "A number is not finite.", where=where)
    if not 0.0 <= value <= most:
        raise WireError(Fault.OUT_OF_RANGE, f"The number must lie in 0 to {most:g}.", where=where)


def check_jpeg(jpeg: bytes, where: str) -> None:
    """Check that bytes begin as every JPEG does.

    Raises:
        WireError: they do not.
    """
    if jpeg[:3] != b"\xff\xd8\xff":
        raise WireError(Fault.WRONG_TYPE, "The picture is no JPEG.", where=where)
