"""The messages about what is drawn of the model, and how: one view of it, shared by nurse and headsets.

What a client may show at all is not told here but decided by its own rule (`orview.protocol.overlay`), with one
exception that only ever hides: a view that is cleared.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from orview.protocol.fields import Key, Point
from orview.protocol.roles import Role
from orview.protocol.schema import Items, Number, Whole

MOST_STYLES_AT_ONCE = 16
"""Styles in one `set_view`, which stays within `MAX_CLIENT_TEXT_BYTES`."""


class ViewPreset(StrEnum):
    """Which structures a view is about; how each is drawn follows from that, until a person says otherwise."""

    ALL = "all"
    TUMOUR_NERVES = "tumour_nerves"
    VESSELS = "vessels"
    STAGE = "stage"
    """As the plan draws the stage everybody is in; without a locked plan it is `ALL`."""


class ViewStyle(StrEnum):
    """How one structure is drawn. What moves with the tissue is never drawn solid (hazard H35)."""

    SOLID = "solid"
    SEE_THROUGH = "see_through"
    OUTLINE = "outline"
    HIDDEN = "hidden"


@dataclass(frozen=True, kw_only=True)
class StructureStyle:
    """How a person wants one structure drawn, whatever the preset says of it."""

    key: Key
    style: ViewStyle
    opacity_step: Annotated[int, Whole(1, 4)]


@dataclass(frozen=True, kw_only=True)
class ClipPlane:
    """A plane that cuts the model open: what lies on the side its normal points to is not drawn."""

    point_patient_m: Point
    normal_patient: Annotated[tuple[Annotated[float, Number(-1.0, 1.0)], ...], Items(3, 3)]


@dataclass(frozen=True, kw_only=True)
class SetView:
    """Change the view everybody shares. What is null stays as it is, so that two people never undo each other."""

    TYPE: ClassVar[str] = "set_view"
    preset: ViewPreset | None
    styles: Annotated[tuple[StructureStyle, ...], Items(MOST_STYLES_AT_ONCE)]
    cleared: bool | None
    window: bool | None
    clip: ClipPlane | None
    clip_off: bool
    twin: bool | None


@dataclass(frozen=True, kw_only=True)
class View:
    """The view as it stands; sent whole whenever something of it changes."""

    TYPE: ClassVar[str] = "view"
    preset: ViewPreset
    styles: Annotated[tuple[StructureStyle, ...], Items(256)]
    cleared: bool
    window: bool
    clip: ClipPlane | None
    twin: bool
    by: Role | None


FIRST_VIEW = View(preset=ViewPreset.ALL, styles=(), cleared=False, window=False, clip=None, twin=False, by=None)
"""How every case is drawn at first."""
