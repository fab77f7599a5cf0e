"""The page for who prints and calibrates: its pictures are those of the delivered boards, its board names exist."""

import re
from pathlib import Path

import cv2
import numpy as np

from calibration import make_pictures
from orview.edge.boards import delivered_boards

FOLDER = Path(__file__).resolve().parents[2] / "calibration"
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_every_picture_on_the_page_is_there() -> None:
    named = set(re.findall(r"(?:src=\"|\]\()(pictures/[\w.]+)", PAGE))
    assert len(named) >= 7
    assert all((FOLDER / name).is_file() for name in named)


def test_the_drawings_are_those_the_script_makes() -> None:
    for name, drawing in make_pictures.drawings().items():
        assert (FOLDER / "pictures" / name).read_text(encoding="utf-8") == drawing, (
            "run python -m calibration.make_pictures"
        )


def test_the_pictures_show_the_delivered_boards() -> None:
    assert set(make_pictures.PRINTS) == set(delivered_boards())
    for name in make_pictures.PRINTS:
        kept = cv2.imread(str(FOLDER / "pictures" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
        assert kept is not None
        made = make_pictures.print_of(name)
        assert kept.shape == made.shape
        # Letters may be drawn a little differently by another OpenCV; a moved or changed board is another picture.
        apart = np.abs(kept.astype(int) - made.astype(int)) > 60
        assert apart.mean() < 0.002, "run python -m calibration.make_pictures"


def test_every_board_delivered_is_on_the_page() -> None:
    assert all(f"`{name}`" in PAGE for name in delivered_boards())
