"""Looking for one board: first where it must be, then wherever the whole picture shows it.

While most of the board is in sight, only the part of the picture where it is expected is searched: quickly, then
thoroughly, and the answer is taken only if it is most of the board again. In all other cases the whole picture is
searched thoroughly, so that nothing is lost: half a board is never taken for all there is to see.
"""

import numpy as np
from numpy.typing import NDArray

from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.detect import Sighting, detect_board
from orview.markers.pose import PoseSolution, solve_pose
from orview.track.predict import Motion
from orview.track.region import Region, region_of

MOST_OF_BOARD = 0.75
"""Of the corners: with so many, in all parts of the board, those a look misses change the pose by less than noise."""


class OneBoard:
    """Tells from picture to picture where one board is.

    Args:
        board: what to look for.
        profile: the camera the pictures come from.
    """

    def __init__(self, board: Board, profile: CameraProfile) -> None:
        self.board = board
        self._profile = profile
        self._extent_mm = np.vstack(list(board.marker_corners_mm.values()))
        self._most = MOST_OF_BOARD * (len(board.chessboard_corners_mm) + 4 * len(board.markers))
        self._motion = Motion(self._extent_mm.mean(axis=0))
        self._whole = False
        self.region: Region | None = None
        """Where in the picture the board was seen last, None where nobody knows."""

    def near(self, gray: NDArray[np.uint8], *, taken_ns: int) -> PoseSolution | None:
        """Return the pose found where the board is expected; None where the whole picture must be searched."""
        prediction = self._motion.predict(taken_ns) if self._whole else None
        if prediction is None:
            return None
        region = region_of(prediction.camera_from_board.transform, self._extent_mm, self._profile.lens)
        sighting = None if region is None else self._seen_in(gray, region)
        return None if sighting is None else self._solved(sighting, taken_ns=taken_ns)

    def anywhere(self, sighting: Sighting | None, *, taken_ns: int) -> PoseSolution:
        """Return the pose from what the search of a whole picture found."""
        return self._solved(sighting, taken_ns=taken_ns)

    def forget(self) -> None:
        """Begin anew: nothing is expected anywhere."""
        self._motion.forget()
        self._whole = False

    def _solved(self, sighting: Sighting | None, *, taken_ns: int) -> PoseSolution:
        solution = solve_pose(sighting, self._profile, self.board)
        self._whole = sighting is not None and len(sighting.pixels) >= self._most
        if solution.camera_from_board is not None and solution.noise_covariance is not None:
            pose = solution.camera_from_board.transform
            self._motion.take(pose, solution.noise_covariance, taken_ns=taken_ns)
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
