"""Whether a headset still knows where the room is: every further sight of the board is compared with its alignment.

Between sights the headset walks on its own tracking, and nobody sees its errors: the expected error of the alignment
grows with the time and the way since the board was last seen. One sight that puts the patient 5 mm or 2 deg elsewhere
ends the alignment (hazard H09): the threshold lies lower by what noise may hide of that.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.geometry.accuracy import radius_95_mm
from orview.geometry.chain import about
from orview.geometry.uncertain import UncertainPose
from orview.register.world_mean import motion_between
from orview.units import deg_from_rad, rad_from_deg

TELL_MM, TELL_DEG = 5.0, 2.0
"""What must be told in one sight."""

NOISE_MM, NOISE_DEG = 1.5, 0.6
"""What noise may hide of that: a sight is only judged where it is this good (95 %)."""

_CHI2_SURE = 27.86
"""Chi-square of six degrees of freedom that one honest sight in 10,000 exceeds."""
_WORTH_MM, _WORTH_DEG = 2.0, 0.7
"""Less than this is no drift to speak of, however surely it is seen."""


@dataclass(frozen=True, kw_only=True)
class DriftRate:
    """How fast a headset's own tracking drifts, one sigma: by time without a sight, and by the way walked.

    The defaults are a guess on the safe side; no headset was measured.
    """

    mm_per_s: float = 0.05
    deg_per_s: float = 0.01
    part_of_way: float = 0.002


class DriftWord(StrEnum):
    """What a further sight says."""

    HOLDS = "holds"
    DRIFTED = "drifted"
    TOO_COARSE = "too_coarse"
    """The sight is too unsure to say anything."""


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A further sight compared with the alignment.

    Attributes:
        moved_mm: how far apart they put the point that matters.
        turned_deg: how far apart they turn it.
        word: what that means.
    """

    moved_mm: float
    turned_deg: float
    word: DriftWord


def grown(
    aligned: UncertainPose, *, about_mm: ArrayLike, since_s: float, way_mm: float = 0.0, rate: DriftRate
) -> UncertainPose:
    """Return an alignment with the error it may have taken on since the board was last seen.

    Args:
        aligned: `world_from_room` as of that sight.
        about_mm: (3,) where the headset is, world frame: it turns about itself.
        since_s: seconds since then; negative counts as none.
        way_mm: way of the head since then.
        rate: of the headset.
    """
    since = max(since_s, 0.0)
    sigma_mm = rate.mm_per_s * since + rate.part_of_way * way_mm
    sigma_rad = rad_from_deg(rate.deg_per_s) * since
    return UncertainPose(
        aligned.transform, aligned.covariance + about(about_mm, sigma_rad=sigma_rad, sigma_mm=sigma_mm)
    )


def compare(
    aligned: UncertainPose,
    seen: UncertainPose,
    *,
    at_room_mm: ArrayLike,
    by_view: NDArray[np.float64] | None = None,
    near_room_mm: ArrayLike | None = None,
) -> Drift:
    """Compare a further sight with the alignment.

    Whatever the reason, 5 mm and 2 deg are told; below that a sight must be surely off.

    Args:
        aligned: `world_from_room` in use, grown by what it may have drifted.
        seen: `world_from_room` of one sight alone, with its noise.
        at_room_mm: (3,) the point that matters, the target in the patient, room frame.
        by_view: (6, 6) of what the bias of the headset's camera may put this view off against those that aligned it,
            left, world frame; None for nothing.
        near_room_mm: (3,) the point at which the sight is surest, where that is far from the point that matters: a
            small board on the head, half a metre from the patient, tells its own place well and its turn less well.
            Whether the sight is good enough, and 5 mm, are judged there; None for the point that matters.
    """
    near = at_room_mm if near_room_mm is None else near_room_mm
    went_mm = float(np.linalg.norm(seen.transform.apply(near) - aligned.transform.apply(near)))
    apart = seen.transform.apply(at_room_mm) - aligned.transform.apply(at_room_mm)
    moved_mm = float(np.linalg.norm(apart))
    turned_deg = deg_from_rad((seen.transform @ aligned.transform.inverse()).angle_rad)
    turn_95_deg = deg_from_rad(radius_95_mm(seen.covariance[:3, :3]))
    if radius_95_mm(seen.covariance_at(near)) > NOISE_MM or turn_95_deg > NOISE_DEG:
        word = DriftWord.TOO_COARSE
    elif went_mm >= TELL_MM - NOISE_MM or turned_deg >= TELL_DEG - NOISE_DEG:
        word = DriftWord.DRIFTED
    else:
        motion = motion_between(seen.transform, aligned.transform)
        expected = seen.covariance + aligned.covariance + (0.0 if by_view is None else by_view)
        chi2 = float(motion @ np.linalg.solve(expected, motion))
        worth = moved_mm >= _WORTH_MM or turned_deg >= _WORTH_DEG
        word = DriftWord.DRIFTED if worth and chi2 > _CHI2_SURE else DriftWord.HOLDS
    return Drift(moved_mm=moved_mm, turned_deg=turned_deg, word=word)


def stands_for_s(aligned: UncertainPose, *, at_room_mm: ArrayLike, limit_mm: float, rate: DriftRate) -> float:
    """Return for how many seconds without a sight an alignment keeps its error at a point within a limit, 95 %.

    0 where it is beyond it already, infinite where the headset does not drift.
    """
    place = aligned.transform.apply(at_room_mm)

    def error_mm(seconds: float) -> float:
        later = grown(aligned, about_mm=place, since_s=seconds, rate=rate)
        return radius_95_mm(later.covariance_at(at_room_mm))

    if error_mm(0.0) > limit_mm:
        return 0.0
    if rate.mm_per_s <= 0.0:
        return math.inf
    low, high = 0.0, 2.0 * limit_mm / rate.mm_per_s
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if error_mm(middle) <= limit_mm else (low, middle)
    return low
