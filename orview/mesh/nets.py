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
from orview.mesh.windows import windows

Ints = NDArray[np.int64]
Coordinates = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]
Direction = Callable[[NDArray[np.float32]], NDArray[np.float32]]

VOXELS = 150_000
"""Looked at together, in whole slices: few enough to stay near the processor, and so many that calls cost little."""

FLAT_COSINE = 0.8
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
        direction: gives the surface's unit normals (3, N) at points (3, N) i, j, k of rising k; None takes it for flat.
    """
    (i, j, k), config = _crossed_cells(mask)
    strides = (1, mask.shape[2], mask.shape[1] * mask.shape[2])
    cells = (k.astype(np.int64) * mask.shape[1] + j) * mask.shape[2] + i
    blocks_j, blocks_i = (n // 2 for n in mask.shape[1:])

    number_of_block = np.zeros(mask.shape[0] // 2 * blocks_j * blocks_i, dtype=np.int32)
    block_of_cell = ((k >> 1).astype(np.int64) * blocks_j + (j >> 1)) * blocks_i + (i >> 1)
    number_of_block[block_of_cell] = 1
    blocks = np.flatnonzero(number_of_block)
    number_of_block[blocks] = np.arange(len(blocks), dtype=np.int32)
    block = number_of_block[block_of_cell]
    place = block * 8 + ((k & 1) << 2 | (j & 1) << 1 | (i & 1))

    tables = cell_tables()
    rows = config.astype(np.int32)
    rows[_to_flip(mask.ravel(), cells, config, strides)] += FLIPPED
    merged = np.zeros(len(blocks), dtype=bool)
    if len(cells) > merge_above:
        block_k = blocks // (blocks_j * blocks_i)
        rest = blocks - block_k * (blocks_j * blocks_i)
        block_j = rest // blocks_i
        block_i = rest - block_j * blocks_i
        merged = disks(_voxels_of(mask.ravel(), 2 * (block_k * strides[2] + block_j * strides[1] + block_i), strides))
        if direction is not None:
            normals = direction(np.stack([block_i, block_j, block_k]).astype(np.float32) * np.float32(2.0) + 1.0)
            merged &= ~_bent(blocks, number_of_block, normals, (1, blocks_i, blocks_j * blocks_i))

    counts = np.zeros((len(blocks), 8), dtype=np.int32)
    counts.ravel()[place] = tables.loops[rows]
    counts[merged] = (1, 0, 0, 0, 0, 0, 0, 0)
    base = np.cumsum(counts.ravel(), dtype=np.int32).reshape(-1, 8) - counts
    base[merged] = base[merged, :1]
    is_merged = merged[block]
    first = base.ravel()[place]

    lookup = _Lookup(mask.size, cells, first, np.where(is_merged, np.int32(MERGED), rows))
    quads = np.concatenate([_quads(axis, config, cells, strides, lookup) for axis in range(3)])
    count = int(counts.sum())
    vertices, low, high = _places((i, j, k), rows, first, is_merged, count)
    leaves = (config & 1).astype(np.int8) - (config >> 1 & 1).astype(np.int8)
    faces = np.flatnonzero(leaves)
    face_of = lookup.vertex(cells[faces], edge_number(0, 0))
    filled = np.bincount(face_of, weights=leaves[faces] * (i[faces] + 0.5), minlength=count)
    return Net(vertices=vertices.T, low=low.T, high=high.T, filled=filled.astype(np.float64), quads=quads)


def _bent(
    blocks: Ints, number_of_block: NDArray[np.int32], normals: NDArray[np.float32], strides: tuple[int, int, int]
) -> NDArray[np.bool_]:
    """Return which blocks have a neighbour where the surface faces another way."""
    bent = np.zeros(len(blocks), dtype=bool)
    for stride in strides:
        # The last layers are empty, so what lies beyond the end is no block either way.
        beside = number_of_block[np.minimum(blocks + stride, len(number_of_block) - 1)]
        pairs = np.flatnonzero(blocks[beside] == blocks + stride)
        others = beside[pairs]
        cosines = np.asarray(sum(along[pairs] * along[others] for along in normals))
        turned = cosines < FLAT_COSINE
        bent[pairs[turned]] = bent[others[turned]] = True
    return bent


class _Lookup:
    """Finds the vertex of a cell for one of its edges.

    Args:
        size: number of voxels.
        cells: (C,) flat index of each crossed cell.
        first: (C,) the vertex of its first loop.
        rows: (C,) its row of the tables.
    """

    def __init__(self, size: int, cells: Ints, first: NDArray[np.int32], rows: NDArray[np.int32]) -> None:
        # Hardly any cell has more than one loop: those are marked by a negative number and looked up again.
        several = np.flatnonzero(cell_tables().loops[rows] > 1)
        self._first, self._rows = first[several], rows[several]
        slots = first.copy()
        slots[several] = -1 - np.arange(len(several), dtype=np.int32)
        self._slot_of_cell = np.zeros(size, dtype=np.int32)
        self._slot_of_cell[cells] = slots

    def vertex(self, cells: Ints, edge: int) -> NDArray[np.int32]:
        found = self._slot_of_cell[cells]
        several = np.flatnonzero(found < 0)
        number = -1 - found[several]
        found[several] = self._first[number] + cell_tables().loop_of_edge[self._rows[number], edge]
        return found


def _crossed_cells(mask: NDArray[np.uint8]) -> tuple[Coordinates, NDArray[np.uint8]]:
    """Return i, j, k of the low corner of every cell the surface passes, and its configuration.

    A few slices at a time, so that what is computed stays near the processor. Cells that reach from the end of a row
    to the start of the next lie between zeros.
    """
    found_ijk: list[list[NDArray[np.int32]]] = [[], [], []]
    configs = []
    for slices, rows, columns in windows(mask, depth=max(4, VOXELS // mask[0].size), margin=1):
        window = mask[slices.start : slices.stop + 1, rows, columns]
        width, layer = window.shape[2], window.shape[1] * window.shape[2]
        corner = window.ravel()
        line = corner[:-1] | corner[1:] << 1
        square = line[:-width] | line[width:] << 2
        cube = square[:-layer] | square[layer:] << 4
        found = np.flatnonzero((cube + np.uint8(1)) > 1)
        configs.append(cube[found])
        found = found.astype(np.int32)
        k = found // layer
        found -= k * layer
        j = found // width
        for one, start, coordinate in zip(
            found_ijk, (columns.start, rows.start, slices.start), (found - j * width, j, k), strict=True
        ):
            one.append(coordinate + np.int32(start))
    nothing = np.zeros(0, dtype=np.int32)
    i, j, k = (np.concatenate([nothing, *one]) for one in found_ijk)
    return (i, j, k), np.concatenate([nothing.astype(np.uint8), *configs])


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


def _quads(
    axis: int, config: NDArray[np.uint8], cells: Ints, strides: tuple[int, int, int], lookup: _Lookup
) -> NDArray[np.int32]:
    """Return the faces around all crossed edges along an axis; those that shrank to a line are left out."""
    here = config & 1
    crossed = np.flatnonzero(here != (config >> (1 << axis) & 1))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    around = []
    for back_first, back_second in ((1, 1), (0, 1), (0, 0), (1, 0)):
        beside = cells[crossed] - (back_first * strides[first] + back_second * strides[second])
        around.append(lookup.vertex(beside, edge_number(axis, back_first << first | back_second << second)))
    outwards = here[crossed] == 0
    return _without_lines([np.where(outwards, around[3 - n], around[n]) for n in range(4)])


def _without_lines(corners: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    """Return the quads, given by their four corners in turn, that have at least three different ones."""
    same = [corners[n] == corners[(n + 1) % 4] for n in range(4)]
    repeats = sum(one.view(np.uint8) for one in same)
    # Two cells of one block lie opposite each other only when all four are of it.
    whole, once = np.flatnonzero(repeats == 0), np.flatnonzero(repeats == 1)
    turn = sum(n * one[once].astype(np.int64) for n, one in enumerate(same))
    triangles = np.stack([corner[once] for corner in corners], axis=1)
    # Turn each so that the repeated corner comes last.
    turned = np.take_along_axis(triangles, (np.arange(4) + np.reshape(turn, (-1, 1)) + 2) % 4, axis=1)
    return np.concatenate([np.stack([corner[whole] for corner in corners], axis=1), turned])


def _places(
    ijk: Coordinates, rows: NDArray[np.int32], first: NDArray[np.int32], merged: NDArray[np.bool_], count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return where each vertex starts, the mean of its crossings, and the box it may move in; (3, N) each."""
    tables = cell_tables()
    total = np.zeros((3, count))
    members = np.zeros(count)
    low = np.zeros((3, count), dtype=np.float32)
    size = np.ones(count, dtype=np.float32)
    loops = tables.loops[rows]
    for loop in range(4):
        has = np.flatnonzero(loops > loop) if loop else slice(None)
        row, is_merged = rows[has], merged[has]
        vertex = first[has] + np.where(is_merged, 0, loop) if loop else first
        size[vertex] = np.where(is_merged, 2, 1)
        members += np.bincount(vertex, minlength=count)
        for axis, coordinate in enumerate(ijk):
            place = coordinate[has]
            total[axis] += np.bincount(vertex, weights=place + tables.centre[row, loop, axis], minlength=count)
            low[axis, vertex] = place - (place & is_merged)
    return (total / members).astype(np.float32), low, low + size
