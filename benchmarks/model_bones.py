"""Bones that nobody has looked at, drawn from a number, on a grid drawn from it too: ours beside Slicer's recipe.

    python -m benchmarks.model_bones SEED...

The bones of `model_scenes.held_out` were seen while the product was tuned. These come anew with each number: a hip
bone with another wing, vertebrae of other sizes, a femur cut elsewhere, and shapes of other kinds, a rib and a shoulder
blade.
"""

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.model_goals import Goals
from benchmarks.model_scenes import KnownScene, drawn_on, oblique, solid
from benchmarks.models import other_bones
from orview.sim import bones
from orview.sim.curves import tube_points
from orview.sim.shapes import Blend, Ellipsoid, Mirrored, Shape, Tube, Without, sheet


def drawn(seed: int) -> KnownScene:
    """Return six bones on an oblique grid."""
    rng = np.random.default_rng(seed)

    def vertebra(middle_z_mm: float) -> bones.Vertebra:
        lean_rad, *half_mm = (float(n) for n in rng.uniform((-0.2, 20.0, 14.0, 10.0), (0.5, 29.0, 20.0, 15.0)))
        return bones.Vertebra(-50.0, middle_z_mm, lean_rad, *half_mm)

    cut = Ellipsoid((118.0, 2.0, float(rng.uniform(-155.0, -125.0))), (60.0, 60.0, float(rng.uniform(20.0, 40.0))))
    solids = (
        solid("vertebra_l3", vertebra(85.0)),
        solid("vertebra_l5", vertebra(-135.0)),
        solid("femur_left", Without(bones.femur(), [cut], blend_mm=2.0)),
        solid("hip_right", Mirrored(bones.hip_bone(rng.uniform(-5.0, 5.0, (3, 6, 3))))),
        solid("rib_left_7", _rib(rng)),
        solid("scapula_left", _blade(rng)),
    )
    spacing_mm = rng.uniform((0.55, 0.55, 0.6), (0.9, 0.9, 1.2))
    return drawn_on(f"bones {seed}", solids, *oblique(solids, _three(spacing_mm), _three(rng.uniform(-0.5, 0.5, 3))))


def _rib(rng: np.random.Generator) -> Shape:
    """Return a bent rod that grows thinner, with a knob at its thick end."""
    nodes = np.array([(-60, 120, 100, 5), (0, 150, 90, 5.5), (60, 160, 60, 5), (110, 140, 20, 4), (125, 110, -20, 3)])
    nodes = nodes + rng.uniform(-1.0, 1.0, nodes.shape) * (6.0, 6.0, 6.0, 0.7)
    points = tube_points(nodes, spacing_mm=2.0)
    knob = Ellipsoid(_three(points[0, :3]), _three(rng.uniform(6.0, 9.0, 3)))
    return Blend([Tube(points[:, :3], points[:, 3]), knob], blend_mm=3.0)


def _blade(rng: np.random.Generator) -> Shape:
    """Return a bent plate of 3 to 8 mm with a ridge."""
    corners = np.array(
        [(-50, -170, -60, 1.8), (50, -165, -70, 2.2), (40, -178, 60, 2.5), (-40, -182, 80, 3.5), (0, -172, 0, 1.6)]
    )
    corners = corners + rng.uniform(-1.0, 1.0, corners.shape) * (8.0, 4.0, 8.0, 0.3)
    plate = sheet(corners, [(0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)])
    ridge = Tube.through((-42, -176, 45, 4.5), (10, -166, 40, 5), (48, -160, 48, 7))
    return Blend([plate, ridge], blend_mm=4.0)


def _three(values: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z


def main() -> None:
    """Compare the bones of each number."""
    for seed in map(int, sys.argv[1:]):
        goals = Goals()
        with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(os.cpu_count()) as workers:
            other_bones(goals, workers.map, Path(name) / "bones", scene=drawn(seed))
        for words, reached, number in goals.bone_lines():
            print(f"  {'reached' if reached else 'NOT YET'}  {words}: {number}")
        print(
            f"  lowest claim / truth {goals.claim[0]:.2f} ({goals.claim[1]}); edges open, non-manifold {goals.faults}"
        )


if __name__ == "__main__":
    main()
