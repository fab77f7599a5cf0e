"""The stages of a resection: how the patient lies, what is shown and how, which planes are cut, what has come loose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Position(StrEnum):
    """How the patient lies on the table."""

    SUPINE = "supine"
    PRONE = "prone"
    LEFT_SIDE = "left_side"
    RIGHT_SIDE = "right_side"


class Look(StrEnum):
    """How a structure is drawn in a stage."""

    SOLID = "solid"
    SEE_THROUGH = "see_through"
    OUTLINE = "outline"
    HIDDEN = "hidden"
    GHOST = "ghost"
    """An outline that says of itself that it may lie elsewhere: what moves, once it was mobilised (hazard H35)."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage.

    Attributes:
        key: lower_snake_case, stable.
        name: what staff read.
        position: how the patient lies; another one than in the stage before ends LIVE.
        looks: how structures are drawn, by key; one that is not named is hidden.
        planes: keys of the osteotomy planes shown.
        mobilises: keys of structures that this stage takes from their place.
        releases_specimen: whether the specimen is out when this stage is over.
        notes: for whoever stands there.
    """

    key: str
    name: str
    position: Position
    looks: Mapping[str, Look] = field(default_factory=lambda: MappingProxyType({}))
    planes: tuple[str, ...] = ()
    mobilises: frozenset[str] = frozenset()
    releases_specimen: bool = False
    notes: str = ""


def looks_in(
    stages: Sequence[Stage], number: int, *, moving: frozenset[str], specimen: frozenset[str]
) -> dict[str, Look]:
    """Return how every structure a stage names is drawn.

    What moves is a ghost from the beginning of the stage that mobilises it; the specimen is gone after the stage that
    releases it. Neither can be drawn as if it were still in its place, whatever the stage says.

    Args:
        stages: in their order.
        number: of the stage, from 0.
        moving: structures that are not rigid with the sacrum.
        specimen: structures that leave the patient.
    """
    mobilised = frozenset[str]().union(*(stage.mobilises for stage in stages[: number + 1]))
    released = any(stage.releases_specimen for stage in stages[:number])
    looks = {}
    for key, look in stages[number].looks.items():
        if released and key in specimen:
            looks[key] = Look.HIDDEN
        elif key in moving and key in mobilised and look is not Look.HIDDEN:
            looks[key] = Look.GHOST
        else:
            looks[key] = look
    return looks


def turned_between(stages: Sequence[Stage], before: int, after: int) -> bool:
    """Say whether the patient lies otherwise in one stage than in another: registration no longer holds."""
    return stages[before].position is not stages[after].position
