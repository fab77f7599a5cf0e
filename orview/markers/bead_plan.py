"""Where the beads go, for who builds the board: a table and, where the print itself cannot show it, a plan."""

import numpy as np
from numpy.typing import NDArray

from orview.markers.board import Board
from orview.markers.page import Box, Label, Line, Ring

_COLUMNS_MM = (0.0, 12.0, 27.0, 42.0)
_LINE_MM = 4.2


def bead_table(board: Board) -> Box:
    """Return the beads' places as text."""
    first = board.faces[0]
    of = f" of '{first.name}'" if len(board.faces) > 1 else ""
    words = [
        f"Beads of {board.bead_diameter_mm:g} mm: centres in mm in the board frame",
        "x right, y down, z into the paper: a negative z stands before the print.",
        f"0, 0, 0 is the top-left corner of the pattern{of}."
        if np.allclose(first.board_from_face.translation_mm, 0.0)
        else "The board frame is that of the definition.",
    ]
    labels = [Label(at_mm=(0.0, 3.0), text=words[0], points=9.0, bold=True)]
    labels += [Label(at_mm=(0.0, 7.4 + 3.8 * k), text=text, points=8.0, grey=0.3) for k, text in enumerate(words[1:])]
    rows: list[tuple[str, ...]] = [("bead", "x", "y", "z")]
    rows += [(str(k), *(f"{v + 0.0:.1f}" for v in bead)) for k, bead in enumerate(board.beads_board_mm, start=1)]
    y = 17.0
    for k, row in enumerate(rows):
        labels += [
            Label(at_mm=(x, y), text=text, points=8.5, bold=k == 0) for x, text in zip(_COLUMNS_MM, row, strict=True)
        ]
        y += _LINE_MM
    return Box(size_mm=(92.0, y), labels=tuple(labels))


def bead_plan(board: Board) -> Box:
    """Return the board as seen from the front along the board frame's z, in true size: plates and beads."""
    beads = board.beads_board_mm
    radius = board.bead_diameter_mm / 2.0
    rims = [face.outline_corners_mm for face in board.faces]
    points = np.vstack([*(rim[:, :2] for rim in rims), beads[:, :2] - radius, beads[:, :2] + radius])
    low, high = points.min(axis=0) - np.array([6.5, 13.0]), points.max(axis=0) + np.array([6.5, 4.0])
    lines = [
        Line(start_mm=_pair(start - low), end_mm=_pair(end - low), grey=0.55, width_mm=0.15)
        for rim in rims
        for start, end in zip(rim[:, :2], np.roll(rim[:, :2], -1, axis=0), strict=True)
    ]
    rings, labels = [], []
    for number, bead in enumerate(beads, start=1):
        middle = bead[:2] - low
        rings.append(Ring(middle_mm=_pair(middle), radius_mm=radius))
        lines += _cross(middle, radius)
        where = f"{number}: {abs(bead[2]):.1f} {'before' if bead[2] < 0.0 else 'behind'}"
        labels.append(Label(at_mm=_pair(middle + np.array([-8.0, radius + 2.8])), text=where, points=6.5))
    heading = "Bead plan in true size, seen from the front along z"
    labels.append(Label(at_mm=(0.0, 3.0), text=heading, points=9.0, bold=True))
    labels.append(
        Label(at_mm=(0.0, 7.0), text=f"Numbers: mm before or behind {_zero_plane(board)}.", points=8.0, grey=0.3)
    )
    width, height = (high - low).tolist()
    return Box(size_mm=(max(width, 80.0), height), lines=tuple(lines), rings=tuple(rings), labels=tuple(labels))


def _zero_plane(board: Board) -> str:
    """Return in words what lies at z = 0."""
    first = board.faces[0]
    if np.allclose(first.board_from_face.matrix, np.eye(4)):
        return "the print" if len(board.faces) == 1 else f"the print of '{first.name}'"
    if np.allclose(first.board_from_face.translation_mm, 0.0):
        return f"the top-left corner of the pattern of '{first.name}'"
    return "the board frame's z = 0"


def _cross(middle: NDArray[np.float64], arm: float) -> list[Line]:
    across, down = np.array([arm, 0.0]), np.array([0.0, arm])
    return [
        Line(start_mm=_pair(middle - way), end_mm=_pair(middle + way), width_mm=0.1, grey=0.3) for way in (across, down)
    ]


def _pair(values: NDArray[np.float64]) -> tuple[float, float]:
    x, y = values.tolist()
    return x, y
