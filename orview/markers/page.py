"""What stands on a printed page, in true size: what goes where, not how it is drawn.

Page coordinates: mm from the top-left corner of the paper, x right, y down.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from orview.markers.face import Face

Point = tuple[float, float]


class Paper(StrEnum):
    """The papers a board is printed on."""

    A4 = "a4"
    LETTER = "letter"

    @property
    def size_mm(self) -> Point:
        """Width and height, upright (ISO 216; ANSI Y14.1)."""
        return (210.0, 297.0) if self is Paper.A4 else (215.9, 279.4)

    @property
    def words(self) -> str:
        """What people call it."""
        return "A4" if self is Paper.A4 else "letter"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A stroke from (x, y) to (x, y), mm; `grey` 0 is black."""

    start_mm: Point
    end_mm: Point
    width_mm: float = 0.1
    grey: float = 0.0
    dashed: bool = False


@dataclass(frozen=True, kw_only=True)
class Block:
    """A black rectangle with its top-left corner at (x, y) and its width and height, mm: exact to its edges."""

    at_mm: Point
    size_mm: Point


@dataclass(frozen=True, kw_only=True)
class Ring:
    """A circle drawn by its rim."""

    middle_mm: Point
    radius_mm: float
    width_mm: float = 0.2
    grey: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Label:
    """A line of text that begins at (x, y), mm, on its baseline."""

    at_mm: Point
    text: str
    points: float
    bold: bool = False
    grey: float = 0.0


class PlacedFace(NamedTuple):
    """A face and where its origin, the top-left corner of its pattern, lies on the paper, mm."""

    face: Face
    at_mm: Point


@dataclass(frozen=True, kw_only=True)
class Box:
    """Things that stay together on the paper, in coordinates from the box's own top-left corner, mm."""

    size_mm: Point
    faces: tuple[PlacedFace, ...] = ()
    blocks: tuple[Block, ...] = ()
    lines: tuple[Line, ...] = ()
    rings: tuple[Ring, ...] = ()
    labels: tuple[Label, ...] = field(default=())

    def moved(self, x_mm: float, y_mm: float) -> "Box":
        """Return the box with all that is in it shifted, its size kept."""

        def shift(at: Point) -> Point:
            return at[0] + x_mm, at[1] + y_mm

        return Box(
            size_mm=self.size_mm,
            faces=tuple(PlacedFace(face, shift(at)) for face, at in self.faces),
            blocks=tuple(replace(block, at_mm=shift(block.at_mm)) for block in self.blocks),
            lines=tuple(replace(line, start_mm=shift(line.start_mm), end_mm=shift(line.end_mm)) for line in self.lines),
            rings=tuple(replace(ring, middle_mm=shift(ring.middle_mm)) for ring in self.rings),
            labels=tuple(replace(label, at_mm=shift(label.at_mm)) for label in self.labels),
        )


@dataclass(frozen=True, kw_only=True)
class Page:
    """One sheet of paper and all that is printed on it."""

    paper: Paper
    faces: tuple[PlacedFace, ...]
    bars: tuple[Block, ...]
    lines: tuple[Line, ...]
    rings: tuple[Ring, ...]
    labels: tuple[Label, ...]
