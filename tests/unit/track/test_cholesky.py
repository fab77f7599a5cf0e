"""Small systems: the same answers as numpy's, and no answer where there is none."""

import numpy as np

from orview.track.cholesky import factorized, inverted, solve_in_place


def test_solutions_and_inverses_are_those_of_numpy() -> None:
    rng = np.random.default_rng(4)
    for size in (1, 3, 7, 13):
        root = rng.normal(size=(size, size + 2))
        matrix, right = root @ root.T, rng.normal(size=size)
        factor, solution = np.zeros_like(matrix), right.copy()
        assert factorized(matrix, factor)
        assert np.allclose(factor @ factor.T, matrix)
        solve_in_place(factor, solution)
        assert np.allclose(solution, np.linalg.solve(matrix, right))
        assert np.allclose(inverted(factor), np.linalg.inv(matrix))


def test_a_matrix_that_leaves_a_direction_open_is_told() -> None:
    open_matrix = np.array([[1.0, 2.0], [2.0, 4.0]])
    assert not factorized(open_matrix, np.zeros((2, 2)))
    assert not factorized(np.full((2, 2), np.nan), np.zeros((2, 2)))
