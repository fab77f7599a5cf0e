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

from orview.compiled import compiled

_MIDDLE = 1 << 13
_FACE_MIDDLES = sum(1 << n for n in (4, 10, 12, 14, 16, 22))
_HULL = (1 << 27) - 1 - _MIDDLE
_STEPS = (1, 3, 9)
_FIRSTS = tuple(sum(1 << n for n in range(27) if n // step % 3 == 0) for step in _STEPS)
_LASTS = tuple(sum(1 << n for n in range(27) if n // step % 3 == 2) for step in _STEPS)
_ROUNDS = 4
"""Rounds of the flood; what still grows after them is taken not to hang together, which only keeps more vertices."""


def disks(mask: NDArray[np.uint8], blocks: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return for blocks (B, 3) k, j, i of a mask (K, J, I) whether each may become one vertex."""
    return _disks(mask, blocks, _simple_faces())


@compiled
def _disks(mask: NDArray[np.uint8], blocks: NDArray[np.int32], simple: NDArray[np.bool_]) -> NDArray[np.bool_]:
    fine = np.empty(len(blocks), dtype=np.bool_)
    for n in range(len(blocks)):
        low_k, low_j, low_i = 2 * blocks[n, 0], 2 * blocks[n, 1], 2 * blocks[n, 2]
        voxels = 0
        for k in range(3):
            for j in range(3):
                for i in range(3):
                    voxels |= int(np.int64(mask[low_k + k, low_j + j, low_i + i])) << (9 * k + 3 * j + i)
        middles = voxels & _FACE_MIDDLES
        fine[n] = (
            (middles != 0 if voxels & _MIDDLE else middles != _FACE_MIDDLES)
            # All z, then all y, then all x, low side and high.
            and simple[voxels & 511]
            and simple[voxels >> 18]
            and simple[_face(voxels, 0, 1, 9)]
            and simple[_face(voxels, 6, 1, 9)]
            and simple[_face(voxels, 0, 3, 9)]
            and simple[_face(voxels, 2, 3, 9)]
            and _hangs_together(voxels & _HULL)
            and _hangs_together(~voxels & _HULL)
        )
    return fine


@compiled
def _face(voxels: int, start: int, row: int, layer: int) -> int:
    face = 0
    for n in range(9):
        face |= (voxels >> (start + row * (n % 3) + layer * (n // 3)) & 1) << n
    return face


@compiled
def _hangs_together(voxels: int) -> bool:
    reached = voxels & -voxels
    for _ in range(_ROUNDS):
        before = reached
        for step in range(3):
            shift = _STEPS[step]
            reached |= (reached & ~_LASTS[step]) << shift & voxels
            reached |= (reached & ~_FIRSTS[step]) >> shift & voxels
        if reached == before:
            break
    return reached == voxels


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
