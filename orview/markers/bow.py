"""How a print that is not quite flat moves its points: a few bends of each plate, each as large as it may well be.

The bends are those that flatness can hide in: across x, across y, and a twist; every smooth bend is to second order a
sum of them. Each is told about the plate's mean plane, which is where a board is said to be.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from orview.markers.board import Board, Face

SAME_PLATE_COSINE = 0.985
"""Faces whose normals differ by less than 10 degrees are carried by one plate and bend with it."""

BENDS = 3
"""Bends of each plate: across x, across y, twist."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Plate:
    """A part of the board that bends as one piece.

    Attributes:
        middle_mm: (3,) of all that is printed on it, board frame.
        axes: (3, 3) rows x and y along the print and the normal, board frame.
        half_mm: (2,) half the extent of the print along x and y.
        bend_mm: one standard deviation of how far the middle stands out of its ends.
    """

    middle_mm: NDArray[np.float64]
    axes: NDArray[np.float64]
    half_mm: NDArray[np.float64]
    bend_mm: float


def bow_modes(board: Board, points_board_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how points (N, 3) of the print move, mm, board frame, for one standard deviation of each bend, (N, 3, K).

    K is `BENDS` for each plate of the board.
    """
    plates = plates_of(board)
    modes = np.zeros((len(points_board_mm), 3, BENDS * len(plates)))
    local = np.stack([(points_board_mm - plate.middle_mm) @ plate.axes.T for plate in plates])
    halves = np.stack([plate.half_mm for plate in plates])
    beside = np.maximum(np.abs(local[..., :2]) - halves[:, None], 0.0)
    home = np.argmin(np.square(local[..., 2]) + np.square(beside).sum(axis=-1), axis=0)
    for number, plate in enumerate(plates):
        own = home == number
        u, v = (local[number, own, :2] / plate.half_mm).T
        # The mean of the square over the plate, a third, is taken off: a bend does not shift the mean plane.
        heights = plate.bend_mm * np.stack([u * u - 1.0 / 3.0, v * v - 1.0 / 3.0, u * v], axis=-1)
        modes[own, :, BENDS * number : BENDS * (number + 1)] = plate.axes[2][:, None] * heights[:, None, :]
    return modes


@lru_cache(maxsize=16)
def plates_of(board: Board) -> tuple[Plate, ...]:
    """Return the parts of a board that bend as one piece: all faces that look the same way bend together."""
    groups: list[list[Face]] = []
    for face in board.faces:
        for group in groups:
            if float(face.normal_board @ group[0].normal_board) > SAME_PLATE_COSINE:
                group.append(face)
                break
        else:
            groups.append([face])
    prints = []
    for group in groups:
        axes = group[0].board_from_face.rotation.T
        local = np.vstack([_print_corners_mm(face) for face in group]) @ axes.T
        low, high = local.min(axis=0), local.max(axis=0)
        # The depth of the plate is that of its first face; small faces before it stand on it and bend with it.
        middle = np.array([*(0.5 * (low + high))[:2], float(_print_corners_mm(group[0])[0] @ axes[2])])
        prints.append((middle @ axes, axes, 0.5 * (high - low)[:2]))
    longest = max(float(half.max()) for _, _, half in prints)
    # Equal bending: the middle stands out by the square of the length.
    return tuple(
        Plate(
            middle_mm=middle,
            axes=axes,
            half_mm=half,
            bend_mm=board.printed.flatness_mm * (float(half.max()) / longest) ** 2,
        )
        for middle, axes, half in prints
    )


def _print_corners_mm(face: Face) -> NDArray[np.float64]:
    """Return the corners (4, 3) of the box around what is printed on a face, board frame."""
    if face.measured_mm is not None:
        return face.measured_mm
    width, height = face.size_mm
    return face.board_from_face.apply([(0.0, 0.0, 0.0), (width, 0.0, 0.0), (width, height, 0.0), (0.0, height, 0.0)])
