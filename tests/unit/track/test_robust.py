"""Robust least squares: as good as plain ones on clean equations, and hardly moved by many wrong ones."""

import numpy as np
from numpy.typing import NDArray

from orview.track.robust import Solved, solve_robustly

TRUTH = np.array([0.3, -1.2, 0.8])
NOISE = 0.05


def solved(*, wrong: int = 0, unseen: int = 0, count: int = 1200, seed: int = 0) -> Solved:
    rng = np.random.default_rng(seed)
    unknowns = rng.normal(size=(count, 3))
    seen = unknowns @ TRUTH + rng.normal(0.0, NOISE, count)
    at = rng.permutation(count)
    seen[at[:wrong]] += 3.0
    sigma = np.full(count, NOISE)
    sigma[at[wrong : wrong + unseen]] = np.inf
    seen[at[wrong : wrong + unseen]] = 1e3
    answer = solve_robustly(unknowns, seen, sigma, information=np.zeros((3, 3)), known=np.zeros(3))
    assert answer is not None
    assert not answer.weights[at[: wrong + unseen]].any()
    return answer


def errors(answers: list[Solved]) -> NDArray[np.float64]:
    return np.array([answer.change - TRUTH for answer in answers])


def test_a_third_of_wrong_equations_counts_for_nothing() -> None:
    found = errors([solved(wrong=400, seed=seed) for seed in range(30)])
    # One in 800 equations that are right.
    assert np.sqrt(np.square(found).mean()) < 1.3 * NOISE / np.sqrt(800.0)


def test_what_was_not_seen_does_not_count() -> None:
    answer = solved(unseen=700)
    assert np.abs(answer.change - TRUTH).max() < 5.0 * NOISE / np.sqrt(500.0)
    assert 0.8 < answer.scale < 1.2


def test_what_is_known_beforehand_holds_where_equations_say_nothing() -> None:
    unknowns = np.random.default_rng(1).normal(size=(200, 3))
    unknowns[:, 2] = 0.0
    known = np.diag([0.0, 0.0, 4.0])
    seen = unknowns @ TRUTH
    answer = solve_robustly(unknowns, seen, np.full(200, NOISE), information=known, known=known @ [0.0, 0.0, 0.5])
    assert answer is not None
    assert np.allclose(answer.change, [TRUTH[0], TRUTH[1], 0.5])
    nothing = np.zeros((3, 3))
    assert solve_robustly(unknowns, seen, np.full(200, NOISE), information=nothing, known=np.zeros(3)) is None
