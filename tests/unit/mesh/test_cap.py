"""Outlines with holes are filled to the last bit, edge to edge, and no point is added."""

import numpy as np
import pytest

from orview.errors import ContractError
from orview.mesh.cap import area, contains, triangulated


def ring(count: int, radius: float, *, center: tuple[float, float] = (0.0, 0.0), wave: float = 0.0) -> np.ndarray:
    angles = 2.0 * np.pi * np.arange(count) / count
    radii = radius * (1.0 + wave * np.cos(7.0 * angles))
    return np.array(center) + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def hole(*arguments: object, **more: object) -> np.ndarray:
    return ring(*arguments, **more)[::-1]  # type: ignore[arg-type]


COMB = np.array([[0, 0], [9, 0], [9, 5], [7, 5], [7, 1], [6, 1], [6, 5], [4, 5], [4, 1], [3, 1], [3, 5], [0, 5]], float)


@pytest.mark.parametrize(
    "loops",
    [
        [ring(3, 5.0)],
        [ring(200, 30.0, wave=0.3)],
        [COMB],
        [ring(90, 40.0), hole(30, 6.0, center=(-15.0, 3.0)), hole(20, 8.0, center=(14.0, -9.0), wave=0.2)],
        [ring(60, 40.0), hole(40, 30.0), ring(30, 20.0), hole(9, 4.0, center=(5.0, 5.0))],
        [ring(50, 10.0), ring(50, 10.0, center=(40.0, 0.0)), hole(12, 3.0, center=(41.0, 1.0))],
        [ring(40, 30.0), *(hole(8, 2.0, center=(-21.0 + 6.0 * n, 0.0)) for n in range(8))],
    ],
)
def test_outlines_are_filled_exactly(loops: list[np.ndarray]) -> None:
    points, triangles = np.concatenate(loops), triangulated(loops)
    a, b, c = (points[triangles[:, n]] for n in range(3))
    areas = 0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    assert areas.min() > -1e-12
    assert areas.sum() == pytest.approx(sum(area(loop) for loop in loops))
    # Every edge lies between two triangles, but for those of the outlines, which run the same way once.
    edges = np.concatenate([triangles[:, [n, (n + 1) % 3]] for n in range(3)])
    counted = {tuple(edge) for edge in edges.tolist()}
    open_edges = {edge for edge in counted if edge[::-1] not in counted}
    starts = np.cumsum([0, *(len(loop) for loop in loops)])
    wanted = {
        (int(start) + n, int(start) + (n + 1) % len(loop))
        for start, loop in zip(starts, loops, strict=False)
        for n in range(len(loop))
    }
    assert open_edges == wanted
    assert len(counted) == len(edges)


def test_points_on_one_line_are_filled_too() -> None:
    square = np.array([[0, 0], [1, 0], [2, 0], [2, 0], [2, 2], [1, 2], [0, 2], [0, 1]], dtype=float)
    triangles = triangulated([square])
    assert len(triangles) == len(square) - 2
    assert set(triangles.ravel().tolist()) == set(range(8))


@pytest.mark.parametrize(
    ("loops", "words"),
    [
        ([ring(20, 5.0), hole(8, 1.0, center=(30.0, 0.0))], "lies in nothing"),
        ([np.array([[0, 0], [4, 4], [4, 0], [0, 5]], dtype=float)], "cross"),
    ],
)
def test_outlines_that_make_no_face_are_refused(loops: list[np.ndarray], words: str) -> None:
    with pytest.raises(ContractError, match=words):
        triangulated(loops)


def test_what_lies_in_an_outline() -> None:
    assert contains(COMB, np.array([0.5, 4.0]))
    assert not contains(COMB, np.array([3.5, 4.0]))
    assert not contains(COMB, np.array([12.0, 1.0]))
