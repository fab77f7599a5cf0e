"""Single values of a DICOM data set, from the bytes as they were read. Runs in the limited child only.

pydicom's own conversion checks and wraps every value, which for a series of 300 slices takes longer than reading its
pixels. Nothing here decodes names of people: those are read by pydicom, with the file's character set.
"""

import struct
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

_NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}
"""Value representations stored as binary numbers (PS3.5 6.2) and how `struct` reads them."""

Number = TypeVar("Number", int, float)


@cache
def tag_of(keyword: str) -> BaseTag:
    """Return the tag of a keyword of the data dictionary."""
    tag = tag_for_keyword(keyword)
    assert tag is not None, keyword
    return BaseTag(tag)


def values_of(dataset: Dataset, keyword: str, *, signed: bool = False) -> list[str] | list[int] | list[float]:
    """Return an element's values: numbers where they are stored as such, else texts; empty where it is missing.

    Args:
        dataset: the data set.
        keyword: of the element.
        signed: how to read an element that may be either.

    Raises:
        struct.error: its bytes are no such numbers.
    """
    element = dataset.get_item(tag_of(keyword))
    if element is None:
        return []
    if not isinstance(element, RawDataElement):
        value = element.value
        if value is None or value == "":
            return []
        return list(value) if isinstance(value, list | tuple) else [value]
    kind = element.VR if element.VR not in (None, "UN") else dictionary_VR(element.tag)
    if kind == "US or SS":
        kind = "SS" if signed else "US"
    data = element.value or b""
    if kind in _NUMBERS:
        order = "<" if element.is_little_endian else ">"
        size = struct.calcsize(order + _NUMBERS[kind])
        return list(struct.unpack(f"{order}{len(data) // size}{_NUMBERS[kind]}", data))
    text = data.decode("latin-1").strip(" \0")
    return [part.strip(" \0") for part in text.split("\\")] if text else []


def text_of(dataset: Dataset, keyword: str) -> str:
    """Return an element as text, empty where it is missing."""
    return "\\".join(map(str, values_of(dataset, keyword)))


def words_of(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """Return a code string's values in upper case."""
    return tuple(str(word).upper() for word in values_of(dataset, keyword))


def number_of(
    dataset: Dataset, keyword: str, kind: Callable[[str | float], Number], otherwise: Number, *, signed: bool = False
) -> Number:
    """Return an element's first number, `otherwise` where it is missing or empty.

    Raises:
        ValueError: it is no number.
    """
    values = values_of(dataset, keyword, signed=signed)
    return otherwise if not values or values[0] == "" else kind(values[0])
