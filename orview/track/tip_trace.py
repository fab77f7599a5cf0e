"""Points of a tip that slides over bone: recorded from where it rests until it is lifted."""

import numpy as np
from numpy.typing import NDArray

from orview.track.tip_rest import LONGEST_GAP_NS, TipRest
from orview.track.tip_sight import TipSight
from orview.units import NS_PER_S

APART_MM = 1.5
"""Nearer to a point that is there already, another tells nothing new: neighbours share their errors."""

FASTEST_MM_S = 60.0
"""Nobody slides faster over bone; a tip that does was lifted."""

START_NS = NS_PER_S // 2
"""So long the tip rests on the bone before it is recorded: the way there is no bone."""


class TipTrace:
    """Gathers a trace.

    Attributes:
        recording: whether the tip is taken to be on the bone.
        points_board_mm: (3,) each, in the frame of the board on the patient.
    """

    def __init__(self) -> None:
        self.recording = False
        self.points_board_mm: list[NDArray[np.float64]] = []
        self._rest = TipRest(rest_ns=START_NS, moved_mm=0.0)
        self._last: TipSight | None = None

    def take(self, sight: TipSight | None) -> bool:
        """Take what the next picture shows, None where it does not show the tip; returns whether it gave a point.

        Some pictures without the tip do not end a recording, a longer gap does.
        """
        rested = self._rest.take(sight) is not None
        if sight is None:
            return False
        last, self._last = self._last, sight
        self.recording = rested or (self.recording and last is not None and _slid(last, sight))
        if not self.recording:
            return False
        place = sight.position_board_mm
        known = self.points_board_mm
        if known and float(np.linalg.norm(np.array(known) - place, axis=1).min()) < APART_MM:
            return False
        known.append(place)
        return True


def _slid(last: TipSight, sight: TipSight) -> bool:
    """Say whether the tip may have slid from one sight to the next."""
    after_ns = sight.taken_ns - last.taken_ns
    way_mm = float(np.linalg.norm(sight.position_board_mm - last.position_board_mm))
    return 0 < after_ns <= LONGEST_GAP_NS and way_mm <= FASTEST_MM_S * after_ns / NS_PER_S
