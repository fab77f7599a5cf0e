"""A pose that does not depend on which borders of a bent print, seen through a lens known roughly, are in sight.

A bow of the print and the error of a lens displace borders smoothly across the picture, and no pose explains that:
each weighting of places gives another one. So what the borders show beyond the pose is told as bends of the plate and a
smooth displacement in the picture, and the pose is the one that fits these evenly at the corners of the print, as a
perfect detector of corners would have it. A quadratic in pixels alone takes too little of a bend seen aslant.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.markers.bow import bow_modes
from orview.track.cholesky import factorized, solve_in_place
from orview.track.fit import Fit
from orview.track.hidden import Hiding
from orview.track.motion import differs, left_from_middle, rows_by_motion
from orview.track.seen import project
from orview.track.view import View, facing_camera

SMOOTH_SIGMA_PX = 0.1
"""How far lens and bow displace the rim of a board from where its best pose has it, one standard deviation."""

TERMS = 6
"""Of a quadratic in x and y."""

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
        by_smooth: (6, T) motion about that middle by the smooth displacement.
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
        self._bends = bow_modes(board, self._corners)
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
        low, high = view.pixels.min(axis=0), view.pixels.max(axis=0)
        about = np.array([*(0.5 * (low + high)), 2.0 / float((high - low).max())])
        weights = fit.weights / np.square(sigmas_px * fit.scale)
        columns = np.empty((len(view), 2 * TERMS + view.places.bends.shape[2]))
        _write_columns(view.pixels, view.normals, view.by_place, pose.rotation, view.places.bends, about, columns)
        information, smooth = np.diag(_known_beforehand(columns.shape[1])), np.zeros(columns.shape[1])
        total, unexplained = _explain(columns, fit.rest_px, weights, information, smooth)
        sight = total * fit.scale**2
        known = self._known
        if known is None or not known.holds_for(pose, len(view), sight):
            known = self._worked_out(pose, view, columns, weights, information, about, sight)
            self._known = known
        if known is None:
            return np.zeros(6), np.zeros((6, 6))
        to_left = left_from_middle(pose.apply(known.middle_mm))
        motion = to_left @ (known.by_smooth @ smooth)
        # The more the places tell, the less noise comes with the displacement; what it explains is no noise.
        share = fit.together * unexplained * known.sight / max(sight, 1e-12)
        return motion, to_left @ known.added @ to_left.T * share

    def _worked_out(
        self,
        pose: RigidTransform,
        view: View,
        columns: NDArray[np.float64],
        weights: NDArray[np.float64],
        information: NDArray[np.float64],
        about: NDArray[np.float64],
        sight: float,
    ) -> _Known | None:
        """Return how a smooth displacement moves the pose that fits it evenly at the corners in sight, if there are."""
        seen = facing_camera(self._corners, self._normals, pose)
        seen &= ~self._hiding.hidden(self._corners, self._faces, pose.inverse().translation_mm)
        count = np.count_nonzero(seen)
        if count < LEAST_CORNERS:
            return None
        in_camera = pose.apply(self._corners[seen])
        projected = project(in_camera, self._lens)
        middle = in_camera.mean(axis=0)
        normal, pull = np.zeros((6, 6)), np.zeros((6, columns.shape[1]))
        for axis in (0, 1):
            by_place = np.ascontiguousarray(projected.by_place[:, axis])
            moved = np.empty((count, columns.shape[1]))
            along = np.tile(np.eye(2)[axis], (count, 1))
            _write_columns(projected.pixels, along, by_place, pose.rotation, self._bends[seen], about, moved)
            rows = rows_by_motion(in_camera - middle, by_place)
            normal += rows.T @ rows
            pull += rows.T @ moved
        by_smooth = np.linalg.solve(normal, pull)
        # What the fit has taken out of the rest brings no noise any more. A part of the places stands for all.
        some = np.flatnonzero(weights > 0.0)[::SHARE_FOR_NOISE]
        arms = view.in_camera[some]
        fitted = np.ones((len(arms), 7))
        fitted[:, :6] = rows_by_motion(arms - arms.mean(axis=0), view.by_place[some])
        weighted = columns[some].T * weights[some]
        mixed = weighted @ fitted
        left = weighted @ columns[some]
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


def _known_beforehand(size: int) -> NDArray[np.float64]:
    """Return the inverse variances (size,) of the terms in the picture and of the bends, each in its own sigma."""
    inverse = np.ones(size)
    inverse[: 2 * TERMS] = SMOOTH_SIGMA_PX**-2
    return inverse


@compiled
def _write_columns(
    pixels: NDArray[np.float64],
    normals: NDArray[np.float64],
    by_place: NDArray[np.float64],
    rotation: NDArray[np.float64],
    bends: NDArray[np.float64],
    about: NDArray[np.float64],
    columns: NDArray[np.float64],
) -> None:
    """Write how far borders (N) move by each term of a quadratic displacement in x, in y, and by each bend (N, T).

    The quadratic is told about a middle in the picture, in units of half a size: `about` is x, y and one over that.
    """
    terms = np.ones(TERMS)
    for n in range(len(pixels)):
        x, y = (pixels[n, 0] - about[0]) * about[2], (pixels[n, 1] - about[1]) * about[2]
        terms[1], terms[2], terms[3], terms[4], terms[5] = x, y, x * x, x * y, y * y
        for k in range(TERMS):
            columns[n, k] = terms[k] * normals[n, 0]
            columns[n, TERMS + k] = terms[k] * normals[n, 1]
        for k in range(bends.shape[2]):
            moved = 0.0
            for i in range(3):
                for j in range(3):
                    moved += by_place[n, i] * rotation[i, j] * bends[n, j, k]
            columns[n, 2 * TERMS + k] = moved


@compiled
def _explain(
    columns: NDArray[np.float64],
    rest_px: NDArray[np.float64],
    weights: NDArray[np.float64],
    information: NDArray[np.float64],
    smooth: NDArray[np.float64],
) -> tuple[float, float]:
    """Find the displacement (T,) that explains the rest (N,) best, and add what the places tell to information (T, T).

    Returns the sum of the weights (N,) and which share of the weighted squares is left unexplained.
    """
    total, squares, explained = 0.0, 1e-300, 0.0
    for n in range(len(rest_px)):
        if weights[n] == 0.0:
            continue
        total += weights[n]
        squares += weights[n] * rest_px[n] ** 2
        for i in range(len(smooth)):
            weighted = weights[n] * columns[n, i]
            smooth[i] += weighted * rest_px[n]
            for j in range(i + 1):
                information[i, j] += weighted * columns[n, j]
    for i in range(len(smooth)):
        for j in range(i):
            information[j, i] = information[i, j]
    factor, pull = np.zeros_like(information), smooth.copy()
    if factorized(information, factor):
        solve_in_place(factor, smooth)
    else:
        smooth[:] = 0.0
    for i in range(len(smooth)):
        explained += pull[i] * smooth[i]
    return total, max(1.0 - explained / squares, 0.0)
