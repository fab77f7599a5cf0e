"""Ways to damage bytes: blind ones, and ones that look for lengths and numbers."""

import random
import re
import struct
from collections.abc import Callable

_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_EVIL_NUMBERS = [b"nan", b"-1", b"0", b"1e999", b"inf", b"60000", b"4294967295", b"-2147483648", b"0.000001", b"1e30"]
_EVIL_WORDS = [0, 1, 0x7F, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 60000]
_EVIL_TEXT = [
    b"../../../etc/passwd",
    b"/etc/passwd",
    b"\xff\xfe\xfd",
    b"%n%s%x",
    b"\x1b]0;x\x07",
    b"\0" * 8,
    b"A" * 4000,
]

Mutation = Callable[[bytearray, random.Random], None]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return damaged bytes: one to four mutations, more often near the beginning, where headers are."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        rng.choice(_MUTATIONS)(changed, rng)
    return bytes(changed)


def _place(data: bytearray, rng: random.Random) -> int:
    """A place in the data; half of all lie in the first kilobyte."""
    if not data:
        return 0
    return rng.randrange(min(len(data), 1024) if rng.random() < 0.5 else len(data))


def _flip_bits(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        if data:
            data[_place(data, rng)] ^= 1 << rng.randrange(8)


def _set_bytes(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 2, 4, 16))):
        if data:
            data[_place(data, rng)] = rng.randrange(256)


def _truncate(data: bytearray, rng: random.Random) -> None:
    del data[_place(data, rng) :]


def _drop(data: bytearray, rng: random.Random) -> None:
    start = _place(data, rng)
    del data[start : start + rng.choice((1, 2, 4, 8, 100, 1000))]


def _insert(data: bytearray, rng: random.Random) -> None:
    start = _place(data, rng)
    data[start:start] = rng.choice((rng.randbytes(rng.choice((1, 2, 4, 100))), rng.choice(_EVIL_TEXT)))


def _repeat(data: bytearray, rng: random.Random) -> None:
    start = _place(data, rng)
    piece = bytes(data[start : start + rng.choice((8, 64, 512))])
    data[start:start] = piece * rng.choice((1, 2, 50))


def _evil_length(data: bytearray, rng: random.Random) -> None:
    """Overwrite two, four or eight bytes with a number that lengths and sizes should not be."""
    form = rng.choice(("<H", ">H", "<I", ">I", "<Q"))
    size = struct.calcsize(form)
    if len(data) > size:
        start = min(_place(data, rng), len(data) - size)
        struct.pack_into(form, data, start, rng.choice(_EVIL_WORDS) & ((1 << 8 * size) - 1))


def _evil_float(data: bytearray, rng: random.Random) -> None:
    form = rng.choice(("<f", "<d"))
    size = struct.calcsize(form)
    if len(data) > size:
        start = min(_place(data, rng) & ~3, len(data) - size)
        value = rng.choice((float("nan"), float("inf"), -float("inf"), -1.0, 0.0, 1e-30, 1e30))
        struct.pack_into(form, data, start, value)


def _evil_number(data: bytearray, rng: random.Random) -> None:
    """Replace a number written as text."""
    found = list(_NUMBER.finditer(data, 0, 8192))
    if found:
        match = rng.choice(found)
        data[match.start() : match.end()] = rng.choice(_EVIL_NUMBERS)


def _evil_text(data: bytearray, rng: random.Random) -> None:
    text = rng.choice(_EVIL_TEXT)
    start = _place(data, rng)
    data[start : start + len(text)] = text


_MUTATIONS: tuple[Mutation, ...] = (
    _flip_bits,
    _flip_bits,
    _set_bytes,
    _truncate,
    _drop,
    _insert,
    _repeat,
    _evil_length,
    _evil_length,
    _evil_float,
    _evil_number,
    _evil_number,
    _evil_text,
)
