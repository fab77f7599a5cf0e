"""Boards that tests of several rooms build from their faces."""

import numpy as np

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Charuco, Face, MarkerGrid


def placed(origin_mm: tuple[float, float, float], turn_deg: float = 0.0) -> RigidTransform:
    """Return `board_from_face` turned about the board's y axis; a positive turn moves the right side away."""
    turn = np.radians(turn_deg)
    rotation = np.array([[np.cos(turn), 0.0, -np.sin(turn)], [0.0, 1.0, 0.0], [np.sin(turn), 0.0, np.cos(turn)]])
    return RigidTransform(Frame.BOARD, Frame.FACE, rotation, np.array(origin_mm))


def chess(name: str, first_id: int, *, at: RigidTransform | None = None, dictionary: str = "DICT_4X4_50") -> Face:
    """Return a face of 4 x 5 squares of 10 mm on a plate 44 x 56 mm."""
    return Face(
        name=name,
        dictionary=dictionary,
        pattern=Charuco(squares_x=4, squares_y=5, square_mm=10.0, marker_mm=7.5, first_id=first_id),
        board_from_face=at or placed((0.0, 0.0, 0.0)),
        outline_mm=(44.0, 56.0),
    )


def tile(name: str, marker_id: int, *, at: RigidTransform, dictionary: str = "DICT_4X4_50") -> Face:
    """Return a single marker of 12 mm on a tile of 16 mm."""
    return Face(
        name=name,
        dictionary=dictionary,
        pattern=MarkerGrid(columns=1, rows=1, marker_mm=12.0, first_id=marker_id),
        board_from_face=at,
        outline_mm=(16.0, 16.0),
    )
