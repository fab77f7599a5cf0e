"""Corners of a marker from all borders between black and white in it, free of the shrinking of black in real pictures.

Gamma and sharpening move every border of a picture towards black, by the same part of a pixel all around. By its
outline alone a marker therefore looks smaller and farther away than it is. The cells within have borders of both
kinds, black inside and white inside, so the shift can be told from the size: both are solved for together.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.markers.marker_borders import borders_of
from orview.markers.patterns import cells_of

FITTED_SIGMA_PX = 0.1
"""No fitted corner is better than this: the lens bends a marker, paper is not flat, neighbours cast halos."""

UNFITTED_SIGMA_PX = 1.0
"""Of corners left where the outline is. A shift of all borders by 0.35 px, one sigma, does this to the depth."""

SMALLEST_CELL_PX = 3.0
"""The borders of smaller cells run into one another."""

_ROUNDS = (0.45, 0.40, 0.35)
_REACH_PX = (1.0, 4.0)
"""How far to look to either side of a border in each round, as a share of a cell and in pixels."""

_SHIFT_SIGMA_PX, _SHARED_SHIFT_SIGMA_PX = 0.5, 0.05
"""Of the shift, and of the shifts of the markers of one picture about their median."""

_BORDER_SIGMA_PX = 0.15
_SAMPLES = 15
_LEAST_CONTRAST = 12.0
_FEWEST_BORDERS = 24
_MAX_RMS_PX = 0.5
_SHARING = 4
"""So many markers tell their common shift better than each its own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fit:
    """One round: step (M, 9) of corners and shift, its covariance (M, 9, 9), residual (M,) and borders used (M,)."""

    step: NDArray[np.float64]
    covariance: NDArray[np.float64]
    rms_px: NDArray[np.float64]
    used: NDArray[np.int64]


def fitted_corners(
    gray: NDArray[np.uint8], corners_px: NDArray[np.float64], ids: NDArray[np.int32], dictionary: str, *, inverted: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the corners (M, 4, 2) of markers, px, and the noise of each marker's corners (M,), px, in x and in y.

    Corners that cannot be fitted are given back as they came, with a noise that tells so.

    Args:
        gray: the picture (H, W).
        corners_px: (M, 4, 2) about where the corners are, clockwise from the marker's own top-left.
        ids: (M,) of the markers.
        dictionary: OpenCV's name of their dictionary.
        inverted: whether they are printed white on black.
    """
    places, inward = borders_of(dictionary, tuple(ids.tolist()), inverted=inverted)
    present = np.isfinite(places[..., 0])
    places, inward = np.nan_to_num(places, nan=0.5), np.nan_to_num(inward, nan=0.0)
    inward[~present] = (1.0, 0.0)
    cells = cells_of(dictionary)
    corners, shifts = np.array(corners_px, dtype=np.float64), np.zeros(len(ids))
    expected, spread = np.zeros(len(ids)), np.full(len(ids), _SHIFT_SIGMA_PX)
    fit, cell_px = None, np.zeros(len(ids))
    for share in _ROUNDS:
        at, normals, across_px = _seen(corners, places, inward, cells)
        reach = np.clip(share * across_px, *_REACH_PX)
        off, contrast = _crossings(gray, at + shifts[:, None, None] * normals, normals, reach)
        weights = np.where(present & (contrast > _LEAST_CONTRAST), 1.0, 0.0)
        slopes = np.concatenate(
            [(_shares(places)[..., None] * normals[:, :, None]).reshape(*off.shape, 8), np.ones((*off.shape, 1))],
            axis=-1,
        )
        fit = _solved(slopes, off + shifts[:, None], weights, expected, spread)
        corners = corners + fit.step[:, :8].reshape(-1, 4, 2)
        shifts = fit.step[:, 8]
        cell_px = np.where(present, across_px, np.inf).min(axis=1)
        if len(ids) >= _SHARING:
            expected, spread = np.full(len(ids), np.median(shifts)), np.full(len(ids), _SHARED_SHIFT_SIGMA_PX)
    if fit is None:
        return corners, np.full(len(ids), UNFITTED_SIGMA_PX)
    moved = np.linalg.norm(corners - corners_px, axis=2).max(axis=1)
    good = (cell_px >= SMALLEST_CELL_PX) & (fit.used >= _FEWEST_BORDERS) & (fit.rms_px < _MAX_RMS_PX)
    good &= (moved < cell_px) & (np.abs(shifts) < 0.3 * cell_px)
    sigmas = np.sqrt(FITTED_SIGMA_PX**2 + _corner_variances(corners, fit.covariance[:, :8, :8]))
    return (
        np.where(good[:, None, None], corners, corners_px),
        np.where(good, np.minimum(sigmas, UNFITTED_SIGMA_PX), UNFITTED_SIGMA_PX),
    )


def _seen(
    corners: NDArray[np.float64], places: NDArray[np.float64], inward: NDArray[np.float64], cells: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return where places lie in the picture (M, S, 2), normals of their borders towards black, widths of cells."""
    square = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)], dtype=np.float32)
    turns = np.array(
        [cv2.getPerspectiveTransform(square, quad.astype(np.float32)) for quad in corners], dtype=np.float64
    )
    at = _through(turns, places)
    along = np.stack([-inward[..., 1], inward[..., 0]], axis=-1)
    tangents = _through(turns, places + 1e-3 * along) - at
    deeper = _through(turns, places + inward / cells) - at
    normals = np.stack([tangents[..., 1], -tangents[..., 0]], axis=-1)
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    across = (normals * deeper).sum(axis=-1)
    return at, normals * np.where(across < 0.0, -1.0, 1.0)[..., None], np.abs(across)


def _through(turns: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    scaled = places @ np.swapaxes(turns[:, :, :2], 1, 2) + turns[:, None, :, 2]
    return np.asarray(scaled[..., :2] / scaled[..., 2:])


def _shares(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much each corner moves places (M, S, 4); bilinear, which is exact once nothing moves any more."""
    u, v = places[..., 0], places[..., 1]
    return np.stack([(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v], axis=-1)


def _crossings(
    gray: NDArray[np.uint8], at: NDArray[np.float64], normals: NDArray[np.float64], reach: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far along the normal each border lies (M, S), px, and by how many levels it darkens.

    The place is the mean of the darkening, weighted by it.
    """
    steps = np.linspace(-1.0, 1.0, _SAMPLES)
    where = at[:, :, None] + (reach[..., None] * steps)[..., None] * normals[:, :, None]
    flat = where.reshape(len(at), -1, 2).astype(np.float32)
    # Only what is looked at is turned into numbers: the whole picture would take longer than all the rest.
    last = np.array(gray.shape[::-1]) - 1
    low = np.clip(np.floor(flat.min(axis=(0, 1))).astype(int), 0, last)
    high = np.maximum(np.ceil(flat.max(axis=(0, 1))).astype(int) + 2, low + 1)
    part = np.ascontiguousarray(gray[low[1] : high[1], low[0] : high[0]], dtype=np.float32)
    flat -= low.astype(np.float32)
    values = cv2.remap(part, flat[..., 0], flat[..., 1], cv2.INTER_LINEAR, borderValue=0)
    profile = np.asarray(values, dtype=np.float64).reshape(*reach.shape, _SAMPLES)
    darkening = np.maximum(profile[..., :-1] - profile[..., 1:], 0.0)
    total = darkening.sum(axis=-1)
    middle = 0.5 * (steps[:-1] + steps[1:])
    return reach * (darkening @ middle) / np.maximum(total, 1e-9), total


def _solved(
    slopes: NDArray[np.float64],
    off: NDArray[np.float64],
    weights: NDArray[np.float64],
    expected: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> _Fit:
    """Solve each marker's step by least squares, thrice, without the borders that are far off."""
    strength = np.square(_BORDER_SIGMA_PX / spread)
    diagonal = np.arange(9)
    for _ in range(3):
        weighted = slopes * weights[..., None]
        information = np.swapaxes(weighted, 1, 2) @ slopes
        information[:, diagonal, diagonal] += 1e-6
        information[:, 8, 8] += strength
        right = (weighted * off[..., None]).sum(axis=1)
        right[:, 8] += strength * expected
        inverse = np.linalg.inv(information)
        step = (inverse @ right[..., None])[..., 0]
        left = off - (slopes @ step[..., None])[..., 0]
        used = weights.sum(axis=1)
        rms_px = np.sqrt((weights * np.square(left)).sum(axis=1) / np.maximum(used - 9.0, 1.0))
        weights = weights * (np.abs(left) < 3.0 * np.maximum(rms_px, 0.03)[:, None])
    # Two places share a side of a cell and with it most of their error.
    covariance = 2.0 * np.square(rms_px)[:, None, None] * inverse
    return _Fit(step=step, covariance=covariance, rms_px=rms_px, used=used.astype(np.int64))


def _corner_variances(corners: NDArray[np.float64], covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the variance (M,) of independent corners that would leave the marker's size as open as it is, or more."""
    outward = corners - corners.mean(axis=1, keepdims=True)
    outward = outward.reshape(-1, 8) / np.linalg.norm(outward, axis=(1, 2))[:, None]
    of_size = (outward[:, None] @ covariance @ outward[..., None])[:, 0, 0]
    return np.asarray(np.maximum(of_size, np.trace(covariance, axis1=1, axis2=2) / 8.0))
