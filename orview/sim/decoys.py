"""What is bright and small in a CT and no bead: bolts, electrode snaps, calcifications, screws, rods and wires."""

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from orview.sim.back import SIZE_MM, Cylinder, Places, skin_y
from orview.sim.scanner import Solid
from orview.sim.shapes import Ellipsoid, Shape, Tube

CAP_MM, FOAM_MM = 6.0, 8.0
"""From the centre of a bead to the edge of the plastic, or of the foam, that holds it: no other body is there."""

PAD_MM, SMALLEST_PAD_MM = 15.0, 5.0
"""Radius of an electrode's pad of foam."""

_TRIES = 400


class Decoy(StrEnum):
    """What is bright and small and no bead."""

    BOLT = "bolt"
    SNAP = "snap"
    CALCIFICATION = "calcification"
    SCREW = "screw"
    ROD = "rod"
    WIRE = "wire"


Drawn = tuple[NDArray[np.float64], list[Solid]]


def draw_decoys(
    rng: np.random.Generator, places: Places
) -> tuple[list[tuple[Decoy, NDArray[np.float64]]], list[Solid]]:
    """Draw decoys that keep apart from what has its place: kinds with a place (3,) mm, and solids."""
    kinds = (
        *[Decoy.BOLT] * int(rng.integers(1, 4)),
        *[Decoy.SNAP] * int(rng.integers(1, 4)),
        *[Decoy.CALCIFICATION] * int(rng.integers(3, 9)),
        *[Decoy.SCREW] * int(rng.random() < 0.6),
        *[Decoy.ROD] * int(rng.random() < 0.3),
        *[Decoy.WIRE] * int(rng.random() < 0.5),
    )
    found, solids = [], []
    for kind in kinds:
        place, parts = _DRAW[kind](rng, places)
        found.append((kind, place))
        solids += parts
    return found, solids


def _metal(shape: Shape, hu: float, streaks_hu: float = 0.0) -> Solid:
    return Solid(shape=shape, hu=hu, detail=True, streaks_hu=streaks_hu)


def _bolt(rng: np.random.Generator, places: Places) -> Drawn:
    """Shaft and head, of the board's or the table's frame; no bolt runs through a bead or its holder."""
    foot = places.draw(lambda x, z: np.array([x, skin_y(x) + rng.uniform(14.0, 34.0), z]))
    shaft_mm, head_mm, hu = rng.uniform(1.0, 2.5), rng.uniform(1.8, 2.4), rng.uniform(6000.0, 14000.0)
    length_mm = rng.uniform(5.0, 16.0)
    for _ in range(_TRIES):
        axis = rng.normal(size=3)
        axis /= np.linalg.norm(axis)
        if places.room_mm(foot, foot + axis * length_mm) > shaft_mm + CAP_MM:
            break
    return foot, [
        _metal(Cylinder(foot, foot + axis * length_mm, shaft_mm), hu, 120.0),
        _metal(Cylinder(foot - axis * shaft_mm, foot, shaft_mm * head_mm), hu),
    ]


def _snap(rng: np.random.Generator, places: Places) -> Drawn:
    """An electrode: a stud, sometimes with a round head, on a ring in a pad of foam that is cut clear of holders."""
    foot = places.draw(lambda x, z: np.array([x, skin_y(x) + 0.8, z]))
    up = np.array([0.0, 1.0, 0.0])
    hu, stud_mm = rng.uniform(2200.0, 9000.0), rng.uniform(1.5, 2.0)
    pad_mm = min(PAD_MM, max(places.room_mm(foot, foot) - FOAM_MM, SMALLEST_PAD_MM))
    parts = [
        Solid(shape=Cylinder(foot - 0.8 * up, foot + 0.2 * up, pad_mm), hu=-850.0, detail=True),
        _metal(Cylinder(foot, foot + 0.6 * up, rng.uniform(3.5, 5.5)), hu, 60.0),
        _metal(Cylinder(foot, foot + rng.uniform(2.5, 3.6) * up, stud_mm), hu),
    ]
    if rng.random() < 0.5:
        head = foot + rng.uniform(2.4, 3.2) * up
        parts.append(_metal(Ellipsoid(tuple(head), (stud_mm + 0.4, 1.1, stud_mm + 0.4)), hu))
    return foot, parts


def _calcification(rng: np.random.Generator, places: Places) -> Drawn:
    """Lumps beside the vessel, or in fat and muscle."""
    along = rng.uniform(12.0, SIZE_MM[2] - 12.0)
    if rng.random() < 0.6:
        place = np.array([100.0 + rng.normal(0.0, 4.5), 14.0 + rng.normal(0.0, 4.0), along])
    else:
        place = np.array([rng.uniform(14.0, 116.0), rng.uniform(6.0, 38.0), along])
    return place, [
        Solid(
            shape=Ellipsoid(tuple(place + rng.normal(0.0, 1.2, 3)), tuple(rng.uniform(0.5, 1.9, 3))),
            hu=rng.uniform(500.0, 1500.0),
            detail=True,
        )
        for _ in range(int(rng.integers(1, 5)))
    ]


def _screw(rng: np.random.Generator, places: Places) -> Drawn:
    """A pedicle screw with its head."""
    start = np.array([0.5 * SIZE_MM[0] + rng.choice([-1, 1]) * 14.0, 30.0, rng.uniform(25, 85)])
    end = np.array([0.5 * SIZE_MM[0], 4.0, start[2] + rng.uniform(-6, 6)])
    shaft = _metal(Cylinder(start, end, rng.uniform(1.8, 3.0)), 9000.0, 250.0)
    return start, [shaft, _metal(Ellipsoid(tuple(start), (5.0, 4.0, 5.0)), 9000.0)]


def _rod(rng: np.random.Generator, places: Places) -> Drawn:
    """A rod along the spine."""
    x = rng.uniform(25.0, 40.0)
    ends = np.array([(x, 22.0, 15.0), (x + rng.uniform(-8, 8), 20.0, 98.0)])
    return ends.mean(axis=0), [_metal(Tube(ends, np.full(2, 3.0)), 8000.0, 350.0)]


def _wire(rng: np.random.Generator, places: Places) -> Drawn:
    """A clip or wire in fat or muscle."""
    start = np.array([rng.uniform(15, 115), rng.uniform(8.0, 38.0), rng.uniform(15, 95)])
    end = start + rng.normal(0.0, 3.0, 3) + (3.0, 0.0, 2.0)
    return start, [_metal(Cylinder(start, end, rng.uniform(0.3, 0.6)), 9000.0)]


_DRAW: dict[Decoy, Callable[[np.random.Generator, Places], Drawn]] = {
    Decoy.BOLT: _bolt,
    Decoy.SNAP: _snap,
    Decoy.CALCIFICATION: _calcification,
    Decoy.SCREW: _screw,
    Decoy.ROD: _rod,
    Decoy.WIRE: _wire,
}
