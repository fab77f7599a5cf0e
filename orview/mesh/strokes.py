"""Lines and letters drawn into a picture: what a thumbnail says about its directions and its size.

Letters are strokes on a grid 4 wide and 6 high, so that they need no font and look alike on every machine.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Stroke = tuple[tuple[float, float], ...]

_GLYPHS: dict[str, tuple[Stroke, ...]] = {
    "A": (((0, 6), (2, 0), (4, 6)), ((0.8, 3.8), (3.2, 3.8))),
    "C": (((4, 1), (3, 0), (1, 0), (0, 1), (0, 5), (1, 6), (3, 6), (4, 5)),),
    "E": (((4, 0), (0, 0), (0, 6), (4, 6)), ((0, 3), (3, 3))),
    "F": (((4, 0), (0, 0), (0, 6)), ((0, 3), (3, 3))),
    "H": (((0, 0), (0, 6)), ((4, 0), (4, 6)), ((0, 3), (4, 3))),
    "I": (((2, 0), (2, 6)),),
    "K": (((0, 0), (0, 6)), ((4, 0), (0, 3.6)), ((1.4, 2.4), (4, 6))),
    "L": (((0, 0), (0, 6), (4, 6)),),
    "N": (((0, 6), (0, 0), (4, 6), (4, 0)),),
    "O": (((1, 0), (3, 0), (4, 1), (4, 5), (3, 6), (1, 6), (0, 5), (0, 1), (1, 0)),),
    "P": (((0, 6), (0, 0), (3, 0), (4, 1), (4, 2.3), (3, 3.3), (0, 3.3)),),
    "R": (((0, 6), (0, 0), (3, 0), (4, 1), (4, 2.3), (3, 3.3), (0, 3.3)), ((2, 3.3), (4, 6))),
    "S": (((4, 1), (3, 0), (1, 0), (0, 1), (0, 2), (1, 3), (3, 3), (4, 4), (4, 5), (3, 6), (1, 6), (0, 5)),),
    "T": (((0, 0), (4, 0)), ((2, 0), (2, 6))),
    "Y": (((0, 0), (2, 3), (4, 0)), ((2, 3), (2, 6))),
    "0": (((1, 0), (3, 0), (4, 1), (4, 5), (3, 6), (1, 6), (0, 5), (0, 1), (1, 0)),),
    "1": (((1, 1), (2, 0), (2, 6)), ((0.8, 6), (3.2, 6))),
    "2": (((0, 1), (1, 0), (3, 0), (4, 1), (4, 2), (0, 6), (4, 6)),),
    "3": (((0, 0.8), (1, 0), (3, 0), (4, 1), (4, 2), (3, 3), (1.6, 3)),
          ((3, 3), (4, 4), (4, 5), (3, 6), (1, 6), (0, 5.2))),
    "4": (((3, 6), (3, 0), (0, 4.2), (4, 4.2)),),
    "5": (((4, 0), (0.4, 0), (0, 2.7), (1, 2.3), (3, 2.3), (4, 3.3), (4, 5), (3, 6), (1, 6), (0, 5)),),
    "6": (((3.6, 0.4), (2.6, 0), (1.4, 0), (0, 1.6), (0, 5), (1, 6), (3, 6), (4, 5), (4, 3.7), (3, 2.8), (1, 2.8),
           (0, 3.8)),),
    "7": (((0, 0), (4, 0), (1.6, 6)),),
    "8": (((1, 0), (3, 0), (4, 0.9), (4, 2), (3, 2.9), (1, 2.9), (0, 2), (0, 0.9), (1, 0)),
          ((1, 2.9), (0, 3.9), (0, 5.1), (1, 6), (3, 6), (4, 5.1), (4, 3.9), (3, 2.9))),
    "9": (((0.4, 5.6), (1.4, 6), (2.6, 6), (4, 4.4), (4, 1), (3, 0), (1, 0), (0, 1), (0, 2.3), (1, 3.2), (3, 3.2),
           (4, 2.2)),),
    "m": (((0, 6), (0, 2.4)), ((0, 3.2), (0.7, 2.4), (1.3, 2.4), (2, 3.1), (2, 6)),
          ((2, 3.2), (2.7, 2.4), (3.3, 2.4), (4, 3.1), (4, 6))),
    " ": (),
}  # fmt: skip
_WIDE, _HIGH, _ADVANCE = 4.0, 6.0, 5.6


def draw_line(
    picture: NDArray[np.float32], points: ArrayLike, *, color: ArrayLike, width: float, opacity: float = 1.0
) -> None:
    """Draw a line through points, its edges smooth, into a picture.

    Args:
        picture: (H, W, 3), changed in place.
        points: (N, 2) x to the right and y down, px, (0, 0) the corner of the picture.
        color: (3,) in the picture's values.
        width: px.
        opacity: 0 to 1.
    """
    corners = np.asarray(points, dtype=np.float64)
    margin = width / 2.0 + 1.0
    height, wide = picture.shape[:2]
    left, top = np.maximum(np.floor(corners.min(axis=0) - margin), 0).astype(int)
    right, bottom = np.minimum(np.ceil(corners.max(axis=0) + margin), (wide, height)).astype(int)
    if left >= right or top >= bottom:
        return
    y, x = np.mgrid[top:bottom, left:right] + 0.5
    distance = np.full(x.shape, np.inf)
    for (ax, ay), (bx, by) in pairwise(corners):
        dx, dy = bx - ax, by - ay
        along = np.clip(((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-9), 0.0, 1.0)
        distance = np.minimum(distance, np.hypot(x - ax - along * dx, y - ay - along * dy))
    cover = (opacity * np.clip(width / 2.0 + 0.5 - distance, 0.0, 1.0))[..., None]
    box = picture[top:bottom, left:right]
    box += (np.asarray(color, dtype=np.float64) - box) * cover


def draw_text(
    picture: NDArray[np.float32],
    text: str,
    middle: ArrayLike,
    *,
    color: ArrayLike,
    height: float,
    opacity: float = 1.0,
) -> None:
    """Write a line of text about its middle (x, y), letters `height` px high; see `draw_line`.

    Raises:
        KeyError: a letter is none of those a thumbnail needs.
    """
    scale = height / _HIGH
    start = np.asarray(middle, dtype=np.float64) - (text_width(text, height=height) / 2.0, height / 2.0)
    for place, letter in enumerate(text):
        for stroke in _GLYPHS[letter]:
            points = start + scale * (np.asarray(stroke) + np.array([place * _ADVANCE, 0.0]))
            draw_line(picture, points, color=color, width=max(height / 7.0, 1.2), opacity=opacity)


def text_width(text: str, *, height: float) -> float:
    """Return how wide a line of text is, px."""
    return (len(text) * _ADVANCE - (_ADVANCE - _WIDE)) * height / _HIGH
