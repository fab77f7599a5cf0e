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

from orview.errors import NotRigidError
from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.geometry.uncertain import UncertainPose
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.detect import CORNER_SIGMA_PX, Sighting
from orview.markers.uncertainty import pose_covariance
from orview.units import rad_from_deg

MIN_CORNERS = 6
"""Fewer corners leave no residual worth the name to judge the pose by."""

MAX_RMS_PX = 2.0
"""A pose whose corners lie farther off than this, root mean square, is no pose."""

MAX_OUTLIER_FRACTION = 0.25
"""Where more corners than this disagree with the rest, none of them is to be trusted."""

LOG_ODDS_NEEDED = math.log(1e6)
"""So much less likely than the pose shown must every pose be that leans another way."""

MAX_TURN_SIGMA_RAD = rad_from_deg(2.0)
"""A pose less certain than this about any axis is no help: 100 mm away it is 3.5 mm off, one sigma."""

MELTED_RAD = rad_from_deg(3.0)
"""Two solutions nearer than this are one broad minimum, told by its covariance; farther apart they are two."""

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

    The covariance adds the noise of the corners, estimated from the residual but never below
    `CORNER_SIGMA_PX`, and the covariance of the lens, both to first order.

    Args:
        sighting: what `detect_board` found, or None.
        profile: the camera the picture was taken with.
        board: the board that was looked for.
    """
    if sighting is None:
        return _no_pose("The board is not in the picture.")
    corners = _Corners(points=sighting.points_board_mm, pixels=sighting.pixels, lens=profile.lens)
    if not corners.span_a_plane:
        return _no_pose("Too little of the board is in sight.", len(corners))
    best, other = _two_solutions(_first_guess(corners), corners)
    dragged = best is not None and corners.rms_px(best) > MAX_RMS_PX
    if dragged:
        best = _agreed_guess(corners) or best
    if best is None:
        return _no_pose("The corners fit no pose.", len(corners))
    kept = _without_outliers(best, corners)
    if dragged or not kept.all():
        enough = kept.mean() >= 1.0 - MAX_OUTLIER_FRACTION
        corners = corners.only(kept)
        if not enough or not corners.span_a_plane:
            return _no_pose("The corners contradict one another.", len(corners))
        best, other = _two_solutions(best, corners)
        if best is None:
            return _no_pose("The corners fit no pose.", len(corners))

    rms_px = corners.rms_px(best)
    covariances = pose_covariance(best, corners.points, corners.noise_px(rms_px), profile, board)
    if rms_px > MAX_RMS_PX or covariances is None:
        return _no_pose("The corners do not fit the board.", len(corners), rms_px)
    covariance, noise = covariances
    ambiguous = False
    for alternative in (other, *_on_the_way_to_turned_over(best, corners.points)):
        if alternative is not None:
            odds = _log_odds(best, alternative, corners)
            apart = _motion_between(best, alternative)
            ambiguous |= odds < LOG_ODDS_NEEDED and float(np.linalg.norm(apart[:3])) > MELTED_RAD
    # Noise alone can leave open which way a small frontal board leans, even where only one minimum is left.
    turn_sigma_rad = math.sqrt(float(np.linalg.eigvalsh(covariance[:3, :3])[-1]))
    if ambiguous or turn_sigma_rad > MAX_TURN_SIGMA_RAD:
        return _no_pose(
            "The board may lean this way or another: tilt it or come nearer.",
            len(corners),
            rms_px,
            state=PoseState.AMBIGUOUS,
        )
    return PoseSolution(
        state=PoseState.TRACKED,
        camera_from_board=UncertainPose(best, covariance),
        noise_covariance=noise,
        rms_px=rms_px,
        corner_count=len(corners),
        reason="",
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Corners:
    """Points (N, 3) of the board, mm, the pixels (N, 2) they were seen at, and the lens they were seen through."""

    points: NDArray[np.float64]
    pixels: NDArray[np.float64]
    lens: PinholeLens

    def __len__(self) -> int:
        return len(self.points)

    @property
    def span_a_plane(self) -> bool:
        """Whether there are enough finite points, not all on one line, where every pose solver returns NaN."""
        if len(self) < MIN_CORNERS or not (np.isfinite(self.points).all() and np.isfinite(self.pixels).all()):
            return False
        extents = np.linalg.svd(self.points - self.points.mean(axis=0), compute_uv=False)
        return bool(extents[1] > 1e-3 * extents[0])

    @property
    def intrinsics(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The lens as OpenCV takes it."""
        return self.lens.matrix, np.array(self.lens.distortion)

    def only(self, kept: NDArray[np.bool_]) -> "_Corners":
        return _Corners(points=self.points[kept], pixels=self.pixels[kept], lens=self.lens)

    def errors_px(self, pose: RigidTransform) -> NDArray[np.float64]:
        """How far (N,) each corner lies from where the pose puts it."""
        return np.asarray(np.linalg.norm(self.lens.project(pose.apply(self.points)) - self.pixels, axis=1))

    def squares(self, pose: RigidTransform) -> float:
        return float(np.square(self.errors_px(pose)).sum())

    def rms_px(self, pose: RigidTransform) -> float:
        return math.sqrt(self.squares(pose) / len(self))

    def noise_px(self, rms_px: float) -> NDArray[np.float64]:
        """Return the noise (N,) of each corner as far as the residual of the fit tells."""
        freedom = 2 * len(self) - 6
        # Few corners know their own noise badly: the pose then follows Student's distribution, whose variance is
        # larger.
        variance = max(len(self) * rms_px**2 / freedom, CORNER_SIGMA_PX**2) * freedom / (freedom - 2)
        return np.full(len(self), math.sqrt(variance))


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


def _pose_of(rotation_vector: ArrayLike, translation: ArrayLike) -> RigidTransform | None:
    try:
        return RigidTransform.from_rotation_vector(
            Frame.CAMERA, Frame.BOARD, np.ravel(rotation_vector), np.ravel(translation)
        )
    except NotRigidError:
        return None


def _first_guess(corners: _Corners) -> RigidTransform | None:
    # SQPnP (Terzakis & Lourakis 2020) takes flat and solid boards alike and needs no starting pose.
    try:
        found, rotation_vector, translation = cv2.solvePnP(
            corners.points, corners.pixels, *corners.intrinsics, flags=cv2.SOLVEPNP_SQPNP
        )
    except cv2.error:
        return None
    return _pose_of(rotation_vector, translation) if found else None


def _agreed_guess(corners: _Corners) -> RigidTransform | None:
    """Return the pose most corners agree on, whatever the rest say (RANSAC, Fischler & Bolles 1981)."""
    try:
        found, rotation_vector, translation, _ = cv2.solvePnPRansac(
            corners.points,
            corners.pixels,
            *corners.intrinsics,
            iterationsCount=200,
            reprojectionError=MAX_RMS_PX,
            flags=cv2.SOLVEPNP_P3P,
        )
    except cv2.error:
        return None
    return _pose_of(rotation_vector, translation) if found else None


def _two_solutions(
    guess: RigidTransform | None, corners: _Corners
) -> tuple[RigidTransform | None, RigidTransform | None]:
    """Return the best pose and, where there is one, the pose of the other minimum."""
    best = _refine(guess, corners)
    if best is None:
        return None, None
    other = _refine(_turned_over(best, corners.points), corners)
    if other is not None and corners.squares(other) < corners.squares(best):
        return other, best
    return best, other


def _turned_over(pose: RigidTransform, points: NDArray[np.float64]) -> RigidTransform:
    """Return the pose that weak perspective cannot tell from `pose`: mirrored in depth, and in the board's plane."""
    centre = points.mean(axis=0)
    centre_in_camera = pose.apply(centre)
    sight = centre_in_camera / np.linalg.norm(centre_in_camera)
    normal = np.linalg.svd(points - centre)[2][2]
    depth_mirror = np.eye(3) - 2.0 * np.outer(sight, sight)
    board_mirror = np.eye(3) - 2.0 * np.outer(normal, normal)
    rotation = depth_mirror @ pose.rotation @ board_mirror
    return RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, centre_in_camera - rotation @ centre)


def _on_the_way_to_turned_over(pose: RigidTransform, points: NDArray[np.float64]) -> list[RigidTransform]:
    """Return poses from `pose` to the one turned over, that one included.

    Where perspective is weak the error has a flat valley between the two, with the frontal view in its middle and
    no minimum of its own; the covariance at `pose` knows nothing of it.
    """
    turn_rad = _motion_between(pose, _turned_over(pose, points))[:3]
    centre = points.mean(axis=0)
    on_the_way = []
    for fraction in (0.25, 0.5, 0.75, 1.0):
        # The middle of the corners keeps its place, so only the lean changes.
        rotation = rotation_from_vector(fraction * turn_rad) @ pose.rotation
        translation = pose.apply(centre) - rotation @ centre
        on_the_way.append(RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, translation))
    return on_the_way


def _refine(pose: RigidTransform | None, corners: _Corners) -> RigidTransform | None:
    """Return the nearest minimum of the reprojection error, None where that lies behind the camera or nowhere."""
    if pose is None:
        return None
    # OpenCV 5.0 hands vectors of shape (3,) back unrefined and says nothing; they must be columns.
    columns = pose.rotation_vector_rad.reshape(3, 1), pose.translation_mm.reshape(3, 1).copy()
    try:
        rotation_vector, translation = cv2.solvePnPRefineLM(
            corners.points, corners.pixels, *corners.intrinsics, *columns
        )
    except cv2.error:
        return None
    refined = _pose_of(rotation_vector, translation)
    if refined is None or refined.apply(corners.points)[:, 2].min() <= 0.0:
        return None
    return refined


def _without_outliers(pose: RigidTransform, corners: _Corners) -> NDArray[np.bool_]:
    """Return which corners (N,) agree with the pose that most of them agree with."""
    kept = np.ones(len(corners), dtype=np.bool_)
    for _ in range(4):
        errors_px = corners.errors_px(pose)
        # The median of a Rayleigh distribution is 1.177 sigma; one corner in 10^5 lies beyond 4.8 sigma.
        sigma_px = max(float(np.median(errors_px)) / 1.177, CORNER_SIGMA_PX)
        agreeing: NDArray[np.bool_] = errors_px <= 4.8 * sigma_px
        if np.array_equal(agreeing, kept):
            break
        kept = agreeing
        refined = _refine(pose, corners.only(kept)) if corners.only(kept).span_a_plane else None
        if refined is None:
            break
        pose = refined
    return kept


def _motion_between(first: RigidTransform, second: RigidTransform) -> NDArray[np.float64]:
    """Return the left motion (6,), rad and mm in the camera frame, that carries `first` to `second`."""
    rotation = second.rotation @ first.rotation.T
    turn = RigidTransform(Frame.CAMERA, Frame.CAMERA, rotation, second.translation_mm - rotation @ first.translation_mm)
    return np.concatenate([turn.rotation_vector_rad, turn.translation_mm])


def _log_odds(best: RigidTransform, other: RigidTransform, corners: _Corners) -> float:
    """Return the logarithm of how much likelier the better pose is, the noise itself being unknown.

    Gaussian noise with its variance integrated out (scaled inverse chi-square prior at the noise floor).
    """
    floor = _FLOOR_WEIGHT * CORNER_SIGMA_PX**2
    freedom = 2 * len(corners) - 6 + _FLOOR_WEIGHT
    return 0.5 * freedom * math.log((corners.squares(other) + floor) / (corners.squares(best) + floor))
