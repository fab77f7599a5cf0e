"""Which blocks of 2 x 2 x 2 cells may share one vertex without changing how the surface hangs together.

A block sees 3 x 3 x 3 voxels. Its patch of surface is a disk, and meets each neighbour in at most one line, when

- along each of its edges the surface passes at most once,
- on each of its faces the inside and the outside each hang together, and neither is an island,
- on its whole outside they each hang together too, so that one closed line bounds the patch,
- its middle voxel is no island.

Contracting such disks to points leaves a closed surface manifold (manifold dual contouring: Schaefer, Ju & Warren
2007).

Voxels of a block are numbered x + 3 y + 9 z, one bit each.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

_MIDDLE = 1 << 13
_FACE_MIDDLES = sum(1 << n for n in (4, 10, 12, 14, 16, 22))
_HULL = (1 << 27) - 1 - _MIDDLE
_ROUNDS = 4
"""Rounds of the flood; what still grows after them is taken not to hang together, which only keeps more vertices."""


def disks(voxels: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Return for blocks of 27 bits (N,) whether each may become one vertex."""
    simple = _simple_faces()
    fine = np.ones(len(voxels), dtype=bool)
    for start, row, layer in ((0, 3, 9), (2, 3, 9), (0, 1, 9), (6, 1, 9), (0, 1, 3), (18, 1, 3)):
        face = np.zeros(len(voxels), dtype=np.uint32)
        for n in range(9):
            face |= (voxels >> np.uint32(start + row * (n % 3) + layer * (n // 3)) & np.uint32(1)) << np.uint32(n)
        fine &= simple[face]
    middles = voxels & np.uint32(_FACE_MIDDLES)
    fine &= np.where(voxels & np.uint32(_MIDDLE), middles != 0, middles != _FACE_MIDDLES)
    rest = np.flatnonzero(fine)
    for sought in (voxels[rest], ~voxels[rest]):
        fine[rest] &= _hangs_together(sought & np.uint32(_HULL))
    return fine


def _hangs_together(voxels: NDArray[np.uint32]) -> NDArray[np.bool_]:
    reached = voxels & (~voxels + np.uint32(1))
    for _ in range(_ROUNDS):
        for step in range(3):
            shift = np.uint32(3**step)
            last = np.uint32(sum(1 << n for n in range(27) if n // 3**step % 3 == 2))
            first = np.uint32(sum(1 << n for n in range(27) if n // 3**step % 3 == 0))
            reached |= (reached & ~last) << shift & voxels
            reached |= (reached & ~first) >> shift & voxels
    return np.equal(reached, voxels)


@cache
def _simple_faces() -> NDArray[np.bool_]:
    """Return for each of the 512 ways a face of 3 x 3 voxels can lie whether one line at most crosses it."""
    return np.array([_is_simple([bool(face >> n & 1) for n in range(9)]) for face in range(512)])


def _is_simple(inside: list[bool]) -> bool:
    edges = ((0, 1, 2), (6, 7, 8), (0, 3, 6), (2, 5, 8))
    if any(inside[a] == inside[c] != inside[b] for a, b, c in edges):
        return False
    if all(inside[n] != inside[4] for n in (1, 3, 5, 7)):
        return False
    for kind in (True, False):
        members = {n for n in range(9) if inside[n] is kind}
        waiting = [min(members)] if members else []
        while waiting:
            n = waiting.pop()
            if n in members:
                members.discard(n)
                waiting += [n - 1] if n % 3 else []
                waiting += [n + 1] if n % 3 < 2 else []
                waiting += [n - 3, n + 3]
        if members:
            return False
    return True
