"""How a surface runs through the cell between eight voxel centres, for every way they can lie inside or outside.

Where the surface crosses a face of the cell twice, the inside is taken to hang together across that face. Both cells
at a face then see the same two lines, so the lines close to loops, and a vertex for every loop makes a closed surface
(dual marching cubes, Nielson 2004). One case is left in which two cells share such a face and each has both lines in
one loop: the edge between the two vertices would carry four triangles. There both cells take the outside to hang
together instead (Wenger 2013, section 3.3.5), which is the row `flipped` of a configuration.

Corners are numbered x + 2 y + 4 z, edges 4 axis + place, faces 2 axis + side.
"""

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

FLIPPED = 256
"""Added to a configuration: its row with the outside joined across its one ambiguous face."""

MERGED = 512
"""The row of a cell that is one with its neighbours: every edge belongs to the first loop."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CellTables:
    """What is known of each configuration, bit n of which says that corner n lies inside.

    Attributes:
        loops: (513,) number of loops.
        loop_of_edge: (513, 12) the loop an edge's crossing belongs to; 0 where the edge is not crossed.
        centre: (513, 4, 3) mean x, y, z of each loop's crossings half-way along their edges.
        twice: (256,) the face that a loop crosses twice, -1 where there is none.
    """

    loops: NDArray[np.uint8]
    loop_of_edge: NDArray[np.uint8]
    centre: NDArray[np.float32]
    twice: NDArray[np.int8]


EDGES: tuple[tuple[int, int], ...] = tuple(
    (corner, corner | 1 << axis) for axis in range(3) for corner in range(8) if not corner >> axis & 1
)
"""The two corners of each edge, low one first; along x, then y, then z."""


def edge_number(axis: int, low_corner: int) -> int:
    """Return the number of the edge that leaves a corner along an axis."""
    return EDGES.index((low_corner, low_corner | 1 << axis))


@cache
def cell_tables() -> CellTables:
    """Return the tables."""
    loops = np.zeros(513, dtype=np.uint8)
    loop_of_edge = np.zeros((513, 12), dtype=np.uint8)
    centre = np.zeros((513, 4, 3), dtype=np.float32)
    twice = np.full(256, -1, dtype=np.int8)
    for config in range(256):
        found = _loops(config, flipped=-1)
        _write(config, found, loops, loop_of_edge, centre)
        _write(config + FLIPPED, found, loops, loop_of_edge, centre)
        for face, loop in product(range(6), found):
            if sum(edge in loop for edge in _edges_of_face(face)) == 4:
                twice[config] = face
                _write(config + FLIPPED, _loops(config, flipped=face), loops, loop_of_edge, centre)
    loops[MERGED] = 1
    return CellTables(loops=loops, loop_of_edge=loop_of_edge, centre=centre, twice=twice)


def _write(
    row: int,
    found: list[set[int]],
    loops: NDArray[np.uint8],
    loop_of_edge: NDArray[np.uint8],
    centre: NDArray[np.float32],
) -> None:
    loops[row] = len(found)
    for number, loop in enumerate(found):
        loop_of_edge[row, list(loop)] = number
        ends = np.array([[corner >> axis & 1 for axis in range(3)] for edge in loop for corner in EDGES[edge]])
        centre[row, number] = ends.mean(axis=0)


def _ring_of_face(face: int) -> list[int]:
    """Return the four corners of a face, each next to the one before."""
    axis, side = divmod(face, 2)
    first, second = (1 << other for other in range(3) if other != axis)
    return [side << axis | corner for corner in (0, first, first | second, second)]


def _edges_of_face(face: int) -> list[int]:
    """Return the edges from each corner of the face's ring to the one after."""
    ring = _ring_of_face(face)
    return [EDGES.index((min(pair), max(pair))) for pair in zip(ring, ring[1:] + ring[:1], strict=True)]


def _loops(config: int, *, flipped: int) -> list[set[int]]:
    """Return the edges each loop crosses."""
    neighbours: dict[int, list[int]] = {}
    for face in range(6):
        ring, edges = _ring_of_face(face), _edges_of_face(face)
        inside = [bool(config >> corner & 1) for corner in ring]
        crossed = [edges[n] for n in range(4) if inside[n] != inside[(n + 1) % 4]]
        if len(crossed) == 4:
            # A line cuts off each corner of the kind that does not hang together here.
            cut = inside.index(face == flipped)
            crossed = [edges[(cut + n) % 4] for n in (-1, 0, 1, 2)]
        for one, other in zip(crossed[::2], crossed[1::2], strict=True):
            neighbours.setdefault(one, []).append(other)
            neighbours.setdefault(other, []).append(one)
    found = []
    left = set(neighbours)
    while left:
        loop, waiting = set(), [min(left)]
        while waiting:
            edge = waiting.pop()
            if edge not in loop:
                loop.add(edge)
                waiting.extend(neighbours[edge])
        left -= loop
        found.append(loop)
    return found
