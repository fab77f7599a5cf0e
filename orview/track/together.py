"""Boards that are fixed to one patient: each pair of them is watched for a bump of one of the two (hazard H10)."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from orview.markers.board import Board
from orview.track.follow import TrackedPose
from orview.track.pair_watch import PairState, PairWatch


class Together:
    """Watches whether boards keep their places to each other.

    Args:
        boards: as many as there are; fewer than two cannot watch each other.

    Attributes:
        reason: which boards moved and by how much, one short sentence; empty while none did. It stays until `begin`.
    """

    def __init__(self, boards: Sequence[Board]) -> None:
        self._pairs = [
            (first, second, PairWatch(_middle_mm(boards[second])))
            for first, second in combinations(range(len(boards)), 2)
        ]
        self.reason = ""

    def begin(self) -> None:
        """Take the boards as they stand now for right."""
        self.reason = ""
        for _, _, watch in self._pairs:
            watch.begin()

    def take(self, seen: Sequence[TrackedPose]) -> str:
        """Take what one picture says of all boards, in their order; returns `reason`."""
        for first, second, watch in self._pairs:
            verdict = watch.take(
                seen[first].camera_from_board,
                seen[second].camera_from_board,
                first_noise=seen[first].noise_covariance,
                second_noise=seen[second].noise_covariance,
                taken_ns=seen[first].taken_ns,
            )
            if verdict.state is PairState.BUMPED and not self.reason:
                self.reason = verdict.reason
        return self.reason


def _middle_mm(board: Board) -> np.ndarray:
    return np.asarray(np.vstack(list(board.marker_corners_mm.values())).mean(axis=0))
