"""Following one board: first the print itself where it must be, then its markers there, then the whole picture.

What a search finds is laid onto the picture as everything else, which checks its markers' cells and its residual, so
that nothing wrong is followed on. While most of the board is in sight, a search looks only at the part of the picture
where it is expected, quickly, then thoroughly, and takes the answer only if it is most of the board again.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.detect import Sighting, detect_board
from orview.markers.pose import PoseSolution, PoseState, solve_pose
from orview.markers.uncertainty import pose_covariance
from orview.track.align import Aligner
from orview.track.alignment import Alignment
from orview.track.predict import Motion, Prediction, unknown_motion
from orview.track.region import Region, region_of
from orview.track.shot import Shot

MOST_OF_BOARD = 0.75
"""Of the corners: with so many, in all parts of the board, those a look misses change the pose by less than noise."""

EXPECTED_DISTANCE2 = 60.0
"""Mahalanobis' squared distance, six degrees of freedom: a pose farther from the prediction is looked at anew."""

_POINTS_FOR_SYSTEMATIC = 120


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
        self._extent_mm = np.vstack(list(board.marker_corners_mm.values()))
        self._middle_mm = self._extent_mm.mean(axis=0)
        self._most = MOST_OF_BOARD * (len(board.chessboard_corners_mm) + 4 * len(board.markers))
        self._motion = Motion(self._middle_mm)
        self._whole = False
        self.region: Region | None = None
        """Where in the picture the board was seen last, None where nobody knows."""

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
        if solution.camera_from_board is None or solution.noise_covariance is None:
            return solution
        alignment = self._aligner.align(shot.image, solution.camera_from_board.transform)
        return self._kept(self._unmoved(self._told(alignment) or solution), shot)

    def forget(self) -> None:
        """Begin anew: nothing is expected anywhere."""
        self._motion.forget()
        self._whole = False

    def _aligned(self, shot: Shot, prediction: Prediction) -> PoseSolution | None:
        alignment = self._aligner.align(
            shot.image,
            prediction.camera_from_board.transform,
            velocity=prediction.velocity,
            velocity_per_motion=prediction.velocity_per_motion,
        )
        if alignment.camera_from_board is None:
            return None
        if prediction.distance2(alignment.camera_from_board) > EXPECTED_DISTANCE2:
            return None
        solution = self._told(alignment)
        return None if solution is None else self._kept(solution, shot)

    def _told(self, alignment: Alignment) -> PoseSolution | None:
        """Return an alignment as a pose with all its uncertainty, None where it has none."""
        pose, noise = alignment.camera_from_board, alignment.noise_covariance
        if pose is None or noise is None:
            return None
        systematic = self._systematic(pose, alignment.points_board_mm, alignment.sigmas_px)
        if systematic is None:
            return None
        return PoseSolution(
            state=PoseState.TRACKED,
            camera_from_board=UncertainPose(pose, noise + systematic),
            noise_covariance=noise,
            rms_px=alignment.rms_px,
            corner_count=round(alignment.used_fraction * alignment.sample_count),
            reason="",
        )

    def _unmoved(self, solution: PoseSolution) -> PoseSolution:
        """Return a pose found without knowing how the board moves, with what that costs while the rows are read."""
        assert solution.camera_from_board is not None
        assert solution.noise_covariance is not None
        if not self._profile.readout_ms:
            return solution
        pose = solution.camera_from_board.transform
        rows = self._profile.lens.project(pose.apply(self._extent_mm))[:, 1]
        # From the board's middle row to its outermost, of the whole picture.
        share = 0.5 * float(np.ptp(rows)) / self._profile.lens.height_px
        unknown = unknown_motion(pose.apply(self._middle_mm), share * self._profile.readout_ms * 1e-3)
        return replace(
            solution,
            camera_from_board=UncertainPose(pose, solution.camera_from_board.covariance + unknown),
            noise_covariance=solution.noise_covariance + unknown,
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
        """Remember a pose for the next picture."""
        assert solution.camera_from_board is not None
        assert solution.noise_covariance is not None
        pose = solution.camera_from_board.transform
        self._motion.take(pose, solution.noise_covariance, taken_ns=shot.taken_ns)
        self.region = region_of(pose, self._extent_mm, self._profile.lens)
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
