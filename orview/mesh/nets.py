"""Yes or no at every voxel becomes a closed manifold surface: one vertex a cell, or a block of cells (surface nets).

Which voxels are inside decides how the surface hangs together, and nothing that is done to the vertices later can
change that: no part is lost, no two grow together, no hole opens, however thin.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.mesh.blocks import disks
from orview.mesh.cell_tables import FLIPPED, MERGED, cell_tables, edge_number

Ints = NDArray[np.int64]
Direction = Callable[[NDArray[np.float32]], NDArray[np.float32]]

FLAT_COSINE = 0.9
"""Of the angle between the normals of neighbouring blocks below which they keep a vertex for every cell."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Net:
    """A closed surface between voxel centres, counter-clockwise seen from outside in right-handed voxel axes.

    Attributes:
        vertices: (N, 3) float32 i, j, k, ordered by blocks of cells along k, j, i.
        low, high: (N, 3) float32 corners of the cell or block that each vertex may move in.
        filled: (N,) what each vertex adds to the number of voxels inside its connected part (divergence theorem over
            the voxels' faces); negative in sum where a part bounds a cavity.
        quads: (Q, 4) int32 rows of `vertices`, in turn around; the last two are alike in a triangle.
    """

    vertices: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    filled: NDArray[np.float64]
    quads: NDArray[np.int32]


def net_of(mask: NDArray[np.uint8], *, merge_above: int, direction: Direction | None = None) -> Net:
    """Return the surface around the voxels that are 1.

    Args:
        mask: (K, J, I) of 0 and 1, C order, 0 on the border, each size odd: whole blocks of two cells.
        merge_above: number of cells that the surface passes above which blocks of 2 x 2 x 2 of them share a vertex
            wherever that changes nothing (`mesh.blocks`) and the surface is nearly flat.
        direction: gives the surface's unit normals at points (N, 3) i, j, k of rising k; None takes it for flat.
    """
    cells, config = _crossed_cells(mask)
    size = np.array(mask.shape)
    strides = (1, mask.shape[2], mask.shape[1] * mask.shape[2])
    k, rest = np.divmod(cells, strides[2])
    j, i = np.divmod(rest, strides[1])
    blocks_j, blocks_i = (int(n) // 2 for n in size[1:])

    number_of_block = np.zeros(int(size[0]) // 2 * blocks_j * blocks_i, dtype=np.int32)
    block_of_cell = ((k >> 1) * blocks_j + (j >> 1)) * blocks_i + (i >> 1)
    number_of_block[block_of_cell] = 1
    blocks = np.flatnonzero(number_of_block)
    number_of_block[blocks] = np.arange(len(blocks), dtype=np.int32)
    block = number_of_block[block_of_cell]
    child = (k & 1) << 2 | (j & 1) << 1 | (i & 1)

    tables = cell_tables()
    rows = config.astype(np.int64)
    rows[_to_flip(mask.ravel(), cells, config, strides)] += FLIPPED
    merged = np.zeros(len(blocks), dtype=bool)
    if len(cells) > merge_above:
        block_k, rest = np.divmod(blocks, blocks_j * blocks_i)
        block_j, block_i = np.divmod(rest, blocks_i)
        merged = disks(_voxels_of(mask.ravel(), 2 * (block_k * strides[2] + block_j * strides[1] + block_i), strides))
        if direction is not None:
            normals = direction(np.stack([block_i, block_j, block_k], axis=1).astype(np.float32) * 2.0 + 1.0)
            merged &= ~_bent(blocks, number_of_block, normals, (1, blocks_i, blocks_j * blocks_i))

    row_of = np.zeros((len(blocks), 8), dtype=np.int32)
    row_of[block, child] = rows
    counts = tables.loops[row_of].astype(np.int32)
    counts[merged] = (1, 0, 0, 0, 0, 0, 0, 0)
    base = np.cumsum(counts.ravel(), dtype=np.int32).reshape(-1, 8) - counts
    base[merged] = base[merged, :1]
    row_of[merged] = MERGED

    lookup = _Lookup(number_of_block, base.ravel(), row_of.ravel(), blocks_j, blocks_i)
    quads = np.concatenate([_quads(axis, config, (i, j, k), lookup) for axis in range(3)])
    count = int(counts.sum())
    vertices, low, high = _places((i, j, k), rows, base[block, child], merged[block], count)
    leaves = (config & 1).astype(np.int8) - (config >> 1 & 1).astype(np.int8)
    faces = np.flatnonzero(leaves)
    face_of = lookup.vertex(i[faces], j[faces], k[faces], edge_number(0, 0))
    filled = np.bincount(face_of, weights=leaves[faces] * (i[faces] + 0.5), minlength=count)
    return Net(vertices=vertices, low=low, high=high, filled=filled.astype(np.float64), quads=quads)


def _bent(
    blocks: Ints, number_of_block: NDArray[np.int32], normals: NDArray[np.float32], strides: tuple[int, int, int]
) -> NDArray[np.bool_]:
    """Return which blocks have a neighbour where the surface faces another way."""
    bent = np.zeros(len(blocks), dtype=bool)
    for stride in strides:
        # The last layers are empty, so what lies beyond the end is no block either way.
        beside = number_of_block[np.minimum(blocks + stride, len(number_of_block) - 1)]
        pairs = np.flatnonzero(blocks[beside] == blocks + stride)
        turned = pairs[np.einsum("ix,ix->i", normals[pairs], normals[beside[pairs]]) < FLAT_COSINE]
        bent[turned] = bent[beside[turned]] = True
    return bent


@dataclass(frozen=True)
class _Lookup:
    """Finds the vertex of a cell for one of its edges."""

    number_of_block: NDArray[np.int32]
    base: NDArray[np.int32]
    row: NDArray[np.int32]
    blocks_j: int
    blocks_i: int

    def vertex(self, i: Ints, j: Ints, k: Ints, edge: int) -> NDArray[np.int32]:
        number = self.number_of_block[((k >> 1) * self.blocks_j + (j >> 1)) * self.blocks_i + (i >> 1)]
        place = number.astype(np.int64) << 3 | (k & 1) << 2 | (j & 1) << 1 | (i & 1)
        loop = cell_tables().loop_of_edge[:, edge][self.row[place]]
        return np.asarray(self.base[place] + loop, dtype=np.int32)


def _crossed_cells(mask: NDArray[np.uint8]) -> tuple[Ints, NDArray[np.uint8]]:
    """Return the flat index of the low corner of every cell the surface passes, and its configuration.

    A few slices at a time, so that what is computed stays near the processor. Cells that reach from the end of a row
    to the start of the next lie between zeros.
    """
    flat = mask.ravel()
    row, layer = mask.shape[2], mask.shape[1] * mask.shape[2]
    depth = max(1, 200_000 // layer)
    cells, configs = [], []
    for start in range(0, mask.shape[0] - 1, depth):
        first = start * layer
        corner = flat[first : min((start + depth + 1) * layer, len(flat))]
        line = corner[:-1] | corner[1:] << 1
        square = line[:-row] | line[row:] << 2
        cube = square[:-layer] | square[layer:] << 4
        found = np.flatnonzero((cube + np.uint8(1)) > 1)
        found = found[found < min(depth, mask.shape[0] - 1 - start) * layer]
        cells.append(found + first)
        configs.append(cube[found])
    return np.concatenate(cells), np.concatenate(configs)


def _to_flip(
    flat: NDArray[np.uint8], cells: Ints, config: NDArray[np.uint8], strides: tuple[int, int, int]
) -> NDArray[np.bool_]:
    """Return which cells share a face that a loop of theirs and one of their neighbour's both cross twice."""
    twice = cell_tables().twice
    flips = np.zeros(len(cells), dtype=bool)
    doubtful = np.flatnonzero(twice[config] >= 0)
    face = twice[config[doubtful]].astype(np.int64)
    neighbour = cells[doubtful] + np.array(strides)[face >> 1] * (2 * (face & 1) - 1)
    other = np.zeros(len(doubtful), dtype=np.int64)
    for corner in range(8):
        offset = sum(stride for axis, stride in enumerate(strides) if corner >> axis & 1)
        other |= flat[neighbour + offset].astype(np.int64) << corner
    flips[doubtful] = twice[other] == face ^ 1
    return flips


def _voxels_of(flat: NDArray[np.uint8], first: Ints, strides: tuple[int, int, int]) -> NDArray[np.uint32]:
    """Return the 27 voxels of each block as bits, from the flat index of its low corner."""
    voxels = np.zeros(len(first), dtype=np.uint32)
    for n in range(27):
        offset = n % 3 * strides[0] + n // 3 % 3 * strides[1] + n // 9 * strides[2]
        voxels |= flat[first + offset].astype(np.uint32) << np.uint32(n)
    return voxels


def _quads(axis: int, config: NDArray[np.uint8], ijk: tuple[Ints, Ints, Ints], lookup: _Lookup) -> NDArray[np.int32]:
    """Return the faces around all crossed edges along an axis; those that shrank to a line are left out."""
    here = config & 1
    crossed = np.flatnonzero(here != (config >> (1 << axis) & 1))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    around = []
    for back_first, back_second in ((1, 1), (0, 1), (0, 0), (1, 0)):
        back = {first: back_first, second: back_second}
        i, j, k = (coordinate[crossed] - back.get(n, 0) for n, coordinate in enumerate(ijk))
        around.append(lookup.vertex(i, j, k, edge_number(axis, back_first << first | back_second << second)))
    quads = np.stack(around, axis=1)
    outwards = here[crossed] == 0
    quads[outwards] = quads[outwards, ::-1]
    return _without_lines(quads)


def _without_lines(quads: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the quads with at least three different corners in turn; a triangle repeats its last corner."""
    same = quads == np.roll(quads, -1, axis=1)
    repeats = same.sum(axis=1)
    # Two cells of one block lie opposite each other only when all four are of it.
    whole = quads[repeats == 0]
    triangles = quads[repeats == 1]
    turn = same[repeats == 1].argmax(axis=1)
    # Turn each so that the repeated corner comes last.
    turned = np.take_along_axis(triangles, (np.arange(4) + turn[:, None] + 2) % 4, axis=1)
    return np.concatenate([whole, turned])


def _places(
    ijk: tuple[Ints, Ints, Ints], rows: Ints, base: NDArray[np.int32], merged: NDArray[np.bool_], count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return where each vertex starts, the mean of its crossings, and the box it may move in."""
    tables = cell_tables()
    total = np.zeros((3, count))
    members = np.zeros(count)
    low = np.zeros((count, 3), dtype=np.float32)
    high = np.zeros((count, 3), dtype=np.float32)
    size = np.where(merged, 2, 1)
    for loop in range(4):
        has = np.flatnonzero(tables.loops[rows] > loop)
        vertex = base[has] + np.where(merged[has], 0, loop)
        members += np.bincount(vertex, minlength=count)
        for axis, coordinate in enumerate(ijk):
            place = coordinate[has]
            total[axis] += np.bincount(vertex, weights=place + tables.centre[rows[has], loop, axis], minlength=count)
            low[vertex, axis] = place - place % size[has]
            high[vertex, axis] = low[vertex, axis] + size[has]
    return (total / members).T.astype(np.float32), low, high
