"""Compiling all that measures planes before the first one is dragged, so that no hand waits for it.

Loops are compiled at their first call and kept on disk; reading them back takes a part of a second. So a cube is cut
and measured once.
"""

import numpy as np

from orview.mesh.surface import Surface
from orview.plan.clearance import clearance
from orview.plan.cut_line import cut_line
from orview.plan.cut_plane import CutPlane
from orview.plan.polyline import thinned

_SIDE_MM, _ABOVE_MM = 20.0, 13.0


def warm() -> bool:
    """Call every compiled loop of planning once, and return whether they found what they had to."""
    corners = np.array([[x, y, z] for x in (0.0, 1.0) for y in (0.0, 1.0) for z in (0.0, 1.0)]) - 0.5
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    triangles = [(a, b, c) for a, b, c, _ in faces] + [(a, c, d) for a, _, c, d in faces]
    cube = Surface(vertices_mm=_SIDE_MM * corners, triangles=np.array(triangles, dtype=np.int32))
    through, above = (
        CutPlane.of(
            key="warm",
            name="Warm",
            center_mm=[0.0, 0.0, height_mm],
            kept_normal=[0.0, 0.0, 1.0],
            along=[1.0, 0.0, 0.0],
            width_mm=100.0,
            height_mm=100.0,
        )
        for height_mm in (1.0, _ABOVE_MM)
    )
    line, apart = cut_line(cube, through), clearance(cube, above)
    corners_of_line = len(thinned(line.runs_mm, 10)[0])
    return (
        abs(line.area_mm2 - _SIDE_MM**2) < 1e-6
        and abs(apart.least_mm - (_ABOVE_MM - 0.5 * _SIDE_MM)) < 1e-6
        and abs(apart.mean_mm - _ABOVE_MM) < 1e-6
        and corners_of_line <= 6
    )
