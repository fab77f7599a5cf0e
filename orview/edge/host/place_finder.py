"""Where a camera, or a worn board, sits on a headset that does not know: found from looks of a resting head.

Web browsers tell neither the lens of a headset's camera nor its place, nor where somebody stuck a board. The lens is
calibrated once for its kind; the place differs from headset to headset, so each looks from all sides first
(`calibrate.hand_eye`). A worn board that the resting room camera sees is the same problem the other way round: from
board to camera as from a worn camera to a resting board.
"""

from dataclasses import dataclass

import numpy as np

from orview.calibrate.hand_eye import HandEyeView, calibrate_hand_eye
from orview.errors import RefusedError
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.protocol.placing import HeadsetBoard, HeadsetCamera
from orview.units import rad_from_deg

ROUGH_MM, ROUGH_RAD = 5.0, 0.02
"""A place told with larger sigmas than these is a guess, and found instead."""

FEWEST, MOST = 8, 60
"""Views that are asked for, and kept."""

_APART_RAD, _APART_MM = rad_from_deg(4.0), 60.0
"""A view counts that differs from all before it by this much: another look from the same place says nothing new."""

_GOOD_MM, _GOOD_RAD = 1.0, 0.0025
"""One sigma of a place that is good enough to align with."""


LOOK_AT_BOARD = "Look at the board from all sides, holding still each time"
TURN_TO_CAMERA = "In sight of the room's camera turn your head to all sides, holding still each time"
"""What the wearer is asked for."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FoundPlace:
    """Where a camera, or the worn board in its stead, sits, and how sure that is: one sigma along each axis."""

    headset_from_camera: RigidTransform
    sigma_mm: float
    sigma_rad: float


def is_rough(told: HeadsetCamera | HeadsetBoard) -> bool:
    """Return whether a client only guesses where its camera, or its board, sits."""
    return told.place_sigma_mm > ROUGH_MM or told.place_sigma_rad > ROUGH_RAD


class PlaceFinder:
    """The looks of one headset from which the place of its camera, or of its board, is found.

    Args:
        ask: what the wearer is asked for.
    """

    def __init__(self, ask: str = LOOK_AT_BOARD) -> None:
        self._ask = ask
        self._views: list[HandEyeView] = []
        self._why = ""

    @property
    def words(self) -> str:
        """What the wearer is to do."""
        if len(self._views) < FEWEST:
            return f"{self._ask}: {len(self._views)} of {FEWEST} looks."
        return self._why or "Go on: turn and tilt your head further each time, with the board in sight."

    def begin_anew(self) -> None:
        """Forget the views: the headset's world is another one."""
        self._views.clear()
        self._why = ""

    def take(self, world_from_headset: UncertainPose, camera_from_board: UncertainPose) -> FoundPlace | None:
        """Take a look of a resting head; returns the place once enough of them agree on it."""
        head = world_from_headset.transform
        if not all(_is_apart(head, view.world_from_headset.transform) for view in self._views):
            return None
        self._views.append(HandEyeView(world_from_headset=world_from_headset, camera_from_board=camera_from_board))
        if len(self._views) > MOST:
            self._views.pop(0)
        if len(self._views) < FEWEST:
            return None
        try:
            place = calibrate_hand_eye(self._views).headset_from_camera
        except RefusedError as error:
            self._why = f"{error.message} {error.mend}"
            return None
        found = FoundPlace(
            headset_from_camera=place.transform,
            sigma_mm=_largest(place.covariance_at(np.zeros(3))),
            sigma_rad=_largest(place.covariance[:3, :3]),
        )
        self._why = ""
        return found if found.sigma_mm <= _GOOD_MM and found.sigma_rad <= _GOOD_RAD else None


def _is_apart(one: RigidTransform, other: RigidTransform) -> bool:
    motion = one @ other.inverse()
    moved_mm = float(np.linalg.norm(one.translation_mm - other.translation_mm))
    return motion.angle_rad >= _APART_RAD or moved_mm >= _APART_MM


def _largest(covariance: np.ndarray) -> float:
    return float(np.sqrt(max(np.linalg.eigvalsh(covariance)[-1], 0.0)))
