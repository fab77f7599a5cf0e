"""A piece of a back under a board: trunk, bone and vessel, the board's plate, and places that keep apart."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.sim.scanner import Solid
from orview.sim.shapes import Box, Floats, Tube

SIZE_MM = (130.0, 104.0, 112.0)
SKIN_Y_MM = 48.0
BODY_RADIUS_MM = 150.0
CLEAR_MM = 13.0
"""Between the centre of a bead and any other bead or decoy."""


@dataclass(frozen=True, eq=False)
class Cylinder:
    """A round bar with flat ends, from one point (3,) mm to another."""

    start_mm: NDArray[np.float64]
    end_mm: NDArray[np.float64]
    radius_mm: float

    @property
    def box(self) -> Box:
        """Where the solid lies."""
        return Box.around([self.start_mm, self.end_mm], self.radius_mm)

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the signed distance, mm."""
        middle = 0.5 * (self.start_mm + self.end_mm)
        axis = self.end_mm - self.start_mm
        length = float(np.linalg.norm(axis))
        px, py, pz = (value - float(m) for value, m in zip((x, y, z), middle, strict=True))
        ax, ay, az = (float(value) / length for value in axis)
        along = px * ax + py * ay + pz * az
        around = np.sqrt(np.maximum(px * px + py * py + pz * pz - along * along, 0.0)) - self.radius_mm
        beyond = np.abs(along) - 0.5 * length
        outside = np.hypot(np.maximum(around, 0.0), np.maximum(beyond, 0.0))
        return np.asarray(outside + np.minimum(np.maximum(around, beyond), 0.0))


class Places:
    """Draws places that keep apart from all drawn before."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._taken: list[NDArray[np.float64]] = []

    def draw(
        self, place: Callable[[float, float], NDArray[np.float64]], *, clear_mm: float = CLEAR_MM
    ) -> NDArray[np.float64]:
        """Return a place (3,) mm over some (x, z) of the skin; of crowded ones, the last that was tried."""
        for _ in range(400):
            drawn = place(self._rng.uniform(14.0, SIZE_MM[0] - 14.0), self._rng.uniform(14.0, SIZE_MM[2] - 14.0))
            if self.room_mm(drawn, drawn) > clear_mm:
                break
        self._taken.append(drawn)
        return drawn

    def room_mm(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> float:
        """Return how near the line from (3,) to (3,) mm comes to the places drawn before, less its own start."""
        others = [place for place in self._taken if place is not start]
        return min((_apart_mm(place, start, end) for place in others), default=math.inf)


def _apart_mm(place: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]) -> float:
    along = end - start
    part = float(np.clip((place - start) @ along / max(float(along @ along), 1e-12), 0.0, 1.0))
    return float(np.linalg.norm(place - start - part * along))


def skin_y(x: float) -> float:
    """Return where the skin is."""
    beside = x - 0.5 * SIZE_MM[0]
    return SKIN_Y_MM - BODY_RADIUS_MM + math.sqrt(BODY_RADIUS_MM**2 - beside**2)


def back_solids(rng: np.random.Generator) -> list[Solid]:
    """Return skin, fat, muscle, a vessel, spine and rib, to be laid over one another."""
    middle = 0.5 * SIZE_MM[0]

    def trunk(inset_mm: float, hu: float) -> Solid:
        return Solid(shape=_Trunk(BODY_RADIUS_MM - inset_mm), hu=hu)

    spine = Tube.through((middle, 6.0, -60.0, 15.0), (middle + rng.uniform(-8, 8), 10.0, 180.0, 15.0))
    rib = Tube.through((8.0, 18.0, rng.uniform(10, 90), 4.5), (55.0, 26.0, rng.uniform(10, 90), 4.5))
    vessel = Tube.through((100.0, 12.0, -40.0, 5.0), (rng.uniform(92, 108), 16.0, 160.0, 4.0))
    return [
        trunk(0.0, 30.0),
        trunk(2.0, -95.0),
        trunk(12.0, 55.0),
        Solid(shape=vessel, hu=rng.uniform(45.0, 350.0)),
        Solid(shape=spine, hu=230.0, shell_hu=1250.0, shell_mm=2.2),
        Solid(shape=rib, hu=300.0, shell_hu=1400.0, shell_mm=1.6),
    ]


def draw_plate(rng: np.random.Generator) -> tuple[Callable[[float, float], float], list[Solid]]:
    """Return the height y of the plate's underside over (x, z), and the plate."""
    height = SKIN_Y_MM + rng.uniform(26.0, 36.0)
    lean_x, lean_z = rng.uniform(-0.06, 0.06, 2)

    def underside(x: float, z: float) -> float:
        return float(height + lean_x * (x - 0.5 * SIZE_MM[0]) + lean_z * (z - 0.5 * SIZE_MM[2]))

    corners = np.array(
        [(x, underside(x, z) + 2.0, z) for x in (6.0, SIZE_MM[0] - 6.0) for z in (6.0, SIZE_MM[2] - 6.0)]
    )
    return underside, [Solid(shape=_Plate(corners, underside), hu=rng.uniform(-20.0, 180.0), detail=False)]


@dataclass(frozen=True, eq=False)
class _Trunk:
    """A round trunk along the table."""

    radius_mm: float

    @property
    def box(self) -> Box:
        return Box.around([(0.5 * SIZE_MM[0], SKIN_Y_MM - BODY_RADIUS_MM, 0.5 * SIZE_MM[2])], self.radius_mm)

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        from_axis = np.hypot(x - 0.5 * SIZE_MM[0], y - (SKIN_Y_MM - BODY_RADIUS_MM))
        return np.asarray(from_axis - self.radius_mm + np.zeros_like(z))


@dataclass(frozen=True, eq=False)
class _Plate:
    """A lean plate 4 mm thick over its underside."""

    corners_mm: NDArray[np.float64]
    underside: Callable[[float, float], float]

    @property
    def box(self) -> Box:
        return Box.around(self.corners_mm, 2.2)

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        low, high = self.corners_mm.min(axis=0), self.corners_mm.max(axis=0)
        origin = self.underside(0.0, 0.0)
        lean_x, lean_z = self.underside(1.0, 0.0) - origin, self.underside(0.0, 1.0) - origin
        out_y = np.abs(y - (origin + 2.0) - lean_x * x - lean_z * z) - 2.0
        out_x = np.maximum(float(low[0]) - x, x - float(high[0]))
        out_z = np.maximum(float(low[2]) - z, z - float(high[2]))
        return np.asarray(np.maximum(np.maximum(out_x, out_z), out_y))
