"""The only place where a number changes its unit.

Inside Python lengths are millimetres, angles radians, times nanoseconds of a monotonic clock.
Metres begin at the glTF file and on the wire; degrees and milliseconds are for people.
"""

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", float, NDArray[np.float64])

MM_PER_M = 1000.0
MM_PER_INCH = 25.4
POINTS_PER_INCH = 72.0
NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


def m_from_mm(length_mm: Number) -> Number:
    """Millimetres to metres."""
    return length_mm / MM_PER_M


def mm_from_m(length_m: Number) -> Number:
    """Metres to millimetres."""
    return length_m * MM_PER_M


def ms_from_ns(duration_ns: int) -> float:
    """Nanoseconds to milliseconds."""
    return duration_ns / NS_PER_MS


def s_from_ns(duration_ns: int) -> float:
    """Nanoseconds to seconds."""
    return duration_ns / NS_PER_S


def ns_from_ms(duration_ms: float) -> int:
    """Milliseconds to whole nanoseconds."""
    return round(duration_ms * NS_PER_MS)


def ns_from_s(duration_s: float) -> int:
    """Seconds to whole nanoseconds."""
    return round(duration_s * NS_PER_S)


def rad_from_deg(angle_deg: float) -> float:
    """Degrees to radians."""
    return math.radians(angle_deg)


def deg_from_rad(angle_rad: float) -> float:
    """Radians to degrees."""
    return math.degrees(angle_rad)
