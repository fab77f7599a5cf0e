"""Pages as PDF (vectors), with what a print needs to come out in true size."""

from datetime import UTC, datetime

from fpdf import FPDF, ViewerPreferences
from fpdf.drawing import PaintedPath
from fpdf.drawing_primitives import DeviceGray
from fpdf.enums import PathPaintRule

from orview.markers.ink import loops_of
from orview.markers.page import Page, PlacedFace


def pdf_of(pages: tuple[Page, ...], *, title: str) -> bytes:
    """Return a PDF with a page for each page given."""
    width_mm, height_mm = pages[0].paper.size_mm
    pdf = FPDF(unit="mm", format=(width_mm, height_mm))
    pdf.set_auto_page_break(False)
    pdf.set_title(title)
    pdf.set_creator("orview")
    # The same board is the same file, whenever it is made.
    pdf.set_creation_date(datetime(2000, 1, 1, tzinfo=UTC))
    # Print dialogues shrink to the printer's margins unless a document asks them not to.
    pdf.viewer_preferences = ViewerPreferences(print_scaling="None")
    for page in pages:
        pdf.add_page()
        _draw(pdf, page)
    return bytes(pdf.output())


def _draw(pdf: FPDF, page: Page) -> None:
    for placed in page.faces:
        with pdf.drawing_context() as context:
            context.add_item(_ink_path(placed))
    pdf.set_fill_color(0)
    for block in page.bars:
        pdf.rect(*block.at_mm, *block.size_mm, style="F")
    for line in page.lines:
        pdf.set_draw_color(round(255 * line.grey))
        pdf.set_line_width(line.width_mm)
        if line.dashed:
            pdf.set_dash_pattern(dash=2.0, gap=1.5)
        pdf.line(*line.start_mm, *line.end_mm)
        if line.dashed:
            pdf.set_dash_pattern()
    for ring in page.rings:
        pdf.set_draw_color(round(255 * ring.grey))
        pdf.set_line_width(ring.width_mm)
        pdf.circle(*ring.middle_mm, ring.radius_mm)
    for label in page.labels:
        pdf.set_font("Helvetica", style="B" if label.bold else "", size=label.points)
        pdf.set_text_color(round(255 * label.grey))
        # The fonts every PDF reader has know Latin letters alone.
        pdf.text(*label.at_mm, label.text.encode("latin-1", "replace").decode("latin-1"))


def _ink_path(placed: PlacedFace) -> PaintedPath:
    face, (left, top) = placed
    path = PaintedPath(left, top)
    path.style.fill_color = DeviceGray(0.0)
    path.style.stroke_color = None
    path.style.paint_rule = PathPaintRule.FILL_EVENODD
    for loop in loops_of(face):
        for k, (x, y) in enumerate(loop):
            (path.line_to if k else path.move_to)(left + x, top + y)
        path.close()
    return path
