"""Nets are closed and manifold whatever is inside, and merging cells changes nothing about how they hang together."""

import cv2
import numpy as np
import pytest

from orview.image.field import field_of_mask
from orview.mesh.cells import crossed_cells
from orview.mesh.measure import open_edges, split
from orview.mesh.nets import Net, net_of
from orview.mesh.parts import in_parts
from orview.mesh.refine import padded_mask, surface_of
from tests.shapes import grid


def made(mask: np.ndarray, *, merge_above: int) -> Net:
    return net_of(mask, crossed_cells(mask), merge_above=merge_above)


def random_mask(seed: int, *, share: float, rounds: int) -> np.ndarray:
    noise = np.random.default_rng(seed).random((30, 30, 30)).astype(np.float32)
    for _ in range(rounds):
        noise = np.stack([cv2.blur(plane, (3, 3)) for plane in noise]).transpose(2, 0, 1)
    return np.ascontiguousarray(noise < np.quantile(noise, share))


@pytest.mark.hazard("H16")
@pytest.mark.parametrize("share", [0.03, 0.1, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("rounds", [0, 2, 4])
def test_noise_gives_a_closed_manifold_that_merging_does_not_change(share: float, rounds: int) -> None:
    mask = padded_mask(field_of_mask(random_mask(5, share=share, rounds=rounds), grid()))
    found = []
    for merge_above in (0, 10**9):
        net = made(mask, merge_above=merge_above)
        surface = surface_of(net, net.vertices, grid())
        assert open_edges(surface) == 0
        parts, filled = in_parts(surface, net.filled)
        assert filled.sum() == pytest.approx(np.count_nonzero(mask))
        assert (net.low <= net.vertices).all()
        assert (net.vertices <= net.high).all()
        found.append((len(parts), len(surface.vertices_mm) - len(surface.triangles) // 2))
    # The number of parts and Euler's number say whether a hole opened or two parts grew together.
    assert found[0] == found[1]


def test_one_voxel_is_a_closed_part() -> None:
    mask = np.zeros((9, 9, 9), dtype=np.uint8)
    mask[4, 4, 4] = 1
    for merge_above in (0, 10**9):
        net = made(mask, merge_above=merge_above)
        surface = surface_of(net, net.vertices, grid())
        assert open_edges(surface) == 0
        assert len(split(surface)) == 1


def test_voxels_that_touch_at_an_edge_or_a_corner_alone_stay_two_parts() -> None:
    for other in ((4, 5, 5), (5, 5, 5)):
        mask = np.zeros((11, 11, 11), dtype=np.uint8)
        mask[4, 4, 4] = mask[other] = 1
        net = made(mask, merge_above=10**9)
        surface = surface_of(net, net.vertices, grid())
        assert open_edges(surface) == 0
        assert len(split(surface)) == 2


def test_nothing_gives_nothing() -> None:
    net = made(np.zeros((9, 9, 9), dtype=np.uint8), merge_above=0)
    assert net.vertices.shape == (0, 3)
    assert net.quads.shape == (0, 4)
