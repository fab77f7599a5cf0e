"""From the corners of many views to a lens, a board's shape and their covariance, without the corners that lie.

Started by Zhang's method for a flat board (Zhang 2000, doi 10.1109/34.888718, as OpenCV carries it out), then bundle
adjustment with the shape of the board left open. Gross corners are told by the noise of most, dropped, and looked at
again after every solution; a view that mostly disagrees is dropped as a whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.calibrate.bundle import (
    LENS_SIZE,
    Bundle,
    Corners,
    Prior,
    adjust,
    before_camera,
    normal_equations,
    only_views,
)
from orview.calibrate.shape import BoardShape
from orview.calibrate.spread import spread_of_errors
from orview.errors import RefusedError
from orview.markers.detect import CORNER_SIGMA_PX, Sighting

MIN_VIEWS = 3
"""Below this Zhang's method does not determine all intrinsics."""

MIN_CORNERS = 8
"""A picture with fewer corners says hardly more than its own six pose parameters take."""

NOISE_FLOOR_PX = 0.05
"""No set of real corners is better than this, however well it fits: optics and print are never quite the model."""

_OUTLIER_SIGMAS = 4.8
_ROUNDS = 10
_DISTORTION_SIGMAS = (2.0, 10.0, 0.05, 0.05, 50.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class LensFit:
    """What the views say.

    Attributes:
        bundle: lens, shape and poses of the views that are believed.
        corners: their corners; the weight of one that is not believed is 0.
        numbers: which sighting each view is.
        shape: what the coefficients of the bundle's shape mean.
        middle_mm: (3,) middle of the board that corners and poses are told from, board frame.
        noise_px: noise of one corner in x and in y, one standard deviation, from the residual; never below the floor.
        spread: the factor on all sigmas because neighbouring corners err alike; in the covariance already.
        covariance: (9 + S, 9 + S) of lens and shape.
    """

    bundle: Bundle
    corners: Corners
    numbers: tuple[int, ...]
    shape: BoardShape
    middle_mm: NDArray[np.float64]
    noise_px: float
    spread: float
    covariance: NDArray[np.float64]

    @cached_property
    def errors_px(self) -> NDArray[np.float64]:
        """(M, 2) how far each corner is seen from where the fit has it."""
        return self.bundle.errors_px(self.corners)

    @property
    def kept(self) -> NDArray[np.bool_]:
        """(M,) which corners are believed."""
        return self.corners.weights > 0.0

    @property
    def rms_px(self) -> float:
        """Reprojection residual of the believed corners, root mean square."""
        return _rms(self.errors_px[self.kept])

    def view_rms_px(self, view: int) -> float:
        """Return the residual of one view."""
        own = slice(*self.corners.starts[view : view + 2])
        return _rms(self.errors_px[own][self.kept[own]])


def middle_of(points_board_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the middle (3,) of the box around corners (N, 3)."""
    return np.asarray(0.5 * (points_board_mm.min(axis=0) + points_board_mm.max(axis=0)), dtype=np.float64)


def lens_prior(*, width_px: int, height_px: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and sigma (9,) of a lens nobody has seen: an ordinary camera, wide enough for any.

    The sigmas are a hundred times those of a poor calibration. They matter to a guide that has no view yet.
    """
    mean = np.array([width_px, width_px, 0.5 * (width_px - 1), 0.5 * (height_px - 1), 0.0, 0.0, 0.0, 0.0, 0.0])
    sigma = np.array([width_px, width_px, 0.1 * width_px, 0.1 * width_px, *_DISTORTION_SIGMAS], dtype=np.float64)
    return mean, sigma


def fit_lens(
    sightings: Sequence[Sighting],
    *,
    width_px: int,
    height_px: int,
    points_board_mm: NDArray[np.float64] | None = None,
) -> LensFit:
    """Solve the lens that explains all views of one board, which need not be flat.

    Args:
        sightings: what was seen in each view, all from one camera in one mode.
        width_px: width of the pictures.
        height_px: height of the pictures.
        points_board_mm: (N, 3) all corners of the board; None for those that were seen.

    Raises:
        RefusedError: fewer than `MIN_VIEWS` views are usable, or no lens explains them.
    """
    usable = [k for k, sighting in enumerate(sightings) if _spread(sighting.points_board_mm)]
    _require_views(len(usable))
    if points_board_mm is None:
        points_board_mm = np.unique(np.vstack([sightings[k].points_board_mm for k in usable]).round(6), axis=0)
    middle = middle_of(points_board_mm)
    shape = BoardShape(points_mm=points_board_mm - middle)
    mean, sigma = lens_prior(width_px=width_px, height_px=height_px)
    prior = Prior(mean=np.concatenate([mean, np.zeros(shape.size)]), sigma=np.concatenate([sigma, shape.sigmas_mm]))
    corners = _corners_of([sightings[k] for k in usable], shape, middle)
    bundle = _flat_start(corners, shape.size, width_px=width_px, height_px=height_px)
    views = before_camera(bundle, corners)
    _require_views(len(views))
    corners, bundle, numbers = _only(corners, views), only_views(bundle, views), np.array(usable)[views]
    typical = _typical_px(corners, bundle.errors_px(corners))
    bundle = adjust(bundle, corners, prior, noise_px=max(typical, NOISE_FLOOR_PX), tolerance_px=max(3.0 * typical, 0.3))

    for _ in range(_ROUNDS):
        errors = bundle.errors_px(corners)
        weights, views = _believed(corners, errors)
        _require_views(len(views))
        same = len(views) == len(numbers) and np.array_equal(weights > 0.0, corners.weights > 0.0)
        corners, bundle, numbers = (
            _only(replace(corners, weights=weights), views),
            only_views(bundle, views),
            numbers[views],
        )
        noise = _noise_px(corners, bundle.errors_px(corners))
        bundle = adjust(bundle, corners, prior, noise_px=noise)
        if same:
            break
    errors = bundle.errors_px(corners)
    spread = spread_of_errors(corners, errors)
    covariance = _covariance(bundle, corners, prior, noise * spread)
    # What the prior tells of lens and shape the corners need not: only the rest of the parameters eats residual.
    told_by_prior = float((np.diag(covariance) / np.square(prior.sigma)).sum())
    noise = _noise_px(corners, errors, parameters=len(covariance) - told_by_prior)
    covariance = _covariance(bundle, corners, prior, noise * spread)
    return LensFit(
        bundle=bundle,
        corners=corners,
        numbers=tuple(numbers.tolist()),
        shape=shape,
        middle_mm=middle,
        noise_px=noise,
        spread=spread,
        covariance=covariance,
    )


def _require_views(count: int) -> None:
    if count < MIN_VIEWS:
        raise RefusedError(
            f"Only {count} of the pictures show the board well enough; a camera needs at least {MIN_VIEWS}.",
            mend="Take 10 to 20 pictures: near, tilted in different directions, also in the corners of the picture.",
        )


def _spread(points: NDArray[np.float64]) -> bool:
    """Whether there are enough corners (N, 3), and not nearly on one line."""
    if len(points) < MIN_CORNERS:
        return False
    extents = np.linalg.svd(points[:, :2] - points[:, :2].mean(axis=0), compute_uv=False)
    return bool(extents[1] > 0.05 * extents[0])


def _corners_of(sightings: Sequence[Sighting], shape: BoardShape, middle: NDArray[np.float64]) -> Corners:
    points = np.vstack([sighting.points_board_mm for sighting in sightings]) - middle
    return Corners(
        points_mm=points,
        basis=shape.basis(points),
        pixels=np.vstack([sighting.pixels for sighting in sightings]),
        starts=np.cumsum([0, *(len(sighting.pixels) for sighting in sightings)]),
        weights=np.square(CORNER_SIGMA_PX / np.concatenate([sighting.sigmas_px for sighting in sightings])),
    )


def _flat_start(corners: Corners, shape_size: int, *, width_px: int, height_px: int) -> Bundle:
    """Return a first bundle with a flat board and a simple lens."""
    cuts = corners.starts[1:-1]
    try:
        # The third radial and the tangential terms run away among gross corners; the adjustment finds them.
        _, matrix, distortion, turns, middles = cv2.calibrateCamera(
            [part.astype(np.float32) for part in np.split(corners.points_mm, cuts)],
            [part.astype(np.float32) for part in np.split(corners.pixels, cuts)],
            (width_px, height_px),
            np.eye(3),
            np.zeros(5),
            flags=cv2.CALIB_FIX_K3 | cv2.CALIB_ZERO_TANGENT_DIST,
            criteria=(cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 12, 1e-6),
        )
    except cv2.error as error:
        raise RefusedError(
            "No lens explains these pictures.", mend="Check that all show this board, sharp, through one camera."
        ) from error
    lens = np.array([matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2], *np.ravel(distortion)[:5]])
    return Bundle(
        lens=lens,
        shape=np.zeros(shape_size),
        rotations=np.array([cv2.Rodrigues(turn)[0] for turn in turns]),
        middles_mm=np.array([np.ravel(middle) for middle in middles]),
    )


def _typical_px(corners: Corners, errors: NDArray[np.float64]) -> float:
    """Return the noise of most corners of most views: a median of medians, which a few bad views do not widen."""
    lengths = np.split(np.linalg.norm(errors, axis=1), corners.starts[1:-1])
    # A Rayleigh median is 1.177 sigma.
    return float(np.median([np.median(length) for length in lengths])) / 1.177


def _believed(corners: Corners, errors: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the weights (M,) of the corners, 0 where one is off by more than noise, and the views that remain."""
    typical = _typical_px(corners, errors)
    weights = np.where(corners.weights > 0.0, corners.weights, 1.0)
    views = []
    for view, (start, end) in enumerate(zip(corners.starts[:-1], corners.starts[1:], strict=True)):
        length = np.linalg.norm(errors[start:end], axis=1)
        # Within a view the gate may be wider, where only its own sharpness is worse than that of the others.
        sigma = min(max(typical, float(np.median(length)) / 1.177), 3.0 * typical)
        kept = length <= _OUTLIER_SIGMAS * sigma + 1e-9
        weights[start:end] *= kept
        if kept.mean() >= 2.0 / 3.0 and _spread(corners.points_mm[start:end][kept]):
            views.append(view)
    return weights, np.array(views, dtype=np.intp)


def _only(corners: Corners, views: NDArray[np.intp]) -> Corners:
    kept = np.isin(corners.view_of, views)
    return Corners(
        points_mm=corners.points_mm[kept],
        basis=corners.basis[kept],
        pixels=corners.pixels[kept],
        starts=np.concatenate([[0], np.cumsum(np.diff(corners.starts)[views])]),
        weights=corners.weights[kept],
    )


def _noise_px(corners: Corners, errors: NDArray[np.float64], *, parameters: float = LENS_SIZE) -> float:
    kept = corners.weights > 0.0
    freedom = 2 * int(kept.sum()) - 6 * (len(corners.starts) - 1) - parameters
    noise = np.sqrt(float(corners.weights @ np.square(errors).sum(axis=1)) / max(freedom, 1.0))
    return max(float(noise), NOISE_FLOOR_PX)


def _covariance(bundle: Bundle, corners: Corners, prior: Prior, noise_px: float) -> NDArray[np.float64]:
    information = normal_equations(bundle, corners, prior, noise_px=noise_px, weights=corners.weights).information
    # Pixels and distortion differ by five orders of magnitude; scaled to a unit diagonal the inverse stays exact.
    scale = 1.0 / np.sqrt(np.maximum(np.diag(information), 1e-300))
    covariance = np.linalg.inv(information * np.outer(scale, scale)) * np.outer(scale, scale)
    return np.asarray(0.5 * (covariance + covariance.T), dtype=np.float64)


def _rms(errors: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.square(errors).sum(axis=1).mean()))
