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
from orview.track.edges import Places
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
        places: those looked at.
        sight: what they told, a sum of weights.
        middle_mm: (3,) of the corners in sight, board frame.
        by_rest: (N, 6) motion about that middle by what is left of each place, px, weighted by its information.
        added: (6, 6) covariance of that motion, where borders err apart.
    """

    pose: RigidTransform
    places: Places
    sight: float
    middle_mm: NDArray[np.float64]
    by_rest: NDArray[np.float64]
    added: NDArray[np.float64]

    def holds_for(self, pose: RigidTransform, places: Places, sight: float) -> bool:
        """Return whether another picture shows the board alike."""
        alike = self.places is places and abs(sight - self.sight) < SAME_SIGHT * self.sight
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
        sight = _sight(fit.weights, sigmas_px)
        known = self._known
        if known is None or not known.holds_for(pose, view.places, sight):
            known = self._known = self._worked_out(pose, view, fit, sigmas_px, sight)
        if known is None:
            return np.zeros(6), np.zeros((6, 6))
        motion = np.zeros(6)
        _pull(known.by_rest, fit.weights, sigmas_px, fit.rest_px, motion)
        to_left = left_from_middle(pose.apply(known.middle_mm))
        # The more the places tell, the less noise comes with the displacement.
        share = fit.together * fit.scale**2 * known.sight / max(sight, 1e-12)
        return to_left @ motion, to_left @ known.added @ to_left.T * share

    def _worked_out(
        self, pose: RigidTransform, view: View, fit: Fit, sigmas_px: NDArray[np.float64], sight: float
    ) -> _Known | None:
        """Return how a smooth displacement moves the pose that fits it evenly at the corners in sight, if there are."""
        seen = facing_camera(self._corners, self._normals, pose)
        seen &= ~self._hiding.hidden(self._corners, self._faces, pose.inverse().translation_mm)
        count = int(np.count_nonzero(seen))
        if count < LEAST_CORNERS or sight <= 0.0:
            return None
        low, high = view.pixels.min(axis=0), view.pixels.max(axis=0)
        about = np.array([*(0.5 * (low + high)), 2.0 / float((high - low).max())])
        columns = np.empty((len(view), 2 * TERMS + self._bends.shape[2]))
        _write_columns(view.pixels, view.normals, view.by_place, pose.rotation, view.places.bends, about, columns)
        weights = fit.weights / np.square(sigmas_px)
        weighted = columns.T * weights
        information = weighted @ columns
        information.flat[:: len(information) + 1] += fit.scale**2 * _known_beforehand(len(information))
        smooth = np.linalg.solve(information, weighted @ fit.rest_px)
        # What the displacement explains is no noise.
        unexplained = float(weights @ np.square(fit.rest_px - columns @ smooth) / (weights @ np.square(fit.rest_px)))
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
        gain = by_smooth @ np.linalg.inv(information)
        # What the fit has taken out of the rest brings no noise any more. A part of the places stands for all.
        some = np.flatnonzero(weights > 0.0)[::SHARE_FOR_NOISE]
        arms = view.in_camera[some]
        fitted = np.ones((len(arms), 7))
        fitted[:, :6] = rows_by_motion(arms - arms.mean(axis=0), view.by_place[some])
        some_weighted = weighted[:, some]
        mixed = some_weighted @ fitted
        left = some_weighted @ columns[some]
        left -= mixed @ np.linalg.solve((fitted * weights[some, None]).T @ fitted, mixed.T)
        return _Known(
            pose=pose,
            places=view.places,
            sight=sight,
            middle_mm=self._corners[seen].mean(axis=0),
            by_rest=np.ascontiguousarray(columns @ gain.T),
            added=gain @ left @ gain.T * (SHARE_FOR_NOISE * unexplained),
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
    terms, in_board = np.ones(TERMS), np.empty(3)
    for n in range(len(pixels)):
        x, y = (pixels[n, 0] - about[0]) * about[2], (pixels[n, 1] - about[1]) * about[2]
        terms[1], terms[2], terms[3], terms[4], terms[5] = x, y, x * x, x * y, y * y
        for k in range(TERMS):
            columns[n, k] = terms[k] * normals[n, 0]
            columns[n, TERMS + k] = terms[k] * normals[n, 1]
        for j in range(3):
            in_board[j] = 0.0
            for i in range(3):
                in_board[j] += by_place[n, i] * rotation[i, j]
        for k in range(bends.shape[2]):
            columns[n, 2 * TERMS + k] = 0.0
            for j in range(3):
                columns[n, 2 * TERMS + k] += in_board[j] * bends[n, j, k]


@compiled
def _sight(weights: NDArray[np.float64], sigmas_px: NDArray[np.float64]) -> float:
    """Return what places (N,) tell together: the sum of their weights over their variances."""
    total = 0.0
    for n in range(len(weights)):
        total += weights[n] / sigmas_px[n] ** 2
    return total


@compiled
def _pull(
    by_rest: NDArray[np.float64],
    weights: NDArray[np.float64],
    sigmas_px: NDArray[np.float64],
    rest_px: NDArray[np.float64],
    motion: NDArray[np.float64],
) -> None:
    """Add to a motion (6,) what each place (N,) contributes to it."""
    for n in range(len(weights)):
        share = weights[n] * rest_px[n] / sigmas_px[n] ** 2
        for i in range(6):
            motion[i] += share * by_rest[n, i]
