"""What is poor about a set of views, in words that say what would help."""

import numpy as np
from numpy.typing import NDArray

from orview.calibrate.expected import ExpectedError
from orview.calibrate.lens_fit import LensFit
from orview.findings import Finding, Severity, counted
from orview.markers.camera import CameraProfile
from orview.units import deg_from_rad

GOOD_VIEWS = 10
"""Below this the error at a target doubles (measured with 0.1 px noise: 1.0 mm at 5, 0.5 at 10, 0.3 at 20)."""

GOOD_FOCAL_SIGMA = 0.005
"""Relative. At half a metre, 2.5 mm of depth: worse needs saying."""

GOOD_TILT_DEG = 25.0
"""Some pictures should be tilted more than this: frontal ones alone do not tell distance from focal length."""

GOOD_COVER = 0.6
"""Of the picture's width and height that the corners of all views should span; the lens is guessed outside."""

GOOD_BOW_MM = 0.5
"""A board bent by more calibrates as well, but poses of a board that is taken for flat suffer."""

GOOD_SPREAD = 1.5
"""Neighbouring corners that err alike and widen all sigmas by more than this are no noise: something is wrong."""


def advice(
    fit: LensFit, profile: CameraProfile, *, given: int, expected: ExpectedError, limit_mm: float
) -> tuple[Finding, ...]:
    """Return what would make the next calibration better.

    Args:
        fit: the calibration.
        profile: made of it.
        given: how many pictures there were.
        expected: the error at the working distance.
        limit_mm: what it should stay below.
    """
    found = [
        _too_uncertain(expected, limit_mm),
        _views_left_out(len(fit.numbers), given),
        _few_views(len(fit.numbers)),
        _focal_uncertain(profile),
        _no_tilt(fit.bundle.rotations),
        _poor_cover(fit, profile),
        _bent(profile),
        _alike(fit),
    ]
    return tuple(finding for finding in found if finding is not None)


def focal_sigma(profile: CameraProfile) -> float:
    """Return how uncertain the focal length is, relative."""
    return max(profile.sigmas["fx"] / profile.lens.fx_px, profile.sigmas["fy"] / profile.lens.fy_px)


def _too_uncertain(expected: ExpectedError, limit_mm: float) -> Finding | None:
    if expected.error_mm <= limit_mm:
        return None
    return Finding(
        code="CALIBRATION_TOO_UNCERTAIN",
        severity=Severity.ERROR,
        message=f"With this lens 5 % of targets would be off by more than {expected.error_mm:.1f} mm at "
        f"{expected.distance_mm / 10:.0f} cm, and {limit_mm:.1f} mm are allowed: take more pictures, near, tilted by "
        "25 to 50 degrees, also in the corners of the picture.",
    )


def _views_left_out(used: int, given: int) -> Finding | None:
    if used == given:
        return None
    return Finding(
        code="CALIBRATION_VIEWS_REJECTED",
        severity=Severity.WARNING,
        message=f"Pictures left out because they disagree with the others or show too little of the board: "
        f"{given - used} of {given}.",
    )


def _few_views(used: int) -> Finding | None:
    if used >= GOOD_VIEWS:
        return None
    return Finding(
        code="CALIBRATION_FEW_VIEWS",
        severity=Severity.WARNING,
        message=f"{counted(used, 'picture')} are few: {GOOD_VIEWS} to 20 halve the error.",
    )


def _focal_uncertain(profile: CameraProfile) -> Finding | None:
    if focal_sigma(profile) <= GOOD_FOCAL_SIGMA:
        return None
    return Finding(
        code="CALIBRATION_FOCAL_UNCERTAIN",
        severity=Severity.WARNING,
        message=f"The focal length is uncertain by {100 * focal_sigma(profile):.1f} %, and every distance "
        "with it: take more pictures, nearer and more tilted.",
    )


def _no_tilt(rotations: NDArray[np.float64]) -> Finding | None:
    largest_deg = deg_from_rad(float(np.arccos(np.minimum(1.0, np.abs(rotations[:, 2, 2]).min()))))
    if largest_deg >= GOOD_TILT_DEG:
        return None
    return Finding(
        code="CALIBRATION_NO_TILT",
        severity=Severity.WARNING,
        message=f"No picture is tilted by more than {largest_deg:.0f} degrees; tilt the board by 25 to 50.",
    )


def _poor_cover(fit: LensFit, profile: CameraProfile) -> Finding | None:
    cover = np.ptp(fit.corners.pixels[fit.kept], axis=0) / (profile.lens.width_px, profile.lens.height_px)
    if cover.min() >= GOOD_COVER:
        return None
    return Finding(
        code="CALIBRATION_POOR_COVER",
        severity=Severity.WARNING,
        message="The board never came near the borders of the picture; the lens is guessed there.",
    )


def _bent(profile: CameraProfile) -> Finding | None:
    if profile.board_bow_mm is None or profile.board_bow_mm <= GOOD_BOW_MM:
        return None
    return Finding(
        code="CALIBRATION_BOARD_BENT",
        severity=Severity.WARNING,
        message=f"The board is out of flat by {profile.board_bow_mm:.1f} mm. The lens does not suffer from it, poses "
        "of this board do: glue the sheet to something flat.",
    )


def _alike(fit: LensFit) -> Finding | None:
    if fit.spread <= GOOD_SPREAD:
        return None
    return Finding(
        code="CALIBRATION_ERRORS_ALIKE",
        severity=Severity.WARNING,
        message=f"Neighbouring corners err alike, which makes the lens {fit.spread:.1f} times less certain: check that "
        "the pictures are sharp, the board definition is that of the print, and no focus or zoom changes.",
    )
