"""Which points of a board another face of the same board hides."""

import numpy as np
from numpy.typing import NDArray

from orview.markers.board import Board

AROUND_MM = 1.0
"""A face's plate is taken to be so much larger all around: beside its rim the picture shows neither cleanly."""


class Hiding:
    """Tells what the faces of one board hide.

    Args:
        board: whose faces.
    """

    def __init__(self, board: Board) -> None:
        self._faces = [(face.board_from_face.inverse(), *face.outline_box_mm) for face in board.faces]

    def hidden(
        self, points_board_mm: NDArray[np.float64], faces: NDArray[np.intp], eye_board_mm: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Return which of the points (N, 3) on faces (N,) a camera at `eye_board_mm` (3,) does not see."""
        hidden = np.zeros(len(points_board_mm), dtype=np.bool_)
        if len(self._faces) == 1:
            return hidden
        for number, (face_from_board, low, high) in enumerate(self._faces):
            others = np.flatnonzero(faces != number)
            eye, points = face_from_board.apply(eye_board_mm), face_from_board.apply(points_board_mm[others])
            # Only what lies on the other side of the face's plane than the eye can be hidden by it.
            behind = eye[2] * points[:, 2] < -1e-9
            share = eye[2] / np.where(behind, eye[2] - points[:, 2], 1.0)
            meets = eye[:2] + share[:, None] * (points[:, :2] - eye[:2])
            within = ((meets > low - AROUND_MM) & (meets < high + AROUND_MM)).all(axis=1)
            hidden[others[behind & within]] = True
        return hidden
