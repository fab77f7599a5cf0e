"""Bundle adjustment: the lens, the shape of the board and the place of the board in every view, all at once.

Levenberg-Marquardt on the reprojection errors with each view's pose eliminated by its Schur complement (Triggs,
McLauchlan, Hartley & Fitzgibbon 2000, doi 10.1007/3-540-44480-7_21, section 6), so that the cost grows with the
number of views and not with its cube. Corners may be missing in any view. A pose is x = R (p - m) + t, with m the
middle of the board, and its increment a turn about that middle and a shift, both told in the camera frame.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from orview.calibrate.projection import project
from orview.errors import RefusedError
from orview.geometry.rigid import nearest_rotation, rotation_from_vector

LENS_SIZE = 9
_STEPS = 60
_CONVERGED = 1e-8
_STARTED = 1e-3
_LARGEST_DAMPING = 1e9


@dataclass(frozen=True, kw_only=True, eq=False)
class Corners:
    """Every corner seen, of all views, those of one view together.

    Attributes:
        points_mm: (M, 3) where the definition has them, mm, from the middle of the board.
        basis: (M, 3, S) how each coefficient of the board's shape displaces them.
        pixels: (M, 2) where they were seen.
        starts: (V + 1,) corners `starts[v]:starts[v + 1]` belong to view v.
        weights: (M,) 0 where a corner is not believed, else how much more it counts than a corner of sigma `noise_px`.
    """

    points_mm: NDArray[np.float64]
    basis: NDArray[np.float64]
    pixels: NDArray[np.float64]
    starts: NDArray[np.intp]
    weights: NDArray[np.float64]

    @property
    def view_of(self) -> NDArray[np.intp]:
        """(M,) the view that each corner belongs to."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


@dataclass(frozen=True, kw_only=True, eq=False)
class Prior:
    """What is known of lens and shape before a picture is taken: mean and sigma (9 + S,); the sigma may be infinite."""

    mean: NDArray[np.float64]
    sigma: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Bundle:
    """A lens (9,), shape (S,), and per view a rotation (V, 3, 3) and the place of the board's middle (V, 3) mm."""

    lens: NDArray[np.float64]
    shape: NDArray[np.float64]
    rotations: NDArray[np.float64]
    middles_mm: NDArray[np.float64]

    def errors_px(self, corners: Corners) -> NDArray[np.float64]:
        """Return how far (M, 2) each corner is seen from where it should be."""
        return project(self.lens, self._in_camera(corners)[0])[0] - corners.pixels

    def _in_camera(self, corners: Corners) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the corners (M, 3) from the board's middle and in the camera frame, turned alike."""
        view = corners.view_of
        bent = corners.points_mm + corners.basis @ self.shape
        arms = np.einsum("mij,mj->mi", self.rotations[view], bent)
        return arms + self.middles_mm[view], arms

    def moved(self, common: NDArray[np.float64], poses: NDArray[np.float64]) -> "Bundle":
        """Return the bundle after a step of lens and shape (9 + S,) and of the poses (V, 6)."""
        turned = [
            nearest_rotation(rotation_from_vector(step[:3]) @ rotation)
            for step, rotation in zip(poses, self.rotations, strict=True)
        ]
        return Bundle(
            lens=self.lens + common[:LENS_SIZE],
            shape=self.shape + common[LENS_SIZE:],
            rotations=np.array(turned),
            middles_mm=self.middles_mm + poses[:, 3:],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Normal:
    """The normal equations of a bundle, in units of the noise: blocks of the poses, of what is common, and mixed."""

    poses: NDArray[np.float64]
    mixed: NDArray[np.float64]
    common: NDArray[np.float64]
    pose_gradient: NDArray[np.float64]
    common_gradient: NDArray[np.float64]

    def step(self, damping: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the damped step of what is common (9 + S,) and of the poses (V, 6)."""
        ahead = np.eye(6) * damping
        poses = self.poses + ahead * np.diagonal(self.poses, axis1=1, axis2=2)[:, None, :]
        solved = np.linalg.solve(poses, np.concatenate([self.mixed, self.pose_gradient[:, :, None]], axis=2))
        left = self.common + damping * np.diag(np.diag(self.common))
        left = left - np.einsum("vpc,vpd->cd", self.mixed, solved[:, :, :-1])
        right = self.common_gradient - np.einsum("vpc,vp->c", self.mixed, solved[:, :, -1])
        scale = 1.0 / np.sqrt(np.maximum(np.diag(left), 1e-300))
        common = scale * np.linalg.solve(left * np.outer(scale, scale), scale * right)
        return -common, -(solved[:, :, -1] - solved[:, :, :-1] @ common)

    @property
    def information(self) -> NDArray[np.float64]:
        """The (9 + S, 9 + S) information on lens and shape with every pose left open."""
        eliminated = np.einsum("vpc,vpd->cd", self.mixed, np.linalg.solve(self.poses, self.mixed))
        return np.asarray(self.common - eliminated, dtype=np.float64)


def derivatives(bundle: Bundle, corners: Corners) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the derivatives of all pixels by each corner's own pose (M, 2, 6) and by lens and shape (M, 2, 9 + S)."""
    points, arms = bundle._in_camera(corners)
    _, by_point, by_lens = project(bundle.lens, points)
    by_pose = np.empty((len(points), 2, 6))
    # A turn w moves a point by w x arm, so each row of the derivative is arm x row.
    by_pose[:, :, :3] = np.cross(arms[:, None, :], by_point)
    by_pose[:, :, 3:] = by_point
    by_shape = (by_point @ bundle.rotations[corners.view_of]) @ corners.basis
    return by_pose, np.concatenate([by_lens, by_shape], axis=2)


def normal_equations(
    bundle: Bundle, corners: Corners, prior: Prior, *, noise_px: float, weights: NDArray[np.float64]
) -> Normal:
    """Return the normal equations at a bundle.

    Args:
        bundle: where they are taken.
        corners: what was seen.
        prior: of lens and shape.
        noise_px: sigma of a corner of weight one.
        weights: (M,) of the corners.
    """
    by_pose, by_common = derivatives(bundle, corners)
    errors = bundle.errors_px(corners)
    root = (np.sqrt(weights) / noise_px)[:, None]
    by_pose, by_common, errors = by_pose * root[..., None], by_common * root[..., None], errors * root
    views = len(corners.starts) - 1
    size = by_common.shape[2]
    poses, mixed, gradient = np.empty((views, 6, 6)), np.empty((views, 6, size)), np.empty((views, 6))
    for view, (start, end) in enumerate(zip(corners.starts[:-1], corners.starts[1:], strict=True)):
        own = by_pose[start:end].reshape(-1, 6)
        poses[view] = own.T @ own
        mixed[view] = own.T @ by_common[start:end].reshape(-1, size)
        gradient[view] = own.T @ errors[start:end].ravel()
    flat = by_common.reshape(-1, size)
    certainty = prior.sigma**-2
    return Normal(
        poses=poses,
        mixed=mixed,
        common=flat.T @ flat + np.diag(certainty),
        pose_gradient=gradient,
        common_gradient=flat.T @ errors.ravel()
        + certainty * (np.concatenate([bundle.lens, bundle.shape]) - prior.mean),
    )


def adjust(
    bundle: Bundle, corners: Corners, prior: Prior, *, noise_px: float, tolerance_px: float | None = None
) -> Bundle:
    """Return the most likely bundle near a given one.

    Args:
        bundle: where to start.
        corners: what was seen.
        prior: of lens and shape.
        noise_px: sigma of a corner of weight one.
        tolerance_px: where given, corners farther off than about this lose their pull (Cauchy's loss), for a start
            among gross errors; it is then only roughly the most likely.

    Raises:
        RefusedError: the start has corners behind the camera, or a focal length that is none.
    """
    cost = _cost(bundle, corners, prior, noise_px, tolerance_px)
    if not np.isfinite(cost):
        raise RefusedError(
            "No lens explains these pictures.", mend="Check that all show this board, sharp, through one camera."
        )
    enough = _CONVERGED if tolerance_px is None else _STARTED
    damping = 1e-4
    for _ in range(_STEPS):
        weights = corners.weights * _trust(bundle.errors_px(corners), tolerance_px)
        normal = normal_equations(bundle, corners, prior, noise_px=noise_px, weights=weights)
        while damping < _LARGEST_DAMPING:
            try:
                moved = bundle.moved(*normal.step(damping))
            except np.linalg.LinAlgError:
                damping = max(10.0 * damping, 1e-6)
                continue
            lower = _cost(moved, corners, prior, noise_px, tolerance_px)
            if lower <= cost:
                break
            damping = 10.0 * damping
        else:
            return bundle
        gained, bundle, cost = cost - lower, moved, lower
        damping = max(0.1 * damping, 1e-12)
        if gained <= enough * max(cost, 1.0):
            break
    return bundle


def before_camera(bundle: Bundle, corners: Corners) -> NDArray[np.intp]:
    """Return the numbers of the views whose corners all lie before the camera."""
    depths = bundle._in_camera(corners)[0][:, 2]
    return np.flatnonzero(np.minimum.reduceat(depths, corners.starts[:-1]) > 0.0)


def only_views(bundle: Bundle, views: NDArray[np.intp]) -> Bundle:
    """Return a bundle of some of the views alone."""
    return replace(bundle, rotations=bundle.rotations[views], middles_mm=bundle.middles_mm[views])


def _trust(errors_px: NDArray[np.float64], tolerance_px: float | None) -> NDArray[np.float64]:
    if tolerance_px is None:
        return np.ones(len(errors_px))
    return np.asarray(1.0 / (1.0 + np.square(errors_px).sum(axis=1) / tolerance_px**2), dtype=np.float64)


def _cost(bundle: Bundle, corners: Corners, prior: Prior, noise_px: float, tolerance_px: float | None) -> float:
    in_camera, _ = bundle._in_camera(corners)
    if not in_camera[:, 2].min() > 0.0 or bundle.lens[:2].min() <= 0.0:
        return np.inf
    squares = np.square(project(bundle.lens, in_camera)[0] - corners.pixels).sum(axis=1)
    if tolerance_px is not None:
        squares = tolerance_px**2 * np.log1p(squares / tolerance_px**2)
    apart = (np.concatenate([bundle.lens, bundle.shape]) - prior.mean) / prior.sigma
    return float(corners.weights @ squares) / noise_px**2 + float(apart @ apart)
