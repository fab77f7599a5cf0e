"""Splitting bone where it is darkest between sure places: each voxel goes to the part it is joined to best."""

import itertools
import math

import numpy as np
from numpy.typing import NDArray


def split(
    bone: NDArray[np.bool_],
    brightness: NDArray[np.float32],
    seeds: NDArray[np.int16],
    *,
    spacing_mm: NDArray[np.float64],
) -> NDArray[np.int16]:
    """Return the part (K, J, I) each voxel of bone belongs to: that of the seed at the least cost of a path to it.

    A path costs its length over the square of the brightness along it, so it avoids joints and discs (geodesic
    distance, Bellman-Ford on a front). Bone that no path leads to is 0.

    Args:
        bone: (K, J, I).
        brightness: (K, J, I) 0 to 1, relative to what is around.
        seeds: (K, J, I) number of the part, 0 for none.
        spacing_mm: between voxels along k, j, i.
    """
    inside = np.pad(bone, 1).ravel()
    price = np.pad(1.0 / np.maximum(brightness, 0.1) ** 2, 1).astype(np.float32).ravel()
    labels = np.pad(seeds * bone, 1).ravel()
    shape = tuple(size + 2 for size in bone.shape)
    cost = np.where(labels > 0, np.float32(0.0), np.float32(np.inf))
    steps = [
        ((dk * shape[1] + dj) * shape[2] + di, 0.5 * math.hypot(*(np.array([dk, dj, di]) * spacing_mm)))
        for dk, dj, di in itertools.product((-1, 0, 1), repeat=3)
        if 0 < abs(dk) + abs(dj) + abs(di) < 3
    ]
    front = np.flatnonzero(labels)
    while len(front):
        reached = []
        for step, half_mm in steps:
            target = front + step
            offer = cost[front] + half_mm * (price[front] + price[target])
            better = inside[target] & (offer < cost[target] - 1e-3)
            target = target[better]
            cost[target] = offer[better]
            labels[target] = labels[front[better]]
            reached.append(target)
        front = np.unique(np.concatenate(reached))
    return np.asarray(labels.reshape(shape)[1:-1, 1:-1, 1:-1])
