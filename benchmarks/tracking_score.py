"""How wrong each way is: against the truth, and against a perfect detector that was told the same.

*Floor* is the error of a detector that sees every corner exactly where it is, with the same profile and board. *Own*
error is the distance from that detector's pose: what a way of looking adds. Whoever is told the readout time is
measured against a perfect detector that corrects for it; the rivals, who are not, against one that does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.tracking_scenes import RATE_HZ, Film
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from tests.board_pictures import pose_error

SILENT_MM = 2.0
"""An error above this must be told by the sigma beside the pose."""

SIGMAS = 3.0
FLIPPED_DEG = 10.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """What one way says of one picture.

    Attributes:
        pose: `camera_from_board`, or None where it shows none.
        sigma_mm: what it says of its own error at the target: one sigma, root of the trace; 0 where it says nothing.
        ms: CPU time.
        reason: why there is no pose.
    """

    pose: RigidTransform | None
    sigma_mm: float
    ms: float
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One answer measured; errors are NaN where no pose was shown.

    Attributes:
        tracked: a pose was shown.
        error_mm: of the target, against the truth.
        own_mm: of the target, against the perfect detector.
        floor_mm: the perfect detector's own error.
        turn_deg: angle from the true pose.
        sigma_mm, ms, reason: as in `Answer`.
        after_event: the camera is no longer the one it was.
    """

    tracked: bool
    error_mm: float
    own_mm: float
    floor_mm: float
    turn_deg: float
    sigma_mm: float
    ms: float
    reason: str
    after_event: bool

    @property
    def dishonest(self) -> bool:
        """The error is above three of the sigmas told."""
        return self.tracked and self.error_mm > SIGMAS * self.sigma_mm

    @property
    def silently_wrong(self) -> bool:
        """The error is large, and larger than told."""
        return self.tracked and self.error_mm > max(SIGMAS * self.sigma_mm, SILENT_MM)


@dataclass(kw_only=True)
class Score:
    """One way through one film, every picture counted."""

    marks: list[Mark] = field(default_factory=list)

    def of(self, name: str, *, tracked: bool = True) -> NDArray[np.float64]:
        """Return a number of each mark (N,), of the tracked ones or of all."""
        return np.array([getattr(mark, name) for mark in self.marks if mark.tracked or not tracked], dtype=np.float64)

    def percentile(self, name: str, percent: float) -> float:
        """Return a percentile over the pictures with a pose; NaN without any."""
        values = self.of(name)
        return float(np.percentile(values, percent)) if len(values) else float("nan")

    def share(self, name: str) -> float:
        """Return in which part of all pictures something holds."""
        return float(np.mean([getattr(mark, name) for mark in self.marks]))

    def share_below(self, limit_mm: float, name: str = "error_mm") -> float:
        """Return in which part of all pictures a pose is shown whose error is below a limit."""
        return float(np.mean([mark.tracked and getattr(mark, name) < limit_mm for mark in self.marks]))

    @property
    def median_ms(self) -> float:
        """CPU time of the middle picture."""
        return float(np.median(self.of("ms", tracked=False)))

    @property
    def mean_ms(self) -> float:
        """CPU time of a picture."""
        return float(np.mean(self.of("ms", tracked=False)))

    @property
    def tracked_after_event(self) -> int:
        """Pictures with a pose after something happened to the camera."""
        return sum(mark.tracked for mark in self.marks if mark.after_event)


@dataclass(frozen=True, kw_only=True, eq=False)
class Truth:
    """What is true of one picture, and what perfect detectors make of it."""

    camera_from_board: RigidTransform
    perfect: RigidTransform
    perfect_unaware: RigidTransform


def truth_of(film: Film, kind: str, frame: int) -> Truth:
    """Return the truth of one picture of a film."""
    board, profile = film.boards.by_kind[kind], film.profile
    scene, camera = film.scene(kind, frame), film.camera_at(frame)
    truth = scene.camera_from_board((frame + 1) / RATE_HZ)
    points = visible_points_mm(board, truth)
    at_once_px = camera.lens.project(truth.apply(scene.true_points_mm(points)))
    in_rows_px = film.seen_px(kind, frame, points)
    return Truth(
        camera_from_board=truth,
        perfect=best_pose(points, at_once_px, profile, truth),
        perfect_unaware=best_pose(points, in_rows_px, profile, truth),
    )


def mark_of(answer: Answer, truth: Truth, film: Film, kind: str, frame: int, *, aware: bool) -> Mark:
    """Measure one answer; `aware` is whether the way was told the readout time."""
    target = film.target_mm(kind)
    perfect = truth.perfect if aware else truth.perfect_unaware
    error_mm, turn_deg, own_mm = (float("nan"),) * 3
    if answer.pose is not None:
        error_mm, turn_deg = pose_error(truth.camera_from_board, answer.pose, target)
        own_mm = pose_error(perfect, answer.pose, target)[0]
    return Mark(
        tracked=answer.pose is not None,
        error_mm=error_mm,
        own_mm=own_mm,
        floor_mm=pose_error(truth.camera_from_board, perfect, target)[0],
        turn_deg=turn_deg,
        sigma_mm=answer.sigma_mm,
        ms=answer.ms,
        reason=answer.reason,
        after_event=film.after_event(frame),
    )


def corner_points_mm(board: Board) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return for each face its normal and the corners (N, 3) a detector of corners looks for, board frame."""
    return [
        (
            face.normal_board,
            face.corners_mm if len(face.corners_mm) else np.vstack(list(face.marker_corners_mm.values())),
        )
        for face in board.faces
    ]


def visible_points_mm(board: Board, camera_from_board: RigidTransform) -> NDArray[np.float64]:
    """Return the corners (N, 3) of all faces that look at the camera."""
    camera = camera_from_board.inverse().translation_mm
    faces = [points for normal, points in corner_points_mm(board) if normal @ (camera - points.mean(axis=0)) > 0.0]
    return np.vstack(faces)


def best_pose(
    points_mm: NDArray[np.float64], pixels: NDArray[np.float64], profile: CameraProfile, start: RigidTransform
) -> RigidTransform:
    """Return the pose with the least reprojection error near a start."""
    # OpenCV 5.0 hands vectors of shape (3,) back unrefined and says nothing; they must be columns.
    columns = start.rotation_vector_rad.reshape(3, 1), start.translation_mm.reshape(3, 1).copy()
    rotation, translation = cv2.solvePnPRefineLM(
        points_mm, pixels, profile.lens.matrix, np.array(profile.lens.distortion), *columns
    )
    return RigidTransform.from_rotation_vector(Frame.CAMERA, Frame.BOARD, np.ravel(rotation), np.ravel(translation))


def together(scores: Sequence[Score]) -> Score:
    """Return several films as one."""
    return Score(marks=[mark for score in scores for mark in score.marks])
