"""The cells between eight voxel centres that a surface passes: some of their voxels are inside and some are not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled, plain

WORD = 8
"""Voxels of a row that are looked at as one number."""

FULL = 0x0101010101010101
"""The number of eight voxels inside."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """The crossed cells of a mask (K, J, I), in the order of their voxels.

    Attributes:
        shape: of the mask.
        corner: (C, 3) int32 k, j, i of the voxel at each cell's low corner.
        config: (C,) which of its corners are inside, bit x + 2 y + 4 z.
    """

    shape: tuple[int, int, int]
    corner: NDArray[np.int32]
    config: NDArray[np.uint8]


def crossed_cells(mask: NDArray[np.uint8]) -> Cells:
    """Return the cells of a mask (K, J, I) of 0 and 1, 0 on the border, whose voxels are not all alike."""
    layers, rows, width = mask.shape
    whole = mask if width % WORD == 0 else np.pad(mask, ((0, 0), (0, 0), (0, -width % WORD)))
    corner, config = _crossed(plain(whole, np.uint8).view(np.uint64))
    return Cells(shape=(layers, rows, width), corner=corner, config=config)


@compiled
def _crossed(words: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Return corners and configurations of the crossed cells of rows of words (K, J, N)."""
    layers, rows, count = words.shape
    nothing, full, all_inside = np.uint64(0), np.uint64(FULL), np.uint64(255)
    one, two, four, six, last = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(6), np.uint64(8 * (WORD - 1))
    held = np.zeros((layers, rows), dtype=np.bool_)
    for k in range(layers):
        for j in range(rows):
            some = nothing
            for n in range(count):
                some |= words[k, j, n]
            held[k, j] = some != nothing
    corner, config = np.empty((1 << 14, 3), dtype=np.int32), np.empty(1 << 14, dtype=np.uint8)
    found = 0
    for k in range(layers - 1):
        for j in range(rows - 1):
            if not (held[k, j] or held[k, j + 1] or held[k + 1, j] or held[k + 1, j + 1]):
                continue
            if found + WORD * count > len(config):
                # Twice as long each time, so that all copies together are no longer than the end.
                room = 2 * len(config) + WORD * count
                more, longer = np.empty((room, 3), dtype=np.int32), np.empty(room, dtype=np.uint8)
                more[:found], longer[:found] = corner[:found], config[:found]
                corner, config = more, longer
            pa, pb, pc, pd = nothing, nothing, nothing, nothing
            for n in range(count):
                a, b, c, d = words[k, j, n], words[k, j + 1, n], words[k + 1, j, n], words[k + 1, j + 1, n]
                some, every = a | b | c | d | pa | pb | pc | pd, a & b & c & d & pa & pb & pc & pd
                if some != nothing and every != full:
                    # The last column of the word before, then each of this word's.
                    left = pa >> last | (pb >> last) << two | (pc >> last) << four | (pd >> last) << six
                    for byte in range(WORD):
                        shift = np.uint64(8 * byte)
                        right = a >> shift & one | (b >> shift & one) << two
                        right |= (c >> shift & one) << four | (d >> shift & one) << six
                        both = left | right << one
                        left = right
                        if both != nothing and both != all_inside:
                            corner[found, 0], corner[found, 1], corner[found, 2] = k, j, WORD * n + byte - 1
                            config[found] = both
                            found += 1
                pa, pb, pc, pd = a, b, c, d
    return corner[:found].copy(), config[:found].copy()
