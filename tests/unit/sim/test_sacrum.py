"""The bend of the sacrum: straight and curved places belong together, both ways."""

import math

import numpy as np

from orview.sim.sacrum import LENGTH_MM, Bend, foramina, root, sacrum
from orview.sim.shapes import distance_at

BEND = Bend(math.radians(45.0), math.radians(62.0))


def test_bending_and_straightening_are_inverse() -> None:
    straight = np.random.default_rng(0).uniform((-50, -20, -10), (50, 30, 120), size=(200, 3))
    bent = BEND.bent(straight)
    t, s = BEND.straightened(bent[:, 1], bent[:, 2])
    np.testing.assert_allclose(np.column_stack([bent[:, 0], t, s]), straight, atol=1e-9)


def test_the_axis_leaves_the_endplate_at_the_sacral_slope() -> None:
    start, after = BEND.bent([(0.0, 0.0, 0.0), (0.0, 0.0, 1e-4)])
    np.testing.assert_allclose(start, (0.0, BEND.start_y_mm, BEND.start_z_mm), atol=1e-9)
    direction = (after - start) / 1e-4
    np.testing.assert_allclose(direction, (0.0, math.sin(math.radians(45)), -math.cos(math.radians(45))), atol=1e-4)
    assert np.linalg.norm(BEND.bent((0.0, 0.0, LENGTH_MM)) - start) > 0.9 * LENGTH_MM


def test_it_is_bone_with_a_canal_and_eight_tunnels() -> None:
    bone = sacrum(BEND)
    bodies = BEND.bent([(0.0, 0.0, s) for s in (12.0, 38.0, 60.0, 80.0, 100.0)])
    assert distance_at(bone, bodies).max() < -3.0
    canal = BEND.bent([(0.0, 22.0, 10.0), (0.0, 17.0, 50.0), (0.0, 12.0, 76.0)])
    assert distance_at(bone, canal).min() > 3.0
    tunnels = foramina(BEND)
    assert len(tunnels) == 8
    for tunnel in tunnels:
        assert distance_at(bone, tunnel.points_mm).min() > 1.0
    assert [np.sign(tunnel.points_mm[2, 0]) for tunnel in tunnels] == [1, -1] * 4


def test_roots_are_as_thick_as_roots_and_mirror_one_another() -> None:
    for number in range(1, 6):
        left, right = root(BEND, number, side=1.0), root(BEND, number, side=-1.0)
        np.testing.assert_allclose(left.points_mm, right.points_mm * (-1, 1, 1), atol=1e-9)
        assert 2.0 <= 2.0 * left.radii_mm.min() <= 2.0 * left.radii_mm.max() <= 3.5
        assert left.points_mm[-1, 0] > 15.0
