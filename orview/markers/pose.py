"""From corners to a pose that says how wrong it may be, or says that it is none.

A flat board seen almost frontally, small or noisily has two poses that explain its corners about equally
well (Schweighofer & Pinz 2006, doi 10.1109/TPAMI.2006.252): both are solved for, and unless one is far
likelier than the other the answer is `AMBIGUOUS` and carries no pose (hazard H07).
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import OrviewError
from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.markers.camera import CameraProfile
from orview.markers.detect import Sighting
from orview.units import rad_from_deg

MIN_CORNERS = 6
"""Fewer corners leave no residual worth the name to judge the pose by."""

MAX_RMS_PX = 2.0
"""A pose whose corners lie farther off than this, root mean square, is no pose."""

MAX_OUTLIER_FRACTION = 0.25
"""Where more corners than this disagree with the rest, none of them is to be trusted."""

CORNER_NOISE_FLOOR_PX = 0.1
"""No real corner is found better than this, however well a picture fits by chance."""

LOG_ODDS_NEEDED = math.log(1e6)
"""Of how many near-ambiguous pictures one may be taken the wrong way round."""

MELTED_RAD = rad_from_deg(3.0)
"""Two solutions nearer than this may be one broad minimum; farther apart they are two."""

CHI_SQUARE_6_99 = 16.81
"""99 % quantile of the chi-square distribution with six degrees of freedom."""

_FLOOR_WEIGHT = 4
"""How many residuals the noise floor counts for where few corners were seen."""


class PoseState(StrEnum):
    """What one picture says about where the board is."""

    TRACKED = "tracked"
    AMBIGUOUS = "ambiguous"
    LOST = "lost"


@dataclass(frozen=True, kw_only=True, eq=False)
class PoseSolution:
    """The answer for one picture.

    Attributes:
        state: only `TRACKED` carries a pose.
        camera_from_board: the pose with its covariance, else None.
        rms_px: reprojection error of the corners used, root mean square; NaN where nothing was solved.
        corner_count: corners used.
    """

    state: PoseState
    camera_from_board: UncertainPose | None
    rms_px: float
    corner_count: int


def solve_pose(sighting: Sighting | None, profile: CameraProfile) -> PoseSolution:
    """Solve `camera_from_board` from the corners of one picture.

    The covariance adds the noise of the corners, estimated from the residual but never below
    `CORNER_NOISE_FLOOR_PX`, and the covariance of the lens, both to first order.

    Args:
        sighting: what `detect_board` found, or None.
        profile: the camera the picture was taken with.
    """
    if sighting is None or not _spans_a_plane(sighting.points_board_mm):
        return _no_pose(0 if sighting is None else len(sighting.pixels))
    points, pixels = sighting.points_board_mm, sighting.pixels
    best = _refine(_first_guess(points, pixels, profile.lens), points, pixels, profile.lens)
    if best is None:
        return _no_pose(len(pixels))
    other = _refine(_turned_over(best, points), points, pixels, profile.lens)
    if other is not None and _sum_of_squares(other, points, pixels, profile.lens) < _sum_of_squares(
        best, points, pixels, profile.lens
    ):
        best, other = other, best

    kept = _without_outliers(best, points, pixels, profile.lens)
    if kept.sum() < max(MIN_CORNERS, (1.0 - MAX_OUTLIER_FRACTION) * len(pixels)) or not _spans_a_plane(points[kept]):
        return _no_pose(int(kept.sum()))
    if not kept.all():
        points, pixels = points[kept], pixels[kept]
        best = _refine(best, points, pixels, profile.lens)
        other = None if other is None else _refine(other, points, pixels, profile.lens)
        if best is None:
            return _no_pose(len(pixels))

    squares = _sum_of_squares(best, points, pixels, profile.lens)
    rms_px = math.sqrt(squares / len(pixels))
    if rms_px > MAX_RMS_PX:
        return PoseSolution(state=PoseState.LOST, camera_from_board=None, rms_px=rms_px, corner_count=len(pixels))
    covariance = _covariance(best, points, squares, profile)
    if covariance is None:
        return _no_pose(len(pixels))
    if other is not None:
        odds = _log_odds(squares, _sum_of_squares(other, points, pixels, profile.lens), corner_count=len(pixels))
        apart = _motion_between(best, other)
        if odds < LOG_ODDS_NEEDED and not _within(apart, covariance):
            return PoseSolution(
                state=PoseState.AMBIGUOUS, camera_from_board=None, rms_px=rms_px, corner_count=len(pixels)
            )
        covariance = covariance + np.outer(apart, apart) / (1.0 + math.exp(min(odds, LOG_ODDS_NEEDED)))
    return PoseSolution(
        state=PoseState.TRACKED,
        camera_from_board=UncertainPose(best, covariance),
        rms_px=rms_px,
        corner_count=len(pixels),
    )


def _no_pose(corner_count: int) -> PoseSolution:
    return PoseSolution(state=PoseState.LOST, camera_from_board=None, rms_px=math.nan, corner_count=corner_count)


def _spans_a_plane(points: NDArray[np.float64]) -> bool:
    """Whether there are enough points (N, 3) and not all on one line, where every pose solver returns NaN."""
    if len(points) < MIN_CORNERS:
        return False
    extents = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return bool(extents[1] > 1e-3 * extents[0])


def _opencv(lens: PinholeLens) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return lens.matrix, np.array(lens.distortion)


def _pose_of(rotation_vector: ArrayLike, translation: ArrayLike) -> RigidTransform | None:
    try:
        return RigidTransform.from_rotation_vector(
            Frame.CAMERA, Frame.BOARD, np.ravel(rotation_vector), np.ravel(translation)
        )
    except OrviewError:
        return None


def _first_guess(points: NDArray[np.float64], pixels: NDArray[np.float64], lens: PinholeLens) -> RigidTransform | None:
    # SQPnP (Terzakis & Lourakis 2020) takes flat and solid boards alike and needs no starting pose.
    try:
        found, rotation_vector, translation = cv2.solvePnP(points, pixels, *_opencv(lens), flags=cv2.SOLVEPNP_SQPNP)
    except cv2.error:
        return None
    return _pose_of(rotation_vector, translation) if found else None


def _turned_over(pose: RigidTransform, points: NDArray[np.float64]) -> RigidTransform | None:
    """Return the pose that weak perspective cannot tell from `pose`: mirrored in depth, and in the board's plane."""
    centre = points.mean(axis=0)
    centre_in_camera = pose.apply(centre)
    sight = centre_in_camera / np.linalg.norm(centre_in_camera)
    normal = np.linalg.svd(points - centre)[2][2]
    depth_mirror = np.eye(3) - 2.0 * np.outer(sight, sight)
    board_mirror = np.eye(3) - 2.0 * np.outer(normal, normal)
    rotation = depth_mirror @ pose.rotation @ board_mirror
    return RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, centre_in_camera - rotation @ centre)


def _refine(
    pose: RigidTransform | None, points: NDArray[np.float64], pixels: NDArray[np.float64], lens: PinholeLens
) -> RigidTransform | None:
    """Return the nearest minimum of the reprojection error, None where that lies behind the camera or nowhere."""
    if pose is None:
        return None
    rotation_vector, translation = cv2.solvePnPRefineLM(
        points, pixels, *_opencv(lens), pose.rotation_vector_rad, pose.translation_mm.copy()
    )
    refined = _pose_of(rotation_vector, translation)
    if refined is None or refined.apply(points)[:, 2].min() <= 0.0:
        return None
    return refined


def _residuals(
    pose: RigidTransform, points: NDArray[np.float64], pixels: NDArray[np.float64], lens: PinholeLens
) -> NDArray[np.float64]:
    return lens.project(pose.apply(points)) - pixels


def _sum_of_squares(
    pose: RigidTransform, points: NDArray[np.float64], pixels: NDArray[np.float64], lens: PinholeLens
) -> float:
    return float(np.square(_residuals(pose, points, pixels, lens)).sum())


def _without_outliers(
    pose: RigidTransform, points: NDArray[np.float64], pixels: NDArray[np.float64], lens: PinholeLens
) -> NDArray[np.bool_]:
    """Return which corners (N,) agree with the pose that most of them agree with."""
    kept = np.ones(len(points), dtype=np.bool_)
    for _ in range(4):
        errors = np.linalg.norm(_residuals(pose, points, pixels, lens), axis=1)
        # The median of a Rayleigh distribution is 1.177 sigma; one corner in 10^5 lies beyond 4.8 sigma.
        sigma = max(float(np.median(errors[kept])) / 1.177, CORNER_NOISE_FLOOR_PX)
        agreeing: NDArray[np.bool_] = errors <= 4.8 * sigma
        if np.array_equal(agreeing, kept) or agreeing.sum() < MIN_CORNERS:
            return agreeing
        kept = agreeing
        refined = _refine(pose, points[kept], pixels[kept], lens) if _spans_a_plane(points[kept]) else None
        if refined is None:
            return kept
        pose = refined
    return kept


def _motion_between(first: RigidTransform, second: RigidTransform) -> NDArray[np.float64]:
    """Return the small left motion (6,), rad and mm in the camera frame, that carries `first` to `second`."""
    rotation = second.rotation @ first.rotation.T
    turn = RigidTransform(Frame.CAMERA, Frame.CAMERA, rotation, second.translation_mm - rotation @ first.translation_mm)
    return np.concatenate([turn.rotation_vector_rad, turn.translation_mm])


def _within(motion: NDArray[np.float64], covariance: NDArray[np.float64]) -> bool:
    """Whether a motion (6,) is one the covariance itself allows: near the frontal view two minima melt into one."""
    likely = motion @ np.linalg.solve(covariance, motion) < CHI_SQUARE_6_99
    return bool(likely and np.linalg.norm(motion[:3]) < MELTED_RAD)


def _log_odds(squares: float, other_squares: float, *, corner_count: int) -> float:
    """Return the logarithm of how much likelier the better pose is, the noise itself being unknown.

    Gaussian noise with its variance integrated out (scaled inverse chi-square prior at the noise floor).
    """
    floor = _FLOOR_WEIGHT * CORNER_NOISE_FLOOR_PX**2
    freedom = 2 * corner_count - 6 + _FLOOR_WEIGHT
    return 0.5 * freedom * math.log((other_squares + floor) / (squares + floor))


def _covariance(
    pose: RigidTransform, points: NDArray[np.float64], squares: float, profile: CameraProfile
) -> NDArray[np.float64] | None:
    """Return the (6, 6) covariance of a small left motion (rad, mm) in the camera frame, None where it is singular."""
    # With the board told in camera coordinates OpenCV's own pose is zero, and its derivatives by rotation vector
    # and translation are those by a small motion on the left.
    _, jacobian = cv2.projectPoints(pose.apply(points), np.zeros(3), np.zeros(3), *_opencv(profile.lens))
    by_motion, by_lens = np.asarray(jacobian)[:, :6], np.asarray(jacobian)[:, 6:15]
    freedom = 2 * len(points) - 6
    # Few corners know their own noise badly: the pose then follows Student's distribution, whose variance is larger.
    noise = max(squares / freedom, CORNER_NOISE_FLOOR_PX**2) * freedom / (freedom - 2)
    try:
        inverse = np.linalg.inv(by_motion.T @ by_motion)
    except np.linalg.LinAlgError:
        return None
    motion_by_lens = inverse @ by_motion.T @ by_lens
    covariance = noise * inverse + motion_by_lens @ profile.covariance @ motion_by_lens.T
    covariance = 0.5 * (covariance + covariance.T)
    if not np.isfinite(covariance).all() or np.diag(covariance).min() <= 0.0:
        return None
    return np.asarray(covariance, dtype=np.float64)
