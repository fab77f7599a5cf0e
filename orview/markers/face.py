"""One flat face of a board: what is printed on it, where it stands on the board, how large its plate is.

Face frame as OpenCV lays a board: outer top-left corner of the print, +x right, +y down, +z into the paper.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError, InputError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.markers.patterns import DICTIONARY_SIZES, LARGEST_MM, Charuco, MarkerGrid, Pattern, cells_of

SQUARENESS = 1e-2
"""How far, relative, the sides of a measured marker may differ."""

_AT_BOARD = RigidTransform.identity(Frame.BOARD, Frame.FACE)


@dataclass(frozen=True, kw_only=True, eq=False)
class Face:
    """A flat print, all numbers as the board says them: a board applies the scale of its print.

    Attributes:
        name: what people call it; unique on its board.
        dictionary: OpenCV's name of the marker dictionary.
        pattern: what is printed.
        board_from_face: where the face stands.
        outline_mm: width and height of the plate.
        outline_at_mm: its top-left corner in the face frame; None puts the pattern in its middle.
        inverted: white is printed black and black white, the plate around the pattern included.
        measured_mm: for a loose marker its corners (4, 3) as measured, board frame; they go before the pattern.

    Raises:
        InputError: the dictionary is unknown or has not these ids, or the plate is smaller than the pattern.
    """

    name: str
    dictionary: str
    pattern: Pattern
    board_from_face: RigidTransform = _AT_BOARD
    outline_mm: tuple[float, float]
    outline_at_mm: tuple[float, float] | None = None
    inverted: bool = False
    measured_mm: NDArray[np.float64] | None = field(default=None)

    def __post_init__(self) -> None:
        if self.board_from_face.to_frame is not Frame.BOARD or self.board_from_face.from_frame is not Frame.FACE:
            raise ContractError("A face stands on a board by board_from_face.")
        if self.dictionary not in DICTIONARY_SIZES:
            raise InputError(
                f"There is no marker dictionary {self.dictionary!r} (dictionary).",
                mend=f"OpenCV's are: {', '.join(DICTIONARY_SIZES)}.",
            )
        if self.pattern.ids[-1] >= DICTIONARY_SIZES[self.dictionary]:
            raise InputError(
                f"{self.dictionary} has only the marker ids 0 to {DICTIONARY_SIZES[self.dictionary] - 1}, "
                f"but {self.name} needs {self.pattern.ids[0]} to {self.pattern.ids[-1]} (first_id)."
            )
        low, high = self.outline_box_mm
        if not (
            all(0.0 < side <= LARGEST_MM for side in self.outline_mm)
            and (low <= 1e-9).all()
            and (high >= np.array(self.pattern.size_mm) - 1e-9).all()
        ):
            raise InputError(f"The plate of {self.name} (outline_mm) is smaller than the pattern on it.")

    @property
    def cells(self) -> int:
        """Cells a side of a marker, its border included."""
        return cells_of(self.dictionary)

    @property
    def ids(self) -> range:
        """The ids of its markers."""
        return self.pattern.ids

    @property
    def marker_mm(self) -> float:
        """Side of a marker, its border included."""
        return self.pattern.marker_mm

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the pattern."""
        return self.pattern.size_mm

    @property
    def corners_mm(self) -> NDArray[np.float64]:
        """Inner corners of its chessboard (N, 3), board frame, row by row; N = 0 without a chessboard."""
        return self.board_from_face.apply(self.pattern.chessboard_mm)

    @property
    def marker_corners_mm(self) -> dict[int, NDArray[np.float64]]:
        """Corners (4, 3) of each marker by id, board frame, clockwise from its own top-left."""
        if self.measured_mm is not None:
            return {self.ids[0]: self.measured_mm}
        return {i: self.board_from_face.apply(corners) for i, corners in self.pattern.markers_mm.items()}

    @property
    def normal_board(self) -> NDArray[np.float64]:
        """Unit vector (3,) that stands on the print and points to who reads it, board frame."""
        return -self.board_from_face.rotation[:, 2]

    @property
    def outline_box_mm(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Top-left and bottom-right corner (2,) of the plate, face frame."""
        size = np.array(self.outline_mm, dtype=np.float64)
        low = (np.array(self.pattern.size_mm) - size) / 2.0
        if self.outline_at_mm is not None:
            low = np.array(self.outline_at_mm, dtype=np.float64)
        return low, low + size

    @property
    def outline_corners_mm(self) -> NDArray[np.float64]:
        """Corners (4, 3) of the plate, board frame, clockwise from top-left."""
        low, high = self.outline_box_mm
        corners = [(low[0], low[1], 0.0), (high[0], low[1], 0.0), (high[0], high[1], 0.0), (low[0], high[1], 0.0)]
        return self.board_from_face.apply(corners)

    @property
    def printed_corners_mm(self) -> NDArray[np.float64]:
        """Corners (4, 3) of the box around its print, board frame, clockwise from top-left."""
        if self.measured_mm is not None:
            return self.measured_mm
        width, height = self.size_mm
        return self.board_from_face.apply(
            [(0.0, 0.0, 0.0), (width, 0.0, 0.0), (width, height, 0.0), (0.0, height, 0.0)]
        )

    def scaled(self, factor: float) -> "Face":
        """Return the face as it is when the whole board is that much larger."""
        turn = self.board_from_face
        at = self.outline_at_mm
        return replace(
            self,
            pattern=self.pattern.scaled(factor),
            board_from_face=RigidTransform(Frame.BOARD, Frame.FACE, turn.rotation, turn.translation_mm * factor),
            outline_mm=(self.outline_mm[0] * factor, self.outline_mm[1] * factor),
            outline_at_mm=None if at is None else (at[0] * factor, at[1] * factor),
            measured_mm=None if self.measured_mm is None else frozen_points(self.measured_mm * factor),
        )


def loose_face(marker_id: int, corners_mm: NDArray[np.float64], *, dictionary: str, inverted: bool = False) -> Face:
    """Return the face of a marker whose corners (4, 3), mm, board frame, were measured.

    The face lies in the plane and along the axes that fit the corners best; half a cell of white is around it.

    Raises:
        InputError: the corners are no square, or as in `Face`.
    """
    corners = frozen_points(corners_mm, rows=4, what=f"marker {marker_id} (corners_mm)")
    if dictionary not in DICTIONARY_SIZES:
        raise InputError(
            f"There is no marker dictionary {dictionary!r} (dictionary).",
            mend=f"OpenCV's are: {', '.join(DICTIONARY_SIZES)}.",
        )
    sides_mm = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
    diagonals_mm = np.linalg.norm(corners[:2] - corners[2:], axis=1)
    side_mm = float(sides_mm.mean())
    square = np.allclose(sides_mm, side_mm, rtol=SQUARENESS) and np.allclose(
        diagonals_mm, 2**0.5 * side_mm, rtol=SQUARENESS
    )
    if not (square and 0.0 < side_mm <= LARGEST_MM):
        raise InputError(f"The four corners of marker {marker_id} (corners_mm) are no square.")
    middle = corners.mean(axis=0)
    ideal = side_mm * np.array([(-0.5, -0.5, 0.0), (0.5, -0.5, 0.0), (0.5, 0.5, 0.0), (-0.5, 0.5, 0.0)])
    # Kabsch 1976 without scale: the rotation that brings the ideal square nearest to the corners.
    u, _, vt = np.linalg.svd((corners - middle).T @ ideal)
    rotation = u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
    plate_mm = side_mm * (1.0 + 1.0 / cells_of(dictionary))
    return Face(
        name=f"marker {marker_id}",
        dictionary=dictionary,
        pattern=MarkerGrid(columns=1, rows=1, marker_mm=side_mm, first_id=marker_id),
        board_from_face=RigidTransform(Frame.BOARD, Frame.FACE, rotation, middle + rotation @ ideal[0]),
        outline_mm=(plate_mm, plate_mm),
        inverted=inverted,
        measured_mm=corners,
    )


def frozen_points(points: NDArray[np.float64], *, rows: int | None = None, what: str = "a face") -> NDArray[np.float64]:
    """Return points (N, 3) as a read-only array of their own.

    Raises:
        InputError: another shape or number of them, or a coordinate that is not finite.
    """
    values = np.array(points, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != 3 or (rows is not None and len(values) != rows):
        raise InputError(f"Points of {what} are x, y, z in mm, {rows or 'any number'} of them.")
    if not np.isfinite(values).all() or np.abs(values).max(initial=0.0) > LARGEST_MM:
        raise InputError(f"A coordinate of {what} is no finite number of mm within {LARGEST_MM:.0f}.")
    values.setflags(write=False)
    return values


def markers_of(faces: tuple[Face, ...]) -> Mapping[int, NDArray[np.float64]]:
    """Return the corners (4, 3) of the loose markers among faces by id."""
    return MappingProxyType({face.ids[0]: face.measured_mm for face in faces if face.measured_mm is not None})


def chessboard_of(faces: tuple[Face, ...]) -> Charuco | None:
    """Return the chessboard of the first face, None where it has none."""
    pattern = faces[0].pattern if faces else None
    return pattern if isinstance(pattern, Charuco) else None


def flat_faces(
    *,
    name: str,
    dictionary: str,
    pattern: Pattern,
    loose: tuple[Face, ...],
    outline_mm: tuple[float, float],
    inverted: bool = False,
) -> tuple[Face, ...]:
    """Return one face in the board frame, and the loose markers; the plate is centred on all that is printed.

    Raises:
        InputError: as in `Face`.
    """
    at_mm = None
    if loose:
        box = printed_box_mm(pattern, loose)
        left, top = (box[0] + (np.ptp(box, axis=0) - np.array(outline_mm)) / 2.0).tolist()
        at_mm = (left, top)
        if (np.ptp(box, axis=0) > np.array(outline_mm) + 1e-9).any():
            raise InputError("The plate (outline_mm) is smaller than the pattern on it.")
    front = Face(
        name=name,
        dictionary=dictionary,
        pattern=pattern,
        outline_mm=outline_mm,
        outline_at_mm=at_mm,
        inverted=inverted,
    )
    return (front, *loose)


def printed_box_mm(pattern: Pattern | None, loose: tuple[Face, ...]) -> NDArray[np.float64]:
    """Return the top-left and bottom-right corner (2, 2) of a pattern in the board frame and of loose markers."""
    corners = [face.printed_corners_mm[:, :2] for face in loose]
    if pattern is not None:
        corners.append(np.array([(0.0, 0.0), pattern.size_mm]))
    points = np.vstack(corners)
    return np.array([points.min(axis=0), points.max(axis=0)])
