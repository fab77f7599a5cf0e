"""The borders and the marker cells of a board's print in the board frame."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.markers.board import Board
from orview.markers.face import Face
from orview.markers.ink import edges_of


@dataclass(frozen=True, kw_only=True, eq=False)
class PrintLines:
    """M straight borders between black and white, mm, board frame.

    Attributes:
        starts, ends: (M, 3).
        towards_black: (M, 3) unit vectors across the border to its black side.
        face: (M,) index of the face each lies in.
    """

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    towards_black: NDArray[np.float64]
    face: NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False)
class PrintCells:
    """The M markers of one face, of C cells each.

    Attributes:
        face: index of the face.
        centres: (M, C, 3) mm, board frame.
        black: (M, C) whether ink belongs there.
        rim: (C,) whether a cell belongs to the border every marker has.
        cell_mm: side of a cell.
        inverted: whether that border is white.
    """

    face: int
    centres: NDArray[np.float64]
    black: NDArray[np.bool_]
    rim: NDArray[np.bool_]
    cell_mm: float
    inverted: bool


def print_lines(board: Board) -> PrintLines:
    """Return all borders of the print."""
    starts, ends, across, faces = [], [], [], []
    for number, face in enumerate(board.faces):
        edges = edges_of(face)
        starts.append(face.board_from_face.apply(_flat(edges.starts_mm)))
        ends.append(face.board_from_face.apply(_flat(edges.ends_mm)))
        across.append(face.board_from_face.rotate(_flat(edges.towards_black)))
        faces.append(np.full(len(edges.starts_mm), number, dtype=np.intp))
    return PrintLines(
        starts=np.vstack(starts),
        ends=np.vstack(ends),
        towards_black=np.vstack(across),
        face=np.concatenate(faces),
    )


def print_cells(board: Board) -> tuple[PrintCells, ...]:
    """Return the cells of all markers, face by face."""
    return tuple(_cells(number, face) for number, face in enumerate(board.faces))


def _cells(number: int, face: Face) -> PrintCells:
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, face.dictionary))
    count = face.cells
    row, column = np.mgrid[0:count, 0:count].reshape(2, -1)
    cell_mm = face.marker_mm / count
    inside = _flat((np.stack([column, row], axis=1) + 0.5) * cell_mm)
    markers = face.pattern.markers_mm
    centres = np.stack([face.board_from_face.apply(corners[0] + inside) for corners in markers.values()])
    black = np.stack(
        [dictionary.generateImageMarker(marker_id, count, borderBits=1).reshape(-1) == 0 for marker_id in markers]
    )
    return PrintCells(
        face=number,
        centres=centres,
        black=black ^ face.inverted,
        rim=(np.minimum(row, column) == 0) | (np.maximum(row, column) == count - 1),
        cell_mm=cell_mm,
        inverted=face.inverted,
    )


def _flat(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([points, np.zeros(len(points))])
