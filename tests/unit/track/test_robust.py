"""Robust least squares: as good as plain ones on clean equations, and hardly moved by many wrong ones."""

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.track.robust import Solved, solve_robustly

TRUTH = np.array([0.3, -1.2, 0.8, 0.0, 2.1, -0.4, 0.9, 1.7, -0.2, 0.5, -3.0, 0.1, 1.1])
NOISE = 0.05
EITHER = pytest.mark.parametrize("size", [7, 13])


def solved(size: int, *, wrong: int = 0, unseen: int = 0, count: int = 1200, seed: int = 0) -> Solved:
    rng = np.random.default_rng(seed)
    unknowns = rng.normal(size=(count, size))
    seen = unknowns @ TRUTH[:size] + rng.normal(0.0, NOISE, count)
    at = rng.permutation(count)
    seen[at[:wrong]] += 3.0
    sigma = np.full(count, NOISE)
    sigma[at[wrong : wrong + unseen]] = np.inf
    seen[at[wrong : wrong + unseen]] = 1e3
    answer = solve_robustly(unknowns, seen, sigma, information=np.zeros((size, size)), known=np.zeros(size))
    assert answer is not None
    assert not answer.weights[at[: wrong + unseen]].any()
    return answer


def errors(answers: list[Solved]) -> NDArray[np.float64]:
    return np.array([answer.change - TRUTH[: len(answer.change)] for answer in answers])


@EITHER
def test_clean_equations_are_solved_as_least_squares_do(size: int) -> None:
    rng = np.random.default_rng(5)
    unknowns, sigma = rng.normal(size=(700, size)), rng.uniform(0.5, 2.0, 700) * NOISE
    seen = unknowns @ TRUTH[:size]
    answer = solve_robustly(unknowns, seen, sigma, information=np.zeros((size, size)), known=np.zeros(size))
    assert answer is not None
    np.testing.assert_allclose(answer.change, TRUTH[:size], atol=1e-9)
    weighted = unknowns * (answer.weights / sigma**2)[:, None]
    np.testing.assert_allclose(answer.normal, weighted.T @ unknowns, rtol=1e-9, atol=1e-6)


@EITHER
def test_a_third_of_wrong_equations_counts_for_nothing(size: int) -> None:
    found = errors([solved(size, wrong=400, seed=seed) for seed in range(30)])
    # One in 800 equations that are right.
    assert np.sqrt(np.square(found).mean()) < 1.3 * NOISE / np.sqrt(800.0)


@EITHER
def test_what_was_not_seen_does_not_count(size: int) -> None:
    answer = solved(size, unseen=700)
    assert np.abs(errors([answer])).max() < 5.0 * NOISE / np.sqrt(500.0)
    assert 0.8 < answer.scale < 1.2


def test_what_is_known_beforehand_holds_where_equations_say_nothing() -> None:
    unknowns = np.random.default_rng(1).normal(size=(200, 7))
    unknowns[:, 6] = 0.0
    known, expected = np.diag([0.0] * 6 + [4.0]), np.array([0.0] * 6 + [0.5])
    seen = unknowns @ TRUTH[:7]
    answer = solve_robustly(unknowns, seen, np.full(200, NOISE), information=known, known=known @ expected)
    assert answer is not None
    assert np.allclose(answer.change, [*TRUTH[:6], 0.5])
    nothing = np.zeros((7, 7))
    assert solve_robustly(unknowns, seen, np.full(200, NOISE), information=nothing, known=np.zeros(7)) is None
