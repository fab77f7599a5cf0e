"""Where a fit begins and how far it may go: what is told goes before what is usual."""

import numpy as np

from orview.segment.bead_model import (
    BLUR,
    BRIGHT,
    LEAN,
    NEAR,
    PARAMETERS,
    PLACE,
    POST_HU,
    POST_LEAN,
    POST_TURN,
    SIZE,
    THICK,
    TURN,
    Voxels,
    normal_of,
    post_of,
)
from orview.segment.bead_priors import KNOWN_RADIUS_SPREAD, TOLD_SPREAD, USUAL_RADIUS_MM, Alike, on_a_surface, priors_of

SPACING = np.array([0.7, 0.7, 1.5])
GRID = np.stack(np.meshgrid(*[np.arange(-4.0, 4.1, 0.5)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
DENSE = np.array([0.36, 0.8, 0.48])
VOXELS = Voxels(GRID, np.where(GRID @ DENSE > -1.0, 40.0, -1000.0), np.inf, 9.0, SPACING)


def test_the_dark_side_is_beyond_the_plane_and_the_post_stands_opposite() -> None:
    start, middle, spread = priors_of(VOXELS, SPACING, np.zeros(3), radius_mm=None, guess_mm=2.0, alike=None)
    assert start.shape == middle.shape == spread.shape == (PARAMETERS,)
    assert (spread > 0.0).all()
    assert normal_of(start) @ DENSE < -0.99
    assert post_of(start) @ DENSE > 0.99
    np.testing.assert_array_equal(start[[LEAN, TURN, POST_LEAN, POST_TURN]], middle[[LEAN, TURN, POST_LEAN, POST_TURN]])
    assert (start[SIZE], middle[SIZE]) == (np.log(2.0), np.log(USUAL_RADIUS_MM))


def test_what_other_balls_told_and_what_a_person_said_goes_first() -> None:
    alike = Alike(blur_mm=0.6, thickness_mm=2.1, radius_mm=1.2, bright_hu=7000.0)
    _, middle, spread = priors_of(VOXELS, SPACING, np.zeros(3), radius_mm=None, guess_mm=2.0, alike=alike)
    np.testing.assert_allclose(np.exp(middle[[BLUR, THICK, SIZE, BRIGHT]]), [0.6, 2.1, 1.2, 7000.0])
    assert spread[BLUR] == spread[THICK] == TOLD_SPREAD
    _, middle, spread = priors_of(VOXELS, SPACING, np.zeros(3), radius_mm=2.5, guess_mm=2.5, alike=alike)
    assert (np.exp(middle[SIZE]), spread[SIZE]) == (2.5, KNOWN_RADIUS_SPREAD)


def test_the_second_start_lies_on_a_surface_below_the_ball() -> None:
    air = Voxels(GRID, np.full(len(GRID), -1000.0), np.inf, 9.0, SPACING)
    start, _, _ = priors_of(air, SPACING, np.zeros(3), radius_mm=None, guess_mm=2.0, alike=None)
    assert start[NEAR] < -900.0
    other = on_a_surface(start)
    assert (other[NEAR], other[POST_HU]) == (0.0, 0.0)
    np.testing.assert_allclose(other[PLACE], -2.0)
