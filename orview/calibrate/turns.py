"""How much a set of orientations differs, and about how many axes."""

import numpy as np
from numpy.typing import NDArray


def turn_spread_rad(rotations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much rotations (N, 3, 3) are turned against one another about three axes (3,), largest first.

    Root mean square over all pairs. Only the first is large for turns about one axis.
    """
    first, second = np.triu_indices(len(rotations), k=1)
    if not len(first):
        return np.zeros(3)
    turns = rotation_vectors(np.swapaxes(rotations[first], 1, 2) @ rotations[second])
    scatter = turns.T @ turns / len(turns)
    return np.asarray(np.sqrt(np.maximum(np.linalg.eigvalsh(scatter)[::-1], 0.0)), dtype=np.float64)


def rotation_vectors(rotations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rotations (N, 3, 3) as axes times angles (N, 3), rad; near half a turn the axis is inexact."""
    twice_sine = np.stack(
        [
            rotations[:, 2, 1] - rotations[:, 1, 2],
            rotations[:, 0, 2] - rotations[:, 2, 0],
            rotations[:, 1, 0] - rotations[:, 0, 1],
        ],
        axis=1,
    )
    sine = 0.5 * np.linalg.norm(twice_sine, axis=1)
    angle = np.arctan2(sine, 0.5 * (np.trace(rotations, axis1=1, axis2=2) - 1.0))
    # sin(a) / a is 1 to the last digit where a is this small.
    share = np.where(sine > 1e-9, angle / np.maximum(sine, 1e-9), 1.0)
    return np.asarray(0.5 * twice_sine * share[:, None], dtype=np.float64)
