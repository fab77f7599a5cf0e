"""A marker board: a rigid body of printed faces, loose markers and beads, in the board frame.

The board frame is the frame of the first face where the definition does not place that face elsewhere: outer
top-left corner of the print, +x right, +y down, +z into the paper. Loose markers bring their own origin.
Knows numpy only, so every process may read it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import tomli_w
from numpy.typing import NDArray

from orview.errors import ContractError, InputError
from orview.markers.bead_layout import check_bead_layout
from orview.markers.board_checks import check_faces
from orview.markers.definition import FRONT, Definition, read_definition, write_definition
from orview.markers.face import (
    Face,
    chessboard_of,
    flat_faces,
    frozen_points,
    loose_face,
    markers_of,
    printed_box_mm,
)
from orview.markers.patterns import DICTIONARY_SIZES, Charuco, MarkerGrid
from orview.markers.printed import Print

__all__ = ["DICTIONARY_SIZES", "Board", "Charuco", "Face", "MarkerGrid", "Print"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Board:
    """A rigid body with markers and, for registration, beads that a CT shows.

    A board is made of `faces`, or in short, where it is one flat plate, of `dictionary`, `charuco`, `markers` and
    `outline_mm`. Whichever was given, all of them can be read. All coordinates are real ones: `printed.scale` is
    applied when the board is made, once.

    Attributes:
        name: what staff call it; not part of `digest`.
        faces: all that is printed; each loose marker is a face at the end (`measured_mm`).
        dictionary: of the first face, OpenCV's name.
        charuco: the chessboard of the first face, or None.
        markers: loose markers by id: (4, 3) corners, mm, board frame, clockwise from top-left as printed.
        beads_board_mm: (N, 3) centres of the radiopaque beads, mm, board frame.
        bead_diameter_mm: diameter of a bead.
        outline_mm: width and height of the first face's plate; of loose markers alone, of the plate they are on.
        printed: what is known of the print.
        applied_scale: the scale that is in the coordinates given; only a board itself sets it.

    Raises:
        InputError: the definition contradicts itself, or markers or beads could be mistaken for one another.
        ContractError: `faces` was given together with short fields that say something else.
    """

    name: str
    faces: tuple[Face, ...] = ()
    dictionary: str = ""
    charuco: Charuco | None = None
    markers: Mapping[int, NDArray[np.float64]] = field(default_factory=dict)
    outline_mm: tuple[float, float] = (0.0, 0.0)
    beads_board_mm: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))
    bead_diameter_mm: float = 0.0
    printed: Print = field(default_factory=Print)
    applied_scale: float = 1.0

    def __post_init__(self) -> None:
        faces = self._given_faces()
        outline_mm = self.outline_mm
        if faces[0].measured_mm is None:
            outline_mm = faces[0].outline_mm
        elif (np.ptp(printed_box_mm(None, faces), axis=0) > np.array(outline_mm) + 1e-9).any():
            raise InputError("The plate (outline_mm) is smaller than the pattern on it.")
        beads = frozen_points(self.beads_board_mm, what="the beads (positions_mm)")
        factor = self.printed.scale / self.applied_scale
        if factor != 1.0:
            faces = tuple(face.scaled(factor) for face in faces)
            outline_mm = (outline_mm[0] * factor, outline_mm[1] * factor)
            beads = frozen_points(beads * factor)
        check_faces(faces)
        if len(beads):
            if not 0.0 < self.bead_diameter_mm < 100.0:
                raise InputError("A board with beads says their diameter in mm (diameter_mm).")
            check_bead_layout(beads)
        made = {
            "faces": faces,
            "dictionary": faces[0].dictionary,
            "charuco": chessboard_of(faces),
            "markers": markers_of(faces),
            "outline_mm": outline_mm,
            "beads_board_mm": beads,
            "applied_scale": self.printed.scale,
        }
        for attribute, value in made.items():
            object.__setattr__(self, attribute, value)

    def _given_faces(self) -> tuple[Face, ...]:
        if self.faces:
            # The short fields follow from the faces; those of a copy still say what the faces said.
            known = markers_of(self.faces)
            same = self.dictionary in ("", self.faces[0].dictionary) and self.charuco in (
                None,
                chessboard_of(self.faces),
            )
            if not same or any(
                marker_id not in known or not np.array_equal(corners, known[marker_id])
                for marker_id, corners in self.markers.items()
            ):
                raise ContractError("A board with faces says its patterns in them alone.")
            return _in_order(self.faces)
        loose = tuple(
            loose_face(marker_id, corners, dictionary=self.dictionary) for marker_id, corners in self.markers.items()
        )
        if self.charuco is not None:
            return flat_faces(
                name=FRONT,
                dictionary=self.dictionary,
                pattern=self.charuco,
                loose=_in_order(loose),
                outline_mm=self.outline_mm,
            )
        if not loose:
            raise InputError("A board has a ChArUco pattern, a grid, loose markers, or faces with them.")
        return _in_order(loose)

    def __reduce__(self) -> tuple[object, ...]:
        # A read-only mapping does not pickle, and boards cross process borders.
        return (Board.from_toml, (self.to_toml(),))

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) over everything but the name: equal digests mean interchangeable boards."""
        tables = write_definition(self._definition())
        del tables["name"]
        return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()

    @property
    def nominal(self) -> "Board":
        """The board as its definition wants it printed, without what was measured on a print of another scale."""
        return self if self.printed.scale == 1.0 else replace(self, printed=Print(flatness_mm=self.printed.flatness_mm))

    @property
    def chessboard_corners_mm(self) -> NDArray[np.float64]:
        """Inner chessboard corners (N, 3) of all faces one after the other, mm, board frame."""
        return np.vstack([face.corners_mm for face in self.faces])

    @property
    def marker_corners_mm(self) -> dict[int, NDArray[np.float64]]:
        """Corners (4, 3) of every marker by id, mm, board frame, clockwise from its own top-left.

        Ids are unique on a board, also across dictionaries.
        """
        return {marker_id: corners for face in self.faces for marker_id, corners in face.marker_corners_mm.items()}

    @property
    def pattern_origin_mm(self) -> tuple[float, float]:
        """Top-left corner (x, y) of the box around all that is printed, mm, board frame."""
        low = self._printed_box[0]
        return float(low[0]), float(low[1])

    @property
    def pattern_mm(self) -> tuple[float, float]:
        """Width and height, mm, of the box around all that is printed, seen along the board frame's z."""
        width_mm, height_mm = np.ptp(self._printed_box, axis=0).tolist()
        return width_mm, height_mm

    @property
    def _printed_box(self) -> NDArray[np.float64]:
        return printed_box_mm(None, self.faces)

    def to_toml(self) -> str:
        """Return the definition as TOML (format: calibration/README.md), in the lengths of a true print."""
        return tomli_w.dumps(write_definition(self._definition()), multiline_strings=False)

    @classmethod
    def from_toml(cls, text: str) -> "Board":
        """Read a definition written by hand or by `to_toml` (format: calibration/README.md).

        Raises:
            InputError: not TOML, a field is missing, unknown or of the wrong kind, or as in `Board`.
        """
        read = read_definition(text)
        return cls(
            name=read.name,
            faces=read.faces,
            outline_mm=read.outline_mm or (0.0, 0.0),
            beads_board_mm=read.beads_mm,
            bead_diameter_mm=read.bead_diameter_mm,
            printed=read.printed,
        )

    def _definition(self) -> Definition:
        nominal = self.nominal
        return Definition(
            name=self.name,
            faces=nominal.faces,
            outline_mm=nominal.outline_mm,
            beads_mm=nominal.beads_board_mm,
            bead_diameter_mm=self.bead_diameter_mm,
            printed=self.printed,
        )


def _in_order(faces: tuple[Face, ...]) -> tuple[Face, ...]:
    """Return faces as they were given, then loose markers by their ids: the order in which a file keeps them."""
    return tuple(sorted(faces, key=lambda face: -1 if face.measured_mm is None else face.ids[0]))
