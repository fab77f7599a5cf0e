"""One newest value shared by two processes: a memory-mapped file with a sequence lock.

A queue between a camera and a pose stream would hand over old pictures; a slot cannot. One
process writes, any number read. Two buffers take turns, so a reader always has a whole value
while the next one is written, a writer killed half way leaves the last whole value standing,
and a reader killed half way leaves nothing behind at all.

File layout, native 8-byte words: magic, capacity, newest, then for each of the two buffers
begin, length, checksum; from byte 4096 on the buffers. `newest` is the number of the last whole
value (0: none yet); value n lies in buffer n % 2, whose `begin` is set to n before its bytes are
touched. A reader that finds `begin` == n before and after copying has copied value n.
"""

import mmap
import os
import zlib
from pathlib import Path
from types import TracebackType

from orview.errors import ContractError, InputError

_MAGIC = int.from_bytes(b"orvslot1", "little")
_DATA_OFFSET = 4096
_MAGIC_WORD, _CAPACITY_WORD, _NEWEST_WORD, _FIRST_BUFFER_WORD = range(4)
_WORDS_PER_BUFFER = 3
_BEGIN, _LENGTH, _CHECKSUM = range(_WORDS_PER_BUFFER)
_MAX_TRIES = 1000
_CHECKED_BYTES = 1 << 16
"""The checksum covers this much of either end of a value: all of a pose, and of a picture what costs 0.1 ms."""


class LatestSlot:
    """The newest of the values one process publishes, for other processes to read.

    One writer at a time; who writes after a writer's death attaches and goes on counting.
    """

    def __init__(self, mapping: mmap.mmap) -> None:
        self._map = mapping
        self._bytes = memoryview(mapping)
        # A cast view stores and loads a whole word at once; struct would go byte by byte.
        self._words = self._bytes[:_DATA_OFFSET].cast("Q")
        self._capacity = self._words[_CAPACITY_WORD]

    @classmethod
    def create(cls, path: Path, capacity: int) -> "LatestSlot":
        """Make a new empty slot for values of at most `capacity` bytes, replacing a file of that name.

        Raises:
            ContractError: the capacity is not positive.
        """
        if capacity <= 0:
            raise ContractError("A slot needs room for at least one byte.")
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        with fresh.open("w+b") as file:
            fresh.chmod(0o600)
            file.truncate(_DATA_OFFSET + 2 * capacity)
            file.write(_MAGIC.to_bytes(8, "little") + capacity.to_bytes(8, "little"))
            file.flush()
            mapping = mmap.mmap(file.fileno(), 0)
        fresh.replace(path)
        return cls(mapping)

    @classmethod
    def attach(cls, path: Path) -> "LatestSlot":
        """Open the slot another process created.

        Raises:
            InputError: there is no such file, or it is no slot.
        """
        try:
            with path.open("r+b") as file:
                head = file.read(16)
                magic, capacity = int.from_bytes(head[:8], "little"), int.from_bytes(head[8:], "little")
                if magic != _MAGIC or os.fstat(file.fileno()).st_size != _DATA_OFFSET + 2 * capacity:
                    raise InputError(f"{path.name} is not a slot orview wrote.", mend="Start its writer again.")
                return cls(mmap.mmap(file.fileno(), 0))
        except OSError as error:
            raise InputError(
                f"The slot {path.name} cannot be opened ({error.strerror}).", mend="Start its writer first."
            ) from error

    @property
    def capacity(self) -> int:
        """The largest value that fits, bytes."""
        return self._capacity

    @property
    def sequence(self) -> int:
        """The number of the newest whole value, 0 before the first; costs no copy."""
        return self._words[_NEWEST_WORD]

    def publish(self, payload: bytes | bytearray | memoryview) -> int:
        """Make `payload` the newest value and return its number.

        Raises:
            ContractError: the payload is larger than the slot.
        """
        length = len(payload)
        if length > self._capacity:
            raise ContractError(f"A value of {length} bytes does not fit a slot of {self._capacity}.")
        number = self._words[_NEWEST_WORD] + 1
        words, start = self._place(number)
        self._words[words + _BEGIN] = number
        self._words[words + _LENGTH] = length
        self._words[words + _CHECKSUM] = _checksum(payload)
        self._bytes[start : start + length] = payload
        self._words[_NEWEST_WORD] = number
        return number

    def latest(self) -> tuple[int, bytes] | None:
        """Return the number and the bytes of the newest value, None while there is none."""
        for _ in range(_MAX_TRIES):
            number = self._words[_NEWEST_WORD]
            if number == 0:
                return None
            words, start = self._place(number)
            length = self._words[words + _LENGTH]
            checksum = self._words[words + _CHECKSUM]
            if self._words[words + _BEGIN] != number or length > self._capacity:
                continue
            payload = bytes(self._bytes[start : start + length])
            # The checksum is for machines that let stores overtake one another; x86 does not.
            if self._words[words + _BEGIN] == number and _checksum(payload) == checksum:
                return number, payload
        return None

    def close(self) -> None:
        """Let go of the memory; the file stays for the others."""
        self._words.release()
        self._bytes.release()
        self._map.close()

    def __enter__(self) -> "LatestSlot":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _place(self, number: int) -> tuple[int, int]:
        buffer = number % 2
        return _FIRST_BUFFER_WORD + buffer * _WORDS_PER_BUFFER, _DATA_OFFSET + buffer * self._capacity


def _checksum(payload: bytes | bytearray | memoryview) -> int:
    if len(payload) <= 2 * _CHECKED_BYTES:
        return zlib.crc32(payload)
    view = memoryview(payload)
    return zlib.crc32(view[-_CHECKED_BYTES:], zlib.crc32(view[:_CHECKED_BYTES]))
