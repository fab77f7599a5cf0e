"""A board on an A4 sheet in true size, as PDF (vectors) and as PNG."""

import struct
import zlib
from datetime import UTC, datetime

import cv2
import numpy as np
from fpdf import FPDF, ViewerPreferences
from fpdf.drawing import PaintedPath
from fpdf.drawing_primitives import DeviceGray
from fpdf.enums import PathPaintRule
from numpy.typing import NDArray

from orview.errors import InputError
from orview.markers.board import Board
from orview.markers.sheet import A4_MM, Patch, lay_out
from orview.units import MM_PER_INCH, MM_PER_M, POINTS_PER_INCH

_MM_PER_POINT = MM_PER_INCH / POINTS_PER_INCH


def pdf_of(board: Board) -> bytes:
    """Return a one-page A4 PDF with the board as vectors.

    Raises:
        InputError: as `lay_out`.
    """
    sheet = lay_out(board)
    pdf = FPDF(unit="mm", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_title(f"orview board {board.name}")
    pdf.set_creator("orview")
    # The same board is the same file, whenever it is made.
    pdf.set_creation_date(datetime(2000, 1, 1, tzinfo=UTC))
    # Print dialogues shrink to the printer's margins unless a document asks them not to.
    pdf.viewer_preferences = ViewerPreferences(print_scaling="None")
    pdf.add_page()
    for patch in sheet.patches:
        with pdf.drawing_context() as context:
            context.add_item(_ink_path(patch))
    pdf.set_fill_color(0)
    for block in sheet.bar:
        pdf.rect(*block.at_mm, *block.size_mm, style="F")
    for line in sheet.lines:
        pdf.set_draw_color(round(255 * line.grey))
        pdf.set_line_width(line.width_mm)
        pdf.line(*line.start_mm, *line.end_mm)
    for label in sheet.labels:
        pdf.set_font("Helvetica", style="B" if label.bold else "", size=label.points)
        pdf.set_text_color(round(255 * label.grey))
        pdf.text(*label.at_mm, label.text)
    return bytes(pdf.output())


def raster_of(board: Board, *, dpi: int) -> NDArray[np.uint8]:
    """Return the sheet as a grey picture (H, W); edges lie on whole pixels, so up to half a pixel off.

    At 254 dpi a pixel is exactly 0.1 mm and the squares of a board given in tenths of a millimetre are exact.

    Raises:
        InputError: as `lay_out`, or the resolution is not between 72 and 1200 dpi.
    """
    if not 72 <= dpi <= 1200:
        raise InputError("A print has between 72 and 1200 dots per inch.", mend="254 dpi puts a pixel on each 0.1 mm.")
    sheet = lay_out(board)
    scale = dpi / MM_PER_INCH
    picture = np.full((round(A4_MM[1] * scale), round(A4_MM[0] * scale)), 255, np.uint8)
    for patch in sheet.patches:
        cell_mm = patch.size_mm / len(patch.cells)
        columns = np.rint((patch.at_mm[0] + cell_mm * np.arange(len(patch.cells) + 1)) * scale).astype(int)
        rows = np.rint((patch.at_mm[1] + cell_mm * np.arange(len(patch.cells) + 1)) * scale).astype(int)
        for row, column in np.argwhere(patch.cells):
            picture[rows[row] : rows[row + 1], columns[column] : columns[column + 1]] = 0
    for block in sheet.bar:
        left, top = np.rint(np.array(block.at_mm) * scale).astype(int)
        right, bottom = np.rint((np.array(block.at_mm) + block.size_mm) * scale).astype(int)
        picture[top : max(bottom, top + 1), left : max(right, left + 1)] = 0
    for line in sheet.lines:
        start, end = (np.rint(np.array(point) * scale).astype(int).tolist() for point in (line.start_mm, line.end_mm))
        cv2.line(picture, start, end, round(255 * line.grey), max(1, round(line.width_mm * scale)))
    font = cv2.FontFace("sans")
    for label in sheet.labels:
        at = np.rint(np.array(label.at_mm) * scale).astype(int).tolist()
        size = max(1, round(label.points * _MM_PER_POINT * scale))
        grey = round(255 * label.grey)
        cv2.putText(picture, label.text, at, (grey,), font, size, 700 if label.bold else 400)
    return picture


def png_of(board: Board, *, dpi: int) -> bytes:
    """Return `raster_of` as a PNG that says its resolution, so that programs print it in true size.

    Raises:
        InputError: as `raster_of`.
    """
    encoded = cv2.imencode(".png", raster_of(board, dpi=dpi), [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
    # PNG, chapter 11.3.4.3: pHYs holds pixels per metre in x and y and stands between IHDR and the first IDAT.
    per_metre = round(dpi / MM_PER_INCH * MM_PER_M)
    body = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    end_of_header = 8 + 12 + 13
    return encoded[:end_of_header] + chunk + encoded[end_of_header:]


def _ink_path(patch: Patch) -> PaintedPath:
    """Return the outline of the black cells as one path: cells drawn one by one show seams when they are smoothed."""
    count = len(patch.cells)
    ink = np.zeros((count + 2, count + 2), np.bool_)
    ink[1:-1, 1:-1] = patch.cells
    # Every edge between ink and paper, directed so that ink lies on its right; keyed by where it starts.
    edges: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for row, column in np.argwhere(patch.cells).tolist():
        ring = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
        neighbours = [(row, column + 1), (row + 1, column + 2), (row + 2, column + 1), (row + 1, column)]
        for k, neighbour in enumerate(neighbours):
            if not ink[neighbour]:
                edges.setdefault(ring[k], []).append(ring[(k + 1) % 4])
    path = PaintedPath(*patch.at_mm)
    path.style.fill_color = DeviceGray(0.0)
    path.style.stroke_color = None
    path.style.paint_rule = PathPaintRule.FILL_EVENODD
    cell_mm = patch.size_mm / count
    while edges:
        start = corner = next(iter(edges))
        path.move_to(*_corner_mm(patch, corner, cell_mm))
        while True:
            following = edges[corner].pop()
            if not edges[corner]:
                del edges[corner]
            corner = following
            if corner == start:
                break
            path.line_to(*_corner_mm(patch, corner, cell_mm))
        path.close()
    return path


def _corner_mm(patch: Patch, corner: tuple[int, int], cell_mm: float) -> tuple[float, float]:
    return patch.at_mm[0] + corner[0] * cell_mm, patch.at_mm[1] + corner[1] * cell_mm
