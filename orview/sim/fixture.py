"""The marker board on the patient's back as solids: plate, posts and foam, in the patient frame."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.errors import RefusedError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.markers.board import Board
from orview.sim.shapes import Box, Floats, Shape, Tube, distance_at

PLATE_MM = 4.0
POST_RADIUS_MM = 1.2
SOCKET_RADIUS_MM = 4.0
"""A bead sits in a ball of plastic, so that its picture in a CT is alike on all sides."""
LEAST_CLEARANCE_MM = 5.0
_PRONE = np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, -1.0, 0.0]])
"""Axes of a board lying on the back of a prone patient, its top towards the head: right, feet, belly."""


@dataclass(frozen=True, eq=False)
class Slab:
    """A box in the board frame, `low_mm` to `high_mm`, seen from the patient frame."""

    board_from_patient: RigidTransform
    low_mm: tuple[float, float, float]
    high_mm: tuple[float, float, float]

    @property
    def box(self) -> Box:
        """Where the solid lies."""
        ends = list(zip(self.low_mm, self.high_mm, strict=True))
        corners = [(x, y, z) for x in ends[0] for y in ends[1] for z in ends[2]]
        return Box.around(self.board_from_patient.inverse().apply(corners))

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the signed distance, mm."""
        beyond = []
        for row, shift, low, high in zip(
            self.board_from_patient.rotation,
            self.board_from_patient.translation_mm,
            self.low_mm,
            self.high_mm,
            strict=True,
        ):
            local = x * float(row[0]) + y * float(row[1]) + z * float(row[2]) + float(shift)
            beyond.append(np.abs(local - 0.5 * (low + high)) - 0.5 * (high - low))
        outside = np.sqrt(sum(np.maximum(value, 0.0) ** 2 for value in beyond))
        inside = np.minimum(np.maximum(np.maximum(beyond[0], beyond[1]), beyond[2]), 0.0)
        return np.asarray(outside + inside)


def plate_corners_mm(board: Board) -> NDArray[np.float64]:
    """Return the corners (4, 3) of the printed face of the plate, board frame, clockwise from top-left."""
    origin, pattern, outline = (
        np.array(pair) for pair in (board.pattern_origin_mm, board.pattern_mm, board.outline_mm)
    )
    low = origin + 0.5 * (pattern - outline)
    high = low + outline
    return np.array([(low[0], low[1], 0.0), (high[0], low[1], 0.0), (high[0], high[1], 0.0), (low[0], high[1], 0.0)])


def place_board(
    board: Board, body: Shape, above_patient_mm: NDArray[np.float64], rng: np.random.Generator
) -> RigidTransform:
    """Lay a board over a point of a prone patient's back, a little askew.

    Args:
        board: what to lay there.
        body: the patient, patient frame.
        above_patient_mm: (3,) point under the middle of the plate; only its x and z count.
        rng: draws the tilt (2 to 4 degrees each way, 3 to 7 in its plane) and the height.

    Returns:
        `patient_from_board`.

    Raises:
        RefusedError: the board would touch the skin within 25 mm of height.
    """
    tilt = np.radians([rng.uniform(2, 4), rng.uniform(3, 7), rng.uniform(2, 4)]) * rng.choice([-1.0, 1.0], size=3)
    # The plate follows the slope of the back from head to feet, and lies askew to that.
    reach_mm = 0.4 * board.outline_mm[1]
    towards_head, towards_feet = (
        _skin_y(body, above_patient_mm + np.array([0.0, 0.0, step])) for step in (reach_mm, -reach_mm)
    )
    slope_rad = math.atan2(towards_head - towards_feet, 2.0 * reach_mm)
    rotation = rotation_from_vector(tilt) @ rotation_from_vector((-slope_rad, 0.0, 0.0)) @ _PRONE
    corners = plate_corners_mm(board)
    middle = corners.mean(axis=0)
    across = np.linspace(corners[0], corners[2], 12)
    plate = np.array([(x, y, PLATE_MM) for x in across[:, 0] for y in across[:, 1]])
    lowest = np.vstack([plate, board.beads_board_mm + np.array([0.0, 0.0, 0.5 * board.bead_diameter_mm])])
    skin_y = _skin_y(body, above_patient_mm)
    for height_mm in np.arange(math.floor(rng.uniform(15.0, 18.0)), 25.5, 0.5):
        middle_patient = np.array([above_patient_mm[0], skin_y + height_mm, above_patient_mm[2]])
        patient_from_board = RigidTransform(Frame.PATIENT, Frame.BOARD, rotation, middle_patient - rotation @ middle)
        if distance_at(body, patient_from_board.apply(lowest)).min() >= LEAST_CLEARANCE_MM:
            return patient_from_board
    raise RefusedError("The board does not fit on the phantom's back.", mend="Use a smaller board or shorter posts.")


def plate(board: Board, patient_from_board: RigidTransform) -> Slab:
    """Return the plate."""
    corners = plate_corners_mm(board)
    low, high = corners[0], corners[2]
    return Slab(
        patient_from_board.inverse(), (float(low[0]), float(low[1]), 0.0), (float(high[0]), float(high[1]), PLATE_MM)
    )


def foam(board: Board, patient_from_board: RigidTransform) -> Slab:
    """Return the radiolucent block between plate and skin; it reaches into the skin."""
    middle = plate_corners_mm(board).mean(axis=0)
    return Slab(
        patient_from_board.inverse(),
        (float(middle[0]) - 45.0, float(middle[1]) - 30.0, PLATE_MM),
        (float(middle[0]) + 45.0, float(middle[1]) + 30.0, 60.0),
    )


def posts_board_mm(board: Board) -> list[NDArray[np.float64]]:
    """Return for each bead the foot on the plate and the bead's centre, (2, 3) mm, board frame."""
    corners = plate_corners_mm(board)
    low, high = corners[0] + 2.0, corners[2] - 2.0
    feet = np.clip(board.beads_board_mm, (low[0], low[1], 0.5 * PLATE_MM), (high[0], high[1], 0.5 * PLATE_MM))
    return [np.array([foot, bead]) for foot, bead in zip(feet, board.beads_board_mm, strict=True)]


def posts(board: Board, patient_from_board: RigidTransform) -> list[Tube]:
    """Return the thin posts that hold the beads."""
    return [Tube(patient_from_board.apply(ends), np.full(2, POST_RADIUS_MM)) for ends in posts_board_mm(board)]


def _skin_y(body: Shape, above_patient_mm: NDArray[np.float64]) -> float:
    """Return the hindmost y of the body above a point (bisection)."""
    inside, outside = float(body.box.high_mm[1]) - 90.0, float(body.box.high_mm[1]) + 10.0
    for _ in range(40):
        middle = 0.5 * (inside + outside)
        if distance_at(body, [above_patient_mm[0], middle, above_patient_mm[2]]) < 0.0:
            inside = middle
        else:
            outside = middle
    return inside
