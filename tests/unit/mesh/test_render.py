"""The picture shows what lies where, in its colour, from the side it says, at the size its bar says."""

from pathlib import Path

import cv2
import numpy as np
import open3d as o3d
import pytest
from numpy.typing import NDArray

from orview.mesh.lettering import BARS_MM
from orview.mesh.render import Shown, render, shares_hidden
from orview.mesh.surface import Surface
from orview.mesh.view import TOWARDS_EYE

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "pictures"
RED, GREEN, BLUE, SKIN = (0.9, 0.1, 0.1), (0.1, 0.8, 0.1), (0.1, 0.2, 0.9), (0.87, 0.68, 0.57)


def ball(centre_mm: tuple[float, float, float], radius_mm: float) -> Surface:
    mesh = o3d.geometry.TriangleMesh.create_sphere(radius_mm, resolution=30)
    return Surface(
        vertices_mm=np.asarray(mesh.vertices) + centre_mm, triangles=np.asarray(mesh.triangles).astype(np.int32)
    )


def where(picture: NDArray[np.uint8], channel: int) -> NDArray[np.float64]:
    """Rows and columns where one of red, green, blue is far above the others: (N, 2)."""
    others = np.delete(picture.astype(int), channel, axis=2).max(axis=2)
    found = np.argwhere(picture[..., channel] > others + 60)
    assert len(found) > 50
    return found.astype(np.float64)


def test_left_is_right_and_up_is_up_as_one_faces_a_patient() -> None:
    picture = render(
        [
            Shown(surface=ball((80.0, 0.0, -900.0), 20.0), color_srgb=RED),
            Shown(surface=ball((-80.0, 0.0, -900.0), 20.0), color_srgb=BLUE),
            Shown(surface=ball((0.0, 0.0, -800.0), 20.0), color_srgb=GREEN),
        ]
    )
    assert picture.shape == (480, 640, 3)
    left, above, right = (where(picture, channel).mean(axis=0) for channel in range(3))
    assert right[1] < above[1] < left[1]
    assert above[0] < min(left[0], right[0])


def test_what_is_in_front_hides_and_what_is_see_through_does_not() -> None:
    behind = Shown(surface=ball((0.0, 0.0, 0.0), 30.0), color_srgb=RED)
    before = ball(tuple(100.0 * TOWARDS_EYE), 35.0)
    middle = (240, 320)
    assert render([behind, Shown(surface=before, color_srgb=BLUE)])[middle].argmax() == 2
    veiled = render([behind, Shown(surface=before, color_srgb=BLUE, see_through=True)])
    assert veiled[middle].argmax() == 0
    # A veil alone is shown too; nothing else is there to be shown whole.
    assert (render([Shown(surface=before, color_srgb=SKIN, see_through=True)])[middle] > 20).all()


def test_the_bar_measures_the_picture() -> None:
    picture = render([Shown(surface=ball((0.0, 0.0, 0.0), 40.0), color_srgb=RED)])
    rows, columns = where(picture, 0).T
    shown_mm_per_px = 80.0 / (columns.max() - columns.min() + 1)
    bar = np.flatnonzero(picture[455:458].mean(axis=(0, 2)) > 120)
    bar = bar[bar > 320]
    assert (bar.max() - bar.min()) * shown_mm_per_px == pytest.approx(BARS_MM[0], rel=0.05)
    assert rows.max() - rows.min() == pytest.approx(columns.max() - columns.min(), abs=12)


def test_how_much_is_hidden_is_told() -> None:
    focus = ball((0.0, 0.0, 0.0), 30.0)
    toward = 100.0 * TOWARDS_EYE
    shares = shares_hidden(focus, [ball(tuple(toward), 40.0), ball(tuple(-toward), 40.0), ball(tuple(toward), 15.0)])
    assert shares == pytest.approx([1.0, 0.0, 0.25], abs=0.08)


@pytest.mark.parametrize("mark", ["", "SYNTHETIC"])
def test_the_picture_is_the_one_that_was_looked_at(mark: str) -> None:
    picture = render(
        [
            Shown(surface=ball((0.0, 0.0, -900.0), 30.0), color_srgb=(0.93, 0.88, 0.77)),
            Shown(surface=ball((45.0, -20.0, -880.0), 12.0), color_srgb=RED),
            Shown(surface=ball((-30.0, -25.0, -915.0), 15.0), color_srgb=BLUE),
            Shown(surface=ball((0.0, 0.0, -900.0), 60.0), color_srgb=SKIN, see_through=True),
        ],
        width=320,
        height=240,
        mark=mark,
    )
    stored = cv2.imread(str(GOLDEN / f"balls{'_marked' if mark else ''}.png"))
    apart = np.abs(picture.astype(int) - stored[..., ::-1].astype(int)).max(axis=2)
    # Other processors round other edges: a few pixels may differ, the picture may not.
    assert (apart.mean(), np.count_nonzero(apart > 24) / apart.size) < (1.0, 0.01)


def test_pictures_are_alike_every_time() -> None:
    shown = [Shown(surface=ball((0.0, 0.0, 0.0), 30.0), color_srgb=RED)]
    assert np.array_equal(render(shown, width=160, height=120), render(shown, width=160, height=120))
