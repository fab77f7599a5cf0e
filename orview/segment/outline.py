"""One structure as segmentation hands it to meshing: what it is, and where."""

from dataclasses import dataclass

from orview.image.field import Field
from orview.segment.anatomy import Anatomy


@dataclass(frozen=True, kw_only=True, eq=False)
class Outline:
    """One structure, cut to its own box; structures may overlap.

    Attributes:
        anatomy: what it is.
        field: where it is; each outline has a grid of its own.
    """

    anatomy: Anatomy
    field: Field
