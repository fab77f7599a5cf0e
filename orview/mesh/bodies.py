"""Closed bodies for what has no thickness of its own: plates of rectangles, tubes of lines."""

import numpy as np
from numpy.typing import NDArray

from orview.mesh.surface import Surface

Floats = NDArray[np.float64]

_SIDES = 8
_STEP_MM = 1.0
_FEWEST = 8
_BOX = np.array(
    [[0, 2, 1], [0, 3, 2], [4, 5, 6], [4, 6, 7], [0, 1, 5], [0, 5, 4], [1, 2, 6], [1, 6, 5], [2, 3, 7], [2, 7, 6],
     [3, 0, 4], [3, 4, 7]],
    dtype=np.int32,
)  # fmt: skip


def plate(corners_mm: Floats, *, thickness_mm: float) -> Surface:
    """Return a rectangle (4, 3), counter-clockwise seen from where its normal points, as a box about it."""
    normal = np.cross(corners_mm[1] - corners_mm[0], corners_mm[3] - corners_mm[0])
    half = 0.5 * thickness_mm * normal / np.linalg.norm(normal)
    return Surface(vertices_mm=np.concatenate([corners_mm - half, corners_mm + half]), triangles=_BOX.copy())


def tube(points_mm: Floats, *, radius_mm: float) -> Surface:
    """Return a line (N, 3) as a tube; one that ends where it began is a ring, else both ends are closed."""
    closed = len(points_mm) > 2 and bool(np.linalg.norm(points_mm[0] - points_mm[-1]) < 1e-6)
    middles = _evenly(points_mm, closed=closed)
    ahead, behind = np.roll(middles, -1, axis=0), np.roll(middles, 1, axis=0)
    if not closed:
        ahead[-1], behind[0] = middles[-1], middles[0]
    along = ahead - behind
    along /= np.maximum(np.linalg.norm(along, axis=1), 1e-12)[:, None]
    around = _frames(along, closed=closed)
    angles = 2.0 * np.pi * np.arange(_SIDES) / _SIDES
    rings = middles[:, None] + radius_mm * (
        np.cos(angles)[:, None] * around[:, None, 0] + np.sin(angles)[:, None] * around[:, None, 1]
    )
    count = len(middles)
    ring, side = (values.ravel() for values in np.mgrid[: count if closed else count - 1, :_SIDES])
    here, there = _SIDES * ring, _SIDES * ((ring + 1) % count)
    beside = (side + 1) % _SIDES
    triangles = np.concatenate(
        [
            np.column_stack([here + side, here + beside, there + beside]),
            np.column_stack([here + side, there + beside, there + side]),
        ]
    )
    vertices = rings.reshape(-1, 3)
    if not closed:
        fan = np.arange(1, _SIDES - 1)
        last = _SIDES * (count - 1)
        triangles = np.concatenate(
            [
                triangles,
                np.column_stack([np.zeros_like(fan), fan + 1, fan]),
                np.column_stack([np.full_like(fan, last), last + fan, last + fan + 1]),
            ]
        )
    return Surface(vertices_mm=vertices, triangles=triangles.astype(np.int32))


def _evenly(points_mm: Floats, *, closed: bool) -> Floats:
    """Return points of a line that stand evenly about `_STEP_MM` apart; of a closed one the first is not repeated."""
    lengths = np.linalg.norm(np.diff(points_mm, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    steps = max(round(along[-1] / _STEP_MM), _FEWEST if closed else 1)
    wanted = np.linspace(0.0, along[-1], steps + 1)
    even = np.stack([np.interp(wanted, along, points_mm[:, axis]) for axis in range(3)], axis=1)
    return even[:-1] if closed else even


def _frames(along: Floats, *, closed: bool) -> Floats:
    """Return two directions across each of the directions (N, 3), turned as little as can be: (N, 2, 3).

    Carried along from one to the next; what a ring is twisted by when it comes round is taken out evenly.
    """
    first = np.cross(along[0], np.eye(3)[np.abs(along[0]).argmin()])
    across = [first / np.linalg.norm(first)]
    for direction in along[1:]:
        carried = across[-1] - (across[-1] @ direction) * direction
        across.append(carried / max(float(np.linalg.norm(carried)), 1e-12))
    one = np.array(across)
    other = np.cross(along, one)
    if closed:
        home = one[-1] - (one[-1] @ along[0]) * along[0]
        twist = float(np.arctan2(home @ other[0], home @ one[0]))
        angles = -twist * np.arange(len(along)) / len(along)
        cosine, sine = np.cos(angles)[:, None], np.sin(angles)[:, None]
        one, other = cosine * one + sine * other, cosine * other - sine * one
    return np.stack([one, other], axis=1)
