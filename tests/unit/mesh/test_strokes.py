"""Lines lie where they should, smooth at their edges; text is as wide as it says, and stays in its picture."""

import numpy as np
import pytest

from orview.mesh.strokes import draw_line, draw_text, text_width


def blank() -> np.ndarray:
    return np.zeros((40, 120, 3), dtype=np.float32)


def test_a_line_covers_its_width() -> None:
    picture = blank()
    draw_line(picture, [(10, 20), (110, 20)], color=(1, 0.5, 0), width=4.0)
    assert picture[18:22, 60] == pytest.approx(np.tile([1.0, 0.5, 0.0], (4, 1)))
    assert picture[:, 60, 0].sum() == pytest.approx(4.0, abs=0.05)
    assert (picture[:16].max(), picture[25:].max(), picture[:, :7].max()) == (0, 0, 0)
    draw_line(picture, [(10, 20), (110, 20)], color=(0, 0, 0), width=4.0, opacity=0.5)
    assert picture[20, 60] == pytest.approx([0.5, 0.25, 0.0])


def test_what_lies_outside_is_not_drawn() -> None:
    picture = blank()
    draw_line(picture, [(-50, -50), (-10, -20)], color=(1, 1, 1), width=3.0)
    draw_line(picture, [(100, 39), (300, 39)], color=(1, 1, 1), width=3.0)
    assert picture[:, :95].max() == 0.0
    assert picture[39, 119].min() == 1.0


def test_text_is_as_wide_as_it_says() -> None:
    picture = blank()
    draw_text(picture, "50 mm", (60, 20), color=(1, 1, 1), height=14)
    columns = np.flatnonzero(picture.max(axis=(0, 2)) > 0.5)
    rows = np.flatnonzero(picture.max(axis=(1, 2)) > 0.5)
    width = text_width("50 mm", height=14)
    assert (columns.min(), columns.max()) == (
        pytest.approx(60 - width / 2, abs=2.0),
        pytest.approx(60 + width / 2, abs=2.0),
    )
    assert (rows.min(), rows.max()) == (pytest.approx(13, abs=1.5), pytest.approx(27, abs=1.5))


def test_every_letter_that_is_needed_is_known() -> None:
    for letter in "LRAPSI0123456789 mSYNTHETIC":
        draw_text(blank(), letter, (60, 20), color=(1, 1, 1), height=10)
    with pytest.raises(KeyError):
        draw_text(blank(), "?", (60, 20), color=(1, 1, 1), height=10)
