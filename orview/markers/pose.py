"""From corners to a pose that says how wrong it may be, or says that it is none (hazards H07, H30).

The pose makes the misfit of all corners least, each weighted by its own noise, while the print may bend as much as it
is said to; corners that disagree with the rest are left out. Where another pose that leans another way is nearly as
likely, the answer is `AMBIGUOUS` and carries no pose.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import NotRigidError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotations_from_vectors
from orview.geometry.uncertain import UncertainPose
from orview.markers.ambiguity import CLAIM_WEIGHT, leans_another_way, other_poses
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.corners import MIN_CORNERS, Corners, corners_of
from orview.markers.detect import Sighting
from orview.markers.minima import Minima, descended, residuals_of
from orview.markers.uncertainty import pose_covariance
from orview.units import rad_from_deg

MAX_RMS_PX = 2.0
"""A pose whose corners lie farther off than this, root mean square, is no pose."""

MAX_OUTLIER_FRACTION = 0.25
"""Where more corners than this disagree with the rest, none of them is to be trusted."""

MAX_TURN_SIGMA_RAD = rad_from_deg(2.0)
"""A pose less certain than this about any axis is no help: 100 mm away it is 3.5 mm off, one sigma."""

WORTH_REWEIGHING = 1.3
"""Corners that are noisier than they say by less than this are solved as they are."""

_OUTLIER_SIGMAS = 4.8
"""One good corner in 10^5 lies beyond this."""


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
        noise_covariance: (6, 6) the part of that covariance that is new in every picture, else None.
        rms_px: reprojection error of the corners used, root mean square; NaN where nothing was solved.
        corner_count: corners used.
        reason: why there is no pose, one short sentence; empty where there is one.
    """

    state: PoseState
    camera_from_board: UncertainPose | None
    noise_covariance: NDArray[np.float64] | None
    rms_px: float
    corner_count: int
    reason: str


def solve_pose(sighting: Sighting | None, profile: CameraProfile, board: Board) -> PoseSolution:
    """Solve `camera_from_board` from the corners of one picture.

    The noise of the corners is what the sighting says, or more where they fit worse.

    Args:
        sighting: what `detect_board` found, or None.
        profile: the camera the picture was taken with.
        board: the board that was looked for.
    """
    if sighting is None:
        return _no_pose("The board is not in the picture.")
    if sighting.doubled_ids and not len(sighting.pixels):
        return _no_pose("Two boards with the same markers are in the picture.")
    corners = corners_of(sighting.pixels, sighting.points_board_mm, sighting.sigmas_px, board=board, lens=profile.lens)
    if len(corners) < min(MIN_CORNERS, _corner_count(board)) or not corners.span_a_plane:
        return _no_pose("Too little of the board is in sight.", len(corners))
    best = _minimum(_first_guess(corners), corners)
    if best is None or _rms_px(best, corners) > MAX_RMS_PX:
        # A few gross errors drag a pose fitted to all corners along.
        best = _minimum(_agreed_guess(corners, profile.lens.fx_px), corners) or best
    if best is None:
        return _no_pose("The corners fit no pose.", len(corners))
    if _noise_factor(best, corners) > WORTH_REWEIGHING:
        best = _better(best, other_poses(best, corners), corners)
    kept = _agreeing(best, corners)
    if not kept.all():
        enough = kept.mean() >= 1.0 - MAX_OUTLIER_FRACTION and kept.sum() >= MIN_CORNERS
        if not enough or not corners.only(kept).span_a_plane:
            return _no_pose("The corners contradict one another.", len(corners))
        corners = corners.only(kept)
        best = descended(best.rotations, best.origins, corners)
    excess = _noise_factor(best, corners)
    if excess > WORTH_REWEIGHING:
        # Believed to the letter, noisy corners would bend the print.
        corners = corners.noisier(excess)
        best = descended(best.rotations, best.origins, corners)
    return _judged(best, corners, profile, board)


def _judged(best: Minima, corners: Corners, profile: CameraProfile, board: Board) -> PoseSolution:
    rms_px = _rms_px(best, corners)
    pose = _transform(best, corners)
    if pose is None or rms_px > MAX_RMS_PX:
        return _no_pose("The corners do not fit the board.", len(corners), rms_px)
    sigmas_px = corners.sigmas_px * _noise_factor(best, corners)
    covariances = pose_covariance(pose, corners.points_board_mm, sigmas_px, profile, board, bow_solved=True)
    if covariances is None:
        return _no_pose("The corners leave the pose open.", len(corners), rms_px)
    total, noise = covariances
    others = other_poses(best, corners)
    # Noise alone can leave open which way a small frontal board leans, even where only one minimum is left.
    turn_sigma_rad = math.sqrt(float(np.linalg.eigvalsh(total[:3, :3])[-1]))
    if turn_sigma_rad > MAX_TURN_SIGMA_RAD or leans_another_way(best, others, corners):
        reason = "The board may lean this way or another: tilt it or come nearer."
        return _no_pose(reason, len(corners), rms_px, state=PoseState.AMBIGUOUS)
    return PoseSolution(
        state=PoseState.TRACKED,
        camera_from_board=UncertainPose(pose, total),
        noise_covariance=noise,
        rms_px=rms_px,
        corner_count=len(corners),
        reason="",
    )


def _no_pose(
    reason: str, corner_count: int = 0, rms_px: float = math.nan, *, state: PoseState = PoseState.LOST
) -> PoseSolution:
    return PoseSolution(
        state=state,
        camera_from_board=None,
        noise_covariance=None,
        rms_px=rms_px,
        corner_count=corner_count,
        reason=reason,
    )


def _first_guess(corners: Corners) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    # SQPnP (Terzakis & Lourakis 2020) takes flat and solid boards alike and needs no starting pose.
    try:
        found, vector, translation = cv2.solvePnP(
            corners.points, corners.rays, np.eye(3), None, flags=cv2.SOLVEPNP_SQPNP
        )
    except cv2.error:
        return None
    return _guess(vector, translation) if found else None


def _agreed_guess(corners: Corners, focal_px: float) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the pose most corners agree on, whatever the rest say (RANSAC, Fischler & Bolles 1981)."""
    try:
        found, vector, translation, _ = cv2.solvePnPRansac(
            corners.points,
            corners.rays,
            np.eye(3),
            None,
            iterationsCount=200,
            reprojectionError=MAX_RMS_PX / focal_px,
            flags=cv2.SOLVEPNP_P3P,
        )
    except cv2.error:
        return None
    return _guess(vector, translation) if found else None


def _guess(
    rotation_vector: ArrayLike, translation_mm: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the rotation (3, 3) and the place (3,) of the origin of the corners, of a pose as OpenCV tells it."""
    vector, translation = np.reshape(rotation_vector, 3), np.reshape(translation_mm, 3)
    if not (np.isfinite(vector).all() and np.isfinite(translation).all() and translation[2] > 0.0):
        return None
    return rotations_from_vectors(vector[None])[0], translation


def _minimum(guess: tuple[NDArray[np.float64], NDArray[np.float64]] | None, corners: Corners) -> Minima | None:
    """Return the minimum nearest to a guess, None where that lies behind the camera."""
    if guess is None:
        return None
    minimum = descended(guess[0][None], guess[1][None], corners)
    return minimum if math.isfinite(minimum.misfits[0]) else None


def _better(best: Minima, others: Minima, corners: Corners) -> Minima:
    """Return the minimum that the best of all these poses leads to."""
    number = int(np.argmin(others.misfits))
    if not others.misfits[number] < best.misfits[0]:
        return best
    found = descended(others.rotations[number, None], others.origins[number, None], corners)
    return found if found.misfits[0] < best.misfits[0] else best


def _rms_px(best: Minima, corners: Corners) -> float:
    return corners.rms_px(best.residuals[0])


def _noise_factor(best: Minima, corners: Corners) -> float:
    """Return by how much the noise of the corners is larger than they say, at least 1."""
    # Noise of the size claimed counts for as many residuals more, so that few corners know theirs too. The pose then
    # follows Student's distribution, whose variance is larger.
    freedom = 2 * len(corners) - 6 + CLAIM_WEIGHT
    return math.sqrt(max((float(best.misfits[0]) + CLAIM_WEIGHT) / (freedom - 2), 1.0))


def _corner_count(board: Board) -> int:
    return sum(len(face.corners_mm) or 4 * len(face.ids) for face in board.faces)


def _agreeing(best: Minima, corners: Corners) -> NDArray[np.bool_]:
    """Return which corners (N,) agree with the pose that most of them agree with."""
    kept = np.ones(len(corners), dtype=np.bool_)
    for _ in range(4):
        distances = np.linalg.norm(residuals_of(best, corners)[0], axis=1)
        # The median of a Rayleigh distribution is 1.177 sigma.
        sigma = max(float(np.median(distances)) / 1.177, 1.0)
        agreeing: NDArray[np.bool_] = distances <= _OUTLIER_SIGMAS * sigma
        if np.array_equal(agreeing, kept):
            break
        kept = agreeing
        if not corners.only(kept).span_a_plane:
            break
        best = descended(best.rotations[:1], best.origins[:1], corners.only(kept))
    return kept


def _transform(best: Minima, corners: Corners) -> RigidTransform | None:
    rotation = best.rotations[0]
    translation = best.origins[0] - rotation @ corners.origin_mm
    try:
        return RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, translation)
    except NotRigidError:
        return None
