"""The loops of `mesh.nets`.

A cell is named by the voxel k, j, i at its low corner (C, 3), a block of 2 x 2 x 2 cells by its number:
blocks that hold a crossed cell are numbered from 1 along k, j, i, and `number_of_block` (K, J, I halves) is 0
elsewhere.
The eight cells of a block follow one another along k, j, i; `first` (B + 2, 8) is the first vertex of each cell.
"""

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled

Cells = NDArray[np.int32]
Blocks = NDArray[np.int32]
Floats = NDArray[np.float32]

FLIPPED = 256
"""Added to a configuration: its row in the tables with the outside joined across its ambiguous face."""


@compiled
def blocks_of(corners: Cells, layers: int, rows: int, width: int) -> tuple[Blocks, Blocks]:
    """Return `number_of_block` and the k, j, i (B, 3) of each numbered block."""
    number = np.zeros((layers // 2, rows // 2, width // 2), dtype=np.int32)
    for n in range(len(corners)):
        number[corners[n, 0] >> 1, corners[n, 1] >> 1, corners[n, 2] >> 1] = 1
    count = 0
    flat = number.ravel()
    for n in range(len(flat)):
        count += flat[n]
    blocks = np.empty((count, 3), dtype=np.int32)
    count = 0
    for k in range(number.shape[0]):
        for j in range(number.shape[1]):
            for i in range(number.shape[2]):
                if number[k, j, i] > 0:
                    blocks[count, 0], blocks[count, 1], blocks[count, 2] = k, j, i
                    count += 1
                    number[k, j, i] = count
    return number, blocks


@compiled
def rows_of(
    mask: NDArray[np.uint8], corners: Cells, config: NDArray[np.uint8], twice: NDArray[np.int8]
) -> NDArray[np.int32]:
    """Return each cell's row of the tables.

    It is the flipped one where a loop of it and one of its neighbour's both cross the face they share twice.
    """
    flat, width, layer = mask.ravel(), mask.shape[2], mask.shape[1] * mask.shape[2]
    rows = np.empty(len(corners), dtype=np.int32)
    for n in range(len(corners)):
        rows[n] = config[n]
        face = twice[config[n]]
        if face >= 0:
            stride = (1, width, layer)[face >> 1]
            beside = (corners[n, 0] * mask.shape[1] + corners[n, 1]) * width + corners[n, 2]
            beside += stride * (2 * (face & 1) - 1)
            other = 0
            for corner in range(8):
                offset = (corner & 1) + (corner >> 1 & 1) * width + (corner >> 2) * layer
                other |= int(np.int64(flat[beside + offset])) << corner
            if twice[other] == face ^ 1:
                rows[n] += FLIPPED
    return rows


@compiled
def bent(blocks: Blocks, number_of_block: Blocks, normals: Floats, least_cosine: float) -> NDArray[np.bool_]:
    """Return which blocks (B,) have a neighbour whose normal (B, 3) differs by more than a cosine."""
    result = np.zeros(len(blocks), dtype=np.bool_)
    for n in range(len(blocks)):
        for axis in range(3):
            k, j, i = blocks[n, 0] + (axis == 2), blocks[n, 1] + (axis == 1), blocks[n, 2] + (axis == 0)
            if k < number_of_block.shape[0] and j < number_of_block.shape[1] and i < number_of_block.shape[2]:
                beside = number_of_block[k, j, i] - 1
                if beside >= 0:
                    cosine = (
                        normals[n, 0] * normals[beside, 0]
                        + normals[n, 1] * normals[beside, 1]
                        + normals[n, 2] * normals[beside, 2]
                    )
                    if cosine < least_cosine:
                        result[n] = result[beside] = True
    return result


@compiled
def _place(k: int, j: int, i: int) -> int:
    """Return a cell's place in its block."""
    return (k & 1) << 2 | (j & 1) << 1 | (i & 1)


@compiled
def vertices_of(
    corners: Cells,
    row_of: NDArray[np.int32],
    number_of_block: Blocks,
    merged: NDArray[np.bool_],
    loops: NDArray[np.uint8],
    merged_row: np.int32,
) -> tuple[Blocks, Blocks]:
    """Return `first` and each cell's row of the tables (B + 1, 8), that of merged ones where its block has one vertex.

    The last entry of `first` is the number of vertices.
    """
    first = np.zeros((len(merged) + 2, 8), dtype=np.int32)
    row_of_cell = np.zeros((len(merged) + 1, 8), dtype=np.int32)
    for n in range(len(corners)):
        k, j, i = corners[n, 0], corners[n, 1], corners[n, 2]
        block, place = number_of_block[k >> 1, j >> 1, i >> 1], _place(k, j, i)
        row_of_cell[block, place] = merged_row if merged[block - 1] else row_of[n]
        first[block, place] = loops[row_of[n]]
    count = 0
    for block in range(1, len(merged) + 1):
        if merged[block - 1]:
            first[block] = count
            count += 1
        else:
            for place in range(8):
                loops_here = first[block, place]
                first[block, place] = count
                count += loops_here
    first[len(merged) + 1] = count
    return first, row_of_cell


@compiled
def quads(
    axis: int,
    corners: Cells,
    config: NDArray[np.uint8],
    number_of_block: Blocks,
    first: Blocks,
    row_of_cell: Blocks,
    loop_of_edge: NDArray[np.uint8],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the faces around all crossed edges along an axis: those of four corners, those of three (N, 4).

    Those that shrank to a line are left out. Two cells of one block lie opposite each other only when all four are of
    it.
    """
    one, two = (axis + 1) % 3, (axis + 2) % 3
    whole, cut = np.empty((len(corners), 4), dtype=np.int32), np.empty((len(corners), 4), dtype=np.int32)
    wholes, cuts = 0, 0
    around = np.empty(4, dtype=np.int32)
    for n in range(len(corners)):
        here = config[n] & 1
        if here == config[n] >> (1 << axis) & 1:
            continue
        for turn in range(4):
            # Back along both, along the second, along none, along the first: in turn around the edge.
            back_one, back_two = (1, 0, 0, 1)[turn], (1, 1, 0, 0)[turn]
            back = back_one << one | back_two << two
            k, j, i = corners[n, 0] - (back >> 2), corners[n, 1] - (back >> 1 & 1), corners[n, 2] - (back & 1)
            block, place = number_of_block[k >> 1, j >> 1, i >> 1], _place(k, j, i)
            vertex = first[block, place] + loop_of_edge[row_of_cell[block, place], _edge(axis, back)]
            around[turn if here == 1 else 3 - turn] = vertex
        repeats, repeated = 0, 0
        for turn in range(4):
            if around[turn] == around[(turn + 1) % 4]:
                repeats += 1
                repeated = turn
        if repeats == 0:
            for turn in range(4):
                whole[wholes, turn] = around[turn]
            wholes += 1
        elif repeats == 1:
            # Turned so that the repeated corner comes last.
            for turn in range(4):
                cut[cuts, turn] = around[(turn + repeated + 2) % 4]
            cuts += 1
    return whole[:wholes].copy(), cut[:cuts].copy()


@compiled
def _edge(axis: int, low_corner: int) -> int:
    """Return the number of the edge that leaves a corner along an axis: `mesh.cell_tables.edge_number`."""
    below = low_corner & ((1 << axis) - 1)
    return 4 * axis + (below | low_corner >> (axis + 1) << axis)


@compiled
def places(
    corners: Cells,
    row_of: NDArray[np.int32],
    number_of_block: Blocks,
    merged: NDArray[np.bool_],
    first: Blocks,
    loops: NDArray[np.uint8],
    centre: Floats,
    count: int,
) -> tuple[Floats, Floats, Floats]:
    """Return where each vertex starts, the mean of its crossings, and the box it may move in; (N, 3) i, j, k each."""
    total, members = np.zeros((count, 3)), np.zeros(count)
    low, high = np.zeros((count, 3), dtype=np.float32), np.zeros((count, 3), dtype=np.float32)
    for n in range(len(corners)):
        k, j, i = corners[n, 0], corners[n, 1], corners[n, 2]
        corner = (i, j, k)
        block, place = number_of_block[k >> 1, j >> 1, i >> 1], _place(k, j, i)
        whole = merged[block - 1]
        for loop in range(np.int64(loops[row_of[n]])):
            vertex = first[block, place] + (0 if whole else loop)
            members[vertex] += 1.0
            for axis in range(3):
                total[vertex, axis] += corner[axis] + centre[row_of[n], loop, axis]
                least = corner[axis] - (corner[axis] & 1) if whole else corner[axis]
                low[vertex, axis] = least
                high[vertex, axis] = least + (2 if whole else 1)
    start = np.empty((count, 3), dtype=np.float32)
    for vertex in range(count):
        for axis in range(3):
            start[vertex, axis] = total[vertex, axis] / members[vertex]
    return start, low, high


@compiled
def filled(
    corners: Cells,
    config: NDArray[np.uint8],
    number_of_block: Blocks,
    first: Blocks,
    row_of_cell: Blocks,
    loop_of_edge: NDArray[np.uint8],
    count: int,
) -> NDArray[np.float64]:
    """Return what each vertex adds to the voxels of its part: a face across a row counts the voxels before it."""
    result = np.zeros(count)
    for n in range(len(corners)):
        leaves = np.int64(config[n] & 1) - np.int64(config[n] >> 1 & 1)
        if leaves != 0:
            k, j, i = corners[n, 0], corners[n, 1], corners[n, 2]
            block, place = number_of_block[k >> 1, j >> 1, i >> 1], _place(k, j, i)
            vertex = first[block, place] + loop_of_edge[row_of_cell[block, place], 0]
            result[vertex] += leaves * (i + 0.5)
    return result


@compiled
def triangles(vertices: NDArray[np.float64], faces: NDArray[np.int32], mirrored: bool) -> NDArray[np.int32]:
    """Return quads (Q, 4) as triangles (M, 3), each cut along its shorter diagonal; the second halves come last.

    Args:
        vertices: (N, 3) mm.
        faces: the last two corners are alike in a triangle.
        mirrored: turn them round.
    """
    wholes = 0
    for n in range(len(faces)):
        wholes += faces[n, 2] != faces[n, 3]
    result = np.empty((len(faces) + wholes, 3), dtype=np.int32)
    last = len(faces)
    for n in range(len(faces)):
        a, b, c, d = faces[n, 0], faces[n, 1], faces[n, 2], faces[n, 3]
        result[n, 0], result[n, 1], result[n, 2] = a, b, c
        if c != d:
            straight, across = 0.0, 0.0
            for axis in range(3):
                straight += (vertices[c, axis] - vertices[a, axis]) ** 2
                across += (vertices[d, axis] - vertices[b, axis]) ** 2
            if across < straight:
                result[n, 0], result[n, 1], result[n, 2] = b, c, d
                result[last, 0], result[last, 1], result[last, 2] = b, d, a
            else:
                result[last, 0], result[last, 1], result[last, 2] = a, c, d
            last += 1
    if mirrored:
        for n in range(len(result)):
            result[n, 0], result[n, 2] = result[n, 2], result[n, 0]
    return result
