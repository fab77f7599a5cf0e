"""One DICOM file opened without trusting it: its header elements and where its pixels lie. Limited child only."""

import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset, read_file_meta_info, read_partial
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from orview.errors import InputError, RefusedError

FIRST_PIXEL_TAG = 0x7FE00001
"""Extended offset tables, float pixels and pixels: from here on a file is numbers, not header."""

PIXEL_DATA = 0x7FE00010
LONG_VRS = (b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN")
UNDEFINED = 0xFFFFFFFF

MAX_FILE_BYTES = 3 * 1024**3
MAX_HEADER_BYTES = 64 * 1024**2
"""Largest value of one header element kept in memory, and all of them together before pixels."""

MAX_INFLATE_RATIO = 100
INFLATE_ALWAYS_BYTES = 16 * 1024**2
"""A deflated file may unpack to this, or to a hundred times its own size; a megabyte could become gigabytes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DicomFile:
    """A DICOM file read up to its pixels.

    Attributes:
        path: the file.
        syntax: transfer syntax UID.
        sop_class: SOP class UID from the file's meta information.
        header: the elements asked for.
        pixels_at, pixels_bytes: offset and length of the pixel data in the plain (inflated) bytes; the length is
            None where it is encapsulated (compressed), the offset None where there are no pixels.
    """

    path: Path
    syntax: str
    sop_class: str
    header: Dataset
    pixels_at: int | None
    pixels_bytes: int | None


def damaged() -> InputError:
    """Return what is said of a file that cannot be read on."""
    return InputError("A DICOM file is damaged or cut short.", mend="Copy the series again.")


def is_dicom(path: Path) -> bool:
    """Tell whether a file begins as DICOM files (PS3.10) do."""
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def is_stump(path: Path) -> bool:
    """Tell whether a file that is not DICOM looks like the beginning of one, as a broken copy leaves it."""
    if path.suffix.lower() in (".dcm", ".dicom", ".ima"):
        return True
    with path.open("rb") as file:
        head = file.read(132)
    return len(head) < 132 and not path.suffix and not head.strip(b"\0")


def open_dicom(path: Path, tags: Sequence[int]) -> DicomFile:
    """Read the header elements `tags` of a file and find its pixels, without reading them.

    Raises:
        InputError: the file is damaged or cut short.
        RefusedError: it is too large, or unpacks to something that is.
    """
    if path.stat().st_size > MAX_FILE_BYTES:
        raise RefusedError(f"A DICOM file is larger than {MAX_FILE_BYTES // 1024**3} GB.")
    try:
        meta = read_file_meta_info(path)
        syntax = str(meta.get("TransferSyntaxUID", ""))
        sop_class = str(meta.get("MediaStorageSOPClassUID", ""))
        with path.open("rb") as file:
            if syntax == DeflatedExplicitVRLittleEndian:
                plain, start, whole = inflated(file, meta)
                if not whole:
                    raise damaged()
                plain.seek(start)
                header = read_dataset(plain, False, True, stop_when=_stop, specific_tags=[BaseTag(tag) for tag in tags])
                implicit, order = False, "<"
                at, length = _find_pixels(plain, implicit=implicit, order=order)
            else:
                header = read_partial(file, stop_when=_stop, specific_tags=[BaseTag(tag) for tag in tags])
                implicit, order = header.original_encoding[0] is True, "<" if header.original_encoding[1] else ">"
                at, length = _find_pixels(file, implicit=implicit, order=order)
    except (MemoryError, PermissionError, RefusedError, InputError):
        raise
    except Exception as error:
        # What libraries raise on bytes nobody expected has no end: recursion, structs, encodings, lengths.
        raise damaged() from error
    return DicomFile(
        path=path,
        syntax=syntax or str(ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian),
        sop_class=sop_class,
        header=header,
        pixels_at=at,
        pixels_bytes=length,
    )


def plain_bytes(path: Path, syntax: str) -> bytes:
    """Return a file's bytes with its data set inflated, as `DicomFile.pixels_at` counts them.

    Raises:
        InputError, RefusedError: as for `open_dicom`.
    """
    if syntax != DeflatedExplicitVRLittleEndian:
        return path.read_bytes()
    with path.open("rb") as file:
        plain, _, whole = inflated(file, read_file_meta_info(path))
    if not whole:
        raise damaged()
    return plain.getvalue()


def inflated(file: BinaryIO, meta: Dataset) -> tuple[BytesIO, int, bool]:
    """Return a deflated file with its data set inflated, where that begins, and whether it is all there.

    Raises:
        RefusedError: it unpacks to far more than it holds.
        zlib.error: its bytes are not deflated ones.
    """
    start = 144 + int(meta.FileMetaInformationGroupLength)
    head = file.read(start)
    packed = file.read()
    limit = min(max(INFLATE_ALWAYS_BYTES, MAX_INFLATE_RATIO * len(packed)), MAX_FILE_BYTES)
    unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    unpacked = unpacker.decompress(packed, limit)
    if not unpacker.eof and len(unpacked) >= limit:
        raise RefusedError("A deflated DICOM file unpacks to far more than it holds.", mend="Export it uncompressed.")
    return BytesIO(head + unpacked), start, unpacker.eof


def _stop(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag >= FIRST_PIXEL_TAG or (length != UNDEFINED and length > MAX_HEADER_BYTES)


def _find_pixels(plain: BinaryIO, *, implicit: bool, order: str) -> tuple[int | None, int | None]:
    """Return offset and length of the pixel data from an element at or behind `FIRST_PIXEL_TAG`.

    Raises:
        InputError: the file ends before its pixels do.
    """
    here = plain.tell()
    end = plain.seek(0, os.SEEK_END)
    plain.seek(here)
    while head := plain.read(8):
        if len(head) < 8:
            raise damaged()
        group, element = struct.unpack(order + "HH", head[:4])
        if implicit:
            (length,) = struct.unpack(order + "I", head[4:])
        elif head[4:6] in LONG_VRS:
            (length,) = struct.unpack(order + "I", plain.read(4))
        else:
            (length,) = struct.unpack(order + "H", head[6:])
        at = plain.tell()
        if length != UNDEFINED and at + length > end:
            raise damaged()
        if group << 16 | element == PIXEL_DATA:
            return at, None if length == UNDEFINED else length
        if length == UNDEFINED:
            return None, None
        plain.seek(length, os.SEEK_CUR)
    return None, None
