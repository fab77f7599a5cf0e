"""What people vouch for before the overlay is shown: who the patient is, the registration, the time-out."""

from dataclasses import dataclass

from orview.session.roles import Role
from orview.session.time_out import Item

FEWEST_IDENTIFIERS = 2

_IDENTIFIERS = {"name": "name", "birth_date": "date of birth", "patient_id": "patient ID"}


@dataclass(frozen=True, kw_only=True)
class Identified:
    """A person said who the patient is.

    Attributes:
        by: who said it.
        case_id: of the case it was compared with.
        kinds: of the identifiers that match; none where one of those given does not.
        fault: what does not match, in one sentence; empty where all does.
    """

    by: Role
    case_id: str
    kinds: tuple[str, ...]
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class RegistrationAccepted:
    """A person looked at a registration and accepts it; `verdict` is the digest of the one that was looked at."""

    by: Role
    verdict: str


@dataclass(frozen=True, kw_only=True)
class TimeOutTold:
    """What the host knows of each item of the time-out."""

    items: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True)
class Ticked:
    """A person ticks an item of the time-out for the fact it was read with."""

    by: Role
    item: str
    fact: str


@dataclass(frozen=True, kw_only=True)
class Unticked:
    """A person takes a tick back."""

    by: Role
    item: str


def listed(kinds: tuple[str, ...]) -> str:
    """Return kinds of identifiers as people read them."""
    words = [_IDENTIFIERS.get(kind, kind) for kind in kinds]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def identity_words(kinds: tuple[str, ...], fault: str) -> str:
    """Return the sentence on who the patient is."""
    if len(kinds) >= FEWEST_IDENTIFIERS:
        return f"Identified by {listed(kinds)}."
    return fault or "Confirm the patient by two identifiers."
