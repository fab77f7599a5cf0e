"""A pose that does not depend on which borders of a bent print, seen through a lens known roughly, are in sight.

A bow of the print and the error of a lens displace borders smoothly across the picture, and no pose explains that:
each weighting of places gives another one. So what the borders show beyond the pose is told as a smooth displacement,
and the pose is the one that fits it evenly at the corners of the print, as a perfect detector of corners would have it.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.track.fit import Fit
from orview.track.hidden import Hiding
from orview.track.motion import differs, left_from_middle, rows_by_motion
from orview.track.seen import project
from orview.track.view import View, facing_camera

SMOOTH_SIGMA_PX = 0.1
"""How far lens and bow displace the rim of a board from where its best pose has it, one standard deviation."""

SHARE_FOR_NOISE = 4

LEAST_CORNERS = 4

SAME_VIEW_RAD, SAME_VIEW_DISTANCE, SAME_SIGHT = math.radians(1.5), 0.02, 0.25
"""So alike views are evened out alike, to a fifth, about the middle of the board: angle, share of its distance, and of
what the places in sight tell."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Known:
    """What stays nearly the same while a board is seen alike.

    Attributes:
        pose: it was worked out for.
        places: how many were looked at.
        sight: what they told, a sum of weights.
        middle_mm: (3,) of the corners in sight, board frame.
        by_smooth: (6, 12) motion about that middle by the smooth displacement.
        added: (6, 6) covariance of that motion, where borders err apart.
    """

    pose: RigidTransform
    places: int
    sight: float
    middle_mm: NDArray[np.float64]
    by_smooth: NDArray[np.float64]
    added: NDArray[np.float64]

    def holds_for(self, pose: RigidTransform, places: int, sight: float) -> bool:
        """Return whether another picture shows the board alike."""
        alike = self.places == places and abs(sight - self.sight) < SAME_SIGHT * self.sight
        return alike and not differs(pose, self.pose, turn_rad=SAME_VIEW_RAD, distance=SAME_VIEW_DISTANCE)


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
        self._known: _Known | None = None

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
        weights = fit.weights / np.square(sigmas_px)
        sight = float(weights.sum())
        low, high = view.pixels.min(axis=0), view.pixels.max(axis=0)
        middle_px, half_px = 0.5 * (low + high), 0.5 * float((high - low).max())
        columns = _across(_terms(view.pixels, middle_px, half_px), view.normals)
        weights *= fit.scale**-2
        weighted = columns * weights
        information = weighted @ columns.T
        information.flat[:: len(columns) + 1] += SMOOTH_SIGMA_PX**-2
        known = self._known
        if known is None or not known.holds_for(pose, len(view), sight):
            known = self._worked_out(pose, view, columns, weights, information, middle_px, half_px, sight)
            self._known = known
        if known is None:
            return np.zeros(6), np.zeros((6, 6))
        smooth = cv2.solve(information, (weighted @ fit.rest_px)[:, None], flags=cv2.DECOMP_CHOLESKY)[1]
        to_left = left_from_middle(pose.apply(known.middle_mm))
        motion = to_left @ (known.by_smooth @ np.asarray(smooth, dtype=np.float64)[:, 0])
        # The more the places tell, the less noise comes with the displacement.
        return motion, to_left @ known.added @ to_left.T * (fit.together * known.sight / max(sight, 1e-12))

    def _worked_out(
        self,
        pose: RigidTransform,
        view: View,
        columns: NDArray[np.float64],
        weights: NDArray[np.float64],
        information: NDArray[np.float64],
        middle_px: NDArray[np.float64],
        half_px: float,
        sight: float,
    ) -> _Known | None:
        """Return how a smooth displacement moves the pose that fits it evenly at the corners in sight, if there are."""
        seen = facing_camera(self._corners, self._normals, pose)
        seen &= ~self._hiding.hidden(self._corners, self._faces, pose.inverse().translation_mm)
        if np.count_nonzero(seen) < LEAST_CORNERS:
            return None
        in_camera = pose.apply(self._corners[seen])
        projected = project(in_camera, self._lens)
        at_corners = _terms(projected.pixels, middle_px, half_px)
        middle = in_camera.mean(axis=0)
        rows = [rows_by_motion(in_camera - middle, projected.by_place[:, axis]) for axis in (0, 1)]
        normal = rows[0].T @ rows[0] + rows[1].T @ rows[1]
        by_smooth = np.linalg.solve(normal, np.hstack([axis_rows.T @ at_corners.T for axis_rows in rows]))
        # What the fit has taken out of the rest brings no noise any more. A part of the places stands for all.
        some = np.flatnonzero(weights > 0.0)[::SHARE_FOR_NOISE]
        arms = view.in_camera[some]
        fitted = np.ones((len(arms), 7))
        fitted[:, :6] = rows_by_motion(arms - arms.mean(axis=0), view.by_place[some])
        weighted = columns[:, some] * weights[some]
        mixed = weighted @ fitted
        left = weighted @ columns[:, some].T
        left -= mixed @ np.linalg.solve((fitted * weights[some, None]).T @ fitted, mixed.T)
        gain = by_smooth @ np.linalg.inv(information)
        return _Known(
            pose=pose,
            places=len(view),
            sight=sight,
            middle_mm=self._corners[seen].mean(axis=0),
            by_smooth=np.asarray(by_smooth, dtype=np.float64),
            added=gain @ left @ gain.T * SHARE_FOR_NOISE,
        )


def _terms(pixels: NDArray[np.float64], middle_px: NDArray[np.float64], half_px: float) -> NDArray[np.float64]:
    """Return the terms (6, N) of a quadratic in pixels (N, 2), told about a middle (2,) in units of half a size."""
    terms = np.empty((6, len(pixels)))
    terms[0] = 1.0
    x, y = terms[1:3]
    terms[1:3] = (pixels.T - middle_px[:, None]) * (1.0 / half_px)
    np.multiply(x, x, out=terms[3])
    np.multiply(x, y, out=terms[4])
    np.multiply(y, y, out=terms[5])
    return terms


def _across(terms: NDArray[np.float64], normals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far borders with normals (N, 2) move by each term (6, N) of a displacement in x and in y, (12, N)."""
    columns = np.empty((12, terms.shape[1]))
    np.multiply(terms, normals[:, 0], out=columns[:6])
    np.multiply(terms, normals[:, 1], out=columns[6:])
    return columns
