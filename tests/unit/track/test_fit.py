"""The motion of a board from the shifts of its borders: right, robust, and with a covariance that holds."""

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.track.fit import Fit, KnownVelocity, Measured, fit_motion
from orview.track.motion import left_from_middle, rows_by_motion

STILL = KnownVelocity(rest=np.zeros(6), information=None, per_motion=0.0)
MIDDLE = np.array([10.0, -20.0, 500.0])
MOTION = left_from_middle(MIDDLE) @ np.array([0.004, -0.003, 0.002, 0.3, -0.2, 0.5])


def borders(rng: np.random.Generator, count: int = 400) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places (N, 3) on a tilted plate before a camera, and how its borders move across themselves, px / mm."""
    flat = rng.uniform(-40.0, 40.0, (count, 2))
    places = MIDDLE + np.column_stack([flat, 0.5 * flat[:, 0] - 0.2 * flat[:, 1]])
    turn = rng.integers(0, 2, count) * np.pi / 2.0 + 0.3 + np.pi * rng.integers(0, 2, count)
    nearness = 1370.0 / places[:, 2]
    across = np.stack([np.cos(turn), np.sin(turn)], axis=1) * nearness[:, None]
    by_depth = -(across * places[:, :2]).sum(axis=1) / places[:, 2]
    return places, np.column_stack([across, by_depth])


def seen(
    places: NDArray[np.float64], by_place: NDArray[np.float64], motion: NDArray[np.float64]
) -> NDArray[np.float64]:
    return rows_by_motion(places, by_place) @ motion


def fit(
    places: NDArray[np.float64],
    by_place: NDArray[np.float64],
    shifts: NDArray[np.float64],
    *,
    sigma_px: float = 0.05,
    late_s: NDArray[np.float64] | None = None,
    known: KnownVelocity = STILL,
    group: NDArray[np.intp] | None = None,
) -> Fit:
    measured = Measured(
        places=places,
        by_place=by_place,
        shift_px=shifts,
        sigma_px=np.full(len(places), sigma_px),
        late_s=late_s,
        group=np.arange(len(places)) % 40 if group is None else group,
    )
    found = fit_motion(measured, known)
    assert found is not None
    return found


def test_a_motion_and_a_shift_of_all_borders_are_told_apart() -> None:
    places, by_place = borders(np.random.default_rng(0))
    found = fit(places, by_place, seen(places, by_place, MOTION) + 0.3)
    assert found.motion == pytest.approx(MOTION, abs=1e-4)
    assert found.edge_shift_px == pytest.approx(0.3, abs=1e-3)


def test_a_quarter_of_wrong_borders_is_left_out() -> None:
    rng = np.random.default_rng(1)
    places, by_place = borders(rng)
    shifts = seen(places, by_place, MOTION) + rng.normal(0.0, 0.05, len(places))
    wrong = rng.random(len(places)) < 0.25
    shifts[wrong] += rng.uniform(0.5, 2.5, int(wrong.sum()))
    found = fit(places, by_place, shifts)
    assert found.weights[wrong].mean() < 0.15
    assert found.weights[~wrong].mean() > 0.8
    error = found.motion - MOTION
    assert error @ np.linalg.solve(found.covariance, error) < 22.5


@pytest.mark.parametrize("together_px", [0.0, 0.05])
def test_the_covariance_holds(together_px: float) -> None:
    """Also where the borders of one group err together: 6 degrees of freedom, so the mean square is about 6."""
    rng = np.random.default_rng(2)
    places, by_place = borders(rng)
    group = np.unique(np.floor(places[:, :2] / 12.0), axis=0, return_inverse=True)[1].reshape(-1)
    distances2 = []
    for _ in range(300):
        noise = rng.normal(0.0, 0.05, len(places)) + together_px * rng.standard_normal(group.max() + 1)[group]
        found = fit(places, by_place, seen(places, by_place, MOTION) + noise, group=group)
        error = found.motion - MOTION
        distances2.append(error @ np.linalg.solve(found.covariance, error))
    assert 0.8 < np.sqrt(np.mean(distances2) / 6.0) < 1.3


def test_a_velocity_known_well_is_kept_and_one_known_badly_is_found() -> None:
    rng = np.random.default_rng(3)
    places, by_place = borders(rng, 800)
    late_s = (places[:, 1] - MIDDLE[1]) * 4e-5
    velocity = left_from_middle(MIDDLE) @ np.array([0.0, 0.0, 1.5, 200.0, 0.0, 0.0])
    shifts = seen(places, by_place, MOTION) + late_s * seen(places, by_place, velocity)
    shifts += rng.normal(0.0, 0.005, len(shifts))
    wide = np.linalg.inv(left_from_middle(MIDDLE) @ np.diag([4.0] * 3 + [250000.0] * 3) @ left_from_middle(MIDDLE).T)
    free = fit(
        places,
        by_place,
        shifts,
        sigma_px=0.005,
        late_s=late_s,
        known=KnownVelocity(rest=np.zeros(6), information=wide, per_motion=0.0),
    )
    explained = seen(places, by_place, free.motion) + late_s * seen(places, by_place, free.velocity_change)
    assert np.sqrt(np.mean(np.square(shifts - explained))) < 0.006
    held = fit(places, by_place, shifts, late_s=late_s)
    assert not held.velocity_change.any()
    assert held.scale > 1.5


def test_a_velocity_that_follows_from_the_pose_needs_no_unknowns() -> None:
    """A pose that is moved by what was not foreseen changes its velocity by so much per second."""
    places, by_place = borders(np.random.default_rng(4))
    late_s = (places[:, 1] - MIDDLE[1]) * 4e-5
    shifts = seen(places, by_place, MOTION) * (1.0 + 45.0 * late_s)
    known = KnownVelocity(rest=np.zeros(6), information=None, per_motion=45.0)
    assert fit(places, by_place, shifts, late_s=late_s, known=known).motion == pytest.approx(MOTION, abs=1e-4)


def test_too_few_borders_tell_nothing() -> None:
    places, by_place = borders(np.random.default_rng(5), 10)
    measured = Measured(
        places=places,
        by_place=by_place,
        shift_px=np.zeros(10),
        sigma_px=np.ones(10),
        late_s=None,
        group=np.arange(10),
    )
    assert fit_motion(measured, STILL) is None
