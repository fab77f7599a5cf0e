"""Reading prints back: corners found in pictures of a page, and ink drawn from files independently of their makers."""

import re
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.edge.boards import delivered_boards, load_board
from orview.markers.board import Board, Charuco
from orview.markers.page import Page, Paper
from orview.markers.sheet import lay_out

DELIVERED = sorted(delivered_boards())
FITTING = [(name, paper) for name in DELIVERED for paper in Paper if (name, paper) != ("calibration_a4", Paper.LETTER)]
"""Every delivered board on each paper it fits on."""
POINT_MM = 25.4 / 72.0


def pages_of(name: str, paper: Paper) -> tuple[Page, ...]:
    """Return the pages of a delivered board."""
    return lay_out(load_board(name), paper=paper)


def corner_errors_mm(page: Page, picture: NDArray[np.uint8], px_per_mm: float) -> list[float]:
    """Return how far each chessboard and marker corner in a picture of a page is from its place, mm.

    Detected by OpenCV alone, told which markers are there and nothing else.
    """
    errors: list[float] = []
    for face, at_mm in page.faces:
        dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, face.dictionary))
        parameters = cv2.aruco.DetectorParameters()
        parameters.detectInvertedMarker = face.inverted
        pattern = face.pattern
        if isinstance(pattern, Charuco):
            # The neighbours on the page would be taken for the same board: everything else is painted over.
            low, high = (np.rint((np.array(at_mm) + end) * px_per_mm).astype(int) for end in face.outline_box_mm)
            alone = np.full_like(picture, 255)
            alone[low[1] : high[1], low[0] : high[0]] = picture[low[1] : high[1], low[0] : high[0]]
            board = cv2.aruco.CharucoBoard(
                (pattern.squares_x, pattern.squares_y),
                pattern.square_mm,
                pattern.marker_mm,
                dictionary,
                np.array(pattern.ids, dtype=np.int32),
            )
            board.setLegacyPattern(pattern.legacy)
            found, ids, _, _ = cv2.aruco.CharucoDetector(board, cv2.aruco.CharucoParameters(), parameters).detectBoard(
                alone
            )
            assert ids is not None
            assert len(ids) == len(pattern.chessboard_mm)
            wanted = pattern.chessboard_mm[np.ravel(ids)]
        else:
            corners, ids, _ = cv2.aruco.ArucoDetector(dictionary, parameters).detectMarkers(picture)
            assert ids is not None
            own = {int(i): np.reshape(c, (4, 2)) for i, c in zip(np.ravel(ids), corners, strict=True) if i in face.ids}
            assert set(own) == set(face.ids)
            # The detector names the outermost black pixels, whose centres lie half a pixel within the border.
            found = np.vstack([corner + np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) - 0.5 for corner in own.values()])
            wanted = np.vstack([pattern.markers_mm[i] for i in own])
        on_page_mm = (np.reshape(found, (-1, 2)) + 0.5) / px_per_mm
        errors += np.linalg.norm(on_page_mm - wanted[:, :2] - at_mm, axis=1).tolist()
    return errors


def contents_of_pdf(pdf: bytes) -> list[str]:
    """Return the drawing commands of each page."""
    streams = (zlib.decompress(s) for s in re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL) if s[:1] == b"x")
    return [text.decode("latin-1") for text in streams if b" re f" in text]


def boxes_of_pdf(pdf: bytes) -> set[tuple[float, float]]:
    """Return the sizes of the pages, mm."""
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    return {(round(float(w) * POINT_MM, 2), round(float(h) * POINT_MM, 2)) for w, h in boxes}


def draw_pdf_ink(content: str, size_mm: tuple[float, float], *, px_per_mm: int) -> NDArray[np.uint8]:
    """Draw the polygons that a page of a PDF fills by the even-odd rule."""
    picture = np.full((round(size_mm[1] * px_per_mm), round(size_mm[0] * px_per_mm)), 255, np.uint8)
    state, saved = np.eye(3), []
    loops: list[NDArray[np.float64]] = []
    numbers: list[float] = []
    for token in content.split():
        if re.fullmatch(r"-?\d*\.?\d+", token):
            numbers.append(float(token))
            continue
        if token == "q":
            saved.append(state)
        elif token == "Q":
            state = saved.pop()
        elif token == "cm":
            a, b, c, d, e, f = numbers[-6:]
            state = state @ np.array([[a, c, e], [b, d, f], [0.0, 0.0, 1.0]])
        elif token == "m":
            loops.append(np.empty((0, 2)))
        if token in ("m", "l"):
            point = state @ np.array([*numbers[-2:], 1.0])
            loops[-1] = np.vstack([loops[-1], point[:2]])
        elif token in ("f", "f*", "S", "n"):
            if token == "f*":
                mm = [np.column_stack([loop[:, 0], size_mm[1] / POINT_MM - loop[:, 1]]) * POINT_MM for loop in loops]
                fill_even_odd(picture, mm, px_per_mm)
            loops = []
        numbers = []
    return picture


def fill_even_odd(picture: NDArray[np.uint8], loops_mm: list[NDArray[np.float64]], px_per_mm: int) -> None:
    """Blacken each pixel whose centre lies within an odd number of loops of level and upright edges."""
    crossed = np.zeros((picture.shape[0], picture.shape[1] + 1), np.uint8)
    for loop in loops_mm:
        for (x, y), (next_x, next_y) in zip(loop, np.roll(loop, -1, axis=0), strict=True):
            assert min(abs(x - next_x), abs(y - next_y)) < 1e-3, "an edge is neither level nor upright"
            top, bottom = (int(np.ceil(value * px_per_mm - 0.5)) for value in sorted((y, next_y)))
            crossed[top:bottom, int(np.ceil(x * px_per_mm - 0.5))] ^= 1
    picture[np.bitwise_xor.accumulate(crossed, axis=1)[:, :-1] == 1] = 0


def points_of(page: Page) -> NDArray[np.float64]:
    """Return corners of all that is on a page but its texts, mm."""
    points = [point for line in page.lines for point in (line.start_mm, line.end_mm)]
    points += [block.at_mm for block in page.bars]
    points += [(b.at_mm[0] + b.size_mm[0], b.at_mm[1] + b.size_mm[1]) for b in page.bars]
    points += [at for _, at in page.faces]
    points += [(at[0] + face.size_mm[0], at[1] + face.size_mm[1]) for face, at in page.faces]
    points += [ring.middle_mm for ring in page.rings]
    return np.array(points)


def flat(name: str, **fields: object) -> Board:
    """Return a board of a few loose markers or whatever `fields` say."""
    return Board(**({"name": name, "dictionary": "DICT_4X4_50", "outline_mm": (80.0, 50.0)} | fields))  # type: ignore[arg-type]
