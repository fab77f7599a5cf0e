"""Hip bone, femur and lumbar vertebra as solids in the pelvis frame.

Pelvis frame: patient axes (+x left, +y posterior, +z superior), mm, origin midway between the hip joints.
The landmarks are those of an adult pelvis standing upright (ASIS and symphysis in one coronal plane).
Left-sided bones are drawn; the right ones are their mirror images with landmarks of their own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.sim.curves import spline, spline_grid
from orview.sim.shapes import Blend, Box, Ellipsoid, Floats, Shape, Tube, Without, sheet

HIP_JOINT_MM = (88.0, 0.0, 0.0)
FEMORAL_HEAD_RADIUS_MM = 23.5
JOINT_GAP_MM = 2.5

# Rows from the root of the wing up to the crest, columns from front to back: x, y, z, half thickness.
_WING = np.array(
    [
        [(103, -37, 33, 9), (96, -13, 27, 12), (84, 16, 28, 12), (72, 42, 38, 9), (60, 66, 47, 8), (49, 88, 47, 7)],
        [(111, -44, 52, 6.5), (117, -15, 76, 4), (114, 16, 82, 3), (97, 46, 81, 4), (72, 76, 76, 8), (48, 100, 61, 8)],
        [
            (122, -53, 72, 8),
            (139, -22, 108, 7.5),
            (135, 12, 127, 6),
            (115, 45, 124, 6),
            (84, 78, 106, 7),
            (47, 103, 78, 8.5),
        ],
    ],
    dtype=np.float64,
)

LANDMARKS_LEFT_MM = {
    "asis": (122.0, -53.0, 72.0),
    "psis": (47.0, 104.0, 77.0),
    "hip_joint": HIP_JOINT_MM,
    "pubic_tubercle": (26.0, -50.0, -14.0),
    "ischial_tuberosity": (60.0, 36.0, -68.0),
}
"""Centres of what can be felt under the skin, left side; the right ones are mirrored."""


def hip_bone(wobble_mm: NDArray[np.float64]) -> Shape:
    """Return the left hip bone; `wobble_mm` (3, 6, 3) moves the control points of its wing."""
    control = _WING.copy()
    control[..., :3] += wobble_mm
    vertices = spline_grid(control, steps=(5, 3))
    rows, columns = vertices.shape[:2]
    corners = np.arange(rows * columns).reshape(rows, columns)
    quads = zip(corners[:-1, :-1].flat, corners[:-1, 1:].flat, corners[1:, 1:].flat, corners[1:, :-1].flat, strict=True)
    wing = sheet(vertices.reshape(-1, 4), [triangle for a, b, c, d in quads for triangle in ((a, b, c), (a, c, d))])
    struts = [
        # posterior column, ischium and its spine
        _smooth((74, 42, 36, 9), (79, 34, 8, 12), (78, 26, -20, 13), (70, 32, -42, 12), (61, 36, -66, 13)),
        Tube.through((74, 38, -4, 9), (53, 54, -9, 2.5)),
        # ramus of the ischium and of the pubis, and the pubic body
        _smooth((61, 34, -70, 12), (48, 18, -73, 8), (30, -8, -66, 7), (14, -31, -52, 8)),
        _smooth((82, -20, 8, 13), (58, -40, 2, 9), (30, -50, -12, 8.5), (12, -46, -22, 8.5), (11.5, -38, -46, 8)),
    ]
    pubis = sheet(np.array([(28, -47, -17, 7), (12, -45, -24, 7.5), (13, -36, -48, 7)], dtype=np.float64), [(0, 1, 2)])
    solid = Blend([wing, _Cup(), *struts, pubis], blend_mm=8.0)
    return Without(solid, [Ellipsoid(HIP_JOINT_MM, (FEMORAL_HEAD_RADIUS_MM + JOINT_GAP_MM,) * 3)], blend_mm=2.0)


def femur() -> Shape:
    """Return the upper end of the left femur."""
    return Blend(
        [
            Ellipsoid(HIP_JOINT_MM, (FEMORAL_HEAD_RADIUS_MM,) * 3),
            Tube.through((*HIP_JOINT_MM, 14), (124, 4, -30, 15)),
            Tube.through((133, 8, -6, 11), (131, 6, -34, 16), (122, 4, -75, 15), (118, 2, -140, 13.5)),
            Tube.through((118, 20, -62, 10), (114, 24, -68, 7)),
        ],
        blend_mm=8.0,
    )


def _smooth(*nodes: tuple[float, float, float, float]) -> Tube:
    values = spline(np.array(nodes, dtype=np.float64), steps=4)
    return Tube(values[:, :3], values[:, 3])


@dataclass(frozen=True, eq=False)
class _Cup:
    """The acetabulum before the joint is hollowed out: a ball cut off on the side the femur comes from."""

    radius_mm: float = 33.0
    opening: tuple[float, float, float] = (0.78, -0.30, -0.55)
    rim_mm: float = 6.0

    @property
    def box(self) -> Box:
        return Box.around([HIP_JOINT_MM], self.radius_mm)

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        dx, dy, dz = (value - centre for value, centre in zip((x, y, z), HIP_JOINT_MM, strict=True))
        ball = np.sqrt(dx * dx + dy * dy + dz * dz) - self.radius_mm
        length = math.sqrt(sum(value * value for value in self.opening))
        nx, ny, nz = (value / length for value in self.opening)
        return smooth_maximum([ball, dx * nx + dy * ny + dz * nz - self.rim_mm], 5.0)


@dataclass(frozen=True, eq=False)
class Vertebra:
    """A lumbar vertebra whose body is centred at (0, centre_y, centre_z), leaning forwards by `lean_rad`."""

    centre_y_mm: float
    centre_z_mm: float
    lean_rad: float
    half_width_mm: float = 25.0
    half_depth_mm: float = 17.0
    half_height_mm: float = 13.5

    @property
    def box(self) -> Box:
        """Where the solid lies."""
        centre = (0.0, self.centre_y_mm, self.centre_z_mm)
        return Box(np.subtract(centre, (52.0, 30.0, 48.0)), np.add(centre, (52.0, 66.0, 48.0)))

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the signed distance, mm."""
        cosine, sine = math.cos(self.lean_rad), math.sin(self.lean_rad)
        dy, dz = y - self.centre_y_mm, z - self.centre_z_mm
        back, up = dy * cosine + dz * sine, dz * cosine - dy * sine
        side = np.abs(x)
        waist = 1.0 - 0.09 * (1.0 - np.minimum((up / self.half_height_mm) ** 2, 1.0))
        rx, ry = self.half_width_mm * waist, self.half_depth_mm * waist
        near = np.sqrt((side / rx) ** 2 + (back / ry) ** 2)
        steep = np.sqrt((side / rx**2) ** 2 + (back / ry**2) ** 2)
        wall = np.where(near > 1e-3, near * (near - 1.0) / np.maximum(steep, 1e-6), -ry)
        body = smooth_maximum([wall, np.abs(up) - self.half_height_mm], 5.0)
        arch = Blend(
            [
                Tube.through((14, 12, 4, 5.5), (17, 26, 4, 5)),
                Tube.through((17, 27, 3, 4.5), (0, 38, -4, 3.5), (0, 56, -9, 4)),
                Tube.through((17, 23, 5, 4.5), (42, 25, 9, 4)),
                Tube.through((17, 27, 14, 5), (17, 30, -4, 5), (18, 32, -15, 5)),
            ],
            blend_mm=4.0,
        )
        return smooth_minimum(body, arch.distance_mm(side, back, up), 4.0)


def smooth_minimum(a: Floats, b: Floats, blend_mm: float) -> Floats:
    """Return the smaller of two distances with a fillet (polynomial smooth minimum, Quilez 2013)."""
    overlap = np.maximum(blend_mm - np.abs(a - b), 0.0)
    return np.asarray(np.minimum(a, b) - overlap * overlap * (0.25 / blend_mm))


def smooth_maximum(distances: Sequence[Floats], blend_mm: float) -> Floats:
    """Return the largest of several distances with rounded edges."""
    result = distances[0]
    for other in distances[1:]:
        result = -smooth_minimum(-result, -other, blend_mm)
    return result
