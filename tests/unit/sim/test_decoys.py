"""Decoys are bodies of their own: none runs through a bead or what holds it."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from orview.sim.back import Cylinder, Places, skin_y
from orview.sim.decoys import CAP_MM, FOAM_MM, SMALLEST_PAD_MM, draw_decoys

BEADS = 8


def _above_skin(rng: np.random.Generator, x: float, z: float) -> NDArray[np.float64]:
    return np.array([x, skin_y(x) + rng.uniform(2.0, 30.0), z])


def test_no_bolt_and_no_pad_runs_into_what_holds_a_bead() -> None:
    bolts = pads = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        places = Places(rng)
        beads = [places.draw(partial(_above_skin, rng)) for _ in range(BEADS)]
        x, y, z = np.array(beads).T
        for solid in draw_decoys(rng, places)[1]:
            shape = solid.shape
            if not isinstance(shape, Cylinder):
                continue
            nearest_mm = float(shape.distance_mm(x, y, z).min())
            if solid.hu < 0.0 and shape.radius_mm > SMALLEST_PAD_MM:
                pads += 1
                assert nearest_mm > FOAM_MM - 1.0
            elif shape.start_mm[1] > skin_y(shape.start_mm[0]) + 13.0:
                bolts += 1
                assert nearest_mm > CAP_MM - 0.01
    assert bolts > 60
    assert pads > 60
