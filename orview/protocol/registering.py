"""The messages about the registration of the chosen case: what to expect of it, why, and whether it was accepted."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from orview.protocol.fields import Count, Fraction, Key, Millimetres, Name, Sentence, Sha256
from orview.protocol.schema import Items


class RegistrationState(StrEnum):
    """What the store knows of a case's registration to the board in use."""

    MISSING = "missing"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class RegistrationMethod(StrEnum):
    """The way a registration was made, as `orview.register.verdict` has it."""

    BOARD = "board"
    POINTS = "points"
    SURFACE = "surface"


@dataclass(frozen=True, kw_only=True)
class AcceptRegistration:
    """A person looked at the registration of this digest and accepts it."""

    TYPE: ClassVar[str] = "accept_registration"
    digest: Sha256


@dataclass(frozen=True, kw_only=True)
class RegisteredStructure:
    """What the registration alone may be wrong by at one structure, 95 %."""

    key: Key
    name: Name
    expected_error_mm: Millimetres


@dataclass(frozen=True, kw_only=True)
class LinkShare:
    """The part one link of the chain has in the variance of the error at the target."""

    link: Key
    share: Fraction
    words: Sentence


@dataclass(frozen=True, kw_only=True)
class Registration:
    """The verdict on the chosen case and the board in use. Only one that is `accepted` may be accepted by a person."""

    TYPE: ClassVar[str] = "registration"
    state: RegistrationState
    digest: Sha256 | None
    method: RegistrationMethod | None
    target_key: Key | None
    limit_mm: Millimetres | None
    matched: Count
    known: Count
    structures: Annotated[tuple[RegisteredStructure, ...], Items(256)]
    links: Annotated[tuple[LinkShare, ...], Items(16)]
    reasons: Annotated[tuple[Sentence, ...], Items(16)]
    advice: Annotated[tuple[Sentence, ...], Items(16)]
    accepted: bool
