"""Which found bead is which bead of the board: all placements are tried, and only a unique one is taken.

A CT shows beads without names or order; some are missing, some blobs are no beads. Every ordered triple of found
beads whose distances are those of a triple on the board proposes a placement; placements are scored by how many
beads they explain. The answer must beat every other placement, and the mirror image of the board, by a margin
(hazards H04, H08). Works on distances of a few hundred proposals at once, some milliseconds in all.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import ContractError
from orview.geometry.fit import best_rotation

FEWEST_MATCHED = 4
"""Three points always fit somewhere; the fourth is the first that can disagree."""

MARGIN = 2
"""By how many beads the answer must beat every other placement and the mirror image."""

MOST_FOUND = 40
"""More round bright blobs than this are no board with a few false beads beside it."""

SMALLEST_TRIANGLE = 0.1
"""Triples flatter than this (height over longest side) fix a turn too badly to propose a placement."""

_LARGEST_BATCH = 20_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Match:
    """The one placement that explains the beads.

    Attributes:
        board_index: (K,) which bead of the board, ascending.
        found_index: (K,) which found bead it is.
        runner_up: beads the best other placement explains.
        mirrored: beads the best placement of the mirrored board explains.
    """

    board_index: NDArray[np.intp]
    found_index: NDArray[np.intp]
    runner_up: int
    mirrored: int


@dataclass(frozen=True, kw_only=True)
class NoMatch:
    """Why the beads could not be told apart, and what to do."""

    reason: str
    advice: str


def match_constellation(
    found_mm: ArrayLike, board_mm: ArrayLike, *, tolerance_mm: float, fewest: int = FEWEST_MATCHED
) -> Match | NoMatch:
    """Tell which found bead is which bead of the board, or say why not.

    Args:
        found_mm: (M, 3) beads found in the CT, any order, some missing, some false.
        board_mm: (N, 3) beads of the board, in the board frame.
        tolerance_mm: how far a bead may lie from its place in a placement that explains it.
        fewest: beads the answer must explain; never below `FEWEST_MATCHED`.

    Raises:
        ContractError: arrays of another shape, a number that is not finite, or a tolerance that is not positive.
    """
    found = _points(found_mm)
    board = _points(board_mm)
    if not (np.isfinite(tolerance_mm) and tolerance_mm > 0.0):
        raise ContractError("The tolerance of a match is a positive number of mm.")
    fewest = max(fewest, FEWEST_MATCHED)
    if len(found) < fewest:
        return NoMatch(
            reason=f"Only {len(found)} of the {len(board)} beads were found in the CT; {fewest} are needed.",
            advice="Check that the whole board was scanned and that its beads are of the size the board says.",
        )
    if len(found) > MOST_FOUND:
        return NoMatch(
            reason=f"{len(found)} round bright spots were found in the CT, too many to be the beads of one board.",
            advice="Scan with the board alone in view, without other metal beads or markers near it.",
        )
    placements = _placements(found, board, tolerance_mm=tolerance_mm)
    counts = (placements >= 0).sum(axis=1)
    best = int(counts.argmax()) if len(counts) else -1
    if best < 0 or counts[best] < fewest:
        return NoMatch(
            reason=f"No {fewest} of the {len(found)} bright spots in the CT lie as beads of this board do.",
            advice="Check that this is the board that was scanned, and that it was printed and built in true size.",
        )
    answer = placements[best]
    others = _contradict(placements, answer)
    runner_up = int(counts[others].max(initial=0))
    if counts[best] - runner_up < MARGIN:
        return NoMatch(
            reason=f"The beads fit the board in two ways ({counts[best]} and {runner_up} beads).",
            advice="Make sure that all beads are in the scan; a board with more beads or more relief is safer.",
        )
    mirrored_placements = _placements(found, board * (1.0, 1.0, -1.0), tolerance_mm=tolerance_mm)
    mirrored = int((mirrored_placements >= 0).sum(axis=1).max(initial=0))
    if counts[best] - mirrored < MARGIN:
        return NoMatch(
            reason=f"The mirror image of the board fits {mirrored} of the beads, the board itself {counts[best]}.",
            advice="Make sure that beads in front of and behind the print are in the scan, "
            "and that the CT is not mirrored.",
        )
    board_index = np.flatnonzero(answer >= 0)
    return Match(board_index=board_index, found_index=answer[board_index], runner_up=runner_up, mirrored=mirrored)


def _points(points_mm: ArrayLike) -> NDArray[np.float64]:
    points = np.asarray(points_mm, dtype=np.float64)
    if points.size == 0:
        return np.empty((0, 3))
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise ContractError("Beads are finite points of shape (N, 3).")
    return points


def _placements(found: NDArray[np.float64], board: NDArray[np.float64], *, tolerance_mm: float) -> NDArray[np.intp]:
    """Return every placement as a row: for each bead of the board the found bead there, or -1. (P, N)."""
    named, seen = _matching_triples(found, board, tolerance_mm=tolerance_mm)
    rows = [
        _assign(found, board, named[start : start + _LARGEST_BATCH], seen[start : start + _LARGEST_BATCH], tolerance_mm)
        for start in range(0, len(named), _LARGEST_BATCH)
    ]
    if not rows:
        return np.empty((0, len(board)), dtype=np.intp)
    return np.unique(np.concatenate(rows), axis=0)


def _matching_triples(
    found: NDArray[np.float64], board: NDArray[np.float64], *, tolerance_mm: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the triples of the board (T, 3) and the ordered triples of found beads (T, 3) with their distances."""
    board_apart = np.linalg.norm(board[:, None] - board[None], axis=-1)
    found_apart = np.linalg.norm(found[:, None] - found[None], axis=-1)
    itself = np.eye(len(found), dtype=bool)
    named, seen = [np.empty((0, 3), dtype=np.intp)], [np.empty((0, 3), dtype=np.intp)]
    for triple in combinations(range(len(board)), 3):
        i, j, k = triple
        sides = np.sort([board_apart[i, j], board_apart[i, k], board_apart[j, k]])
        area2 = float(np.linalg.norm(np.cross(board[j] - board[i], board[k] - board[i])))
        if area2 < SMALLEST_TRIANGLE * sides[2] ** 2:
            continue
        first = (np.abs(found_apart - board_apart[i, j]) < tolerance_mm) & ~itself
        second = (np.abs(found_apart - board_apart[i, k]) < tolerance_mm) & ~itself
        third = (np.abs(found_apart - board_apart[j, k]) < tolerance_mm) & ~itself
        matching = np.argwhere(first[:, :, None] & second[:, None, :] & third[None, :, :])
        if len(matching):
            named.append(np.tile(triple, (len(matching), 1)))
            seen.append(matching)
    return np.concatenate(named), np.concatenate(seen)


def _assign(
    found: NDArray[np.float64],
    board: NDArray[np.float64],
    named: NDArray[np.intp],
    seen: NDArray[np.intp],
    tolerance_mm: float,
) -> NDArray[np.intp]:
    """Return for each proposal (T, 3) the found bead at each place of the board, or -1: (T, N).

    A triple fixes far beads badly, so the first look is twice as generous and the placement is fitted again to
    all beads it found before the tolerance is applied.
    """
    weights = np.zeros((len(named), len(board)))
    np.put_along_axis(weights, named, 1.0, axis=1)
    partners = np.zeros((len(named), len(board)), dtype=np.intp)
    np.put_along_axis(partners, named, seen, axis=1)
    for reach_mm in (2.0 * tolerance_mm, tolerance_mm):
        total = weights.sum(axis=1, keepdims=True)
        there = found[partners]
        centre_found = (weights[..., None] * there).sum(axis=1) / total
        centre_board = weights @ board / total
        correlation = np.einsum(
            "tn,tni,tnj->tij", weights, there - centre_found[:, None], board[None] - centre_board[:, None]
        )
        rotations = best_rotation(correlation)
        places = np.einsum("tij,tnj->tni", rotations, board[None] - centre_board[:, None]) + centre_found[:, None]
        distances = np.linalg.norm(places[:, :, None] - found[None, None], axis=-1)
        partners = distances.argmin(axis=2)
        near = np.take_along_axis(distances, partners[..., None], axis=2)[..., 0] < reach_mm
        # One found bead cannot be two beads of the board: only the nearer of the two keeps it.
        mutual = np.take_along_axis(distances.argmin(axis=1), partners, axis=1) == np.arange(len(board))
        weights = (near & mutual).astype(np.float64)
        enough = weights.sum(axis=1) >= 3
        weights, partners = weights[enough], partners[enough]
    return np.where(weights > 0.0, partners, -1)


def _contradict(placements: NDArray[np.intp], answer: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Say which placements (P, N) name some bead otherwise than `answer` (N,); subsets of it do not."""
    other_name = (placements >= 0) & (answer >= 0) & (placements != answer)
    taken = np.isin(placements, answer[answer >= 0]) & (placements >= 0) & (placements != answer)
    return np.asarray((other_name | taken).any(axis=1))
