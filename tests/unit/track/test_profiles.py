"""Borders in rows of pixels: where the drawn border truly is, whatever its direction, blur, noise and neighbours."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.track.profiles import fit_steps, search_steps
from orview.track.strips import gather

PLAIN = np.arange(256, dtype=np.float32)
SIDE = 61


def step(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vectorize(lambda v: 0.5 * (1.0 + math.erf(v / math.sqrt(2.0))))(z)


def drawn(
    angle_deg: float,
    at_px: float,
    *,
    blur_px: float = 0.8,
    black_px: float = math.inf,
    noise: float = 0.0,
    seed: int = 0,
) -> tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.float64]]:
    """Return a picture with a border `at_px` from its middle, places along where it would go through the middle."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] - SIDE // 2
    normal = np.array([math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))])
    across = x * normal[0] + y * normal[1] - at_px
    black = step(across / blur_px) - (step((across - black_px) / blur_px) if math.isfinite(black_px) else 0.0)
    picture = 200.0 - 150.0 * black + np.random.default_rng(seed).normal(0.0, noise, black.shape)
    along = np.linspace(-18.0, 18.0, 90)
    places = SIDE // 2 + along[:, None] * np.array([-normal[1], normal[0]])
    return np.rint(picture).astype(np.uint8), places, np.tile(normal, (len(places), 1))


def fitted(angle_deg: float, at_px: float, *, assumed_px: float = 0.8, **drawing: float) -> NDArray[np.float64]:
    picture, places, normals = drawn(angle_deg, at_px, **drawing)  # type: ignore[arg-type]
    strips = gather(picture, PLAIN, places, normals, half=4)
    everywhere = np.ones(len(places))
    shifts = fit_steps(
        strips,
        blur_px=assumed_px * everywhere,
        black_px=drawing.get("black_px", 1e3) * everywhere,
        white_px=1e3 * everywhere,
        reach_px=2.5 * everywhere,
    )
    assert np.isfinite(shifts.sigma_px).all()
    return shifts.shift_px


@pytest.mark.parametrize("angle_deg", [0.0, 13.0, 37.0, 45.0, 90.0, 128.0, 180.0, 261.0, 340.0])
def test_a_border_is_where_it_was_drawn(angle_deg: float) -> None:
    for at_px in (-0.2, 0.0, 0.1):
        shifts = fitted(angle_deg, at_px)
        assert shifts.mean() == pytest.approx(at_px, abs=0.01)
        assert shifts.std() < 0.02


@pytest.mark.parametrize("assumed_px", [0.6, 0.7, 0.9, 1.1])
def test_blur_judged_wrong_moves_no_border(assumed_px: float) -> None:
    assert fitted(20.0, 0.0, assumed_px=assumed_px).mean() == pytest.approx(0.0, abs=0.01)


def test_a_neighbour_that_the_print_has_there_moves_nothing() -> None:
    assert fitted(20.0, 0.1, black_px=3.0).mean() == pytest.approx(0.1, abs=0.01)


def test_the_claimed_sigma_is_the_scatter() -> None:
    picture, places, normals = drawn(30.0, 0.05, noise=6.0, seed=3)
    everywhere = np.ones(len(places))
    shifts = fit_steps(
        gather(picture, PLAIN, places, normals, half=4),
        blur_px=0.8 * everywhere,
        black_px=1e3 * everywhere,
        white_px=1e3 * everywhere,
        reach_px=2.5 * everywhere,
    )
    z = (shifts.shift_px - 0.05) / (shifts.sigma_px * 6.0)
    assert 0.75 < z.std() < 1.3
    assert shifts.contrast.mean() == pytest.approx(150.0, rel=0.03)


@pytest.mark.parametrize("true_px", [0.6, 0.8, 1.1])
def test_the_change_of_blur_points_to_the_true_one(true_px: float) -> None:
    picture, places, normals = drawn(25.0, 0.0, blur_px=true_px)
    everywhere = np.ones(len(places))
    shifts = fit_steps(
        gather(picture, PLAIN, places, normals, half=4),
        blur_px=0.8 * everywhere,
        black_px=1e3 * everywhere,
        white_px=1e3 * everywhere,
        reach_px=2.5 * everywhere,
    )
    change = (shifts.blur_change * shifts.blur_weight).sum() / shifts.blur_weight.sum()
    assert change == pytest.approx(true_px**2 - 0.64, abs=0.25 * abs(true_px**2 - 0.64) + 0.02)


@pytest.mark.parametrize("at_px", [-3.4, -1.2, 0.3, 2.9])
def test_the_search_comes_within_half_a_pixel(at_px: float) -> None:
    picture, places, normals = drawn(33.0, at_px, noise=4.0)
    strips = gather(picture, PLAIN, places, normals, half=8)
    shifts = search_steps(strips, reach_px=np.full(len(places), 4.0), arm=2)
    assert np.abs(np.median(shifts.shift_px) - at_px) < 0.15
    assert (np.abs(shifts.shift_px - at_px) < 0.8).mean() > 0.9


def test_a_border_of_the_other_polarity_is_none() -> None:
    picture, places, normals = drawn(10.0, 0.0)
    everywhere = np.ones(len(places))
    shifts = fit_steps(
        gather(picture, PLAIN, places, -normals, half=4),
        blur_px=0.8 * everywhere,
        black_px=1e3 * everywhere,
        white_px=1e3 * everywhere,
        reach_px=2.5 * everywhere,
    )
    assert np.isinf(shifts.sigma_px).all()


def test_colour_is_read_as_grey() -> None:
    picture, places, normals = drawn(10.0, 0.2)
    grey = gather(picture, PLAIN, places, normals, half=4)
    colour = gather(np.ascontiguousarray(np.dstack([picture] * 3)), PLAIN, places, normals, half=4)
    assert np.allclose(grey.light, colour.light, atol=0.1)
