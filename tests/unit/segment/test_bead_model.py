"""What the model of a ball shows, piece by piece, beside what the pieces are."""

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.segment.bead_model import (
    BLUR,
    BRIGHT,
    CAP,
    FAR,
    LEAN,
    NEAR,
    PARAMETERS,
    PLACE,
    POST_HU,
    POST_LEAN,
    POST_SIZE,
    POST_TURN,
    SIZE,
    THICK,
    TURN,
    Voxels,
    normal_of,
    post_of,
)
from orview.sim.back import Cylinder
from orview.sim.scanner import Scanner, Solid
from orview.sim.shapes import Ellipsoid

SIZE_MM = (16.0, 16.0, 16.0)
MIDDLE = 0.5 * np.array(SIZE_MM) + (0.15, -0.1, 0.2)
RADIUS_MM, POST_MM, POST_DENSE_HU, BALL_HU = 1.5, 1.6, 1080.0, 4000.0


def _scene(thickness_mm: float) -> tuple[Voxels, NDArray[np.float64], NDArray[np.float64]]:
    """Return the voxels of a rendered ball on a post, the post's way, and the parameters that are true of them."""
    scanner = Scanner(spacing_mm=0.7, increment_mm=thickness_mm, thickness_mm=thickness_mm, noise_hu=0.01)
    along = np.array([0.5, 0.8, 0.33])
    along /= np.linalg.norm(along)
    solids = [
        Solid(shape=Cylinder(MIDDLE, MIDDLE + 14.0 * along, POST_MM), hu=POST_DENSE_HU - 1000.0, detail=True),
        Solid(shape=Ellipsoid(tuple(MIDDLE), (RADIUS_MM,) * 3), hu=BALL_HU - 1000.0, detail=True),
    ]
    hu = scanner.scan(solids, SIZE_MM, np.random.default_rng(0)).astype(np.float64)
    spacing = np.array([0.7, 0.7, thickness_mm])
    k, j, i = np.meshgrid(*(np.arange(count) for count in hu.shape), indexing="ij")
    places = np.stack([i.ravel(), j.ravel(), k.ravel()], axis=-1) * spacing
    near = np.linalg.norm(places - MIDDLE, axis=1) < 5.0
    values = np.zeros(PARAMETERS)
    values[:3] = MIDDLE
    values[[SIZE, BRIGHT, BLUR, THICK]] = np.log([RADIUS_MM, BALL_HU, 0.5, thickness_mm])
    values[[FAR, NEAR, PLACE, CAP]] = -1000.0, -1000.0, 0.0, 0.3
    values[[POST_LEAN, POST_TURN]] = np.arcsin(along[2]), np.arctan2(along[1], along[0])
    values[[POST_SIZE, POST_HU]] = np.log(POST_MM), POST_DENSE_HU
    return Voxels(places[near], hu.ravel()[near], np.inf, 8.0, spacing), along, values


@pytest.mark.parametrize("thickness_mm", [0.8, 2.5])
def test_a_ball_on_a_post_looks_as_the_scanner_shows_it(thickness_mm: float) -> None:
    voxels, along, values = _scene(thickness_mm)
    np.testing.assert_allclose(post_of(values), along, atol=1e-12)
    shown, part = voxels.model(values)
    assert np.sqrt(((shown - voxels.hu) ** 2).mean()) < 0.03 * BALL_HU
    without = values.copy()
    without[POST_HU] = 0.0
    assert ((voxels.model(without)[0] - voxels.hu) ** 2).mean() > 2.0 * ((shown - voxels.hu) ** 2).mean()
    assert part.max() > 0.5
    # What draws the centre lies on the post's side.
    drawn = voxels.lopsided_hu(values, part)
    assert drawn @ along > 0.8 * np.linalg.norm(drawn) > 20.0


def test_two_halves_meet_in_their_plane_and_the_scale_ends() -> None:
    voxels, _, values = _scene(0.8)
    values[[POST_HU, FAR, NEAR, PLACE]] = 0.0, -1000.0, 60.0, 2.0
    values[[LEAN, TURN]] = 0.3, -1.2
    arms = voxels.places_mm - MIDDLE
    away = np.linalg.norm(arms, axis=1) > 3.5
    shown, _ = voxels.model(values)
    height = arms @ normal_of(values) - 2.0
    assert (shown[away & (height > 1.5)] < -950.0).all()
    assert (shown[away & (height < -1.5)] > 10.0).all()
    clipped = Voxels(voxels.places_mm, voxels.hu, 1500.0, 8.0, np.array([0.7, 0.7, 0.8]))
    np.testing.assert_allclose(clipped.model(values)[0], np.minimum(shown, 1500.0))
