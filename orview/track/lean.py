"""Whether an aligned pose could as well lean another way, by what one picture shows and by how boards move (H07).

The picture alone decides by the rules of `markers.ambiguity`. Where it leaves two ways open, the pictures before may
exclude one: a board cannot turn over within a frame. Both are logarithms of odds and add up; less than
`LOG_ODDS_NEEDED` is ambiguous.
"""

import math

import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, nearest_rotation, rotations_from_vectors
from orview.markers.ambiguity import LOG_ODDS_NEEDED, MELTED_RAD, turned_over
from orview.markers.board import Board
from orview.markers.corners import corners_of
from orview.markers.minima import COMPARABLE, descended
from orview.track.predict import Prediction, motion_between

_WAY = np.array([0.25, 0.5, 0.75, 1.0])


def odds_against_others(
    pose: RigidTransform,
    points_board_mm: NDArray[np.float64],
    sigmas_px: NDArray[np.float64],
    *,
    board: Board,
    lens: PinholeLens,
    prediction: Prediction | None,
) -> tuple[float, float]:
    """Return the least logarithm of the odds of a pose against any that leans another way.

    Args:
        pose: `camera_from_board`, the best there is near.
        points_board_mm: (N, 3) what it rests on.
        sigmas_px: (N,) their noise in x and in y.
        board: the board.
        lens: the camera's.
        prediction: where the pictures before expect the board, from poses that were not ambiguous themselves.

    Returns:
        By this picture alone, and with the prediction; infinite where nothing leans another way.
    """
    corners = corners_of(lens.project(pose.apply(points_board_mm)), points_board_mm, sigmas_px, board=board, lens=lens)
    if not corners.span_a_plane:
        return 0.0, 0.0
    middle = pose.apply(corners.origin_mm)
    over = RigidTransform(
        pose.to_frame, pose.from_frame, nearest_rotation(turned_over(pose.rotation, middle, corners)), np.zeros(3)
    )
    across = motion_between(RigidTransform(pose.to_frame, pose.from_frame, pose.rotation, np.zeros(3)), over)[:3]
    starts = rotations_from_vectors(_WAY[:, None] * across) @ pose.rotation
    normal = np.linalg.eigh(corners.points.T @ corners.points)[1][:, 0]
    # On the way only the lean is held; the pose turned over goes down to a minimum of its own.
    valley = descended(
        starts,
        np.tile(middle, (len(_WAY), 1)),
        corners,
        axes=(starts @ normal)[..., None],
        converged=COMPARABLE,
    )
    free = descended(starts[-1:], middle[None], corners, converged=COMPARABLE)
    alone = together = math.inf
    for rotation, origin, misfit in zip(
        (*valley.rotations, *free.rotations),
        (*valley.origins, *free.origins),
        (*valley.misfits.tolist(), *free.misfits.tolist()),
        strict=True,
    ):
        if float(np.trace(rotation.T @ pose.rotation) - 1.0) / 2.0 >= math.cos(MELTED_RAD):
            continue
        odds = 0.5 * misfit
        alone = min(alone, odds)
        if prediction is not None:
            other = RigidTransform(pose.to_frame, pose.from_frame, rotation, origin - rotation @ corners.origin_mm)
            odds += 0.5 * (prediction.distance2(other) - prediction.distance2(pose))
        together = min(together, odds)
    return alone, together


def is_settled(odds: float) -> bool:
    """Return whether no other pose has to be feared."""
    return odds >= LOG_ODDS_NEEDED
