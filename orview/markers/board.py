"""A marker board: where its corners and beads are, in the board frame.

Board frame as OpenCV lays a ChArUco board: outer top-left corner of the printed pattern, +x right,
+y down, +z into the paper. Loose markers bring their own origin with their corners.
Knows numpy only, so every process may read it.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import tomli_w
from numpy.typing import NDArray

from orview.errors import InputError
from orview.markers.bead_layout import check_bead_layout

DICTIONARY_SIZES: Mapping[str, int] = MappingProxyType(
    {f"DICT_{n}X{n}_{count}": count for n in (4, 5, 6, 7) for count in (50, 100, 250, 1000)}
    | {"DICT_ARUCO_ORIGINAL": 1024, "DICT_ARUCO_MIP_36H12": 250}
    | {"DICT_APRILTAG_16H5": 30, "DICT_APRILTAG_25H9": 35, "DICT_APRILTAG_36H10": 2320, "DICT_APRILTAG_36H11": 587}
)
"""OpenCV's marker dictionaries and how many markers each has."""


@dataclass(frozen=True, kw_only=True)
class Charuco:
    """A chessboard with a marker in every white square.

    Attributes:
        squares_x, squares_y: squares across and down.
        square_mm, marker_mm: side of a square and of the marker in it, measured on the print.
        first_id: id of the first marker; the others follow row by row.
        legacy: OpenCV's layout before 4.6: with an even number of rows the top-left square is white.

    Raises:
        InputError: fewer than 3 squares a side, or a marker that does not fit into its square.
    """

    squares_x: int
    squares_y: int
    square_mm: float
    marker_mm: float
    first_id: int = 0
    legacy: bool = False

    def __post_init__(self) -> None:
        if min(self.squares_x, self.squares_y) < 3:
            raise InputError("A ChArUco board needs at least 3 squares a side.")
        if not 0.0 < self.marker_mm < self.square_mm < 1e4:
            raise InputError("A marker must be smaller than its square, both in mm.")
        if self.first_id < 0:
            raise InputError("A marker id is not negative.")

    @property
    def marker_squares(self) -> tuple[tuple[int, int], ...]:
        """The (column, row) of each square that holds a marker, in the order of the ids."""
        white = 0 if self.legacy and self.squares_y % 2 == 0 else 1
        return tuple((x, y) for y in range(self.squares_y) for x in range(self.squares_x) if (x + y) % 2 == white)


@dataclass(frozen=True, kw_only=True, eq=False)
class Board:
    """A rigid body with markers and, for registration, beads that a CT shows.

    Attributes:
        name: what staff call it; not part of `digest`.
        dictionary: OpenCV's name of the marker dictionary.
        charuco: the chessboard pattern, or None for loose markers only.
        markers: loose markers by id: (4, 3) corners, mm, board frame, clockwise from top-left as printed.
        beads_board_mm: (N, 3) centres of the radiopaque beads, mm, board frame.
        bead_diameter_mm: diameter of a bead.
        outline_mm: width and height of the plate; the pattern lies in its middle.

    Raises:
        InputError: the definition contradicts itself, or its beads could be mistaken for one another.
    """

    name: str
    dictionary: str
    charuco: Charuco | None
    markers: Mapping[int, NDArray[np.float64]] = field(default_factory=dict)
    beads_board_mm: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))
    bead_diameter_mm: float = 0.0
    outline_mm: tuple[float, float]

    def __post_init__(self) -> None:
        if self.dictionary not in DICTIONARY_SIZES:
            raise InputError(
                f"There is no marker dictionary {self.dictionary!r}.",
                mend=f"OpenCV's are: {', '.join(DICTIONARY_SIZES)}.",
            )
        markers = {
            marker_id: _frozen_points(corners, rows=4, what=f"marker {marker_id}")
            for marker_id, corners in self.markers.items()
        }
        beads = _frozen_points(self.beads_board_mm, rows=None, what="the beads")
        object.__setattr__(self, "markers", MappingProxyType(markers))
        object.__setattr__(self, "beads_board_mm", beads)
        self._check_markers()
        if len(beads):
            if not self.bead_diameter_mm > 0.0:
                raise InputError("A board with beads says their diameter in mm.")
            check_bead_layout(beads)

    def _check_markers(self) -> None:
        if self.charuco is None and not self.markers:
            raise InputError("A board has a ChArUco pattern, loose markers, or both.")
        charuco_ids = set(self._charuco_marker_ids)
        if charuco_ids & set(self.markers):
            raise InputError("A loose marker has the id of a marker in the ChArUco pattern.")
        ids = charuco_ids | set(self.markers)
        if min(ids) < 0 or max(ids) >= DICTIONARY_SIZES[self.dictionary]:
            raise InputError(f"{self.dictionary} has only the marker ids 0 to {DICTIONARY_SIZES[self.dictionary] - 1}.")
        for marker_id, corners in self.markers.items():
            sides_mm = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
            diagonals_mm = np.linalg.norm(corners[:2] - corners[2:], axis=1)
            side_mm = sides_mm.mean()
            square = np.allclose(sides_mm, side_mm, rtol=1e-2) and np.allclose(
                diagonals_mm, 2**0.5 * side_mm, rtol=1e-2
            )
            if not (square and side_mm > 0.0):
                raise InputError(f"The four corners of marker {marker_id} are no square.")
        if not all(
            0.0 < pattern <= outline + 1e-9 and np.isfinite(outline)
            for pattern, outline in zip(self.pattern_mm, self.outline_mm, strict=True)
        ):
            raise InputError("The plate (outline_mm) is smaller than the pattern on it.")

    def __reduce__(self) -> tuple[object, ...]:
        # A read-only mapping does not pickle, and boards cross process borders.
        return (Board.from_toml, (self.to_toml(),))

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over everything but the name: equal digests mean interchangeable boards."""
        definition = self._definition()
        del definition["name"]
        return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()

    @property
    def chessboard_corners_mm(self) -> NDArray[np.float64]:
        """Inner corners of the chessboard (N, 3), mm, board frame, row by row; N = 0 without a chessboard."""
        if self.charuco is None:
            return np.empty((0, 3))
        columns, rows = self.charuco.squares_x - 1, self.charuco.squares_y - 1
        corners = np.zeros((rows * columns, 3))
        corners[:, 0] = np.tile(np.arange(1, columns + 1), rows) * self.charuco.square_mm
        corners[:, 1] = np.repeat(np.arange(1, rows + 1), columns) * self.charuco.square_mm
        return corners

    @property
    def marker_corners_mm(self) -> dict[int, NDArray[np.float64]]:
        """Corners (4, 3) of every marker by id, mm, board frame, clockwise from its own top-left."""
        corners = dict(self.markers)
        if self.charuco is not None:
            margin = (self.charuco.square_mm - self.charuco.marker_mm) / 2.0
            unit = np.array([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 1.0, 0.0)])
            for marker_id, (x, y) in zip(self._charuco_marker_ids, self.charuco.marker_squares, strict=True):
                origin = np.array([x * self.charuco.square_mm + margin, y * self.charuco.square_mm + margin, 0.0])
                corners[marker_id] = origin + self.charuco.marker_mm * unit
        return corners

    @property
    def pattern_origin_mm(self) -> tuple[float, float]:
        """Top-left corner (x, y) of the box around all that is printed, mm, board frame."""
        low = self._printed_corners.min(axis=0)
        return float(low[0]), float(low[1])

    @property
    def pattern_mm(self) -> tuple[float, float]:
        """Width and height, mm, of the box around all that is printed."""
        size = np.ptp(self._printed_corners, axis=0)
        return float(size[0]), float(size[1])

    @property
    def _charuco_marker_ids(self) -> range:
        if self.charuco is None:
            return range(0)
        return range(self.charuco.first_id, self.charuco.first_id + len(self.charuco.marker_squares))

    @property
    def _printed_corners(self) -> NDArray[np.float64]:
        corners = [c[:, :2] for c in self.markers.values()]
        if self.charuco is not None:
            size = np.array([self.charuco.squares_x, self.charuco.squares_y]) * self.charuco.square_mm
            corners.append(np.array([(0.0, 0.0), size]))
        return np.vstack(corners)

    def _definition(self) -> dict[str, Any]:
        definition: dict[str, Any] = {
            "name": self.name,
            "dictionary": self.dictionary,
            "outline_mm": [float(side) for side in self.outline_mm],
        }
        if self.charuco is not None:
            definition["charuco"] = {
                "squares": [self.charuco.squares_x, self.charuco.squares_y],
                "square_mm": float(self.charuco.square_mm),
                "marker_mm": float(self.charuco.marker_mm),
                "first_id": self.charuco.first_id,
                "legacy": self.charuco.legacy,
            }
        if len(self.beads_board_mm):
            definition["beads"] = {
                "diameter_mm": float(self.bead_diameter_mm),
                "positions_mm": self.beads_board_mm.tolist(),
            }
        if self.markers:
            definition["marker"] = [
                {"id": marker_id, "corners_mm": corners.tolist()} for marker_id, corners in sorted(self.markers.items())
            ]
        return definition

    def to_toml(self) -> str:
        """Return the definition as TOML (format: calibration/README.md)."""
        return tomli_w.dumps(self._definition(), multiline_strings=False)

    @classmethod
    def from_toml(cls, text: str) -> "Board":
        """Read a definition written by hand or by `to_toml` (format: calibration/README.md).

        Raises:
            InputError: not TOML, a field is missing, unknown or of the wrong kind, or as in `Board`.
        """
        try:
            definition = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"The board definition is not TOML: {error}.") from error
        try:
            return cls._from_definition(definition)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"The board definition has a field that is missing or of the wrong kind: {error}.",
                mend="calibration/README.md shows the format.",
            ) from error

    @classmethod
    def _from_definition(cls, definition: dict[str, Any]) -> "Board":
        _refuse_unknown(definition, {"name", "dictionary", "outline_mm", "charuco", "beads", "marker"}, "the board")
        charuco = None
        if "charuco" in definition:
            table = definition["charuco"]
            _refuse_unknown(table, {"squares", "square_mm", "marker_mm", "first_id", "legacy"}, "[charuco]")
            squares_x, squares_y = (int(count) for count in table["squares"])
            charuco = Charuco(
                squares_x=squares_x,
                squares_y=squares_y,
                square_mm=float(table["square_mm"]),
                marker_mm=float(table["marker_mm"]),
                first_id=int(table.get("first_id", 0)),
                legacy=_truth(table.get("legacy", False)),
            )
        beads = definition.get("beads", {})
        _refuse_unknown(beads, {"diameter_mm", "positions_mm"}, "[beads]")
        markers: dict[int, NDArray[np.float64]] = {}
        for table in definition.get("marker", []):
            _refuse_unknown(table, {"id", "corners_mm"}, "[[marker]]")
            if int(table["id"]) in markers:
                raise InputError(f"Marker {int(table['id'])} is defined twice.")
            markers[int(table["id"])] = np.array(table["corners_mm"], dtype=np.float64)
        width_mm, height_mm = definition["outline_mm"]
        return cls(
            name=str(definition["name"]),
            dictionary=str(definition["dictionary"]),
            charuco=charuco,
            markers=markers,
            beads_board_mm=np.array(beads["positions_mm"], dtype=np.float64) if beads else np.empty((0, 3)),
            bead_diameter_mm=float(beads["diameter_mm"]) if beads else 0.0,
            outline_mm=(float(width_mm), float(height_mm)),
        )


def _frozen_points(points: NDArray[np.float64], *, rows: int | None, what: str) -> NDArray[np.float64]:
    values = np.array(points, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != 3 or (rows is not None and len(values) != rows):
        raise InputError(f"Points of {what} are x, y, z in mm, {rows or 'any number'} of them.")
    if not np.isfinite(values).all():
        raise InputError(f"A coordinate of {what} is no finite number.")
    values.setflags(write=False)
    return values


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("legacy is true or false")
    return value


def _refuse_unknown(table: dict[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise InputError(
            f"{where} has unknown fields: {', '.join(unknown)}.", mend=f"Known: {', '.join(sorted(known))}."
        )
