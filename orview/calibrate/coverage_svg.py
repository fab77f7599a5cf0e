"""A picture of what the views of a calibration cover: the board's outline and corners in each of them."""

from collections.abc import Sequence

import cv2
import numpy as np

from orview.markers.detect import Sighting


def coverage_svg(sightings: Sequence[Sighting], *, width_px: int, height_px: int, caption: str) -> str:
    """Return an SVG as large as the picture, with a line of text under it.

    Args:
        sightings: the views.
        width_px: width of the pictures.
        height_px: height of the pictures.
        caption: the text, without markup.
    """
    unit = max(width_px, height_px) / 100.0
    words = caption.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width_px} {height_px + 6.0 * unit:.0f}">',
        f'<rect width="{width_px}" height="{height_px + 6.0 * unit:.0f}" fill="#fff"/>',
        f'<rect width="{width_px}" height="{height_px}" fill="#eef2f5" stroke="#456" stroke-width="{0.2 * unit:.2f}"/>',
    ]
    for sighting in sightings:
        hull = np.reshape(cv2.convexHull(sighting.pixels.astype(np.float32)), (-1, 2))
        outline = " ".join(f"{x:.1f},{y:.1f}" for x, y in hull.tolist())
        lines.append(
            f'<polygon points="{outline}" fill="#1769aa" fill-opacity="0.06" stroke="#1769aa" '
            f'stroke-opacity="0.5" stroke-width="{0.15 * unit:.2f}"/>'
        )
    radius = 0.2 * unit
    for sighting in sightings:
        marks = "".join(f"M{x - radius:.1f},{y:.1f}h{2.0 * radius:.1f}" for x, y in sighting.pixels.tolist())
        lines.append(f'<path d="{marks}" stroke="#12324a" stroke-width="{2.0 * radius:.2f}"/>')
    lines.append(
        f'<text x="{unit:.1f}" y="{height_px + 4.0 * unit:.1f}" font-family="sans-serif" '
        f'font-size="{2.6 * unit:.1f}" fill="#12324a">{words}</text>'
    )
    return "\n".join([*lines, "</svg>"]) + "\n"
