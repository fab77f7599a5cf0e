"""Solid shapes as signed distances: negative inside, positive outside, in mm.

Coordinates come as three arrays that broadcast against one another, so that one function serves a list
of points and an open grid of axes. Each shape says in which box it lies; a grid is evaluated only there.
Combinations of shapes are exact on their surface and a bound away from it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import ContractError

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Box:
    """An axis-aligned box, two corners (3,) mm."""

    low_mm: NDArray[np.float64]
    high_mm: NDArray[np.float64]

    @classmethod
    def around(cls, points_mm: ArrayLike, reach_mm: float | NDArray[np.float64] = 0.0) -> "Box":
        """Return the box of points (N, 3), grown by `reach_mm` (one number, or one per point)."""
        points = np.asarray(points_mm, dtype=np.float64)
        reach = np.broadcast_to(np.asarray(reach_mm, dtype=np.float64), points.shape[:1])[:, None]
        return cls((points - reach).min(axis=0), (points + reach).max(axis=0))

    @classmethod
    def of(cls, boxes: Sequence["Box"]) -> "Box":
        """Return the smallest box that holds all `boxes`."""
        return cls(np.min([box.low_mm for box in boxes], axis=0), np.max([box.high_mm for box in boxes], axis=0))

    def grown(self, reach_mm: float) -> "Box":
        """Return the box with every face moved outwards by `reach_mm`."""
        return Box(self.low_mm - reach_mm, self.high_mm + reach_mm)


class Shape(Protocol):
    """A solid."""

    @property
    def box(self) -> Box:
        """Where the solid lies."""
        ...

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the signed distance, mm, of the points (x, y, z), mm."""
        ...


def distance_at(shape: Shape, points_mm: ArrayLike) -> NDArray[np.float64]:
    """Return the signed distance (...), mm, of points (..., 3), mm."""
    points = np.asarray(points_mm, dtype=np.float64)
    x, y, z = points.reshape(-1, 3).T
    return np.asarray(shape.distance_mm(x, y, z), dtype=np.float64).reshape(points.shape[:-1])


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """An ellipsoid along the axes; the distance is first-order exact at the surface (Quilez 2008)."""

    centre_mm: tuple[float, float, float]
    radii_mm: tuple[float, float, float]

    @property
    def box(self) -> Box:
        """Where the solid lies."""
        return Box(np.subtract(self.centre_mm, self.radii_mm), np.add(self.centre_mm, self.radii_mm))

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the signed distance, mm."""
        offsets = [value - centre for value, centre in zip((x, y, z), self.centre_mm, strict=True)]
        near = np.sqrt(sum((offset / radius) ** 2 for offset, radius in zip(offsets, self.radii_mm, strict=True)))
        steep = np.sqrt(sum((offset / radius**2) ** 2 for offset, radius in zip(offsets, self.radii_mm, strict=True)))
        at_centre = steep < 1e-9
        distance = near * (near - 1.0) / np.where(at_centre, 1.0, steep)
        return np.asarray(np.where(at_centre, -min(self.radii_mm), distance))


@dataclass(frozen=True, eq=False)
class Tube:
    """A polyline (N, 3) mm with a radius (N,) mm at each point, linear in between, round at its ends."""

    points_mm: NDArray[np.float64]
    radii_mm: NDArray[np.float64]

    @classmethod
    def through(cls, *nodes: tuple[float, float, float, float]) -> "Tube":
        """Build from nodes (x, y, z, radius), mm, joined by straight lines."""
        values = np.array(nodes, dtype=np.float64)
        return cls(values[:, :3], values[:, 3])

    @property
    def box(self) -> Box:
        """Where the solid lies."""
        return Box.around(self.points_mm, self.radii_mm)

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the signed distance, mm."""
        segments = [
            _Segment(self.points_mm[n], self.points_mm[n + 1], self.radii_mm[n], self.radii_mm[n + 1])
            for n in range(len(self.points_mm) - 1)
        ]
        return Blend(segments).distance_mm(x, y, z)


@dataclass(frozen=True, eq=False)
class _Segment:
    start_mm: NDArray[np.float64]
    end_mm: NDArray[np.float64]
    start_radius_mm: float
    end_radius_mm: float

    @property
    def box(self) -> Box:
        return Box.around([self.start_mm, self.end_mm], np.array([self.start_radius_mm, self.end_radius_mm]))

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        ax, ay, az = (float(value) for value in self.end_mm - self.start_mm)
        px, py, pz = (value - float(start) for value, start in zip((x, y, z), self.start_mm, strict=True))
        length2 = max(ax * ax + ay * ay + az * az, 1e-12)
        dot = px * ax + py * ay + pz * az
        h = np.clip(dot * (1.0 / length2), 0.0, 1.0)
        # |p - h a|^2 multiplied out: on an open grid the squares of the axes cost next to nothing.
        gap = px * px + py * py + pz * pz + h * (h * length2 - 2.0 * dot)
        gap = np.sqrt(np.maximum(gap, 0.0))
        slope = float(self.end_radius_mm - self.start_radius_mm)
        return np.asarray(gap - (float(self.start_radius_mm) + slope * h))


@dataclass(frozen=True, eq=False)
class _Facet:
    """A triangle (3, 3) mm with half a thickness (3,) mm at each corner; endless distance beyond its edges."""

    corners_mm: NDArray[np.float64]
    radii_mm: NDArray[np.float64]

    @property
    def box(self) -> Box:
        return Box.around(self.corners_mm, self.radii_mm)

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        a, b, c = self.corners_mm
        normal = np.cross(b - a, c - a)
        area2 = float(normal @ normal)
        px, py, pz = (value - float(start) for value, start in zip((x, y, z), a, strict=True))
        # Barycentric weights of b and c: linear functions of the point, so one dot product each.
        to_b, to_c = np.cross(c - a, normal) / area2, np.cross(normal, b - a) / area2
        v = px * float(to_b[0]) + py * float(to_b[1]) + pz * float(to_b[2])
        w = px * float(to_c[0]) + py * float(to_c[1]) + pz * float(to_c[2])
        unit = normal / np.sqrt(area2)
        height = np.abs(px * float(unit[0]) + py * float(unit[1]) + pz * float(unit[2]))
        ra, rb, rc = (float(radius) for radius in self.radii_mm)
        inside = (v >= 0) & (w >= 0) & (v + w <= 1)
        return np.asarray(np.where(inside, height - (ra + (rb - ra) * v + (rc - ra) * w), np.inf))


def sheet(vertices: NDArray[np.float64], triangles: Iterable[tuple[int, int, int]]) -> "Blend":
    """Return a sheet of triangles over vertices (N, 4): x, y, z and half the thickness there, mm; its rim is round."""
    parts: list[Shape] = []
    edges: set[tuple[int, int]] = set()
    for triangle in triangles:
        corners = vertices[list(triangle)]
        parts.append(_Facet(corners[:, :3], corners[:, 3]))
        edges |= {(min(pair), max(pair)) for pair in zip(triangle, (*triangle[1:], triangle[0]), strict=True)}
    for first, second in sorted(edges):
        a, b = vertices[first], vertices[second]
        parts.append(_Segment(a[:3], b[:3], float(a[3]), float(b[3])))
    return Blend(parts)


@dataclass(frozen=True, eq=False)
class Blend:
    """The union of `parts`, with fillets of about `blend_mm` where they meet (polynomial smooth minimum, Quilez 2013).

    On an open grid a part is not evaluated farther than `REACH_MM` from its box: the distance there is
    merely large.
    """

    parts: Sequence[Shape]
    blend_mm: float = 0.0
    box: Box = field(init=False)

    REACH_MM = 12.0
    FAR_MM = 1000.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.blend_mm < self.REACH_MM:
            raise ContractError(f"A fillet is between 0 and {self.REACH_MM} mm.")
        object.__setattr__(self, "box", Box.of([part.box for part in self.parts]).grown(0.25 * self.blend_mm))

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the signed distance, mm."""
        shape = np.broadcast_shapes(x.shape, y.shape, z.shape)
        out = np.full(shape, self.FAR_MM, dtype=np.result_type(x, y, z))
        for part in self.parts:
            where = window(part.box.grown(self.REACH_MM), x, y, z)
            if where is None:
                continue
            view = out[where]
            near = part.distance_mm(*(axis[_own(where, axis)] for axis in (x, y, z)))
            if self.blend_mm > 0.0:
                overlap = np.maximum(self.blend_mm - np.abs(view - near), 0.0)
                view[...] = np.minimum(view, near) - overlap * overlap * (0.25 / self.blend_mm)
            else:
                np.minimum(view, near, out=view)
        return out


@dataclass(frozen=True, eq=False)
class Without:
    """`solid` less what lies within `gap_mm` of any of `holes`, the rim rounded over `blend_mm`."""

    solid: Shape
    holes: Sequence[Shape]
    gap_mm: float = 0.0
    blend_mm: float = 0.0

    @property
    def box(self) -> Box:
        """Where the solid lies."""
        return self.solid.box

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the signed distance, mm."""
        distance = np.array(
            np.broadcast_to(self.solid.distance_mm(x, y, z), np.broadcast_shapes(x.shape, y.shape, z.shape))
        )
        for hole in self.holes:
            where = window(hole.box.grown(self.gap_mm + self.blend_mm + 1.0), x, y, z)
            if where is None:
                continue
            view = distance[where]
            cut = self.gap_mm - hole.distance_mm(*(axis[_own(where, axis)] for axis in (x, y, z)))
            if self.blend_mm > 0.0:
                overlap = np.maximum(self.blend_mm - np.abs(view - cut), 0.0)
                view[...] = np.maximum(view, cut) + overlap * overlap * (0.25 / self.blend_mm)
            else:
                np.maximum(view, cut, out=view)
        return distance


@dataclass(frozen=True, eq=False)
class Mirrored:
    """`solid` reflected in the plane x = 0."""

    solid: Shape

    @property
    def box(self) -> Box:
        """Where the solid lies."""
        low, high = self.solid.box.low_mm.copy(), self.solid.box.high_mm.copy()
        low[0], high[0] = -self.solid.box.high_mm[0], -self.solid.box.low_mm[0]
        return Box(low, high)

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the signed distance, mm."""
        return self.solid.distance_mm(-x, y, z)


@dataclass(frozen=True, eq=False)
class Placed:
    """`solid` made `scale` times as large about its origin, which then moves to `origin_mm`."""

    solid: Shape
    scale: float
    origin_mm: NDArray[np.float64]

    @property
    def box(self) -> Box:
        """Where the solid lies."""
        return Box(
            self.solid.box.low_mm * self.scale + self.origin_mm, self.solid.box.high_mm * self.scale + self.origin_mm
        )

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the signed distance, mm."""
        local = [(value - float(start)) / self.scale for value, start in zip((x, y, z), self.origin_mm, strict=True)]
        return np.asarray(self.solid.distance_mm(*local) * self.scale)


def window(box: Box, x: Floats, y: Floats, z: Floats) -> tuple[slice, ...] | None:
    """Return where the points of `box` lie in the broadcast of an open grid, None where there are none.

    An open grid is x (1, 1, i), y (1, j, 1), z (k, 1, 1), each rising or falling. Anything else (lists of
    points) is not cut: the answer is then the whole of it.
    """
    axes = (x, y, z)
    if not is_open_grid(x, y, z):
        return (slice(None),) * len(np.broadcast_shapes(x.shape, y.shape, z.shape))
    slices: list[slice] = []
    for axis, low, high in zip(axes, box.low_mm, box.high_mm, strict=True):
        inside = np.flatnonzero((axis.ravel() >= low) & (axis.ravel() <= high))
        if inside.size == 0:
            return None
        slices.append(slice(int(inside[0]), int(inside[-1]) + 1))
    return slices[2], slices[1], slices[0]


def is_open_grid(x: Floats, y: Floats, z: Floats) -> bool:
    """Say whether three arrays are the axes of a grid [k, j, i]."""
    return (
        x.ndim == y.ndim == z.ndim == 3
        and x.shape[:2] == (1, 1)
        and (y.shape[0], y.shape[2]) == (1, 1)
        and z.shape[1:] == (1, 1)
    )


def _own(where: tuple[slice, ...], axis: Floats) -> tuple[slice, ...]:
    """Cut one axis of an open grid by its own slice: the directions it only broadcasts over stay whole."""
    return tuple(part if size > 1 else slice(None) for part, size in zip(where, axis.shape, strict=True))
