"""A pose that does not depend on which borders of a bent print, seen through a lens known roughly, are in sight.

A bow of the print and the error of a lens displace borders smoothly across the picture, and no pose explains that:
each weighting of places gives another one. So what the borders show beyond the pose is told as a smooth displacement,
and the pose is the one that fits it evenly at the corners of the print, as a perfect detector of corners would have it.
"""

import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.track.fit import Fit
from orview.track.hidden import Hiding
from orview.track.motion import left_from_middle, rows_by_motion
from orview.track.seen import project
from orview.track.view import View, facing_camera

SMOOTH_SIGMA_PX = 0.1
"""How far lens and bow displace the rim of a board from where its best pose has it, one standard deviation."""

SHARE_FOR_NOISE = 4

LEAST_CORNERS = 4


class Evener:
    """Corrects poses of one board, seen by one camera.

    Args:
        board: the board.
        lens: the camera's.
    """

    def __init__(self, board: Board, lens: PinholeLens) -> None:
        self._lens = lens
        corners = [
            face.corners_mm if len(face.corners_mm) else np.vstack(list(face.marker_corners_mm.values()))
            for face in board.faces
        ]
        self._corners = np.vstack(corners)
        self._faces = np.repeat(np.arange(len(corners)), [len(points) for points in corners])
        self._normals = np.stack([face.normal_board for face in board.faces])[self._faces]
        self._hiding = Hiding(board)

    def correction(
        self, pose: RigidTransform, view: View, fit: Fit, sigmas_px: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the left motion (6,) by which to correct a pose, and the covariance (6, 6) this adds to the pose's.

        Args:
            pose: what the fit arrived at.
            view: the places (N) it was fitted to.
            fit: the fit.
            sigmas_px: (N,) noise of each place, infinite where none was seen.
        """
        seen = facing_camera(self._corners, self._normals, pose)
        seen &= ~self._hiding.hidden(self._corners, self._faces, pose.inverse().translation_mm)
        used = np.flatnonzero(fit.weights > 0.0)
        if np.count_nonzero(seen) < LEAST_CORNERS:
            return np.zeros(6), np.zeros((6, 6))
        low, high = view.pixels[used].min(axis=0), view.pixels[used].max(axis=0)
        middle_px, half_px = 0.5 * (low + high), 0.5 * float((high - low).max())
        terms = _terms((view.pixels[used] - middle_px) / half_px)
        normals, weights = view.normals[used], fit.weights[used] / np.square(sigmas_px[used] * fit.scale)
        columns = np.concatenate([terms * normals[:, 0], terms * normals[:, 1]])
        weighted = columns * weights
        information = weighted @ columns.T
        information.flat[:: len(columns) + 1] += SMOOTH_SIGMA_PX**-2
        inverse = np.linalg.inv(information)
        smooth = inverse @ (weighted @ fit.rest_px[used])
        in_camera = pose.apply(self._corners[seen])
        projected = project(in_camera, self._lens)
        at_corners = _terms((projected.pixels - middle_px) / half_px)
        middle = in_camera.mean(axis=0)
        rows = [rows_by_motion(in_camera - middle, projected.by_place[:, axis]) for axis in (0, 1)]
        by_smooth = np.hstack([axis_rows.T @ at_corners.T for axis_rows in rows])
        normal = rows[0].T @ rows[0] + rows[1].T @ rows[1]
        motion_by_smooth = left_from_middle(middle) @ np.linalg.solve(normal, by_smooth)
        # What the fit has taken out of the rest brings no noise any more. A part of the places stands for all.
        some = slice(None, None, SHARE_FOR_NOISE)
        arms = view.in_camera[used[some]]
        fitted = np.ones((len(arms), 7))
        fitted[:, :6] = rows_by_motion(arms - arms.mean(axis=0), view.by_place[used[some]])
        mixed = weighted[:, some] @ fitted
        left = weighted[:, some] @ columns[:, some].T
        left -= mixed @ np.linalg.solve((fitted * weights[some, None]).T @ fitted, mixed.T)
        gain = motion_by_smooth @ inverse
        return motion_by_smooth @ smooth, gain @ left @ gain.T * (SHARE_FOR_NOISE * fit.together)


def _terms(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the terms (6, N) of a quadratic in places (N, 2)."""
    x, y = at.T
    return np.stack([np.ones(len(x)), x, y, x * x, x * y, y * y])
