"""Paired beads to board_from_patient with its covariance, and tests whether the beads believe in it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.accuracy import pose_covariance
from orview.geometry.fit import fit_rigid_likely, scale_sigma
from orview.geometry.uncertain import UncertainPose

BEAD_PLACEMENT_SIGMA_MM = 0.1
"""How far a bead of the built board may lie from its place in the definition: one sigma along each axis.

Drilled or printed seats with a ball pressed in are good to about this; it is most of the error of a registration,
so a board that was measured after building deserves a definition with the measured places.
"""


class LocatedBead(Protocol):
    """A bead found in the CT: `segment.beads.Bead` and `model.case.CaseFiducial` are such."""

    @property
    def position_patient_mm(self) -> NDArray[np.float64]:
        """(3,) its centre."""

    @property
    def covariance_mm2(self) -> NDArray[np.float64]:
        """(3, 3) of the centre's error, patient axes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PairedFit:
    """Where the board stands in the CT.

    Attributes:
        board_from_patient: the pose with its covariance.
        residuals_mm: (N, 3) places on the board minus found beads, board frame.
        scale: size of the board over size found in the CT.
        scale_sigma: standard deviation of `scale` that bead errors alone cause.
        misfit: sum of squared residuals in units of their claimed errors; 3 N - 6 on average when the claims hold.
    """

    board_from_patient: UncertainPose
    residuals_mm: NDArray[np.float64]
    scale: float
    scale_sigma: float
    misfit: float

    @property
    def misfit_is_plausible(self) -> bool:
        """False where claimed errors would cause such a misfit in less than 1 of 10,000 registrations."""
        return self.misfit <= chi_square_limit(3 * len(self.residuals_mm) - 6)


def fit_beads(found: Sequence[LocatedBead], places_board_mm: NDArray[np.float64]) -> PairedFit:
    """Fit board_from_patient to found beads and their places (N, 3) on the board, in the same order.

    Raises:
        RefusedError: too few beads, on one line, or at one place (`orview.geometry.fit.fit_rigid`).
    """
    positions = np.array([bead.position_patient_mm for bead in found], dtype=np.float64)
    found_covariances = np.array([bead.covariance_mm2 for bead in found], dtype=np.float64)
    placement = np.tile(BEAD_PLACEMENT_SIGMA_MM**2 * np.eye(3), (len(found), 1, 1))
    fit = fit_rigid_likely(
        places_board_mm,
        positions,
        covariances_to_mm2=placement,
        covariances_from_mm2=found_covariances,
        to_frame=Frame.BOARD,
        from_frame=Frame.PATIENT,
    )
    rotation = fit.transform.rotation
    covariances = placement + rotation @ found_covariances @ rotation.T
    fitted = fit.transform.apply(positions)
    misfit = np.einsum("ni,nij,nj->", fit.residuals_mm, np.linalg.inv(covariances), fit.residuals_mm)
    return PairedFit(
        board_from_patient=UncertainPose(fit.transform, pose_covariance(fitted, covariances)),
        residuals_mm=fit.residuals_mm,
        scale=fit.scale,
        scale_sigma=scale_sigma(fitted, covariances),
        misfit=float(misfit),
    )


def misplaced_bead(found: Sequence[LocatedBead], places_board_mm: NDArray[np.float64]) -> int | None:
    """Return the bead that lies farthest from where all others put it, if too far to be chance; else None.

    Each bead is left out in turn and predicted from the rest; the prediction carries its own covariance.
    """
    worst, worst_squared = None, chi_square_limit(3)
    for left_out, bead in enumerate(found):
        others = [other for other in range(len(found)) if other != left_out]
        pose = fit_beads([found[other] for other in others], places_board_mm[others]).board_from_patient
        rotation = pose.transform.rotation
        offset = places_board_mm[left_out] - pose.transform.apply(bead.position_patient_mm)
        covariance = (
            pose.covariance_at(bead.position_patient_mm)
            + BEAD_PLACEMENT_SIGMA_MM**2 * np.eye(3)
            + rotation @ bead.covariance_mm2 @ rotation.T
        )
        squared = float(offset @ np.linalg.solve(covariance, offset))
        if squared > worst_squared:
            worst, worst_squared = left_out, squared
    return worst


def chi_square_limit(degrees: int) -> float:
    """Return what a chi-square value exceeds in about 1 of 10,000 cases (0.7 at 3 degrees, 0.9 at 18 and above).

    Wilson & Hilferty 1931, doi 10.1073/pnas.17.12.684.
    """
    spread = 2.0 / (9.0 * degrees)
    return degrees * (1.0 - spread + 3.719 * math.sqrt(spread)) ** 3
