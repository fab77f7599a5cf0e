"""A closed surface as a wire: hoops round it at even heights, from above and from the side."""

import math

import numpy as np
from numpy.typing import NDArray

from orview.mesh.surface import Surface
from orview.plan.cut_line import cut_line
from orview.plan.cut_plane import CutPlane
from orview.plan.polyline import even, segments_of

Floats = NDArray[np.float64]

APART_MM, STEP_MM = 6.0, 3.0
"""Between two hoops, and along one."""
_ALONG_AXES = (np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0]))
"""Hoops lie across the patient's length and across the width: from in front and from behind they make a net."""


def wire(surface: Surface, *, most_segments: int) -> Floats:
    """Return the segments (M, 2, 3) of a closed surface's wire, patient mm; a large surface gets a wider net."""
    wider = 1.0
    while True:
        runs = [run for axis in _ALONG_AXES for run in _hoops(surface, axis, APART_MM * wider)]
        segments = segments_of([even(run, STEP_MM * wider) for run in runs])
        if len(segments) <= most_segments:
            return segments
        # The number goes with the square of the width; a little more is on the safe side.
        wider *= 1.02 * math.sqrt(len(segments) / most_segments)


def _hoops(surface: Surface, axis: Floats, apart_mm: float) -> list[Floats]:
    low, high = surface.vertices_mm.min(axis=0), surface.vertices_mm.max(axis=0)
    middle, size_mm = 0.5 * (low + high), 2.0 * float(np.linalg.norm(high - low))
    half = math.floor(0.5 * float((high - low) @ axis) / apart_mm)
    runs: list[Floats] = []
    for n in range(-half, half + 1):
        plane = CutPlane(
            key="hoop",
            name="Hoop",
            center_mm=middle + n * apart_mm * axis,
            kept_normal=axis,
            along=np.array([0.0, 1.0, 0.0]),
            width_mm=size_mm,
            height_mm=size_mm,
        )
        runs += cut_line(surface, plane).runs_mm
    return runs
