"""What can be printed on a face of a board: a chessboard with markers in it, or a grid of markers.

Pattern coordinates: mm from the outer top-left corner of the print, x right, y down.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from orview.errors import InputError

DICTIONARY_SIZES: Mapping[str, int] = MappingProxyType(
    {f"DICT_{n}X{n}_{count}": count for n in (4, 5, 6, 7) for count in (50, 100, 250, 1000)}
    | {"DICT_ARUCO_ORIGINAL": 1024, "DICT_ARUCO_MIP_36H12": 250}
    | {"DICT_APRILTAG_16H5": 30, "DICT_APRILTAG_25H9": 35, "DICT_APRILTAG_36H10": 2320, "DICT_APRILTAG_36H11": 587}
)
"""OpenCV's marker dictionaries and how many markers each has."""

_BITS: Mapping[str, int] = MappingProxyType(
    {f"DICT_{n}X{n}_{count}": n for n in (4, 5, 6, 7) for count in (50, 100, 250, 1000)}
    | {"DICT_ARUCO_ORIGINAL": 5, "DICT_ARUCO_MIP_36H12": 6}
    | {"DICT_APRILTAG_16H5": 4, "DICT_APRILTAG_25H9": 5, "DICT_APRILTAG_36H10": 6, "DICT_APRILTAG_36H11": 6}
)

LARGEST_MM = 1e4
MOST_CELLS = 100
"""No print is larger than this, in mm, or has more squares or markers than this a side."""

LEAST_WHITE_MM = 0.1
"""Markers with less white around them grow together in every picture."""

_UNIT = np.array([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 1.0, 0.0)])


def bits_of(dictionary: str) -> int:
    """Return how many cells a marker of the dictionary has a side, without its border of one cell."""
    return _BITS[dictionary]


def cells_of(dictionary: str) -> int:
    """Return how many cells a marker of the dictionary has a side, its black border included."""
    return _BITS[dictionary] + 2


@dataclass(frozen=True, kw_only=True)
class Charuco:
    """A chessboard with a marker in every white square.

    Attributes:
        squares_x, squares_y: squares across and down.
        square_mm, marker_mm: side of a square and of the marker in it.
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
        if not 3 <= min(self.squares_x, self.squares_y) <= max(self.squares_x, self.squares_y) <= MOST_CELLS:
            raise InputError(
                f"A ChArUco board has 3 to {MOST_CELLS} squares a side (squares), not "
                f"{self.squares_x} x {self.squares_y}."
            )
        if not 0.0 < self.marker_mm <= self.square_mm - LEAST_WHITE_MM < LARGEST_MM:
            raise InputError("A marker (marker_mm) must be smaller than its square (square_mm), both above 0 mm.")
        if self.first_id < 0:
            raise InputError("A marker id (first_id) is not negative.")

    @property
    def marker_squares(self) -> tuple[tuple[int, int], ...]:
        """The (column, row) of each square that holds a marker, in the order of the ids."""
        white = 0 if self.legacy and self.squares_y % 2 == 0 else 1
        return tuple((x, y) for y in range(self.squares_y) for x in range(self.squares_x) if (x + y) % 2 == white)

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the print."""
        return self.squares_x * self.square_mm, self.squares_y * self.square_mm

    @property
    def ids(self) -> range:
        """The ids of the markers, in the order of `marker_squares`."""
        return range(self.first_id, self.first_id + len(self.marker_squares))

    @property
    def chessboard_mm(self) -> NDArray[np.float64]:
        """Inner corners of the chessboard (N, 3), z = 0, row by row."""
        columns, rows = self.squares_x - 1, self.squares_y - 1
        corners = np.zeros((rows * columns, 3))
        corners[:, 0] = np.tile(np.arange(1, columns + 1), rows) * self.square_mm
        corners[:, 1] = np.repeat(np.arange(1, rows + 1), columns) * self.square_mm
        return corners

    @property
    def markers_mm(self) -> dict[int, NDArray[np.float64]]:
        """Corners (4, 3) of each marker by id, z = 0, clockwise from its own top-left."""
        margin = (self.square_mm - self.marker_mm) / 2.0
        return {
            marker_id: np.array([x * self.square_mm + margin, y * self.square_mm + margin, 0.0])
            + self.marker_mm * _UNIT
            for marker_id, (x, y) in zip(self.ids, self.marker_squares, strict=True)
        }

    def scaled(self, factor: float) -> "Charuco":
        """Return the pattern enlarged."""
        return replace(self, square_mm=self.square_mm * factor, marker_mm=self.marker_mm * factor)


@dataclass(frozen=True, kw_only=True)
class MarkerGrid:
    """Markers in columns and rows on white paper, ArUco or AprilTag; 1 x 1 is a single marker.

    Attributes:
        columns, rows: markers across and down.
        marker_mm: side of a marker, its black border included.
        gap_mm: white between two markers; 0 for a single one.
        first_id: id of the top-left marker; the others follow row by row.

    Raises:
        InputError: no markers, or markers that touch.
    """

    columns: int
    rows: int
    marker_mm: float
    gap_mm: float = 0.0
    first_id: int = 0

    def __post_init__(self) -> None:
        if not 1 <= min(self.columns, self.rows) <= max(self.columns, self.rows) <= MOST_CELLS:
            raise InputError(
                f"A grid has 1 to {MOST_CELLS} markers a side (markers), not {self.columns} x {self.rows}."
            )
        if not 0.0 < self.marker_mm <= LARGEST_MM:
            raise InputError("The side of a marker (marker_mm) is above 0 mm.")
        if not 0.0 <= self.gap_mm <= LARGEST_MM:
            raise InputError("The gap between markers (gap_mm) is 0 mm or more.")
        if self.columns * self.rows > 1 and self.gap_mm < LEAST_WHITE_MM:
            raise InputError("Markers that touch cannot be told apart: a grid of several says gap_mm.")
        if self.first_id < 0:
            raise InputError("A marker id (first_id) is not negative.")

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the print."""
        step = self.marker_mm + self.gap_mm
        return self.columns * step - self.gap_mm, self.rows * step - self.gap_mm

    @property
    def ids(self) -> range:
        """The ids of the markers, row by row."""
        return range(self.first_id, self.first_id + self.columns * self.rows)

    @property
    def chessboard_mm(self) -> NDArray[np.float64]:
        """No chessboard: (0, 3)."""
        return np.empty((0, 3))

    @property
    def markers_mm(self) -> dict[int, NDArray[np.float64]]:
        """Corners (4, 3) of each marker by id, z = 0, clockwise from its own top-left."""
        step = self.marker_mm + self.gap_mm
        places = ((x, y) for y in range(self.rows) for x in range(self.columns))
        return {
            marker_id: np.array([x * step, y * step, 0.0]) + self.marker_mm * _UNIT
            for marker_id, (x, y) in zip(self.ids, places, strict=True)
        }

    def scaled(self, factor: float) -> "MarkerGrid":
        """Return the pattern enlarged."""
        return replace(self, marker_mm=self.marker_mm * factor, gap_mm=self.gap_mm * factor)


Pattern = Charuco | MarkerGrid
