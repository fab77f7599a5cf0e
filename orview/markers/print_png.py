"""Pages as pictures that say their resolution."""

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.errors import InputError
from orview.markers.ink import ink_of
from orview.markers.page import Line, Page
from orview.units import MM_PER_INCH, MM_PER_M, POINTS_PER_INCH

_MM_PER_POINT = MM_PER_INCH / POINTS_PER_INCH
_DASH_MM = (2.0, 1.5)


def raster_of(page: Page, *, dpi: int) -> NDArray[np.uint8]:
    """Return a page as a grey picture (H, W); edges lie on whole pixels, so up to half a pixel off.

    At 254 dpi a pixel is exactly 0.1 mm and the squares of a board given in tenths of a millimetre are exact.

    Raises:
        InputError: the resolution is not between 72 and 1200 dpi.
    """
    if not 72 <= dpi <= 1200:
        raise InputError("A print has between 72 and 1200 dots per inch.", mend="254 dpi puts a pixel on each 0.1 mm.")
    scale = dpi / MM_PER_INCH
    width_mm, height_mm = page.paper.size_mm
    picture = np.full((round(height_mm * scale), round(width_mm * scale)), 255, np.uint8)
    for face, at_mm in page.faces:
        for patch in ink_of(face):
            _blacken(picture, np.array(at_mm) + patch.at_mm, patch.size_mm, scale, least=0)
    for block in page.bars:
        _blacken(picture, np.array(block.at_mm), block.size_mm, scale, least=1)
    for line in page.lines:
        for start, end in _dashes(line):
            ends = [np.rint(np.array(point) * scale).astype(int).tolist() for point in (start, end)]
            cv2.line(picture, ends[0], ends[1], round(255 * line.grey), max(1, round(line.width_mm * scale)))
    for ring in page.rings:
        middle = np.rint(np.array(ring.middle_mm) * scale).astype(int).tolist()
        thick = max(1, round(ring.width_mm * scale))
        cv2.circle(picture, middle, round(ring.radius_mm * scale), round(255 * ring.grey), thick, cv2.LINE_AA)
    font = cv2.FontFace("sans")
    for label in page.labels:
        at = np.rint(np.array(label.at_mm) * scale).astype(int).tolist()
        size = max(1, round(label.points * _MM_PER_POINT * scale))
        cv2.putText(picture, label.text, at, (round(255 * label.grey),), font, size, 700 if label.bold else 400)
    return picture


def png_of(page: Page, *, dpi: int) -> bytes:
    """Return `raster_of` as a PNG that says its resolution, so that programs print it in true size.

    Raises:
        InputError: as `raster_of`.
    """
    encoded = cv2.imencode(".png", raster_of(page, dpi=dpi), [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
    # PNG, chapter 11.3.4.3: pHYs holds pixels per metre in x and y and stands between IHDR and the first IDAT.
    per_metre = round(dpi / MM_PER_INCH * MM_PER_M)
    body = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    end_of_header = 8 + 12 + 13
    return encoded[:end_of_header] + chunk + encoded[end_of_header:]


def _blacken(
    picture: NDArray[np.uint8], at_mm: NDArray[np.float64], size_mm: tuple[float, float], scale: float, *, least: int
) -> None:
    left, top = np.rint(at_mm * scale).astype(int)
    right, bottom = np.rint((at_mm + size_mm) * scale).astype(int)
    picture[top : max(bottom, top + least), left : max(right, left + least)] = 0


def _dashes(line: Line) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    start, end = np.array(line.start_mm), np.array(line.end_mm)
    length = float(np.linalg.norm(end - start))
    if not line.dashed or length == 0.0:
        return [(start, end)]
    way = (end - start) / length
    begins = np.arange(0.0, length, sum(_DASH_MM))
    return [(start + way * at, start + way * min(at + _DASH_MM[0], length)) for at in begins.tolist()]
