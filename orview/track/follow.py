"""Following boards through the pictures of one camera.

Each board is looked for where it must be; those not found there share one search of the whole picture.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.geometry.uncertain import UncertainPose
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.detect import detect_boards
from orview.markers.pose import PoseSolution, PoseState
from orview.track.camera_rest import Rest, RestWatch
from orview.track.one_board import OneBoard
from orview.track.shot import Shot

SEARCH_EVERY = 5
"""Pictures from search to search for a board that is gone while others are followed: they must not wait for it."""

ENOUGH_TO_BEGIN = 0.5
"""Share of a board's markers that a search of the whole picture has to see: the print itself tells the rest."""

_WAITING = "The board is out of sight; it is looked for again at once."


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
        noise_covariance: (6, 6) the part of the pose's covariance that is new in every picture, or None.
    """

    state: PoseState
    taken_ns: int
    camera_from_board: UncertainPose | None
    rms_px: float
    corner_count: int
    reason: str
    noise_covariance: NDArray[np.float64] | None = None


class Tracker:
    """Tells from picture to picture where several boards are.

    Args:
        boards: what to look for.
        profile: the camera the pictures come from.
        follow: use what the pictures before have shown; else each picture stands alone.
        resting: the camera stands still. If what it sees behind the boards says otherwise, or a board itself that the
            lens is not the profile's, no pose is shown any more until `acknowledge` (hazard H11).
    """

    def __init__(
        self, boards: Sequence[Board], profile: CameraProfile, *, follow: bool = True, resting: bool = True
    ) -> None:
        self._boards = tuple(OneBoard(board, profile) for board in boards)
        self._profile = profile
        self._follow = follow
        lens = profile.lens
        self._since_search = SEARCH_EVERY
        self._rest = RestWatch(width_px=lens.width_px, height_px=lens.height_px) if resting else None

    @property
    def refusal(self) -> str:
        """Why no pose is shown until `acknowledge`, one short sentence; empty while poses are shown."""
        if self._rest is not None and self._rest.rest is Rest.MOVED:
            return self._rest.reason
        return next((board.lens.reason for board in self._boards if board.lens.reason), "")

    def step(self, image: NDArray[np.uint8], *, taken_ns: int) -> tuple[TrackedPose, ...]:
        """Find the boards in the next picture, (H, W) grey or (H, W, 3) BGR; one answer a board, in their order.

        Raises:
            CameraError: the picture has another size than the camera profile (hazard H11).
            ContractError: the picture has another shape or type.
        """
        self._profile.require_size(width_px=image.shape[1], height_px=image.shape[0])
        shot = Shot(image=image, taken_ns=taken_ns)
        refused = self._refused(shot)
        if refused:
            return tuple(_lost(refused, taken_ns=taken_ns) for _ in self._boards)
        if not self._follow:
            for board in self._boards:
                board.forget()
        near = [board.near(shot) for board in self._boards]
        lost = [board for board, found in zip(self._boards, near, strict=True) if found is None]
        if lost and self._may_search(lost):
            sightings = detect_boards(shot.gray, [board.board for board in lost], enough=ENOUGH_TO_BEGIN)
            searched = {
                id(board): board.anywhere(sighting, shot) for board, sighting in zip(lost, sightings, strict=True)
            }
            near = [found or searched[id(board)] for board, found in zip(self._boards, near, strict=True)]
        return tuple(
            _lost(_WAITING, taken_ns=taken_ns) if found is None else _tracked(found, taken_ns=taken_ns)
            for found in near
        )

    def _may_search(self, lost: list[OneBoard]) -> bool:
        """Return whether to search the whole picture now: not in every one while other boards are followed."""
        self._since_search += 1
        if len(lost) < len(self._boards) and self._since_search < SEARCH_EVERY:
            return False
        self._since_search = 0
        return True

    @property
    def lens_fits(self) -> bool:
        """Whether a board has shown since the beginning, or since `acknowledge`, that the lens is the profile's."""
        return not self.refusal and any(board.lens.fits for board in self._boards)

    def acknowledge(self) -> None:
        """Go on after the camera was moved: somebody has looked after what depends on its place and its lens."""
        if self._rest is not None:
            self._rest.acknowledge()
        for board in self._boards:
            board.lens.acknowledge()
            board.forget()

    def _refused(self, shot: Shot) -> str:
        """Return why nothing in this picture can be trusted, or nothing."""
        if self.refusal or self._rest is None:
            return self.refusal
        hidden = (region for board in self._boards if (region := board.region) is not None)
        rest = self._rest.look(shot, hidden=hidden)
        return self._rest.reason if rest in (Rest.DOUBT, Rest.MOVED) else ""


class Follower:
    """A `Tracker` of one board; arguments and errors as there."""

    def __init__(self, board: Board, profile: CameraProfile, *, follow: bool = True, resting: bool = True) -> None:
        self._tracker = Tracker((board,), profile, follow=follow, resting=resting)

    def step(self, image: NDArray[np.uint8], *, taken_ns: int) -> TrackedPose:
        """Find the board in the next picture, (H, W) grey or (H, W, 3) BGR."""
        return self._tracker.step(image, taken_ns=taken_ns)[0]

    @property
    def refusal(self) -> str:
        """Why no pose is shown until `acknowledge`, one short sentence; empty while poses are shown."""
        return self._tracker.refusal

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
        noise_covariance=solution.noise_covariance,
    )


def _lost(reason: str, *, taken_ns: int) -> TrackedPose:
    return TrackedPose(
        state=PoseState.LOST,
        taken_ns=taken_ns,
        camera_from_board=None,
        rms_px=math.nan,
        corner_count=0,
        reason=reason,
    )
