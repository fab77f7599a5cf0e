"""The chain from the CT to what an eye sees: what each link may be wrong by, told together at any point.

Every link is a rigid motion that may lie between where a point of the patient is drawn and where it is. Told in the
patient frame (`UncertainPose`, adjoint: Barfoot & Furgale 2014, doi 10.1109/TRO.2014.2298059) the covariances of
independent links add, first order, and turn into one 95 % radius and the share of each link at any point.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import ContractError, FrameMismatchError
from orview.frames import Frame
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose, adjoint_of, motion_jacobian, told_about_origin


class LinkKey(StrEnum):
    """What a link of the chain is called in verdicts."""

    CT_FIDUCIALS = "ct_fiducials"
    TOUCH = "touch"
    POINTER = "pointer"
    BOARD_BUILD = "board_build"
    BOARD_POSE = "board_pose"
    CAMERA = "camera"
    HEADSET_WORLD = "headset_world"
    POSE_AGE = "pose_age"
    CHECK_POINT = "check_point"


WORDS = {
    LinkKey.CT_FIDUCIALS: "the places of the points in the CT",
    LinkKey.TOUCH: "the touched points",
    LinkKey.POINTER: "the pointer, which is off alike in all touches",
    LinkKey.BOARD_BUILD: "how the board was printed and built",
    LinkKey.BOARD_POSE: "the noise of the board's corners in the picture",
    LinkKey.CAMERA: "the calibration of the camera",
    LinkKey.HEADSET_WORLD: "where the headset stands in the room",
    LinkKey.POSE_AGE: "how far the board moved since it was seen",
    LinkKey.CHECK_POINT: "the touch of the check point",
}
"""Each link as people read it."""

AVERAGED = frozenset({LinkKey.BOARD_POSE, LinkKey.TOUCH})
"""Links that are noise from sight to sight. All others are the same in every sight: looking longer mends nothing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Link:
    """One link with the covariance of its error.

    Attributes:
        key: which.
        covariance: (6, 6) of a small motion, rotation (rad) first, then translation (mm), patient frame.
    """

    key: LinkKey
    covariance: NDArray[np.float64]

    @classmethod
    def of(cls, key: LinkKey, pose: UncertainPose, *, before: RigidTransform | None = None) -> "Link":
        """Tell the error of a pose `a_from_b` as a link.

        Args:
            key: which link.
            pose: with the covariance of this link's error alone.
            before: `b_from_patient`; None where `pose` itself starts in the patient frame.

        Raises:
            FrameMismatchError: the chain does not start in the patient frame, or the inner frames differ.
        """
        whole = pose.transform if before is None else pose.transform @ before
        if whole.from_frame is not Frame.PATIENT:
            raise FrameMismatchError(f"A link is told in the patient frame; this chain starts in {whole.from_frame}.")
        adjoint = adjoint_of(whole.inverse())
        covariance = adjoint @ pose.covariance @ adjoint.T
        return cls(key=key, covariance=0.5 * (covariance + covariance.T))

    def averaged(self, count: int) -> "Link":
        """Return the link for the mean of `count` independent sights.

        Raises:
            ContractError: the link does not average away, or there is no sight.
        """
        if self.key not in AVERAGED or count < 1:
            raise ContractError(f"The link {self.key} is no noise that a mean over sights makes smaller.")
        return Link(key=self.key, covariance=self.covariance / count)

    def covariance_at(self, point_patient_mm: ArrayLike) -> NDArray[np.float64]:
        """Return the (3, 3) covariance, mm^2, patient axes, of where a point (3,) stands."""
        jacobian = motion_jacobian(point_patient_mm)
        return jacobian @ self.covariance @ jacobian.T


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a chain may be wrong by at one point.

    Attributes:
        error_95_mm: radius that holds the error in 95 % of cases.
        shares: per link key its part of the error's variance; they sum to 1, and are empty where nothing is uncertain.
    """

    error_95_mm: float
    shares: dict[str, float]

    @property
    def costliest(self) -> LinkKey | None:
        """The link with the largest share."""
        return LinkKey(max(self.shares, key=lambda key: self.shares[key])) if self.shares else None


def expected_error(links: Iterable[Link], point_patient_mm: ArrayLike) -> Expected:
    """Return what independent links together make a point (3,) of the patient wrong by.

    Links of the same key are one share.
    """
    total, variances = np.zeros((3, 3)), dict[str, float]()
    for link in links:
        covariance = link.covariance_at(point_patient_mm)
        total += covariance
        variances[link.key.value] = variances.get(link.key.value, 0.0) + float(np.trace(covariance))
    variance = sum(variances.values())
    shares = {key: part / variance for key, part in variances.items()} if variance > 0.0 else {}
    return Expected(error_95_mm=radius_95_mm(total), shares=shares)


def motion_covariance(
    *, speed_mm_s: float, turn_rad_s: float, age_s: float, about_mm: ArrayLike = (0.0, 0.0, 0.0)
) -> NDArray[np.float64]:
    """Return the (6, 6) covariance of what a body has moved since it was seen, its direction unknown.

    Args:
        speed_mm_s: rms speed of the body's middle that no prediction takes out.
        turn_rad_s: rms speed of its turn, likewise.
        age_s: how old the pose is, less what prediction bridges.
        about_mm: (3,) the body's middle, in the frame the pose leads to.

    Raises:
        ContractError: a value is negative or not finite.
    """
    if not all(math.isfinite(value) and value >= 0.0 for value in (speed_mm_s, turn_rad_s, age_s)):
        raise ContractError("Speeds and ages are finite and not negative.")
    return about(about_mm, sigma_rad=turn_rad_s * age_s / math.sqrt(3.0), sigma_mm=speed_mm_s * age_s / math.sqrt(3.0))


def about(middle_mm: ArrayLike, *, sigma_rad: float, sigma_mm: float) -> NDArray[np.float64]:
    """Return the (6, 6) covariance of a turn about a point (3,) and a shift, alike along all axes (one sigma each)."""
    moved = told_about_origin(middle_mm)
    covariance = np.diag([sigma_rad**2] * 3 + [sigma_mm**2] * 3)
    return np.asarray(moved @ covariance @ moved.T, dtype=np.float64)
