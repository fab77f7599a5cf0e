"""What a field of a message may hold. One description serves the decoder, the TypeScript and the version digest.

A kind reads a value that JSON gave (`read`), and describes itself as plain data (`describe`) and in words (`words`).
Fields of messages are annotated with kinds: `Annotated[str, Text(80)]`.
"""

import math
import re
import types
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Protocol, Union, get_args, get_origin, get_type_hints

from orview.protocol.faults import Fault, WireError

QUATERNION_TOLERANCE = 1e-3
"""How far the length of a quaternion may stand from 1 (the same as `RigidTransform.from_quaternion`)."""
MAX_POSITION_M = 1000.0
"""No room and no tracking space of a headset is larger; a greater number is a unit mistaken (hazard H05)."""

_UNFIT_FOR_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and halves of surrogate pairs: they cannot be shown, and the latter cannot be written as UTF-8."""


class Kind(Protocol):
    """What one value may be."""

    def read(self, value: object, where: str) -> object:
        """Return the checked value as messages hold it; `where` names the place in a fault.

        Raises:
            WireError: the value is not of this kind.
        """

    def describe(self) -> dict[str, object]:
        """Return the kind as plain data, the same for the same rule."""

    def words(self) -> str:
        """Return the kind as the protocol's page says it."""


@dataclass(frozen=True)
class Text:
    """A string without control characters, counted in Unicode code points."""

    most: int
    least: int = 0
    pattern: str = ""

    def read(self, value: object, where: str) -> str:
        """Read a string (see `Kind.read`)."""
        if not isinstance(value, str):
            raise WireError(Fault.WRONG_TYPE, "A text is wanted here.", where=where)
        if not self.least <= len(value) <= self.most:
            raise WireError(Fault.BAD_TEXT, f"A text of {self.least} to {self.most} characters is wanted.", where=where)
        if _UNFIT_FOR_TEXT.search(value) or (self.pattern and not re.fullmatch(self.pattern, value)):
            raise WireError(Fault.BAD_TEXT, "The text holds characters that do not belong here.", where=where)
        return value

    def describe(self) -> dict[str, object]:
        """Describe it (see `Kind.describe`)."""
        return {"kind": "text", "least": self.least, "most": self.most, "pattern": self.pattern}

    def words(self) -> str:
        """Say it (see `Kind.words`)."""
        return f"text {self.least}..{self.most}" + (f" `{self.pattern}`" if self.pattern else "")


@dataclass(frozen=True)
class Whole:
    """A whole number. `3.0` is one, since many languages write it so."""

    low: int
    high: int

    def read(self, value: object, where: str) -> int:
        """Read a whole number (see `Kind.read`)."""
        if isinstance(value, float):
            if not math.isfinite(value):
                raise WireError(Fault.NOT_FINITE, "A number is not finite.", where=where)
            if value.is_integer():
                value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise WireError(Fault.WRONG_TYPE, "A whole number is wanted here.", where=where)
        if not self.low <= value <= self.high:
            raise WireError(Fault.OUT_OF_RANGE, f"The number must lie in {self.low} to {self.high}.", where=where)
        return value

    def describe(self) -> dict[str, object]:
        """Describe it (see `Kind.describe`)."""
        return {"kind": "whole", "low": self.low, "high": self.high}

    def words(self) -> str:
        """Say it (see `Kind.words`)."""
        return f"whole {self.low}..{self.high}"


@dataclass(frozen=True)
class Number:
    """A finite number."""

    low: float
    high: float

    def read(self, value: object, where: str) -> float:
        """Read a finite number (see `Kind.read`)."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise WireError(Fault.WRONG_TYPE, "A number is wanted here.", where=where)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise WireError(Fault.NOT_FINITE, "A number is not finite.", where=where)
        if not self.low <= number <= self.high:
            raise WireError(Fault.OUT_OF_RANGE, f"The number must lie in {self.low} to {self.high}.", where=where)
        return number

    def describe(self) -> dict[str, object]:
        """Describe it (see `Kind.describe`)."""
        return {"kind": "number", "low": self.low, "high": self.high}

    def words(self) -> str:
        """Say it (see `Kind.words`)."""
        return f"number {self.low:g}..{self.high:g}"


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def read(self, value: object, where: str) -> bool:
        """Read true or false (see `Kind.read`)."""
        if not isinstance(value, bool):
            raise WireError(Fault.WRONG_TYPE, "True or false is wanted here.", where=where)
        return value

    def describe(self) -> dict[str, object]:
        """Describe it (see `Kind.describe`)."""
        return {"kind": "flag"}

    def words(self) -> str:
        """Say it (see `Kind.words`)."""
        return "true/false"


@dataclass(frozen=True)
class Choice:
    """One of the names of an enum."""

    enum: type[StrEnum]

    def read(self, value: object, where: str) -> StrEnum:
        """Read one of the names (see `Kind.read`)."""
        if not isinstance(value, str):
            raise WireError(Fault.WRONG_TYPE, "A text is wanted here.", where=where)
        try:
            return self.enum(value)
        except ValueError:
            raise WireError(Fault.UNKNOWN_CHOICE, "The text is none of the names known here.", where=where) from None

    def describe(self) -> dict[str, object]:
        """Describe it (see `Kind.describe`)."""
        return {"kind": "choice", "of": [member.value for member in self.enum]}

    def words(self) -> str:
        """Say it (see `Kind.words`)."""
        return "one of " + " ".join(f"`{member.value}`" for member in self.enum)


@dataclass(frozen=True)
class PoseNumbers:
    """Seven numbers: position x y z in metres, unit quaternion x y z w."""

    def read(self, value: object, where: str) -> tuple[float, ...]:
        """Read a pose (see `Kind.read`)."""
        if not isinstance(value, list | tuple):
            raise WireError(Fault.WRONG_TYPE, "A list of seven numbers is wanted here.", where=where)
        if len(value) != 7:
            raise WireError(Fault.WRONG_COUNT, "A pose is seven numbers.", where=where)
        any_number = Number(-math.inf, math.inf)
        numbers = tuple(any_number.read(item, f"{where}[{index}]") for index, item in enumerate(value))
        check_pose(numbers[:3], numbers[3:], where)
        return numbers

    def describe(self) -> dict[str, object]:
        """Describe it (see `Kind.describe`)."""
        return {"kind": "pose", "most": MAX_POSITION_M, "tolerance": QUATERNION_TOLERANCE}

    def words(self) -> str:
        """Say it (see `Kind.words`)."""
        return "pose: 7 numbers"


@dataclass(frozen=True)
class Items:
    """A list; in an annotation `of` is left out and taken from the type of the items."""

    most: int
    least: int = 0
    of: Kind | None = None

    def read(self, value: object, where: str) -> tuple[object, ...]:
        """Read a list (see `Kind.read`)."""
        assert self.of is not None
        if not isinstance(value, list | tuple):
            raise WireError(Fault.WRONG_TYPE, "A list is wanted here.", where=where)
        if not self.least <= len(value) <= self.most:
            raise WireError(Fault.WRONG_COUNT, f"A list of {self.least} to {self.most} is wanted.", where=where)
        return tuple(self.of.read(item, f"{where}[{index}]") for index, item in enumerate(value))

    def describe(self) -> dict[str, object]:
        """Describe it (see `Kind.describe`)."""
        assert self.of is not None
        return {"kind": "items", "least": self.least, "most": self.most, "of": self.of.describe()}

    def words(self) -> str:
        """Say it (see `Kind.words`)."""
        assert self.of is not None
        return f"list {self.least}..{self.most} of {self.of.words()}"


@dataclass(frozen=True)
class Maybe:
    """A value, or null."""

    of: Kind

    def read(self, value: object, where: str) -> object:
        """Read a value or null (see `Kind.read`)."""
        return None if value is None else self.of.read(value, where)

    def describe(self) -> dict[str, object]:
        """Describe it (see `Kind.describe`)."""
        return {"kind": "maybe", "of": self.of.describe()}

    def words(self) -> str:
        """Say it (see `Kind.words`)."""
        return f"{self.of.words()}, or null"


@dataclass(frozen=True)
class Part:
    """An object with exactly the fields of a dataclass."""

    cls: type

    def read(self, value: object, where: str) -> object:
        """Read an object (see `Kind.read`)."""
        if not isinstance(value, Mapping):
            raise WireError(Fault.WRONG_TYPE, "An object is wanted here.", where=where)
        return self.cls(**read_fields(self.cls, value, where))

    def describe(self) -> dict[str, object]:
        """Describe it (see `Kind.describe`)."""
        return {"kind": "part", "name": self.cls.__name__, "fields": describe_fields(self.cls)}

    def words(self) -> str:
        """Say it (see `Kind.words`)."""
        return f"{self.cls.__name__}"


def check_pose(position_m: tuple[float, ...], quat_xyzw: tuple[float, ...], where: str) -> None:
    """Check three finite metres and a unit quaternion.

    Raises:
        WireError: a number is not finite, the position is beyond `MAX_POSITION_M`, or the length is not 1.
    """
    if not all(map(math.isfinite, (*position_m, *quat_xyzw))):
        raise WireError(Fault.NOT_FINITE, "A pose holds a value that is not a finite number.", where=where)
    if max(map(abs, position_m)) > MAX_POSITION_M:
        raise WireError(Fault.OUT_OF_RANGE, "A position is farther away than any room reaches.", where=where)
    if abs(math.hypot(*quat_xyzw) - 1.0) > QUATERNION_TOLERANCE:
        raise WireError(Fault.NOT_A_POSE, "A quaternion has not the length 1.", where=where)


def read_fields(cls: type, value: Mapping[str, object], where: str) -> dict[str, Any]:
    """Read exactly the fields of a dataclass from an object that JSON gave.

    Raises:
        WireError: a field is missing, unknown or not of its kind.
    """
    kinds = field_kinds(cls)
    for name in value:
        if name not in kinds:
            raise WireError(Fault.UNKNOWN_FIELD, "The object has a field nobody knows.", where=where)
    for name in kinds:
        if name not in value:
            raise WireError(Fault.MISSING_FIELD, "A field is missing.", where=f"{where}.{name}")
    return {name: kind.read(value[name], f"{where}.{name}") for name, kind in kinds.items()}


def describe_fields(cls: type) -> dict[str, object]:
    """Return the fields of a dataclass as plain data, in order."""
    return {name: kind.describe() for name, kind in field_kinds(cls).items()}


def field_kinds(cls: type) -> Mapping[str, Kind]:
    """Return the kind of each field of a message, in order, from its annotations."""
    return _field_kinds(cls)


@cache
def _field_kinds(cls: Any) -> Mapping[str, Kind]:
    assert is_dataclass(cls)
    hints = get_type_hints(cls, include_extras=True)
    return types.MappingProxyType({field.name: _kind_of(hints[field.name]) for field in fields(cls)})


def _kind_of(hint: Any) -> Kind:
    arguments = get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        (inner,) = [argument for argument in arguments if argument is not types.NoneType]
        return Maybe(_kind_of(inner))
    if get_origin(hint) is Annotated:
        kind: Kind = arguments[1]
        if isinstance(kind, Items):
            return Items(kind.most, kind.least, _kind_of(get_args(arguments[0])[0]))
        return kind
    if hint is bool:
        return Flag()
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Choice(hint)
    if is_dataclass(hint):
        assert isinstance(hint, type)
        return Part(hint)
    raise TypeError(f"no kind is known for {hint!r}")
