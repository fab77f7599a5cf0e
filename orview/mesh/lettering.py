"""What a picture says of itself: the patient's directions, a bar that measures it, a mark, numbers, colours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.mesh.strokes import draw_line, draw_text, text_width
from orview.mesh.view import View

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

BARS_MM = (50.0, 20.0, 10.0, 5.0)
"""Lengths of the bar: the first that leaves room beside it."""
_WIDEST_BAR = 0.4
SCREEN_INK, PAPER_INK = np.array([0.80, 0.84, 0.88]), np.array([0.12, 0.14, 0.17])
_MARK = np.array([0.95, 0.66, 0.25])
_SMALLEST = 0.75
"""Of its size in a picture of 480 px: smaller letters are not to be read."""
_AXES = tuple(zip(("LR", "PA", "SI"), np.eye(3), strict=True))
_STRAIGHT = 0.995
"""A direction that runs so straight to a side of the picture is written large beside that side."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Badge:
    """A short word at a place in space, of letters `mesh.strokes` knows.

    Attributes:
        text: the word.
        at_mm: (3,) where its middle stands, patient frame.
        color: (3,) in the picture's values.
    """

    text: str
    at_mm: Floats
    color: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Scale:
    """A row of colours with a number between each two: what painted colours mean.

    Attributes:
        colors: (N, 3) in the picture's values.
        ticks: the N - 1 words between them, of letters `mesh.strokes` knows.
    """

    colors: Floats
    ticks: tuple[str, ...]


def size_of(view: View) -> float:
    """Return how large letters are in a picture, 1 for one of 480 px."""
    return max(view.height / 480.0, _SMALLEST)


def annotate(picture: Singles, view: View, *, ink: Floats, mark: str) -> None:
    """Draw the patient's directions, the bar and the mark into a picture (H, W, 3)."""
    size = size_of(view)
    if not _draw_sides(picture, view, ink=ink, size=size):
        _draw_cross(picture, view, ink=ink, size=size)
    room_mm = _WIDEST_BAR * view.width * view.mm_per_px
    bar_mm = next((one for one in BARS_MM if one <= room_mm), BARS_MM[-1])
    bar, right, level = bar_mm / view.mm_per_px, view.width - 24.0 * size, view.height - 24.0 * size
    tick = 4.0 * size
    ends = [(right - bar, level - tick), (right - bar, level), (right, level), (right, level - tick)]
    draw_line(picture, ends, color=ink, width=1.8 * size)
    draw_text(picture, f"{bar_mm:.0f} mm", (right - bar / 2.0, level - 14.0 * size), color=ink, height=10.0 * size)
    if mark:
        place = (20.0 * size + text_width(mark, height=12.0 * size) / 2.0, 24.0 * size)
        draw_text(picture, mark, place, color=_MARK, height=12.0 * size)


def draw_badges(picture: Singles, view: View, badges: Sequence[Badge], *, paper: Floats) -> None:
    """Write badges on little discs of the picture's own ground, never outside of it."""
    size = size_of(view)
    room = 16.0 * size
    for badge in badges:
        (place,), _ = view.places(badge.at_mm[None])
        place = np.clip(place, room, np.array([view.width, view.height]) - room)
        dot = [place, np.add(place, (1e-3, 0.0))]
        draw_line(picture, dot, color=badge.color, width=24.0 * size)
        draw_line(picture, dot, color=paper, width=21.0 * size)
        draw_text(picture, badge.text, place, color=badge.color, height=11.0 * size)


def draw_scale(picture: Singles, view: View, scale: Scale, *, ink: Floats) -> None:
    """Draw a scale in the upper right corner."""
    size = size_of(view)
    wide, high, level = 34.0 * size, 12.0 * size, 24.0 * size
    left = view.width - 24.0 * size - len(scale.colors) * wide
    for number, color in enumerate(scale.colors):
        rows = slice(round(level - high / 2.0), round(level + high / 2.0))
        picture[rows, round(left + number * wide) : round(left + (number + 1) * wide)] = color
    for number, word in enumerate(scale.ticks, start=1):
        draw_text(picture, word, (left + number * wide, level + 16.0 * size), color=ink, height=10.0 * size)


def _directions(view: View) -> list[tuple[float, str, Floats]]:
    """Return the six directions: how far each runs away from the eye, its letter, and where it runs in the picture."""
    return [
        (sign * float(axis @ view.forward), letter, sign * np.array([axis @ view.right, -(axis @ view.up)]))
        for letters, axis in _AXES
        for letter, sign in zip(letters, (1.0, -1.0), strict=True)
    ]


def _draw_sides(picture: Singles, view: View, *, ink: Floats, size: float) -> bool:
    """Write the directions beside the sides of the picture, as radiographs have them; False where none runs so."""
    straight = [(letter, towards) for _, letter, towards in _directions(view) if np.abs(towards).max() > _STRAIGHT]
    if len(straight) != 4:
        return False
    half = 0.5 * np.array([view.width, view.height])
    for letter, towards in straight:
        draw_text(picture, letter, half + (half - 16.0 * size) * towards, color=ink, height=16.0 * size)
    return True


def _draw_cross(picture: Singles, view: View, *, ink: Floats, size: float) -> None:
    """Draw the directions as a cross in the lower left corner."""
    middle = np.array([56.0 * size, view.height - 56.0 * size])
    # Far ones first and fainter: the near ones lie over them.
    for away, letter, towards in sorted(_directions(view), key=lambda direction: -direction[0]):
        opacity = 0.5 if away > 0.0 else 1.0
        end = middle + 30.0 * size * towards
        draw_line(picture, [middle, end], color=ink, width=1.4 * size, opacity=opacity)
        letter_at = end + 10.0 * size * towards / max(float(np.hypot(*towards)), 0.35)
        draw_text(picture, letter, letter_at, color=ink, height=10.0 * size, opacity=opacity)
