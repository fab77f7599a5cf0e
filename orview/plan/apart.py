"""Bone cut apart by its osteotomies, as closed solids: what leaves the patient, and what stays.

A plane cuts a piece where its whole outline in the piece lies within the rectangle: a saw that ends inside the bone
leaves it in one. Planes that end at one another cut one after the other, each the piece that the last one left.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.mesh.cap import contains, triangulated
from orview.mesh.measure import joined, open_edges, part_of_vertex, used_only, volume_mm3
from orview.mesh.surface import Surface
from orview.plan.clearance import segment_ends, straddling_rows
from orview.plan.cut_line import loops_of
from orview.plan.cut_plane import CutPlane
from orview.plan.solid import Solid

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

_SAME_VOLUME = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Apart:
    """A bone in two.

    Attributes:
        specimen, remaining: closed; None where nothing lies on that side.
        passed: keys of the planes that went all the way through some piece.
    """

    specimen: Surface | None
    remaining: Surface | None
    passed: frozenset[str]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Piece:
    surface: Surface
    kept: bool
    cut_by: frozenset[str]


def cut_apart(surface: Surface, planes: Sequence[CutPlane]) -> Apart:
    """Return a closed surface cut by planes.

    Raises:
        ContractError: the outlines of a cut cross one another: the surface passes through itself there.
    """
    pieces = [_Piece(surface=surface, kept=False, cut_by=frozenset())]
    for _ in planes:
        before = len(pieces)
        for plane in planes:
            pieces = [part for piece in pieces for part in _cut(piece, plane)]
        if len(pieces) == before:
            break
    passed = frozenset[str]().union(*(piece.cut_by for piece in pieces))
    through = [plane for plane in planes if plane.key in passed]
    sides = [[piece.surface for piece in pieces if _stays(piece, through) is stays] for stays in (False, True)]
    if not passed:
        return Apart(specimen=None, remaining=surface, passed=passed)
    specimen, remaining = (joined(side) if side else None for side in sides)
    return Apart(specimen=specimen, remaining=remaining, passed=passed)


def closed_parts(surface: Surface, planes: Sequence[CutPlane]) -> Apart:
    """Return a surface cut by planes, its parts closed and together the whole.

    Raises:
        ContractError: the surface is not closed, or passes through itself where it is cut.
    """
    if open_edges(surface):
        raise ContractError("The surface is not closed.")
    apart = cut_apart(surface, planes)
    parts = [part for part in (apart.specimen, apart.remaining) if part is not None]
    if any(open_edges(part) for part in parts):
        raise ContractError("A part is not closed.")
    whole = volume_mm3(surface)
    if abs(sum(volume_mm3(part) for part in parts) - whole) > _SAME_VOLUME * whole:
        raise ContractError("The parts are not the whole.")
    return apart


def _stays(piece: _Piece, through: Sequence[CutPlane]) -> bool:
    """Say whether a piece stays: cut off on the kept side of a plane, or whole and not within all of them."""
    if piece.cut_by:
        return piece.kept
    return not all(float(np.median(plane.heights_mm(piece.surface.vertices_mm))) < 0.0 for plane in through)


def _cut(piece: _Piece, plane: CutPlane) -> list[_Piece]:
    """Return the parts of a piece on both sides of a plane, or the piece where it does not pass through."""
    surface = piece.surface
    heights = plane.heights_mm(surface.vertices_mm)
    rows = straddling_rows(surface, heights)
    if plane.key in piece.cut_by or len(rows) == 0:
        return [piece]
    straddling = surface.triangles[rows]
    begins = segment_ends(surface.vertices_mm[straddling], heights[straddling])[:, 0]
    loops = _whole(loops_of(straddling, heights >= 0.0), begins, plane)
    if not loops:
        return [piece]
    return _parts(piece, plane, _opened(surface, rows, heights >= 0.0, loops, begins, plane))


def _whole(loops: list[Numbers], begins: Floats, plane: CutPlane) -> list[Numbers]:
    """Return the loops that a plane cuts: those within its rectangle, and within no loop that leaves it."""
    outlines = [plane.flat_mm(begins[loop]) for loop in loops]
    inside = [bool(plane.within(begins[loop]).all()) for loop in loops]
    leaving = [outline for outline, whole in zip(outlines, inside, strict=True) if not whole]
    return [
        loop
        for loop, outline, whole in zip(loops, outlines, inside, strict=True)
        if whole and sum(contains(other, outline[0]) for other in leaving) % 2 == 0
    ]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Opened:
    """A surface cut along loops and closed on both sides, and its new vertices above and below."""

    surface: Surface
    upper: Numbers
    lower: Numbers


def _opened(
    surface: Surface, rows: Numbers, above: NDArray[np.bool_], loops: list[Numbers], begins: Floats, plane: CutPlane
) -> _Opened:
    """Cut a surface along loops of its triangles `rows` and close it with caps.

    Every segment begins where another ends: there is one new vertex for each, above the cut and below it.
    """
    in_loops = np.concatenate(loops)
    count, new = len(surface.vertices_mm), begins[in_loops]
    number = np.full(len(rows), -1, dtype=np.int64)
    number[in_loops] = np.arange(len(in_loops))
    begin, end = number[in_loops], number[np.concatenate([np.roll(loop, -1) for loop in loops])]
    triangles = surface.triangles[rows[in_loops]].astype(np.int64)
    rising = above[triangles]
    tip_above = rising.sum(axis=1) == 1
    lonely, at = np.where(tip_above, rising.argmax(axis=1), rising.argmin(axis=1)), np.arange(len(triangles))
    tip, after, before = (triangles[at, (lonely + n) % 3] for n in range(3))
    # A segment begins on the side to the next corner where the lonely one lies above, else it ends there.
    to_after, to_before = np.where(tip_above, begin, end), np.where(tip_above, end, begin)
    of_tip = count + np.where(tip_above, 0, len(new))
    of_base = count + np.where(tip_above, len(new), 0)
    cap = triangulated([plane.flat_mm(begins[loop]) for loop in loops]).astype(np.int64)
    untouched = np.ones(len(surface.triangles), dtype=bool)
    untouched[rows[in_loops]] = False
    cut = [
        surface.triangles[untouched].astype(np.int64),
        np.column_stack([tip, to_after + of_tip, to_before + of_tip]),
        np.column_stack([to_after + of_base, after, before]),
        np.column_stack([to_after + of_base, before, to_before + of_base]),
        count + cap[:, ::-1],
        count + len(new) + cap,
    ]
    return _Opened(
        surface=Surface(
            vertices_mm=np.concatenate([surface.vertices_mm, new, new]),
            triangles=np.concatenate(cut).astype(np.int32),
        ),
        upper=count + np.arange(len(new)),
        lower=count + len(new) + np.arange(len(new)),
    )


def _parts(piece: _Piece, plane: CutPlane, opened: _Opened) -> list[_Piece]:
    """Return the solids of an opened surface, hollows with what surrounds them."""
    surface = opened.surface
    part = part_of_vertex(surface)
    of_triangle = part[surface.triangles[:, 0]]
    touched = [set(part[side].tolist()) for side in (opened.upper, opened.lower)]
    parts = [
        (number, used_only(surface.vertices_mm, surface.triangles[of_triangle == number]))
        for number in np.unique(of_triangle).tolist()
    ]
    solids = [(number, [one]) for number, one in parts if volume_mm3(one) > 0.0]
    for _, hollow in ((number, one) for number, one in parts if volume_mm3(one) <= 0.0):
        heights = [float(Solid(one[0]).heights_mm(hollow.vertices_mm[:1])[0]) for _, one in solids]
        solids[int(np.argmin(heights))][1].append(hollow)
    pieces = []
    for number, surfaces in solids:
        up, down = (number in side for side in touched)
        pieces.append(
            _Piece(
                surface=joined(surfaces),
                kept=piece.kept or (up and not down),
                cut_by=piece.cut_by | {plane.key} if up or down else piece.cut_by,
            )
        )
    return pieces
