"""Which points of a board another face of the same board hides."""

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled, plain
from orview.markers.board import Board

AROUND_MM = 1.0
"""A face's plate is taken to be so much larger all around: beside its rim the picture shows neither cleanly."""


class Hiding:
    """Tells what the faces of one board hide.

    Args:
        board: whose faces.
    """

    def __init__(self, board: Board) -> None:
        faces_from_board = [face.board_from_face.inverse() for face in board.faces]
        self._rotations = plain(np.stack([pose.rotation for pose in faces_from_board]), np.float64)
        self._translations = plain(np.stack([pose.translation_mm for pose in faces_from_board]), np.float64)
        boxes = [face.outline_box_mm for face in board.faces]
        self._boxes = np.array([(*low, *high) for low, high in boxes], dtype=np.float64)
        self._boxes += np.array([-AROUND_MM, -AROUND_MM, AROUND_MM, AROUND_MM])

    def hidden(
        self, points_board_mm: NDArray[np.float64], faces: NDArray[np.intp], eye_board_mm: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Return which of the points (N, 3) on faces (N,) a camera at `eye_board_mm` (3,) does not see."""
        hidden = np.zeros(len(points_board_mm), dtype=np.bool_)
        eye = np.array(eye_board_mm, dtype=np.float64)
        points = plain(points_board_mm, np.float64)
        _hide(points, faces, eye, self._rotations, self._translations, self._boxes, hidden)
        return hidden


@compiled
def _hide(
    points: NDArray[np.float64],
    faces: NDArray[np.intp],
    eye: NDArray[np.float64],
    rotations: NDArray[np.float64],
    translations: NDArray[np.float64],
    boxes: NDArray[np.float64],
    hidden: NDArray[np.bool_],
) -> None:
    """Write which points (N, 3) lie behind the box (low x, low y, high x, high y) of another face than their own."""
    seen_from, at = np.empty(3), np.empty(3)
    for f in range(len(boxes)):
        for i in range(3):
            seen_from[i] = translations[f, i]
            for j in range(3):
                seen_from[i] += rotations[f, i, j] * eye[j]
        for n in range(len(points)):
            if faces[n] == f or hidden[n]:
                continue
            for i in range(3):
                at[i] = translations[f, i]
                for j in range(3):
                    at[i] += rotations[f, i, j] * points[n, j]
            # Only what lies on the other side of the face's plane than the eye can be hidden by it.
            if seen_from[2] * at[2] >= -1e-9:
                continue
            share = seen_from[2] / (seen_from[2] - at[2])
            x, y = seen_from[0] + share * (at[0] - seen_from[0]), seen_from[1] + share * (at[1] - seen_from[1])
            hidden[n] = boxes[f, 0] < x < boxes[f, 2] and boxes[f, 1] < y < boxes[f, 3]
