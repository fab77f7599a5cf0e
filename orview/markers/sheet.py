"""A board laid out on paper in true size, with two bars to measure."""

import textwrap

import numpy as np

from orview.errors import InputError
from orview.markers.bead_plan import bead_plan, bead_table
from orview.markers.board import Board
from orview.markers.face import Face
from orview.markers.page import Block, Box, Label, Line, Page, Paper, PlacedFace
from orview.markers.patterns import Charuco
from orview.markers.unfold import Piece, pieces_of

MARGIN_MM = 10.0
BAR_MM = 100.0
"""Length of the bars that are measured on the print: one level, one upright."""

TRUE_SIZE = 'Print at 100 %, without "fit to page". Then measure both bars: each must be 100.0 mm long.'
RESEARCH_USE = "Research use only. Not a medical device."

_HEADER_MM = 24.0
_FOOTER_MM = 31.0
_UPRIGHT_MM = 6.0
"""How far the upright bar stands from the right rim: printers leave 3 to 5 mm white."""
_GAP_MM = 8.0
_CAPTION_MM = 3.6
_NARROWEST_MM = 44.0
_CUT_GREY = 0.7


def lay_out(board: Board, *, paper: Paper = Paper.A4) -> tuple[Page, ...]:
    """Place the faces of a board, unfolded, its bead table and plan on as many pages as it takes.

    The print is that of the definition, also where the board knows the scale of another print.

    Raises:
        InputError: a face is larger than the paper.
    """
    board = board.nominal
    width_mm = paper.size_mm[0] - 2 * MARGIN_MM
    boxes = [_piece_box(piece, board) for piece in pieces_of(board.faces, widest_mm=width_mm)]
    if len(board.beads_board_mm):
        boxes += [bead_table(board), bead_plan(board)]
    filled = _fill(boxes, paper)
    return tuple(_page(board, paper, content, number, len(filled)) for number, content in enumerate(filled, start=1))


def _piece_box(piece: Piece, board: Board) -> Box:
    low, high = piece.box_mm
    width, height = (high - low).tolist()
    alone = len(board.faces) == 1
    box_width = max(width, _NARROWEST_MM)
    shift = -low + ((box_width - width) / 2.0 if piece.faces[0].face.measured_mm is None else 0.0, 0.0)
    lines = [line for placed in piece.faces for line in _rim(placed)]
    words: list[tuple[str, bool]] = []
    if not alone:
        names = [placed.face.name for placed in piece.faces]
        sizes = sorted({f"{w:g} x {h:g} mm" for w, h in (placed.face.outline_mm for placed in piece.faces)})
        words.append((f"{', '.join(names)}: {', '.join(sizes)}", True))
    words += [(hint, False) for hint in piece.hints]
    letters = int(box_width / 1.45)
    rows = [(row, bold) for text, bold in words for row in textwrap.wrap(text, max(letters, 20))]
    inner = Box(size_mm=(0.0, 0.0), faces=piece.faces, lines=(*lines, *piece.folds)).moved(*shift.tolist())
    labels = tuple(
        Label(at_mm=(0.0, height + 4.2 + k * _CAPTION_MM), text=row, points=7.5, bold=bold, grey=0.0 if bold else 0.25)
        for k, (row, bold) in enumerate(rows)
    )
    size = (box_width, height + (2.0 + len(rows) * _CAPTION_MM if rows else 0.0))
    return Box(size_mm=size, faces=inner.faces, lines=inner.lines, labels=labels)


def _rim(placed: PlacedFace) -> list[Line]:
    """Return the lines to cut along; none where the pattern itself ends there."""
    face, at = placed
    if np.allclose(face.outline_mm, face.size_mm):
        return []
    low, high = (np.array(at) + corner for corner in face.outline_box_mm)
    (left, top), (right, bottom) = low.tolist(), high.tolist()
    ring = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return [Line(start_mm=ring[k], end_mm=ring[(k + 1) % 4], grey=_CUT_GREY) for k in range(4)]


def _fill(boxes: list[Box], paper: Paper) -> list[list[Box]]:
    """Return boxes moved to their places, in rows from the top, page by page; each row is centred."""
    width = paper.size_mm[0] - 2 * MARGIN_MM
    bottom = paper.size_mm[1] - _FOOTER_MM
    pages: list[list[Box]] = [[]]
    top = _HEADER_MM
    waiting = list(boxes)
    while waiting:
        row, used = [waiting.pop(0)], 0.0
        used = row[0].size_mm[0]
        while waiting and used + _GAP_MM + waiting[0].size_mm[0] <= width:
            used += _GAP_MM + waiting[0].size_mm[0]
            row.append(waiting.pop(0))
        height = max(box.size_mm[1] for box in row)
        if used > width + 1e-9 or height > bottom - _HEADER_MM + 1e-9:
            raise InputError(
                f"A face of the board needs {used:.0f} x {height:.0f} mm and does not fit on {paper.words} paper in "
                "true size.",
                mend="Have it made from its definition instead of printing it.",
            )
        if top + height > bottom + 1e-9:
            pages.append([])
            top = _HEADER_MM
        left = MARGIN_MM + (width - used) / 2.0
        for box in row:
            # Whole tenths of a millimetre, so that a raster of 254 dpi meets every edge of a board given in tenths.
            origin = np.array(box.faces[0].at_mm) if box.faces else np.zeros(2)
            x, y = (np.round(np.array([left, top]) + origin, 1) - origin).tolist()
            pages[-1].append(box.moved(x, y))
            left += box.size_mm[0] + _GAP_MM
        top += height + _GAP_MM
    return pages


def _page(board: Board, paper: Paper, content: list[Box], number: int, count: int) -> Page:
    return Page(
        paper=paper,
        faces=tuple(placed for box in content for placed in box.faces),
        bars=(*_level_bar(paper), *_upright_bar(paper)),
        lines=tuple(line for box in content for line in box.lines),
        rings=tuple(ring for box in content for ring in box.rings),
        labels=(
            *_header(board, paper, number, count),
            *(label for box in content for label in box.labels),
            *_footer(board, paper),
        ),
    )


def _level_bar(paper: Paper) -> list[Block]:
    """Return a bar whose outer edges are 100 mm apart, with a tick each 10 mm; the ticks at its ends lie inside."""
    y, thickness, tick = paper.size_mm[1] - 26.0, 0.4, 0.2
    blocks = [Block(at_mm=(MARGIN_MM, y - thickness), size_mm=(BAR_MM, thickness))]
    for k in range(11):
        x = MARGIN_MM + (BAR_MM - tick) * k / 10.0 if k in (0, 10) else MARGIN_MM + BAR_MM * k / 10.0 - tick / 2.0
        height = 4.0 if k in (0, 10) else 2.0
        blocks.append(Block(at_mm=(x, y - height), size_mm=(tick, height)))
    return blocks


def _upright_bar(paper: Paper) -> list[Block]:
    """Return the same bar standing at the right rim."""
    x, thickness, tick = paper.size_mm[0] - _UPRIGHT_MM, 0.4, 0.2
    blocks = [Block(at_mm=(x - thickness, _HEADER_MM), size_mm=(thickness, BAR_MM))]
    for k in range(11):
        y = _HEADER_MM + (BAR_MM - tick) * k / 10.0 if k in (0, 10) else _HEADER_MM + BAR_MM * k / 10.0 - tick / 2.0
        width = 3.0 if k in (0, 10) else 1.5
        blocks.append(Block(at_mm=(x - width, y), size_mm=(width, tick)))
    return blocks


def _header(board: Board, paper: Paper, number: int, count: int) -> list[Label]:
    labels = [
        Label(at_mm=(MARGIN_MM, 14.0), text=board.name, points=15.0, bold=True),
        Label(at_mm=(MARGIN_MM, 19.0), text=_words(board), points=8.0, grey=0.3),
    ]
    if count > 1:
        at = (paper.size_mm[0] - MARGIN_MM - 24.0, 14.0)
        labels.append(Label(at_mm=at, text=f"page {number} of {count}", points=9.0))
    return labels


def _words(board: Board) -> str:
    kinds: dict[str, int] = {}
    for face in board.faces:
        kind = _kind(face)
        kinds[kind] = kinds.get(kind, 0) + 1
    words = [f"{count} x {kind}" if count > 1 else kind for kind, count in kinds.items()]
    text = "; ".join(words)
    return text if len(text) <= 130 else f"{len(board.faces)} faces, {len(board.marker_corners_mm)} markers"


def _kind(face: Face) -> str:
    pattern = face.pattern
    inverted = ", inverted" if face.inverted else ""
    if isinstance(pattern, Charuco):
        legacy = ", legacy layout" if pattern.legacy else ""
        return (
            f"ChArUco {pattern.squares_x} x {pattern.squares_y}, squares {pattern.square_mm:g} mm, markers "
            f"{pattern.marker_mm:g} mm, {face.dictionary}{legacy}{inverted}"
        )
    if len(pattern.ids) == 1:
        return f"single marker {pattern.marker_mm:.4g} mm, {face.dictionary}{inverted}"
    return f"{pattern.columns} x {pattern.rows} markers {pattern.marker_mm:g} mm, {face.dictionary}{inverted}"


def _footer(board: Board, paper: Paper) -> list[Label]:
    bottom = paper.size_mm[1]
    return [
        Label(
            at_mm=(MARGIN_MM + BAR_MM + 3.0, bottom - 26.0), text="100 mm, as the upright bar at the right", points=9.0
        ),
        Label(at_mm=(MARGIN_MM, bottom - 20.5), text=TRUE_SIZE, points=9.0),
        Label(at_mm=(MARGIN_MM, bottom - 15.5), text=RESEARCH_USE, points=9.0, bold=True),
        Label(at_mm=(MARGIN_MM, bottom - 11.0), text=f"orview board, digest {board.digest}", points=7.0, grey=0.3),
    ]
