"""A lens from pictures of a flat board, with what the pictures leave uncertain.

Zhang's method as OpenCV carries it out (Zhang 2000, doi 10.1109/34.888718), repeated without the corners
and pictures that disagree with the rest, because a few gross corners ruin a lens. OpenCV reports no
correlations, so the covariance is taken here from the normal equations with every picture's pose eliminated.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError, RefusedError
from orview.findings import Finding, Severity
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import rotation_from_vector
from orview.markers.camera import CameraProfile
from orview.markers.detect import Sighting
from orview.units import deg_from_rad

MIN_VIEWS = 3
"""Below this Zhang's method does not determine all intrinsics."""

GOOD_VIEWS = 10
"""Below this the error at a target doubles (measured with 0.1 px noise: 1.0 mm at 5, 0.5 at 10, 0.3 at 20)."""

MIN_CORNERS = 8
"""A picture with fewer corners says hardly more than its own six pose parameters take."""

MAX_FOCAL_SIGMA = 0.05
"""Relative. A focal length known worse than this gives distances that are of no use."""

GOOD_FOCAL_SIGMA = 0.005
"""Relative. At half a metre, 2.5 mm of depth: worse needs saying."""

MAX_RMS_PX = 2.0
"""Corners this far off, root mean square, are no pictures of this board through one lens."""

GOOD_TILT_DEG = 25.0
"""Some pictures should be tilted more than this: frontal ones alone do not tell distance from focal length."""

GOOD_COVER = 0.6
"""Of the picture's width and height that the corners of all views should span; the lens is guessed outside."""

_OUTLIER_SIGMAS = 4.8
_ROUNDS = 10


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A camera profile and how it came about.

    Attributes:
        profile: the result.
        view_rms_px: residual of each sighting given, None where it was rejected.
        rejected_corners: corners left out of accepted views because they disagreed with the rest.
        findings: what would make the next calibration better.
    """

    profile: CameraProfile
    view_rms_px: tuple[float | None, ...]
    rejected_corners: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class _View:
    """One picture: which sighting it is, its corners, and which of them (N,) are believed."""

    number: int
    points: NDArray[np.float64]
    pixels: NDArray[np.float64]
    kept: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fit:
    """A lens, and for each view its rotation vector, translation and the errors (N, 2), px, of all its corners."""

    lens: PinholeLens
    poses: list[tuple[NDArray[np.float64], NDArray[np.float64]]]
    errors: list[NDArray[np.float64]]


def calibrate_intrinsics(
    sightings: Sequence[Sighting],
    *,
    width_px: int,
    height_px: int,
    camera: str,
    mode: str,
    serial: str,
    calibrated_on: date,
    board_digest: str,
) -> Calibration:
    """Solve the lens that explains all pictures of one flat board.

    Args:
        sightings: what `detect_board` found in each picture, all from one camera in one mode.
        width_px: width of the pictures.
        height_px: height of the pictures.
        camera: name of the device; it, and all that follow, only go into the profile.
        mode: what the device was set to.
        serial: serial number of the device.
        calibrated_on: day of the calibration.
        board_digest: digest of the board.

    Raises:
        RefusedError: too few usable pictures, a board that is not flat, or pictures that do not determine a lens.
    """
    if any(np.abs(sighting.points_board_mm[:, 2]).max(initial=0.0) > 1e-9 for sighting in sightings):
        raise RefusedError("A camera is calibrated with a flat board; this one has depth.", mend="Use calibration_a4.")
    views = [
        _View(number=k, points=s.points_board_mm, pixels=s.pixels, kept=np.ones(len(s.pixels), np.bool_))
        for k, s in enumerate(sightings)
        if _spread(s.points_board_mm)
    ]
    fit = _solve(views, width_px=width_px, height_px=height_px)
    for _ in range(_ROUNDS):
        believed = _believed(views, fit)
        if [view.kept.tolist() for view in believed] == [view.kept.tolist() for view in views]:
            break
        views = believed
        fit = _solve(views, width_px=width_px, height_px=height_px)

    view_rms_px: list[float | None] = [None] * len(sightings)
    for view, errors in zip(views, fit.errors, strict=True):
        view_rms_px[view.number] = _rms(errors[view.kept])
    profile = CameraProfile(
        lens=fit.lens,
        camera=camera,
        mode=mode,
        serial=serial,
        calibrated_on=calibrated_on,
        board_digest=board_digest,
        views=len(views),
        rms_px=_rms(np.vstack([errors[view.kept] for view, errors in zip(views, fit.errors, strict=True)])),
        covariance=_covariance(views, fit),
    )
    _refuse_useless(profile)
    return Calibration(
        profile=profile,
        view_rms_px=tuple(view_rms_px),
        rejected_corners=int(sum((~view.kept).sum() for view in views)),
        findings=tuple(_advice(views, fit, profile, given=len(sightings))),
    )


def _rms(errors: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.square(errors).sum(axis=1).mean()))


def _spread(points: NDArray[np.float64]) -> bool:
    """Whether there are enough corners (N, 3), and not nearly on one line."""
    if len(points) < MIN_CORNERS:
        return False
    extents = np.linalg.svd(points[:, :2] - points[:, :2].mean(axis=0), compute_uv=False)
    return bool(extents[1] > 0.05 * extents[0])


def _solve(views: list[_View], *, width_px: int, height_px: int) -> _Fit:
    if len(views) < MIN_VIEWS:
        raise RefusedError(
            f"Only {len(views)} of the pictures show the board well enough; a camera needs at least {MIN_VIEWS}.",
            mend="Take 10 to 20 pictures: near, tilted in different directions, also in the corners of the picture.",
        )
    try:
        _, matrix, distortion, rotations, translations = cv2.calibrateCamera(
            [view.points[view.kept].astype(np.float32) for view in views],
            [view.pixels[view.kept].astype(np.float32) for view in views],
            (width_px, height_px),
            np.eye(3),
            np.zeros(5),
            criteria=(cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 200, 1e-12),
        )
        k1, k2, p1, p2, k3 = np.ravel(distortion)[:5].tolist()
        lens = PinholeLens(
            width_px=width_px,
            height_px=height_px,
            fx_px=float(matrix[0, 0]),
            fy_px=float(matrix[1, 1]),
            cx_px=float(matrix[0, 2]),
            cy_px=float(matrix[1, 2]),
            distortion=(k1, k2, p1, p2, k3),
        )
    except (cv2.error, ContractError) as error:
        raise RefusedError(
            "No lens explains these pictures.", mend="Check that all show this board, sharp, through one camera."
        ) from error
    poses = [
        (np.ravel(r).astype(np.float64), np.ravel(t).astype(np.float64))
        for r, t in zip(rotations, translations, strict=True)
    ]
    errors = [_project(lens, view.points, *pose)[0] - view.pixels for view, pose in zip(views, poses, strict=True)]
    return _Fit(lens=lens, poses=poses, errors=errors)


def _project(
    lens: PinholeLens, points: NDArray[np.float64], rotation: NDArray[np.float64], translation: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return pixels (N, 2) and their derivatives (2N, 15) by pose (6) and lens (9)."""
    pixels, jacobian = cv2.projectPoints(points, rotation, translation, lens.matrix, np.array(lens.distortion))
    return np.reshape(pixels, (-1, 2)).astype(np.float64), np.asarray(jacobian, dtype=np.float64)[:, :15]


def _believed(views: list[_View], fit: _Fit) -> list[_View]:
    """Return the views without the corners that lie off by more than the noise of most, and without bad views."""
    lengths = [np.linalg.norm(errors, axis=1) for errors in fit.errors]
    # Median of medians: a few bad views must not widen the gate for all. A Rayleigh median is 1.177 sigma.
    typical_px = float(np.median([np.median(length) for length in lengths])) / 1.177
    believed = []
    for view, length in zip(views, lengths, strict=True):
        # Within a view the gate may be wider, where only its own sharpness is worse than that of the others.
        sigma_px = min(max(typical_px, float(np.median(length)) / 1.177), 3.0 * typical_px)
        kept = length <= _OUTLIER_SIGMAS * sigma_px
        if kept.mean() >= 2.0 / 3.0 and _spread(view.points[kept]):
            believed.append(replace(view, kept=kept))
    return believed


def _covariance(views: list[_View], fit: _Fit) -> NDArray[np.float64]:
    """Return the (9, 9) covariance of the lens, the poses eliminated (Schur complement of the normal equations)."""
    information = np.zeros((9, 9))
    squares, freedom = 0.0, -9
    for view, pose, errors in zip(views, fit.poses, fit.errors, strict=True):
        _, jacobian = _project(fit.lens, view.points[view.kept], *pose)
        by_pose, by_lens = jacobian[:, :6], jacobian[:, 6:]
        mixed = by_pose.T @ by_lens
        information += by_lens.T @ by_lens - mixed.T @ np.linalg.solve(by_pose.T @ by_pose, mixed)
        squares += float(np.square(errors[view.kept]).sum())
        freedom += 2 * int(view.kept.sum()) - 6
    # Pixels and distortion differ by five orders of magnitude; scaled to a unit diagonal the inverse stays exact.
    scale = 1.0 / np.sqrt(np.maximum(np.diag(information), 1e-300))
    try:
        covariance = np.linalg.inv(information * np.outer(scale, scale)) * np.outer(scale, scale)
    except np.linalg.LinAlgError as error:
        raise RefusedError("The pictures do not determine a lens.", mend="Tilt the board between pictures.") from error
    return np.asarray(squares / max(freedom, 1) * 0.5 * (covariance + covariance.T), dtype=np.float64)


def _focal_sigma(profile: CameraProfile) -> float:
    return max(profile.sigmas["fx"] / profile.lens.fx_px, profile.sigmas["fy"] / profile.lens.fy_px)


def _refuse_useless(profile: CameraProfile) -> None:
    if profile.rms_px > MAX_RMS_PX:
        raise RefusedError(
            f"The pictures do not fit one lens: corners lie {profile.rms_px:.1f} px off.",
            mend="Check that the board definition is that of the print, and that zoom and focus stayed as they were.",
        )
    uncertain = _focal_sigma(profile)
    if uncertain > MAX_FOCAL_SIGMA:
        raise RefusedError(
            f"The pictures leave the focal length uncertain by {100 * uncertain:.0f} %.",
            mend="Take more pictures, with the board tilted by 25 to 50 degrees in different directions.",
        )


def _advice(views: list[_View], fit: _Fit, profile: CameraProfile, *, given: int) -> list[Finding]:
    findings = []
    if len(views) < given:
        findings.append(
            Finding(
                code="CALIBRATION_VIEWS_REJECTED",
                severity=Severity.WARNING,
                message=f"Pictures left out because they disagree with the others or show too little of the board: "
                f"{given - len(views)} of {given}.",
            )
        )
    if len(views) < GOOD_VIEWS:
        findings.append(
            Finding(
                code="CALIBRATION_FEW_VIEWS",
                severity=Severity.WARNING,
                message=f"{len(views)} pictures are few: {GOOD_VIEWS} to 20 halve the error.",
            )
        )
    if _focal_sigma(profile) > GOOD_FOCAL_SIGMA:
        findings.append(
            Finding(
                code="CALIBRATION_FOCAL_UNCERTAIN",
                severity=Severity.WARNING,
                message=f"The focal length is uncertain by {100 * _focal_sigma(profile):.1f} %, and every distance "
                "with it: take more pictures, nearer and more tilted.",
            )
        )
    tilts_deg = [deg_from_rad(float(np.arccos(min(1.0, abs(rotation_from_vector(r)[2, 2]))))) for r, _ in fit.poses]
    if max(tilts_deg) < GOOD_TILT_DEG:
        findings.append(
            Finding(
                code="CALIBRATION_NO_TILT",
                severity=Severity.WARNING,
                message=f"No picture is tilted by more than {max(tilts_deg):.0f} degrees; tilt the board by 25 to 50.",
            )
        )
    corners = np.vstack([view.pixels[view.kept] for view in views])
    cover = np.ptp(corners, axis=0) / (fit.lens.width_px, fit.lens.height_px)
    if cover.min() < GOOD_COVER:
        findings.append(
            Finding(
                code="CALIBRATION_POOR_COVER",
                severity=Severity.WARNING,
                message="The board never came near the borders of the picture; the lens is guessed there.",
            )
        )
    return findings
