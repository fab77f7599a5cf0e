"""The sacrum: a curved wedge with canal and four pairs of foramina, and the way of the roots through it.

It is drawn straight and then bent: `x` to the left, `s` down along the vertebral bodies from the upper
endplate of S1, `t` backwards across them, all mm. The bend is a circle in the sagittal plane, so the way
between the straight and the pelvis frame (see `bones`) is exact both ways.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.sim.bones import smooth_maximum
from orview.sim.curves import spline, tube_points
from orview.sim.shapes import Blend, Box, Ellipsoid, Floats, Shape, Tube, Without

LENGTH_MM = 118.0
FORAMEN_S_MM = (27.0, 50.0, 71.0, 90.0)
_FORAMEN_X_MM = (17.0, 15.5, 14.0, 12.0)
_FRONT_RADIUS_MM = (6.2, 5.4, 4.6, 4.0)
_BACK_RADIUS_MM = (4.0, 3.6, 3.2, 2.8)


def _table(*nodes: tuple[float, ...]) -> NDArray[np.float64]:
    return spline(np.array(nodes, dtype=np.float64), steps=6)


_WIDTH = _table(
    (-12, 52), (0, 54), (12, 57), (28, 54), (45, 46), (58, 39), (75, 31), (92, 25), (106, 17), (118, 9), (126, 5)
)
_FRONT = _table((-12, 18), (0, 17.5), (25, 14), (50, 11), (75, 9), (100, 7), (126, 5))
_RECEDE = _table((-12, 19), (0, 18), (20, 12), (40, 6), (75, 3.5), (126, 1))
_BACK = _table((-12, 33), (0, 33), (20, 32), (50, 26), (75, 20.5), (100, 14), (126, 7))
_CANAL = _table(
    (-14, 23.5, 8.8), (0, 23, 8.8), (25, 21.5, 8.0), (50, 17, 6.7), (75, 12.5, 5.6), (98, 9, 4.7), (122, 8.5, 4.2)
)
"""s, then half the width, how far the front lies before the bodies, and so on; the canal's t and radius."""

# Where each root lies in the canal (x on the left side, t before or behind its axis) and its radius.
_ROOT_LANE = ((6.0, -1.9), (5.2, 2.4), (2.2, -3.6), (2.2, 0.3), (1.9, 4.6))
_ROOT_RADIUS_MM = (1.75, 1.7, 1.5, 1.25, 1.1)


@dataclass(frozen=True)
class Bend:
    """The circle that bends the straight sacrum.

    Attributes:
        slope_rad: how far the axis leans backwards at the upper endplate of S1 (sacral slope).
        kyphosis_rad: how far it turns forwards again down to the tip.
        start_y_mm, start_z_mm: centre of the upper endplate, pelvis frame.
    """

    slope_rad: float
    kyphosis_rad: float
    start_y_mm: float = 58.0
    start_z_mm: float = 80.0

    @property
    def radius_mm(self) -> float:
        """Radius of the circle."""
        return LENGTH_MM / self.kyphosis_rad

    @property
    def centre_mm(self) -> tuple[float, float]:
        """Centre (y, z) of the circle."""
        return (
            self.start_y_mm - self.radius_mm * math.cos(self.slope_rad),
            self.start_z_mm - self.radius_mm * math.sin(self.slope_rad),
        )

    def straightened(self, y: Floats, z: Floats) -> tuple[Floats, Floats]:
        """Return (t, s) of points (y, z)."""
        dy, dz = y - self.centre_mm[0], z - self.centre_mm[1]
        return np.sqrt(dy * dy + dz * dz) - self.radius_mm, self.radius_mm * (self.slope_rad - np.arctan2(dz, dy))

    def bent(self, straight_mm: ArrayLike) -> NDArray[np.float64]:
        """Return points (..., 3) of the pelvis frame for points (x, t, s)."""
        points = np.asarray(straight_mm, dtype=np.float64)
        angle = self.slope_rad - points[..., 2] / self.radius_mm
        reach = self.radius_mm + points[..., 1]
        y, z = self.centre_mm[0] + reach * np.cos(angle), self.centre_mm[1] + reach * np.sin(angle)
        return np.stack([points[..., 0], y, z], axis=-1)


def sacrum(bend: Bend) -> Shape:
    """Return the sacrum."""
    bumps: list[Shape] = []
    for s, size in ((14.0, 8.0), (37.0, 7.5), (59.0, 6.5), (79.0, 5.5)):
        y, z = bend.bent((0.0, _at(_BACK, s) + 0.5, s))[1:]
        bumps.append(Ellipsoid((0.0, float(y), float(z)), (3.6, size, size)))
    for side in (-1.0, 1.0):
        facet = bend.bent([(side * 21.0, 22.0, 6.0), (side * 20.0, 27.0, -5.0)])
        bumps.append(Tube(facet, np.array([7.0, 5.5])))
        horn = bend.bent([(side * 8.0, 13.0, 98.0), (side * 6.5, 11.0, 112.0)])
        bumps.append(Tube(horn, np.array([4.0, 2.8])))
    solid = Blend([_Body(bend), *bumps], blend_mm=5.0)
    return Without(solid, [_canal(bend), *foramina(bend)], blend_mm=2.0)


def foramina(bend: Bend) -> list[Tube]:
    """Return the eight tunnels from the canal to the front and back surfaces, left before right, S1 to S4."""
    tunnels = []
    for n, s in enumerate(FORAMEN_S_MM):
        canal_t = _at(_CANAL, s)
        front_t, back_t = -_at(_FRONT, s), _at(_BACK, s)
        x, wide, narrow = _FORAMEN_X_MM[n], _FRONT_RADIUS_MM[n], _BACK_RADIUS_MM[n]
        for side in (1.0, -1.0):
            front = [
                (side * 5.0, canal_t, s - 7.0, narrow),
                (side * (x - 2.0), 0.5 * canal_t, s - 1.5, 0.5 * (wide + narrow)),
                (side * (x + 1.5), front_t - 4.0, s + 1.5, wide + 0.8),
            ]
            back = [(side * x, 0.4 * canal_t, s, narrow), (side * (x + 2.5), back_t + 3.0, s + 1.0, narrow + 0.5)]
            # One tube, down one tunnel and up the other: they share the root's way through the middle.
            nodes = np.array([*front, *back])
            tunnels.append(Tube(bend.bent(nodes[[0, 1, 2, 1, 3, 4], :3]), nodes[[0, 1, 2, 1, 3, 4], 3]))
    return tunnels


def root(bend: Bend, number: int, *, side: float) -> Tube:
    """Return nerve root S`number` (1 to 5), side +1 left or -1 right: through the canal, its foramen, and on."""
    lane_x, lane_t = _ROOT_LANE[number - 1]
    radius = _ROOT_RADIUS_MM[number - 1]

    def in_canal(s: float) -> tuple[float, float, float]:
        t, room = _at(_CANAL, s), _at(_CANAL, s, column=2)
        # Lower down the canal is narrower but fewer roots are left in it.
        shrink = min(1.0, max(0.6, (room - 0.3) / 8.2))
        return side * lane_x * shrink, t + lane_t * shrink, s

    if number < 5:
        s = FORAMEN_S_MM[number - 1]
        x = _FORAMEN_X_MM[number - 1]
        canal_t = _at(_CANAL, s)
        front_t = -_at(_FRONT, s)
        inside = [in_canal(v) for v in np.linspace(-8.0, s - 12.0, number + 1)]
        through = [(side * (x - 3.0), 0.5 * canal_t, s - 2.0), (side * (x + 1.0), front_t, s + 1.5)]
        straight = bend.bent([*inside, *through])
        beyond = {
            1: [(30, 57, 36), (46, 62, 18), (62, 62, 2)],
            2: [(28, 68, 22), (44, 69, 8), (60, 68, -6)],
            3: [(26, 75, 4), (40, 73, -6), (56, 70, -16)],
            4: [(18, 78, -14), (28, 70, -28), (38, 58, -42)],
        }[number]
    else:
        inside = [in_canal(v) for v in np.linspace(-8.0, 96.0, 6)]
        straight = bend.bent([*inside, (side * 5.5, 9.0, 112.0), (side * 9.0, 2.0, 122.0)])
        beyond = [(13, 79, -42), (21, 66, -52)]
    nodes = np.vstack([straight, [(side * x, y, z) for x, y, z in beyond]])
    points = tube_points(np.column_stack([nodes, np.full(len(nodes), radius)]), spacing_mm=2.5)
    return Tube(points[:, :3], points[:, 3])


def _at(table: NDArray[np.float64], s: float, *, column: int = 1) -> float:
    return float(np.interp(s, table[:, 0], table[:, column]))


def _canal(bend: Bend) -> Tube:
    points = bend.bent(np.column_stack([np.zeros(len(_CANAL)), _CANAL[:, 1], _CANAL[:, 0]]))
    return Tube(points, _CANAL[:, 2])


@dataclass(frozen=True, eq=False)
class _Body:
    """The wedge with its wings, before canal and foramina."""

    bend: Bend

    @property
    def box(self) -> Box:
        outline = [
            (x, t, s) for x in (-58.0, 58.0) for t in (-20.0, 36.0) for s in np.linspace(-4.0, LENGTH_MM + 2.0, 12)
        ]
        return Box.around(self.bend.bent(outline), 2.0)

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        t, s = self.bend.straightened(y, z)
        side = np.abs(x)
        kind = np.result_type(x, y, z)
        half, front, recede, back = (
            np.interp(s, table[:, 0], table[:, 1]).astype(kind) for table in (_WIDTH, _FRONT, _RECEDE, _BACK)
        )
        ridges = sum(np.exp(-(((s - at) / 2.2) ** 2)) for at in (29.0, 52.0, 73.0, 92.0))
        middle = np.exp(-((side / 13.0) ** 4))
        outward = np.clip((side - 19.0) / 34.0, 0.0, 1.5)
        front_t = recede * np.sin(0.5 * np.pi * np.minimum(outward, 1.0)) - front - 1.3 * ridges * middle
        back_t = back * (1.0 - 0.32 * np.minimum(side / half, 1.0) ** 1.6)
        # The wings begin lower the farther out; the roof of the canal begins lower than the bodies.
        roof = np.clip((t - 16.0) / 8.0, 0.0, 1.0) * np.exp(-((side / 17.0) ** 4))
        top_s = 0.30 * np.maximum(side - 24.0, 0.0) + 9.0 * roof
        return smooth_maximum([front_t - t, t - back_t, side - half, top_s - s, s - LENGTH_MM], 6.0)
