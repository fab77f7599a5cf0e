"""Following one board through the pictures of one camera.

While most of the board is in sight, only the part of the picture where it was is searched: quickly, then thoroughly,
and the answer is taken only if it is most of the board again. In all other cases the whole picture is searched
thoroughly, so that nothing is lost: half a board is never taken for all there is to see.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.geometry.uncertain import UncertainPose
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.detect import Sighting, detect_board, gray_of
from orview.markers.pose import PoseState, solve_pose

MARGIN_FRACTION = 0.2
"""Of the board's extent in the picture: by so much it may move between two pictures and still be found at once."""

MARGIN_PX = 24

MOST_OF_BOARD = 0.75
"""Of the corners: with so many, in all parts of the board, those a look misses change the pose by less than noise."""

WORTHWHILE_AREA = 0.6
"""Of the picture: a part larger than this saves less time than a second search may cost."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackedPose:
    """What one picture says.

    Attributes:
        state: only `TRACKED` carries a pose.
        taken_ns: when the picture was taken, as given.
        camera_from_board: the pose with its covariance, or None.
        rms_px: reprojection error; NaN where nothing was solved.
        corner_count: corners the answer rests on.
    """

    state: PoseState
    taken_ns: int
    camera_from_board: UncertainPose | None
    rms_px: float
    corner_count: int


@dataclass(frozen=True, kw_only=True)
class _Region:
    """Part of a picture, whole pixels: columns left..right and rows top..bottom, ends not included."""

    left: int
    top: int
    right: int
    bottom: int


class Follower:
    """Tells from picture to picture where a board is. Remembers only where to look first.

    Args:
        board: what to look for.
        profile: the camera the pictures come from.
    """

    def __init__(self, board: Board, profile: CameraProfile) -> None:
        self._board = board
        self._profile = profile
        self._extent_mm = np.vstack(list(board.marker_corners_mm.values()))
        self._most = MOST_OF_BOARD * (len(board.chessboard_corners_mm) + 4 * len(board.markers))
        self._region: _Region | None = None

    def step(self, image: NDArray[np.uint8], *, taken_ns: int) -> TrackedPose:
        """Find the board in the next picture, (H, W) grey or (H, W, 3) BGR.

        Raises:
            CameraError: the picture has another size than the camera profile (hazard H11).
            ContractError: the picture has another shape or type.
        """
        self._profile.require_size(width_px=image.shape[1], height_px=image.shape[0])
        gray = gray_of(image)
        sighting = self._look_near(gray) or detect_board(gray, self._board)
        solution = solve_pose(sighting, self._profile, self._board)
        seen = sighting is not None and len(sighting.pixels) >= self._most
        self._region = self._region_of(solution.camera_from_board) if seen else None
        return TrackedPose(
            state=solution.state,
            taken_ns=taken_ns,
            camera_from_board=solution.camera_from_board,
            rms_px=solution.rms_px,
            corner_count=solution.corner_count,
        )

    def _look_near(self, gray: NDArray[np.uint8]) -> Sighting | None:
        """Return the sighting in the part of the picture where the board was, if it is most of the board."""
        r = self._region
        if r is None:
            return None
        part = gray[r.top : r.bottom, r.left : r.right]
        for quick in (True, False):
            sighting = detect_board(part, self._board, quick=quick)
            if sighting is not None and len(sighting.pixels) >= self._most:
                return Sighting(
                    pixels=sighting.pixels + np.array([r.left, r.top]),
                    points_board_mm=sighting.points_board_mm,
                    marker_count=sighting.marker_count,
                )
        return None

    def _region_of(self, camera_from_board: UncertainPose | None) -> _Region | None:
        """Return where the board lies in this picture with a margin, None where that is most of the picture."""
        if camera_from_board is None:
            return None
        lens = self._profile.lens
        pixels = lens.project(camera_from_board.transform.apply(self._extent_mm))
        if not np.isfinite(pixels).all():
            return None
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        margin = MARGIN_FRACTION * (high - low).max() + MARGIN_PX
        size = (lens.width_px, lens.height_px)
        left, top = np.clip(np.floor(low - margin), 0, size).astype(int).tolist()
        right, bottom = np.clip(np.ceil(high + margin), 0, size).astype(int).tolist()
        if (right - left) * (bottom - top) > WORTHWHILE_AREA * size[0] * size[1]:
            return None
        return _Region(left=left, top=top, right=right, bottom=bottom)
