"""Following boards through the pictures of one camera.

Each board is looked for where it must be; those not found there share one search of the whole picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.geometry.uncertain import UncertainPose
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.detect import detect_board, gray_of
from orview.markers.pose import PoseSolution, PoseState
from orview.track.one_board import OneBoard


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackedPose:
    """What one picture says about one board.

    Attributes:
        state: only `TRACKED` carries a pose.
        taken_ns: when the picture was taken, as given.
        camera_from_board: the pose with its covariance, or None.
        rms_px: reprojection error; NaN where nothing was solved.
        corner_count: corners, or samples of edges, the answer rests on.
        reason: why there is no pose, one short sentence; empty where there is one.
    """

    state: PoseState
    taken_ns: int
    camera_from_board: UncertainPose | None
    rms_px: float
    corner_count: int
    reason: str


class Tracker:
    """Tells from picture to picture where several boards are.

    Args:
        boards: what to look for.
        profile: the camera the pictures come from.
        follow: use what the pictures before have shown; else each picture stands alone.
        resting: the camera stands still. If what it sees behind the boards says otherwise, no pose is shown any more
            until `acknowledge` (hazard H11).
    """

    def __init__(
        self, boards: Sequence[Board], profile: CameraProfile, *, follow: bool = True, resting: bool = True
    ) -> None:
        self._boards = tuple(OneBoard(board, profile) for board in boards)
        self._profile = profile
        self._follow = follow
        self._resting = resting

    def step(self, image: NDArray[np.uint8], *, taken_ns: int) -> tuple[TrackedPose, ...]:
        """Find the boards in the next picture, (H, W) grey or (H, W, 3) BGR; one answer a board, in their order.

        Raises:
            CameraError: the picture has another size than the camera profile (hazard H11).
            ContractError: the picture has another shape or type.
        """
        self._profile.require_size(width_px=image.shape[1], height_px=image.shape[0])
        gray = gray_of(image)
        answers = []
        for board in self._boards:
            if not self._follow:
                board.forget()
            near = board.near(gray, taken_ns=taken_ns)
            if near is None:
                near = board.anywhere(detect_board(gray, board.board), taken_ns=taken_ns)
            answers.append(_tracked(near, taken_ns=taken_ns))
        return tuple(answers)

    def acknowledge(self) -> None:
        """Go on after the camera was moved: somebody has looked after what depends on its place and its lens."""
        for board in self._boards:
            board.forget()


class Follower:
    """A `Tracker` of one board; arguments and errors as there."""

    def __init__(self, board: Board, profile: CameraProfile, *, follow: bool = True, resting: bool = True) -> None:
        self._tracker = Tracker((board,), profile, follow=follow, resting=resting)

    def step(self, image: NDArray[np.uint8], *, taken_ns: int) -> TrackedPose:
        """Find the board in the next picture, (H, W) grey or (H, W, 3) BGR."""
        return self._tracker.step(image, taken_ns=taken_ns)[0]

    def acknowledge(self) -> None:
        """Go on after the camera was moved."""
        self._tracker.acknowledge()


def _tracked(solution: PoseSolution, *, taken_ns: int) -> TrackedPose:
    return TrackedPose(
        state=solution.state,
        taken_ns=taken_ns,
        camera_from_board=solution.camera_from_board,
        rms_px=solution.rms_px,
        corner_count=solution.corner_count,
        reason=solution.reason,
    )
