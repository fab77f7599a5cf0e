"""What a lens that is not quite known costs where it matters: the error at a target beside a board, in mm.

A calibration is judged by this number and not by its residual: a board bent by a quarter of a millimetre moves the
residual by a tenth and the error at the target fivefold.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.calibrate.projection import project
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.rigid import rotation_from_vector, skew
from orview.units import rad_from_deg

TARGET_MM = 150.0
"""How far behind the middle of the board the target lies."""

WORKING_DISTANCE_MM = 500.0
DISTANCES_MM = (300.0, 500.0, 800.0, 1200.0)
"""Distances of the board from the camera that a calibration is told for."""

_TILTS_DEG = (0.0, 20.0, 40.0)
_DIRECTIONS = 4
_PLACES = ((0.0, 0.0), (-0.2, -0.2), (0.2, 0.2), (-0.2, 0.2), (0.2, -0.2))


@dataclass(frozen=True, kw_only=True)
class ExpectedError:
    """95 % of errors stay below `error_mm` at a target 150 mm behind a board `distance_mm` from the camera."""

    distance_mm: float
    error_mm: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Sensitivity:
    """How a target's place (mm, camera frame) answers to a lens that is off, and to noise, in K poses of the board.

    Attributes:
        by_lens: (K, 3, 9) derivative of the target by the lens.
        by_noise: (K, 3, 3) covariance of the target for corners with a noise of 1 px.
    """

    by_lens: NDArray[np.float64]
    by_noise: NDArray[np.float64]

    def error_mm(self, lens_covariance: NDArray[np.float64], *, noise_px: float) -> float:
        """Return the error that 95 % stay below, over all poses (root mean square of their 95 % radii)."""
        covariances = self.by_lens @ lens_covariance @ np.swapaxes(self.by_lens, 1, 2) + noise_px**2 * self.by_noise
        return math.sqrt(float(np.mean([radius_95_mm(covariance) ** 2 for covariance in covariances])))


def sensitivity(
    lens: NDArray[np.float64],
    points_mm: NDArray[np.float64],
    *,
    width_px: int,
    height_px: int,
    distance_mm: float = WORKING_DISTANCE_MM,
) -> Sensitivity:
    """Return how the target behind a board answers, over tilts up to 40 degrees and places around the picture's middle.

    Args:
        lens: (9,) the lens.
        points_mm: (N, 3) the board's corners from its middle.
        width_px: width of the pictures.
        height_px: height of the pictures.
        distance_mm: of the board's middle from the camera.
    """
    target = np.array([0.0, 0.0, TARGET_MM])
    by_lens, by_noise = [], []
    for number, rotation in enumerate(_orientations()):
        across, down = _PLACES[number % len(_PLACES)]
        middle = distance_mm * np.array([across * width_px / lens[0], down * height_px / lens[1], 1.0])
        arms = points_mm @ rotation.T
        pixels, by_point, lens_part = project(lens, arms + middle)
        inside = ((pixels >= 0.0) & (pixels < (width_px, height_px))).all(axis=1)
        if inside.sum() < 4:
            continue
        by_pose = np.concatenate([np.cross(arms[:, None, :], by_point), by_point], axis=2)[inside].reshape(-1, 6)
        inverse = np.linalg.inv(by_pose.T @ by_pose)
        target_by_pose = np.hstack([-skew(rotation @ target), np.eye(3)])
        by_lens.append(-target_by_pose @ inverse @ by_pose.T @ lens_part[inside].reshape(-1, 9))
        by_noise.append(target_by_pose @ inverse @ target_by_pose.T)
    return Sensitivity(by_lens=np.array(by_lens), by_noise=np.array(by_noise))


def expected_errors(
    lens: NDArray[np.float64],
    lens_covariance: NDArray[np.float64],
    points_mm: NDArray[np.float64],
    *,
    width_px: int,
    height_px: int,
    noise_px: float,
    distances_mm: tuple[float, ...] = DISTANCES_MM,
) -> tuple[ExpectedError, ...]:
    """Return the expected error of a lens with covariance (9, 9) at each distance of the board (see `sensitivity`)."""
    return tuple(
        ExpectedError(
            distance_mm=distance,
            error_mm=sensitivity(
                lens, points_mm, width_px=width_px, height_px=height_px, distance_mm=distance
            ).error_mm(lens_covariance, noise_px=noise_px),
        )
        for distance in distances_mm
    )


def _orientations() -> list[NDArray[np.float64]]:
    turns = []
    for tilt in _TILTS_DEG:
        for k in range(_DIRECTIONS if tilt else 1):
            direction = 2.0 * math.pi * (k + 0.5 * (tilt > _TILTS_DEG[1])) / _DIRECTIONS
            axis = np.array([math.cos(direction), math.sin(direction), 0.0])
            turns.append(rotation_from_vector(rad_from_deg(tilt) * axis))
    return turns
