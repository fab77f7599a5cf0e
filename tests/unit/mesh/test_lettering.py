"""Letters stand on the side of the patient they name, the bar measures, badges and scales are where they are told."""

import numpy as np
import pytest

from orview.mesh.lettering import (
    BARS_MM,
    PAPER_INK,
    Badge,
    Scale,
    annotate,
    draw_badges,
    draw_scale,
)
from orview.mesh.view import FROM_BEHIND, FROM_FRONT, FROM_LEFT, TOWARDS_EYE, View, view_of

CUBE_MM = np.array([[-60.0, -60.0, -60.0], [60.0, 60.0, 60.0]])
RED = np.array([1.0, 0.0, 0.0])


def seen(towards_eye: np.ndarray) -> tuple[View, np.ndarray]:
    return view_of(CUBE_MM, towards_eye=towards_eye, width=640, height=480), np.ones((480, 640, 3), dtype=np.float32)


@pytest.mark.parametrize(
    ("towards_eye", "left", "right"), [(FROM_FRONT, "R", "L"), (FROM_BEHIND, "L", "R"), (FROM_LEFT, "A", "P")]
)
def test_straight_views_have_their_letters_at_the_sides(
    towards_eye: np.ndarray, left: str, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: dict[str, np.ndarray] = {}

    def note(picture: object, text: str, middle: np.ndarray, **_: object) -> None:
        written[text] = np.asarray(middle)

    monkeypatch.setattr("orview.mesh.lettering.draw_text", note)
    view, picture = seen(towards_eye)
    annotate(picture, view, ink=PAPER_INK, mark="")
    assert set(written) == {left, right, "S", "I", "50 mm"}
    assert written[left][0] < 40.0
    assert written[right][0] > 600.0
    assert written["S"][1] < 40.0
    assert written["I"][1] > 440.0


def test_slanted_views_have_a_cross_in_the_corner() -> None:
    view, picture = seen(TOWARDS_EYE)
    annotate(picture, view, ink=PAPER_INK, mark="")
    inked = picture.min(axis=2) < 0.5
    assert inked[370:470, 10:110].sum() > 100
    assert not inked[:, :8].any()
    assert not inked[60:300, 200:].any()


@pytest.mark.parametrize(("scale", "bar_mm"), [*zip((1.0, 0.4, 0.15, 0.1), BARS_MM, strict=True)])
def test_the_bar_is_as_long_as_it_says(scale: float, bar_mm: float) -> None:
    view, picture = view_of(scale * CUBE_MM, towards_eye=FROM_FRONT, width=640, height=480), np.ones((480, 640, 3), "f")
    annotate(picture, view, ink=PAPER_INK, mark="")
    columns = np.flatnonzero(picture[456, 340:].min(axis=1) < 0.5)
    assert (columns.max() - columns.min()) * view.mm_per_px == pytest.approx(bar_mm, rel=0.03)


def test_badges_stand_at_their_places_and_never_outside() -> None:
    view, picture = seen(FROM_FRONT)
    (place,), _ = view.places(np.array([[20.0, 0.0, 30.0]]))
    far = np.array([900.0, 0.0, 900.0])
    badges = [Badge(text="12", at_mm=np.array([20.0, 0.0, 30.0]), color=RED), Badge(text="3", at_mm=far, color=RED)]
    draw_badges(picture, view, badges, paper=np.ones(3))
    red = np.argwhere(picture[..., 1] < 0.3)
    near = red[np.linalg.norm(red - place[::-1], axis=1) < 20.0]
    assert near.mean(axis=0) == pytest.approx(place[::-1], abs=1.5)
    others = red[np.linalg.norm(red - place[::-1], axis=1) >= 20.0]
    assert others[:, 1].min() > 600
    assert others[:, 0].max() < 40


def test_a_scale_shows_every_colour_in_its_order() -> None:
    view, picture = seen(FROM_FRONT)
    colors = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    draw_scale(picture, view, Scale(colors=colors, ticks=("0", "5")), ink=PAPER_INK)
    row = picture[24]
    found = [np.flatnonzero((np.abs(row - color) < 0.05).all(axis=1)).mean() for color in colors]
    assert found == sorted(found)
    assert np.diff(found) == pytest.approx([34.0, 34.0], abs=4.0)
