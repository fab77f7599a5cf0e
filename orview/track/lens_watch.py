"""Watching whether the lens is still the one of the profile, by how a board's own geometry fits (hazard H11).

A wrong focal length hides in the distance of a board seen alone; it shows in its perspective only, and that a bent
print imitates. So focal length, principal point and the bow of the print are fitted together to what the borders of
many pictures leave over, each picture's pose being free. Borders err together, and the same way from picture to
picture: a picture counts for no more than a few dozen corners, and only every half second one counts at all.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.markers.bow import bow_modes
from orview.markers.camera import CameraProfile
from orview.markers.uncertainty import pixel_jacobians
from orview.units import NS_PER_S

EVERY_NS = NS_PER_S // 2
MEMORY_PICTURES = 60.0
"""Half a minute; older pictures count for less and less."""

CORNERS, CORNER_SIGMA_PX = 48, 0.05
"""What the borders of one picture are worth at most, however many there are and however well they fit."""

SIGMAS_NEEDED = 4.0
FOCAL_NEEDED = 0.012
"""Of the focal length; what is less wrong the uncertainty of the pose has to carry."""

CENTRE_NEEDED_PX = 6.0
IN_A_ROW = 3
FITS_SIGMAS = 3.0
"""A lens fits that differs by no more than this, where two sigma more would still be less than what is needed above."""

_CENTRE_SIGMA_PX = 30.0
_FEWEST_PLACES = 24
_MOST_PLACES = 200
_LENS = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Leftover:
    """What the borders of one board leave over in one picture.

    Attributes:
        camera_from_board: the pose that fits best.
        points_board_mm: (N, 3) places on borders.
        across: (N, 2) unit vectors across the borders in the picture.
        rest_px: (N,) seen less expected, along `across`.
        shifted: whether all of them may be shifted alike, as light and ink do to borders.
    """

    camera_from_board: RigidTransform
    points_board_mm: NDArray[np.float64]
    across: NDArray[np.float64]
    rest_px: NDArray[np.float64]
    shifted: bool


def leftover_of(
    camera_from_board: RigidTransform,
    points_board_mm: NDArray[np.float64],
    pixels: NDArray[np.float64],
    lens: PinholeLens,
) -> Leftover:
    """Return what corners (N, 3) seen at pixels (N, 2) leave over: each counts across the picture and down it."""
    rest = pixels - lens.project(camera_from_board.apply(points_board_mm))
    return Leftover(
        camera_from_board=camera_from_board,
        points_board_mm=np.repeat(points_board_mm, 2, axis=0),
        across=np.tile(np.eye(2), (len(pixels), 1)),
        rest_px=rest.ravel(),
        shifted=False,
    )


class LensWatch:
    """Tells whether focal length or principal point are no longer the profile's. `reason` says in words which.

    Args:
        board: the board that is looked at.
        profile: the camera as it was calibrated.
    """

    def __init__(self, board: Board, profile: CameraProfile) -> None:
        self._board = board
        self._profile = profile
        self.acknowledge()

    def acknowledge(self) -> None:
        """Begin anew."""
        self.reason = ""
        self._taken_ns: int | None = None
        self._information: NDArray[np.float64] | None = None
        self._pull = np.zeros(0)
        self._in_a_row = 0

    def is_due(self, taken_ns: int) -> bool:
        """Return whether a picture of this time would count."""
        return not self.reason and (self._taken_ns is None or not 0 <= taken_ns - self._taken_ns < EVERY_NS)

    def look(self, leftover: Leftover, *, taken_ns: int) -> None:
        """Take what one picture leaves over."""
        if len(leftover.rest_px) < _FEWEST_PLACES:
            return
        self._taken_ns = taken_ns
        information, pull = self._normal_equations(leftover)
        if self._information is None or self._information.shape != information.shape:
            self._information, self._pull = np.zeros_like(information), np.zeros_like(pull)
        fade = math.exp(-1.0 / MEMORY_PICTURES)
        self._information = fade * self._information + information
        self._pull = fade * self._pull + pull
        self._judge()

    def lens_error(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Return by how much the lens seems to differ, (3,): share of the focal length, px, px; and the sigmas (3,)."""
        if self._information is None:
            return None
        prior = np.zeros(len(self._information))
        # The bow modes come in their own standard deviations.
        prior[1:_LENS], prior[_LENS:] = _CENTRE_SIGMA_PX**-2, 1.0
        try:
            covariance = np.linalg.inv(self._information + np.diag(prior) + 1e-9 * np.eye(len(prior)))
        except np.linalg.LinAlgError:
            return None
        known = self._profile.covariance
        lens = self._profile.lens
        claimed = np.array(
            [0.5 * (known[0, 0] / lens.fx_px**2 + known[1, 1] / lens.fy_px**2), known[2, 2], known[3, 3]]
        )
        return (covariance @ self._pull)[:_LENS], np.sqrt(np.diag(covariance)[:_LENS] + claimed)

    @property
    def fits(self) -> bool:
        """Whether it was measured since the beginning that the lens is the profile's; False also where nobody knows."""
        error = self.lens_error()
        if error is None or self.reason:
            return False
        values, sigmas = np.abs(error[0]), error[1]
        needed = np.array((FOCAL_NEEDED, CENTRE_NEEDED_PX, CENTRE_NEEDED_PX))
        return bool((values <= FITS_SIGMAS * sigmas).all() and (values + 2.0 * sigmas < needed).all())

    def _judge(self) -> None:
        error = self.lens_error()
        if error is None:
            return
        values, sigmas = error
        doubtful = np.abs(values) > SIGMAS_NEEDED * sigmas
        doubtful &= np.abs(values) > (FOCAL_NEEDED, CENTRE_NEEDED_PX, CENTRE_NEEDED_PX)
        self._in_a_row = self._in_a_row + 1 if doubtful.any() else 0
        if self._in_a_row < IN_A_ROW:
            return
        what = (
            f"focal length off by about {100.0 * values[0]:+.1f} %"
            if doubtful[0]
            else f"principal point off by about {math.hypot(values[1], values[2]):.0f} px"
        )
        self.reason = f"The lens is not as it was calibrated ({what}): calibrate the camera again."

    def _normal_equations(self, leftover: Leftover) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        step = max(len(leftover.rest_px) // _MOST_PLACES, 1)
        points, across = leftover.points_board_mm[::step], leftover.across[::step]
        pose, lens = leftover.camera_from_board, self._profile.lens
        by_motion, by_lens = (
            np.einsum("nd,ndk->nk", across, jacobian.reshape(len(points), 2, -1))
            for jacobian in pixel_jacobians(pose, points, lens)
        )
        # A point that is moved in the board's frame moves in the picture as the whole board would.
        bends = bow_modes(self._board, points)
        by_place = by_motion[:, 3:] @ pose.rotation
        by_bend = np.einsum("nd,ndk->nk", by_place, bends)
        by_lens = np.column_stack(
            [by_lens[:, 0] * lens.fx_px + by_lens[:, 1] * lens.fy_px, by_lens[:, 2], by_lens[:, 3]]
        )
        # The pose, and what shifts all borders alike, are free in every picture.
        free = np.column_stack([by_motion, np.ones(len(points))]) if leftover.shifted else by_motion
        basis = np.linalg.qr(free / np.linalg.norm(free, axis=0))[0]
        wanted = np.column_stack([by_lens, by_bend])
        wanted = wanted - basis @ (basis.T @ wanted)
        rest_px = leftover.rest_px[::step]
        # What neither the lens nor the bow explains is noise.
        unexplained = rest_px - wanted @ np.linalg.lstsq(wanted, rest_px, rcond=None)[0]
        rest2 = float(np.mean(np.square(unexplained)))
        weight = min(2.0 * CORNERS / len(points), 1.0) / (CORNER_SIGMA_PX**2 + rest2)
        return weight * wanted.T @ wanted, weight * wanted.T @ rest_px
