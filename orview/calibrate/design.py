"""Which next view of the board would help most: the error at a target that would be left after each of many views.

Greedy optimal design (V-optimality, Fedorov 1972, Theory of Optimal Experiments): the information of a view on lens and
board shape adds to what is known, and that view is best which leaves the least mean square error at the target.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from orview.calibrate.bundle import LENS_SIZE
from orview.calibrate.expected import Sensitivity, sensitivity
from orview.calibrate.projection import project
from orview.calibrate.shape import BoardShape
from orview.calibrate.wish import ALL_WISHES, Wish

_SEEN_AT_LEAST = 0.5
"""Of the board's corners: a view of less is hard to hold and to find."""

_MARGIN = 0.01
"""Of the picture's width: nearer to its border no corner is found."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """What is known of lens and shape, and what a view would add.

    Attributes:
        lens: (9,) the lens as far as it is known.
        covariance: (9 + S, 9 + S) of lens and shape.
        shape: of the board.
        noise_px: of a corner.
        width_px: width of the picture.
        height_px: height of the picture.
    """

    lens: NDArray[np.float64]
    covariance: NDArray[np.float64]
    shape: BoardShape
    noise_px: float
    width_px: int
    height_px: int

    @property
    def error_mm(self) -> float:
        """The expected error at the target, 95 %, with what is known."""
        return self._answer.error_mm(self.covariance[:LENS_SIZE, :LENS_SIZE], noise_px=self.noise_px)

    def best(self, *, but: Collection[Wish] = ()) -> tuple[Wish, float]:
        """Return the wish that helps most, and the share of the lens's mean square error that it takes away.

        Args:
            but: wishes that are not to be had.
        """
        wishes = [wish for wish in ALL_WISHES if wish not in but]
        poses = [wish.pose(self.lens, self.size_mm, **self._picture) for wish in wishes]
        gains = self.gains(np.array([rotation for rotation, _ in poses]), np.array([middle for _, middle in poses]))
        number = int(np.argmax(gains))
        return wishes[number], float(gains[number])

    def gains(
        self,
        rotations: NDArray[np.float64],
        middles_mm: NDArray[np.float64],
        points_mm: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Return the share (K,) of the mean square error at the target that a view in each of K poses takes away.

        Args:
            rotations: (K, 3, 3) of the board in the camera frame.
            middles_mm: (K, 3) place of the board's middle in the camera frame.
            points_mm: (N, 3) corners that are seen, from the board's middle; None for those inside the picture.
        """
        information, seen = self._information(rotations, middles_mm, points_mm)
        left = np.linalg.inv(self._known + information)[:, :LENS_SIZE, :LENS_SIZE]
        squares = np.einsum("jl,klj->k", self._squares, left)
        before = float((self._squares * self.covariance[:LENS_SIZE, :LENS_SIZE]).sum())
        return np.where(seen >= _SEEN_AT_LEAST, 1.0 - squares / max(before, 1e-300), 0.0)

    def after(
        self, rotation: NDArray[np.float64], middle_mm: NDArray[np.float64], points_mm: NDArray[np.float64]
    ) -> "Design":
        """Return what is known after a view with a pose (3, 3), (3,) that shows some corners (N, 3), lens unchanged."""
        information, _ = self._information(rotation[None], middle_mm[None], points_mm)
        return replace(self, covariance=np.linalg.inv(self._known + information[0]))

    @cached_property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the print: its corners end a square before it does."""
        width, height = np.ptp(self.shape.points_mm[:, :2], axis=0).tolist()
        square = (width * height / len(self.shape.points_mm)) ** 0.5
        return width + 2.0 * square, height + 2.0 * square

    def _information(
        self, rotations: NDArray[np.float64], middles_mm: NDArray[np.float64], points_mm: NDArray[np.float64] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the information (K, 9 + S, 9 + S) of views with open poses and the share (K,) of the board in each."""
        points = self.shape.points_mm if points_mm is None else points_mm
        arms = np.einsum("kij,nj->kni", rotations, points)
        in_camera = arms + middles_mm[:, None, :]
        before = in_camera[..., 2] > 0.0
        in_camera[..., 2] = np.where(before, in_camera[..., 2], 1.0)
        pixels, by_point, by_lens = project(self.lens, in_camera)
        margin = _MARGIN * self.width_px
        seen = before & ((pixels > margin) & (pixels < (self.width_px - margin, self.height_px - margin))).all(axis=2)
        turned = np.einsum("knij,kjl->knil", by_point, rotations)
        by_common = np.concatenate([by_lens, turned @ self.shape.basis(points)], axis=3)
        by_pose = np.concatenate([np.cross(arms[:, :, None, :], by_point), by_point], axis=3)
        weight = seen[:, :, None, None] / self.noise_px
        count, size = len(rotations), by_common.shape[3]
        own = (by_pose * weight).reshape(count, -1, 6)
        common = (by_common * weight).reshape(count, -1, size)
        # So little holds a pose that is hardly seen that it says nothing of one that is seen.
        poses = np.swapaxes(own, 1, 2) @ own + 1e-9 * np.eye(6)
        mixed = np.swapaxes(own, 1, 2) @ common
        information = np.swapaxes(common, 1, 2) @ common - np.swapaxes(mixed, 1, 2) @ np.linalg.solve(poses, mixed)
        return information, seen.mean(axis=1) * len(points) / len(self.shape.points_mm)

    @property
    def _picture(self) -> dict[str, int]:
        return {"width_px": self.width_px, "height_px": self.height_px}

    @cached_property
    def _answer(self) -> Sensitivity:
        return sensitivity(self.lens, self.shape.points_mm, **self._picture)

    @cached_property
    def _squares(self) -> NDArray[np.float64]:
        """(9, 9) whose product with the covariance of the lens is the mean square error at the target."""
        by_lens = self._answer.by_lens
        return np.asarray(np.einsum("kij,kil->jl", by_lens, by_lens) / len(by_lens), dtype=np.float64)

    @cached_property
    def _known(self) -> NDArray[np.float64]:
        scale = 1.0 / np.sqrt(np.diag(self.covariance))
        return np.asarray(np.linalg.inv(self.covariance * np.outer(scale, scale)) * np.outer(scale, scale))
