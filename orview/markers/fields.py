"""Reading a table somebody wrote by hand: each wrong field is refused by its name."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.errors import InputError

MEND = "calibration/README.md shows the format."

LARGEST = 1e6
"""Numbers beyond this are slips, whatever they stand for."""


class Table:
    """A TOML table whose fields are asked for one by one; `done` refuses those nobody asked for.

    Args:
        table: what the file holds there.
        where: what people call the place, for the sentences.

    Raises:
        InputError: it is no table.
    """

    def __init__(self, table: object, where: str) -> None:
        if not isinstance(table, dict):
            raise InputError(f"{where} is a table of fields.", mend=MEND)
        self.where = where
        self._table: dict[str, Any] = table
        self._known: set[str] = set()

    def has(self, field: str) -> bool:
        """Return whether the field is there; asked for or not, it counts as known."""
        self._known.add(field)
        return field in self._table

    def text(self, field: str, default: str | None = None) -> str:
        """Return a line of text."""
        value = self._value(field, default)
        if not (isinstance(value, str) and 0 < len(value) <= 80 and value.isprintable()):
            raise self._wrong(field, "one line of text of up to 80 letters")
        return value

    def truth(self, field: str, default: bool | None = None) -> bool:
        """Return true or false."""
        value = self._value(field, default)
        if not isinstance(value, bool):
            raise self._wrong(field, "true or false")
        return value

    def whole(self, field: str, default: int | None = None) -> int:
        """Return a whole number."""
        value = self._value(field, default)
        if not _is_whole(value):
            raise self._wrong(field, "a whole number")
        return int(value)

    def number(self, field: str, default: float | None = None) -> float:
        """Return a number."""
        value = self._value(field, default)
        if not _is_number(value):
            raise self._wrong(field, "a number")
        return float(value)

    def wholes(self, field: str, count: int) -> tuple[int, ...]:
        """Return so many whole numbers."""
        value = self._value(field, None)
        if not (isinstance(value, list) and len(value) == count and all(_is_whole(item) for item in value)):
            raise self._wrong(field, f"{count} whole numbers in brackets")
        return tuple(value)

    def numbers(self, field: str, count: int) -> tuple[float, ...]:
        """Return so many numbers."""
        value = self._value(field, None)
        if not (isinstance(value, list) and len(value) == count and all(_is_number(item) for item in value)):
            raise self._wrong(field, f"{count} numbers in brackets")
        return tuple(float(item) for item in value)

    def points(self, field: str, count: int | None = None) -> NDArray[np.float64]:
        """Return points (N, 3); `count` of them where it is given."""
        value = self._value(field, None)
        good = isinstance(value, list) and all(
            isinstance(point, list) and len(point) == 3 and all(_is_number(item) for item in point) for point in value
        )
        if not good or (count is not None and len(value) != count):
            raise self._wrong(field, f"a list of {count or 'any number of'} points [x, y, z]")
        return np.array(value, dtype=np.float64).reshape(-1, 3)

    def table(self, field: str) -> "Table":
        """Return the table below."""
        return Table(self._value(field, None), f"[{self._below(field)}]")

    def tables(self, field: str) -> list["Table"]:
        """Return the list of tables below, empty where there is none."""
        value = self._value(field, [])
        if not isinstance(value, list):
            raise self._wrong(field, f"a list of tables, each headed [[{field}]]")
        return [Table(entry, f"[[{field}]] number {number}") for number, entry in enumerate(value, start=1)]

    def done(self) -> None:
        """Refuse fields that nobody asked for."""
        unknown = sorted(set(self._table) - self._known)
        if unknown:
            raise InputError(
                f"{self.where} has unknown fields: {', '.join(unknown)}.",
                mend=f"Known: {', '.join(sorted(self._known))}.",
            )

    def wrong(self, error: InputError) -> InputError:
        """Return the error with the name of this place before it."""
        return InputError(f"{self.where}: {error.message}", mend=error.mend)

    def _value(self, field: str, default: Any) -> Any:
        self._known.add(field)
        value = self._table.get(field, default)
        if value is None:
            raise InputError(f"{self.where} does not say {field}.", mend=MEND)
        return value

    def _wrong(self, field: str, kind: str) -> InputError:
        where = "the board" if self.where == "The board" else self.where
        return InputError(f"The field {field} of {where} is not {kind}.", mend=MEND)

    def _below(self, field: str) -> str:
        return field if self.where == "The board" else f"{field} of {self.where}"


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
