"""Yes or no at every voxel becomes a closed manifold surface: one vertex a cell, or a block of cells (surface nets).

Which voxels are inside decides how the surface hangs together, and nothing that is done to the vertices later can
change that: no part is lost, no two grow together, no hole opens, however thin.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.compiled import plain
from orview.mesh import net_loops as loops
from orview.mesh.blocks import disks
from orview.mesh.cell_tables import MERGED, cell_tables
from orview.mesh.cells import Cells

Floats = NDArray[np.float32]
Direction = Callable[[Floats], Floats]

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

    vertices: Floats
    low: Floats
    high: Floats
    filled: NDArray[np.float64]
    quads: NDArray[np.int32]


def net_of(mask: NDArray[np.uint8], cells: Cells, *, merge_above: int, direction: Direction | None = None) -> Net:
    """Return the surface around the voxels that are 1.

    Args:
        mask: (K, J, I) of 0 and 1, C order, two 0 on the border.
        cells: that the surface passes.
        merge_above: number of cells above which blocks of 2 x 2 x 2 of them share a vertex wherever that changes
            nothing (`mesh.blocks`) and the surface is nearly flat.
        direction: gives the surface's unit normals (N, 3) at points (N, 3) i, j, k; None takes it for flat.
    """
    mask, tables = plain(mask, np.uint8), cell_tables()
    number_of_block, blocks = loops.blocks_of(cells.corner, *cells.shape)
    rows = loops.rows_of(mask, cells.corner, cells.config, tables.twice)
    merged = np.zeros(len(blocks), dtype=np.bool_)
    if len(cells.corner) > merge_above:
        merged = disks(mask, blocks)
        if direction is not None:
            normals = direction((2 * blocks[:, ::-1] + 1).astype(np.float32))
            merged &= ~loops.bent(blocks, number_of_block, normals, FLAT_COSINE)
    first, row_of_cell = loops.vertices_of(cells.corner, rows, number_of_block, merged, tables.loops, np.int32(MERGED))
    count = int(first[-1, 0])
    quads = np.concatenate(
        [
            part
            for axis in range(3)
            for part in loops.quads(
                axis, cells.corner, cells.config, number_of_block, first, row_of_cell, tables.loop_of_edge
            )
        ]
    )
    vertices, low, high = loops.places(
        cells.corner, rows, number_of_block, merged, first, tables.loops, tables.centre, count
    )
    filled = loops.filled(cells.corner, cells.config, number_of_block, first, row_of_cell, tables.loop_of_edge, count)
    return Net(vertices=vertices, low=low, high=high, filled=filled, quads=quads)
