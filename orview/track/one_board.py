"""Following one board: first the print itself where it must be, then its markers there, then the whole picture.

What a search finds is laid onto the picture as everything else, which checks its markers' cells and its residual, so
that nothing wrong is followed on. While most of the board is in sight, a search looks only at the part of the picture
where it is expected, quickly, then thoroughly, and takes the answer only if it is most of the board again.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from orview.geometry.rigid import RigidTransform, skew
from orview.geometry.uncertain import UncertainPose, told_about_origin
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.detect import Sighting, detect_board
from orview.markers.pose import MAX_TURN_SIGMA_RAD, PoseSolution, PoseState, solve_pose
from orview.markers.uncertainty import pose_covariance
from orview.track.align import Aligner
from orview.track.alignment import Alignment
from orview.track.lean import is_settled, odds_against_others
from orview.track.lens_watch import Leftover, LensWatch, leftover_of
from orview.track.motion import differs
from orview.track.predict import Motion, Prediction, motion_between, moved, unknown_change, unknown_velocity
from orview.track.region import Region, region_of
from orview.track.rows import motion_taken_for_pose
from orview.track.shot import Shot
from orview.units import rad_from_deg

MOST_OF_BOARD = 0.75
"""Of the corners: with so many, in all parts of the board, those a look misses change the pose by less than noise."""

EXPECTED_DISTANCE2 = 60.0
"""Mahalanobis' squared distance, six degrees of freedom: a pose farther from the prediction is looked at anew."""

MOST_BY_TIME = 15
"""So many pictures in a row may be decided by the time before; then the board is to be seen well again."""

CALM_MM_S, CALM_RAD_S = 150.0, 0.6
"""Slower boards tell of the lens even where rows are read one by one."""

SAME_VIEW_RAD, SAME_VIEW_DISTANCE = rad_from_deg(2.5), 0.04
SAME_VIEW_COUNT = 0.9
"""So alike two views are that lens, print and flatness do the same to both: angle, share of the distance, and of the
places seen."""

_POINTS_FOR_SYSTEMATIC = 120
_POINTS_FOR_LEAN = 60
_SAME_LEAN = {"turn_rad": rad_from_deg(2.0), "distance": 0.04}
_CLEAR_LEAN = {"turn_rad": rad_from_deg(8.0), "distance": 0.15}
CLEAR = 100.0
"""Times the logarithm of the odds a lean needs. That goes with the squares of how far apart both ways lean, twice the
tilt: a turn by 8 degrees takes so much of it only where it leaves both nearly one."""


@dataclass(frozen=True, eq=False)
class _Systematic:
    """The covariance (6, 6) of what lens, print and flatness do to a pose, and the pose and the count of its places."""

    pose: RigidTransform
    count: int
    covariance: NDArray[np.float64]

    def holds_for(self, pose: RigidTransform, count: int) -> bool:
        """Return whether a pose that rests on so many places is seen nearly alike."""
        alike = SAME_VIEW_COUNT * max(count, self.count) <= min(count, self.count)
        return alike and not differs(pose, self.pose, turn_rad=SAME_VIEW_RAD, distance=SAME_VIEW_DISTANCE)

    def at(self, pose: RigidTransform) -> NDArray[np.float64]:
        """Return the covariance of a pose seen nearly alike: the error stays, about the place the board is at."""
        about = told_about_origin(pose.translation_mm - self.pose.translation_mm)
        return np.asarray(about @ self.covariance @ about.T)


class OneBoard:
    """Tells from picture to picture where one board is.

    Args:
        board: what to look for.
        profile: the camera the pictures come from.
    """

    def __init__(self, board: Board, profile: CameraProfile) -> None:
        self.board = board
        self._profile = profile
        self._aligner = Aligner(board, profile)
        self.lens = LensWatch(board, profile)
        """What this board says of the lens."""
        self._extent_mm = np.vstack(list(board.marker_corners_mm.values()))
        self._middle_mm = self._extent_mm.mean(axis=0)
        self._most = MOST_OF_BOARD * (len(board.chessboard_corners_mm) + 4 * len(board.markers))
        self._motion = Motion(self._middle_mm)
        self._whole = False
        self._carried = np.zeros((6, 6))
        self._settled_at: RigidTransform | None = None
        self._clear = False
        self._by_time = 0
        self._shown_at: RigidTransform | None = None
        self._known: _Systematic | None = None

    @property
    def region(self) -> Region | None:
        """Where in the picture the board was seen last, None where nobody knows."""
        return None if self._shown_at is None else region_of(self._shown_at, self._extent_mm, self._profile.lens)

    def near(self, shot: Shot) -> PoseSolution | None:
        """Return the pose found where the board is expected; None where the whole picture must be searched."""
        prediction = self._motion.predict(shot.taken_ns)
        if prediction is None:
            return None
        aligned = self._aligned(shot, prediction)
        if aligned is not None:
            return aligned
        region = region_of(prediction.camera_from_board.transform, self._extent_mm, self._profile.lens)
        sighting = None if region is None or not self._whole else self._seen_in(shot.gray, region)
        return None if sighting is None else self.anywhere(sighting, shot)

    def anywhere(self, sighting: Sighting | None, shot: Shot) -> PoseSolution:
        """Return the pose from what the search of a picture found."""
        solution = solve_pose(sighting, self._profile, self.board)
        self._whole = sighting is not None and len(sighting.pixels) >= self._most
        if solution.camera_from_board is None or sighting is None:
            self._motion.forget()
            return solution
        pose = solution.camera_from_board.transform
        self._settled_at, self._clear, self._by_time = pose, False, 0
        carried = self._carry(pose, sighting.points_board_mm)
        since = self._motion.since(pose, taken_ns=shot.taken_ns)
        if since is None:
            self._motion.forget()
            alignment = self._aligner.align(shot.image, pose)
            known = unknown_velocity(pose.apply(self._middle_mm))
        else:
            # Both poses were found as if the board rested, so their errors cancel in its velocity.
            if self._motion.sights == 1:
                self._motion.put_right(self._carried @ since.velocity)
            start = moved(pose, -carried @ since.velocity)
            since = self._motion.since(start, taken_ns=shot.taken_ns) or since
            alignment = self._aligner.align(
                shot.image, start, velocity=since.velocity, velocity_per_motion=1.0 / since.apart_s
            )
            known = unknown_change(pose.apply(self._middle_mm), 0.5 * since.apart_s)
            if self._is_calm(pose, since.velocity) and self.lens.is_due(shot.taken_ns):
                leftover = leftover_of(pose, sighting.points_board_mm, sighting.pixels, self._profile.lens)
                self.lens.look(leftover, taken_ns=shot.taken_ns)
        self._carried = carried
        return self._kept(self._wider(self._told(alignment) or solution, carried, known), shot)

    def forget(self) -> None:
        """Begin anew: nothing is expected anywhere."""
        self._motion.forget()
        self._aligner = Aligner(self.board, self._profile)
        self._whole = False

    def _aligned(self, shot: Shot, prediction: Prediction) -> PoseSolution | None:
        alignment = self._align(shot, prediction)
        pose = alignment.camera_from_board
        if self._profile.readout_ms and self._motion.sights == 1 and pose is not None:
            # The first pose was found as if the board rested: what the second tells of its motion puts it right.
            velocity = prediction.velocity_per_motion * motion_between(prediction.camera_from_board.transform, pose)
            self._motion.put_right(self._carried @ velocity)
            prediction = self._motion.predict(shot.taken_ns) or prediction
            alignment = self._align(shot, prediction)
            pose = alignment.camera_from_board
        if pose is None or prediction.distance2(pose) > EXPECTED_DISTANCE2:
            return None
        solution = self._told(alignment)
        if solution is None:
            return None
        if self._motion.sights == 1:
            change = unknown_change(pose.apply(self._middle_mm), 0.5 / prediction.velocity_per_motion)
            solution = self._wider(solution, self._carry(pose, alignment.points_board_mm), change)
        elif self.lens.is_due(shot.taken_ns) and self._is_calm(pose, prediction.velocity):
            self.lens.look(
                Leftover(
                    camera_from_board=pose,
                    points_board_mm=alignment.points_board_mm,
                    across=alignment.across,
                    rest_px=alignment.rest_px,
                    shifted=True,
                ),
                taken_ns=shot.taken_ns,
            )
        return self._kept(self._lean_judged(solution, alignment, prediction), shot)

    def _is_calm(self, pose: RigidTransform, velocity: NDArray[np.float64]) -> bool:
        """Return whether rows read one by one show the board as if it rested, or nearly so."""
        if not self._profile.readout_ms:
            return True
        speed = skew(velocity[:3]) @ pose.apply(self._middle_mm) + velocity[3:]
        return math.hypot(*speed.tolist()) < CALM_MM_S and math.hypot(*velocity[:3].tolist()) < CALM_RAD_S

    def _align(self, shot: Shot, prediction: Prediction) -> Alignment:
        return self._aligner.align(
            shot.image,
            prediction.camera_from_board.transform,
            velocity=prediction.velocity,
            velocity_per_motion=prediction.velocity_per_motion,
        )

    def _lean_judged(self, solution: PoseSolution, alignment: Alignment, prediction: Prediction) -> PoseSolution:
        """Return a pose if it is the only one that what it rests on and the time before allow (hazard H07)."""
        assert solution.camera_from_board is not None
        pose = solution.camera_from_board.transform
        at = self._settled_at
        if at is None or differs(pose, at, **(_CLEAR_LEAN if self._clear else _SAME_LEAN)):
            step = max(len(alignment.points_board_mm) // _POINTS_FOR_LEAN, 1)
            # Fewer points, each as much better; a border tells of its place across itself only.
            alone, together = odds_against_others(
                pose,
                alignment.points_board_mm[::step],
                alignment.sigmas_px[::step] * math.sqrt(2.0 / step),
                board=self.board,
                lens=self._profile.lens,
                prediction=prediction if at is not None or self._by_time < MOST_BY_TIME else None,
            )
            self._settled_at = pose if is_settled(alone) else None
            self._clear = is_settled(alone / CLEAR)
            self._by_time = 0 if is_settled(alone) else self._by_time + 1
            settled = is_settled(together)
        else:
            settled = True
        if settled and _turn_is_sure(solution.camera_from_board.covariance):
            return solution
        return replace(
            solution,
            state=PoseState.AMBIGUOUS,
            camera_from_board=None,
            noise_covariance=None,
            reason="The board may lean this way or another: tilt it or come nearer.",
        )

    def _told(self, alignment: Alignment) -> PoseSolution | None:
        """Return an alignment as a pose with all its uncertainty, None where it has none."""
        pose, noise = alignment.camera_from_board, alignment.noise_covariance
        if pose is None or noise is None:
            return None
        points = alignment.points_board_mm
        if self._known is None or not self._known.holds_for(pose, len(points)):
            covariance = self._systematic(pose, points, alignment.sigmas_px)
            if covariance is None:
                return None
            self._known = _Systematic(pose, len(points), covariance)
        systematic = self._known.at(pose)
        return PoseSolution(
            state=PoseState.TRACKED,
            camera_from_board=UncertainPose(pose, noise + systematic),
            noise_covariance=noise,
            rms_px=alignment.rms_px,
            corner_count=len(alignment.points_board_mm),
            reason="",
        )

    def _carry(self, pose: RigidTransform, points_board_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        step = max(len(points_board_mm) // _POINTS_FOR_SYSTEMATIC, 1)
        readout_s = self._profile.readout_ms * 1e-3
        return motion_taken_for_pose(pose, points_board_mm[::step], self._profile.lens, readout_s=readout_s)

    def _wider(
        self, solution: PoseSolution, carried: NDArray[np.float64], velocity_covariance: NDArray[np.float64]
    ) -> PoseSolution:
        """Return a pose with the covariance of what an unknown velocity does to it, where rows are read one by one."""
        if not self._profile.readout_ms or solution.camera_from_board is None or solution.noise_covariance is None:
            return solution
        more = carried @ velocity_covariance @ carried.T
        pose = solution.camera_from_board
        return replace(
            solution,
            camera_from_board=UncertainPose(pose.transform, pose.covariance + more),
            noise_covariance=solution.noise_covariance + more,
        )

    def _systematic(
        self, pose: RigidTransform, points_board_mm: NDArray[np.float64], sigmas_px: NDArray[np.float64]
    ) -> NDArray[np.float64] | None:
        """Return the (6, 6) covariance of what lens, print and flatness do to a pose that rests on points (N, 3)."""
        step = max(len(points_board_mm) // _POINTS_FOR_SYSTEMATIC, 1)
        # Fewer points, each as much better: the same information in less time.
        known = pose_covariance(
            pose, points_board_mm[::step], sigmas_px[::step] / math.sqrt(step), self._profile, self.board
        )
        return None if known is None else known[0] - known[1]

    def _kept(self, solution: PoseSolution, shot: Shot) -> PoseSolution:
        """Remember a pose, if there is one, for the next picture."""
        if solution.camera_from_board is None or solution.noise_covariance is None:
            self._motion.forget()
            return solution
        pose = solution.camera_from_board.transform
        self._motion.take(pose, solution.noise_covariance, taken_ns=shot.taken_ns)
        self._shown_at = pose
        return solution

    def _seen_in(self, gray: NDArray[np.uint8], region: Region) -> Sighting | None:
        """Return the sighting in a part of the picture if it is most of the board."""
        for quick in (True, False):
            sighting = detect_board(region.of(gray), self.board, quick=quick)
            if sighting is not None and len(sighting.pixels) >= self._most:
                return Sighting(
                    pixels=sighting.pixels + np.array([region.left, region.top]),
                    points_board_mm=sighting.points_board_mm,
                    marker_count=sighting.marker_count,
                    sigmas_px=sighting.sigmas_px,
                    faces=sighting.faces,
                    doubled_ids=sighting.doubled_ids,
                )
        return None


def _turn_is_sure(covariance: NDArray[np.float64]) -> bool:
    """Return whether a pose's rotation is known well enough about every axis."""
    turn = covariance[:3, :3]
    # No axis has more than all three together.
    return bool(np.trace(turn) <= MAX_TURN_SIGMA_RAD**2 or np.linalg.eigvalsh(turn)[-1] <= MAX_TURN_SIGMA_RAD**2)
