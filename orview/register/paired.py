"""Paired points to board_from_patient with its covariance, and tests whether the points believe in it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.accuracy import pose_covariance, shared_pose_covariance
from orview.geometry.fit import fit_rigid_likely, scale_sigma
from orview.geometry.uncertain import UncertainPose


class LocatedPoint(Protocol):
    """A point found in the CT: `segment.beads.Bead`, `model.case.CaseFiducial` and landmarks are such."""

    @property
    def position_patient_mm(self) -> NDArray[np.float64]:
        """(3,) where it is."""

    @property
    def covariance_mm2(self) -> NDArray[np.float64]:
        """(3, 3) of the position's error, patient axes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PairedFit:
    """Where the board stands in the CT.

    Attributes:
        board_from_patient: the pose with its covariance, the sum of the three below.
        by_found: (6, 6) the part of the covariance that the points in the CT cause.
        by_places: (6, 6) the part that their places on the board cause, each for itself.
        by_shared: (6, 6) the part that an error of all places alike causes.
        residuals_mm: (N, 3) places on the board minus found points, board frame.
        scale: size on the board over size found in the CT.
        scale_sigma: standard deviation of `scale` that the errors of points alone cause.
        misfit: sum of squared residuals in units of their claimed errors; 3 N - 6 on average when the claims hold.
    """

    board_from_patient: UncertainPose
    by_found: NDArray[np.float64]
    by_places: NDArray[np.float64]
    by_shared: NDArray[np.float64]
    residuals_mm: NDArray[np.float64]
    scale: float
    scale_sigma: float
    misfit: float

    @property
    def misfit_is_plausible(self) -> bool:
        """False where claimed errors would cause such a misfit in less than 1 of 10,000 registrations."""
        return self.misfit <= chi_square_limit(3 * len(self.residuals_mm) - 6)


def fit_points(
    found: Sequence[LocatedPoint],
    places_board_mm: NDArray[np.float64],
    *,
    covariances_board_mm2: NDArray[np.float64],
    shared_board_mm2: NDArray[np.float64] | None = None,
) -> PairedFit:
    """Fit board_from_patient to points found in the CT and their places on the board, in the same order.

    Args:
        found: N points.
        places_board_mm: (N, 3).
        covariances_board_mm2: (N, 3, 3) of the errors of the places, board axes.
        shared_board_mm2: (N, 3, 3) of an error beyond those that all places share, board axes; None for none. As it
            moves all places alike the fit does not see it: it has no part in residuals, misfit and scale.

    Raises:
        RefusedError: too few points, on one line, or at one place (`orview.geometry.fit.fit_rigid`).
    """
    positions = np.array([point.position_patient_mm for point in found], dtype=np.float64)
    found_covariances = np.array([point.covariance_mm2 for point in found], dtype=np.float64)
    fit = fit_rigid_likely(
        places_board_mm,
        positions,
        covariances_to_mm2=covariances_board_mm2,
        covariances_from_mm2=found_covariances,
        to_frame=Frame.BOARD,
        from_frame=Frame.PATIENT,
    )
    rotation = fit.transform.rotation
    in_board = rotation @ found_covariances @ rotation.T
    covariances = covariances_board_mm2 + in_board
    weights = np.linalg.inv(covariances)
    fitted = fit.transform.apply(positions)
    by_found = pose_covariance(fitted, 0.5 * (in_board + np.swapaxes(in_board, 1, 2)), weights=weights)
    by_places = pose_covariance(fitted, covariances_board_mm2, weights=weights)
    by_shared = np.zeros((6, 6))
    if shared_board_mm2 is not None:
        by_shared = shared_pose_covariance(fitted, shared_board_mm2, weights=weights)
    return PairedFit(
        board_from_patient=UncertainPose(fit.transform, by_found + by_places + by_shared),
        by_found=by_found,
        by_places=by_places,
        by_shared=by_shared,
        residuals_mm=fit.residuals_mm,
        scale=fit.scale,
        scale_sigma=scale_sigma(fitted, covariances),
        misfit=float(np.einsum("ni,nij,nj->", fit.residuals_mm, weights, fit.residuals_mm)),
    )


def misplaced_point(
    found: Sequence[LocatedPoint], places_board_mm: NDArray[np.float64], *, covariances_board_mm2: NDArray[np.float64]
) -> int | None:
    """Return the point that lies farthest from where all others put it, if too far to be chance; else None.

    Each point is left out in turn and predicted from the rest; the prediction carries its own covariance.

    Raises:
        RefusedError: the points that are left fix no pose.
    """
    worst, worst_squared = None, chi_square_limit(3)
    for left_out, point in enumerate(found):
        others = [other for other in range(len(found)) if other != left_out]
        pose = fit_points(
            [found[other] for other in others],
            places_board_mm[others],
            covariances_board_mm2=covariances_board_mm2[others],
        ).board_from_patient
        rotation = pose.transform.rotation
        offset = places_board_mm[left_out] - pose.transform.apply(point.position_patient_mm)
        covariance = (
            pose.covariance_at(point.position_patient_mm)
            + covariances_board_mm2[left_out]
            + rotation @ point.covariance_mm2 @ rotation.T
        )
        squared = float(offset @ np.linalg.solve(covariance, offset))
        if squared > worst_squared:
            worst, worst_squared = left_out, squared
    return worst


def chi_square_limit(degrees: int, *, sigmas: float = 3.719) -> float:
    """Return what a chi-square value exceeds in about 1 of 10,000 cases (0.7 at 3 degrees, 0.9 at 18 and above).

    Wilson & Hilferty 1931, doi 10.1073/pnas.17.12.684.

    Args:
        degrees: of freedom.
        sigmas: what a normal value exceeds as rarely; 3.09 for 1 of 1000.
    """
    spread = 2.0 / (9.0 * degrees)
    return degrees * (1.0 - spread + sigmas * math.sqrt(spread)) ** 3
