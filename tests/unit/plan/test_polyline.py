"""Lines told with fewer points stay where they are."""

from itertools import pairwise

import numpy as np
import pytest

from orview.plan.polyline import FINEST_MM, even, segments_of, thinned


def circle(radius_mm: float, count: int) -> np.ndarray:
    angles = np.linspace(0.0, 2.0 * np.pi, count + 1)
    return np.stack([radius_mm * np.cos(angles), radius_mm * np.sin(angles), np.full(count + 1, 7.0)], axis=1)


def apart_mm(points: np.ndarray, run: np.ndarray) -> float:
    """The largest distance of points (N, 3) from a run."""
    begins, steps = run[:-1], np.diff(run, axis=0)
    along = np.einsum("nsx,sx->ns", points[:, None] - begins, steps) / (steps**2).sum(axis=1)
    feet = begins + np.clip(along, 0.0, 1.0)[..., None] * steps
    return float(np.linalg.norm(points[:, None] - feet, axis=-1).min(axis=1).max())


def test_what_is_straight_needs_its_ends() -> None:
    line = np.linspace([0.0, 0.0, 0.0], [10.0, 20.0, 5.0], 50)
    (found,) = thinned([line], 100)
    assert found.tolist() == [line[0].tolist(), line[-1].tolist()]


def test_corners_stay() -> None:
    corners = np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [10.0, 10.0, 0.0], [0.0, 10.0, 0.0], [0.0, 0.0, 0.0]])
    square = np.concatenate([*(np.linspace(a, b, 30)[:-1] for a, b in pairwise(corners)), corners[:1]])
    (found,) = thinned([square], 100)
    assert found.tolist() == corners.tolist()


@pytest.mark.parametrize("most", [400, 60, 12])
def test_a_circle_is_as_round_as_its_segments_allow(most: int) -> None:
    given = circle(20.0, 3000)
    (found,) = thinned([given], most)
    assert len(found) - 1 <= most
    assert found[0] == pytest.approx(found[-1])
    # The sagitta of even segments, and what uneven ones cost.
    sagitta_mm = 20.0 * (1.0 - np.cos(np.pi / most))
    assert apart_mm(given, found) < max(FINEST_MM, 6.0 * sagitta_mm)


def test_of_very_many_short_runs_the_longest_stay() -> None:
    runs = [circle(1.0 + 0.01 * n, 30) for n in range(300)]
    found = thinned(runs, 100)
    assert sum(len(run) - 1 for run in found) <= 100
    assert found
    assert min(np.abs(run[:, :2]).max() for run in found) > 2.0


def test_even_steps_keep_length_and_ends() -> None:
    given = circle(20.0, 3000)
    found = even(given, 3.0)
    steps = np.linalg.norm(np.diff(found, axis=0), axis=1)
    assert steps == pytest.approx(steps[0], rel=1e-3)
    assert steps[0] == pytest.approx(3.0, abs=0.05)
    assert found[0] == pytest.approx(given[0])
    assert found[-1] == pytest.approx(given[-1])
    assert len(even(circle(0.1, 30), 3.0)) == 4


def test_segments_are_pairs_of_neighbours() -> None:
    runs = [np.arange(9.0).reshape(3, 3), 10.0 + np.arange(6.0).reshape(2, 3)]
    assert segments_of(runs)[:, :, 0].tolist() == [[0.0, 3.0], [3.0, 6.0], [10.0, 13.0]]
    assert segments_of([]).shape == (0, 2, 3)
