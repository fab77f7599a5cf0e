"""A board laid out on an A4 sheet in true size, with a bar to measure: what goes where, not how it is drawn.

Sheet coordinates: mm from the top-left corner of the paper, x right, y down.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.errors import InputError
from orview.markers.board import Board

A4_MM = (210.0, 297.0)
MARGIN_MM = 10.0
BAR_MM = 100.0
"""Length of the bar that is measured on the print."""

TRUE_SIZE = 'Print at 100 %, without "fit to page". Then measure this bar: it must be 100.0 mm long.'
RESEARCH_USE = "Research use only. Not a medical device."

_HEADER_MM = 24.0
_FOOTER_MM = 31.0


@dataclass(frozen=True, kw_only=True)
class Line:
    """A stroke from (x, y) to (x, y), mm; `grey` 0 is black."""

    start_mm: tuple[float, float]
    end_mm: tuple[float, float]
    width_mm: float = 0.1
    grey: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Block:
    """A black rectangle with its top-left corner at (x, y) and its width and height, mm: exact to its edges."""

    at_mm: tuple[float, float]
    size_mm: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Label:
    """A line of text that begins at (x, y), mm, on its baseline."""

    at_mm: tuple[float, float]
    text: str
    points: float
    bold: bool = False
    grey: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Patch:
    """Square black cells: `cells[row, column]` is True where ink goes; top-left corner at (x, y), mm."""

    at_mm: tuple[float, float]
    size_mm: float
    cells: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What goes on the paper. `pattern_at_mm` is the board frame's origin on the sheet."""

    pattern_at_mm: tuple[float, float]
    patches: tuple[Patch, ...]
    bar: tuple[Block, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]


def lay_out(board: Board) -> Sheet:
    """Place a flat board, its plate, its beads and the bar on an A4 sheet.

    Raises:
        InputError: the board is not flat, its markers are turned, or it does not fit on A4.
    """
    low, high = _extent(board)
    width_mm, height_mm = high - low
    if width_mm > A4_MM[0] - 2 * MARGIN_MM or height_mm > A4_MM[1] - _HEADER_MM - _FOOTER_MM:
        raise InputError(
            f"The board is {width_mm:.0f} x {height_mm:.0f} mm and does not fit on an A4 sheet in true size.",
            mend="Have it made from its definition instead of printing it.",
        )
    left = (A4_MM[0] - width_mm) / 2.0 - low[0]
    top = _HEADER_MM - low[1]
    # Whole tenths of a millimetre, so that a raster of 254 dpi meets every edge of a board given in tenths.
    origin = (round(left, 1), round(top, 1))
    table, table_bottom = _bead_table(board, top_mm=_HEADER_MM + height_mm + 8.0)
    if table_bottom > A4_MM[1] - _FOOTER_MM:
        table = []
    return Sheet(
        pattern_at_mm=origin,
        patches=_pattern_patches(board, origin),
        bar=tuple(_bar()),
        lines=tuple(_plate_lines(board, origin)),
        labels=(*_header(board), *_bead_labels(board, origin), *table, *_footer(board)),
    )


def _extent(board: Board) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the smallest and largest (x, y), mm in the board frame, of plate and beads."""
    middle = np.array(board.pattern_origin_mm) + np.array(board.pattern_mm) / 2.0
    half = np.array(board.outline_mm) / 2.0
    radius = board.bead_diameter_mm / 2.0
    beads = board.beads_board_mm[:, :2]
    points = np.vstack([middle - half, middle + half, beads - radius, beads + radius])
    return points.min(axis=0), points.max(axis=0)


def _pattern_patches(board: Board, origin: tuple[float, float]) -> tuple[Patch, ...]:
    patches = []
    if board.charuco is not None:
        white = set(board.charuco.marker_squares)
        side = board.charuco.square_mm
        patches = [
            Patch(at_mm=(origin[0] + x * side, origin[1] + y * side), size_mm=side, cells=np.ones((1, 1), np.bool_))
            for y in range(board.charuco.squares_y)
            for x in range(board.charuco.squares_x)
            if (x, y) not in white
        ]
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, board.dictionary))
    for marker_id, corners in board.marker_corners_mm.items():
        size_mm = float(corners[1, 0] - corners[0, 0])
        upright = corners[0] + size_mm * np.array([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 1.0, 0.0)])
        if size_mm <= 0.0 or np.abs(corners - upright).max() > 1e-6 or np.abs(corners[:, 2]).max() > 1e-6:
            raise InputError(
                f"Marker {marker_id} does not lie flat and upright, so the board cannot be printed on one sheet.",
                mend="Print its markers one by one.",
            )
        cells = dictionary.generateImageMarker(marker_id, dictionary.markerSize + 2, borderBits=1) == 0
        patches.append(
            Patch(at_mm=(origin[0] + corners[0, 0], origin[1] + corners[0, 1]), size_mm=size_mm, cells=cells)
        )
    return tuple(patches)


def _plate_lines(board: Board, origin: tuple[float, float]) -> list[Line]:
    left = origin[0] + board.pattern_origin_mm[0] + (board.pattern_mm[0] - board.outline_mm[0]) / 2.0
    top = origin[1] + board.pattern_origin_mm[1] + (board.pattern_mm[1] - board.outline_mm[1]) / 2.0
    right, bottom = left + board.outline_mm[0], top + board.outline_mm[1]
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    lines = [
        Line(start_mm=corners[k], end_mm=corners[(k + 1) % 4], grey=0.7)
        for k in range(4)
        if board.outline_mm > board.pattern_mm
    ]
    for x, y in board.beads_board_mm[:, :2] + np.array(origin):
        if not (left <= x <= right and top <= y <= bottom):
            arm = board.bead_diameter_mm / 2.0
            lines.append(Line(start_mm=(x - arm, y), end_mm=(x + arm, y), grey=0.4, width_mm=0.2))
            lines.append(Line(start_mm=(x, y - arm), end_mm=(x, y + arm), grey=0.4, width_mm=0.2))
    return lines


def _bead_labels(board: Board, origin: tuple[float, float]) -> list[Label]:
    half = np.array(board.outline_mm) / 2.0
    middle = np.array(board.pattern_origin_mm) + np.array(board.pattern_mm) / 2.0
    return [
        Label(at_mm=(origin[0] + x + 1.0, origin[1] + y - 1.0), text=str(number), points=7.0, grey=0.4)
        for number, (x, y, _) in enumerate(board.beads_board_mm.tolist(), start=1)
        if (np.abs(np.array([x, y]) - middle) > half).any()
    ]


def _bead_table(board: Board, *, top_mm: float) -> tuple[list[Label], float]:
    """Return where the beads go, as text, and where the text ends on the sheet, mm."""
    if not len(board.beads_board_mm):
        return [], top_mm
    heading = f"Beads of {board.bead_diameter_mm:g} mm, centres in mm from the top-left corner of the pattern"
    labels = [
        Label(at_mm=(MARGIN_MM, top_mm), text=heading, points=9.0, bold=True),
        Label(
            at_mm=(MARGIN_MM, top_mm + 4.5),
            text="x right, y down, z into the plate: a negative z stands in front of the print.",
            points=8.0,
            grey=0.3,
        ),
    ]
    columns = (MARGIN_MM, MARGIN_MM + 14.0, MARGIN_MM + 34.0, MARGIN_MM + 54.0)
    y = top_mm + 11.0
    rows = [["bead", "x", "y", "z"]]
    rows += [[str(k), *(f"{value:.1f}" for value in bead)] for k, bead in enumerate(board.beads_board_mm, start=1)]
    for k, row in enumerate(rows):
        labels += [
            Label(at_mm=(x, y), text=text, points=8.0, bold=k == 0) for x, text in zip(columns, row, strict=True)
        ]
        y += 4.2
    return labels, y


def _header(board: Board) -> list[Label]:
    words = f"{board.dictionary}, {len(board.marker_corners_mm)} markers"
    if board.charuco is not None:
        c = board.charuco
        words = (
            f"ChArUco {c.squares_x} x {c.squares_y}, squares {c.square_mm:g} mm, markers {c.marker_mm:g} mm, "
            f"{board.dictionary} from id {c.first_id}{', legacy layout' if c.legacy else ''}"
        )
    return [
        Label(at_mm=(MARGIN_MM, 15.0), text=board.name, points=15.0, bold=True),
        Label(at_mm=(MARGIN_MM, 20.0), text=words, points=8.5, grey=0.3),
    ]


def _bar() -> list[Block]:
    """Return a bar whose outer edges are 100 mm apart, with a tick each 10 mm; the ticks at its ends lie inside."""
    y, thickness, tick = A4_MM[1] - 26.0, 0.4, 0.2
    blocks = [Block(at_mm=(MARGIN_MM, y - thickness), size_mm=(BAR_MM, thickness))]
    for k in range(11):
        x = MARGIN_MM + (BAR_MM - tick) * k / 10.0 if k in (0, 10) else MARGIN_MM + BAR_MM * k / 10.0 - tick / 2.0
        height = 4.0 if k in (0, 10) else 2.0
        blocks.append(Block(at_mm=(x, y - height), size_mm=(tick, height)))
    return blocks


def _footer(board: Board) -> list[Label]:
    bottom = A4_MM[1]
    return [
        Label(at_mm=(MARGIN_MM + BAR_MM + 3.0, bottom - 26.0), text="100 mm", points=11.0, bold=True),
        Label(at_mm=(MARGIN_MM, bottom - 20.5), text=TRUE_SIZE, points=9.0),
        Label(at_mm=(MARGIN_MM, bottom - 15.5), text=RESEARCH_USE, points=9.0, bold=True),
        Label(at_mm=(MARGIN_MM, bottom - 11.0), text=f"orview board, digest {board.digest}", points=7.0, grey=0.3),
    ]
