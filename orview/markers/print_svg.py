"""Pages as SVG in true size: one file a page, lengths in mm."""

from xml.sax.saxutils import escape

from orview.markers.ink import loops_of
from orview.markers.page import Page, PlacedFace
from orview.units import MM_PER_INCH, POINTS_PER_INCH

_MM_PER_POINT = MM_PER_INCH / POINTS_PER_INCH


def svg_of(page: Page, *, title: str) -> str:
    """Return a page as an SVG document whose user unit is a millimetre."""
    width, height = page.paper.size_mm
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" font-family="Helvetica, Arial, sans-serif">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *(_ink(placed) for placed in page.faces),
        *(_rectangle(*block.at_mm, *block.size_mm) for block in page.bars),
    ]
    for line in page.lines:
        (x1, y1), (x2, y2) = line.start_mm, line.end_mm
        dashes = ' stroke-dasharray="2 1.5"' if line.dashed else ""
        parts.append(
            f'<line x1="{_mm(x1)}" y1="{_mm(y1)}" x2="{_mm(x2)}" y2="{_mm(y2)}" stroke="{_grey(line.grey)}" '
            f'stroke-width="{line.width_mm:g}"{dashes}/>'
        )
    for ring in page.rings:
        x, y = ring.middle_mm
        parts.append(
            f'<circle cx="{_mm(x)}" cy="{_mm(y)}" r="{_mm(ring.radius_mm)}" fill="none" stroke="{_grey(ring.grey)}" '
            f'stroke-width="{ring.width_mm:g}"/>'
        )
    for label in page.labels:
        x, y = label.at_mm
        weight = ' font-weight="bold"' if label.bold else ""
        parts.append(
            f'<text x="{_mm(x)}" y="{_mm(y)}" font-size="{label.points * _MM_PER_POINT:.4f}" '
            f'fill="{_grey(label.grey)}"{weight}>{escape(label.text)}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _ink(placed: PlacedFace) -> str:
    face, (left, top) = placed
    loops = ("M" + "L".join(f"{_mm(left + x)} {_mm(top + y)}" for x, y in loop) + "Z" for loop in loops_of(face))
    name = escape(face.name, {'"': "&quot;"})
    return f'<path data-face="{name}" fill="#000000" fill-rule="evenodd" d="{"".join(loops)}"/>'


def _rectangle(x: float, y: float, width: float, height: float) -> str:
    return f'<rect x="{_mm(x)}" y="{_mm(y)}" width="{_mm(width)}" height="{_mm(height)}" fill="#000000"/>'


def _mm(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _grey(grey: float) -> str:
    return "#" + f"{round(255 * grey):02x}" * 3
