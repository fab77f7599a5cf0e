"""The view that is said to help most is the one after which a calibration is best."""

import numpy as np
import pytest

from orview.calibrate.design import Design
from orview.calibrate.lens_fit import lens_prior
from orview.calibrate.shape import BoardShape
from orview.calibrate.wish import ALL_WISHES, Lean, Reach

POINTS = np.array([(20.0 * x - 70.0, 20.0 * y - 90.0, 0.0) for y in range(10) for x in range(8)])
SHAPE = BoardShape(points_mm=POINTS)
MEAN, SIGMA = lens_prior(width_px=1280, height_px=720)
START = Design(
    lens=MEAN,
    covariance=np.diag(np.concatenate([SIGMA, SHAPE.sigmas_mm]) ** 2),
    shape=SHAPE,
    noise_px=0.1,
    width_px=1280,
    height_px=720,
)


def after(design: Design, count: int) -> Design:
    had = set()
    for _ in range(count):
        wish, _ = design.best(but=had)
        had.add(wish)
        rotation, middle = wish.pose(design.lens, design.size_mm, width_px=1280, height_px=720)
        design = design.after(rotation, middle, POINTS)
    return design


def test_a_gain_is_the_share_of_the_squared_error_that_a_view_takes_away() -> None:
    design = after(START, 6)
    wish = next(w for w in ALL_WISHES if w.reach is Reach.FAR and w.lean is Lean.LEFT and w.row == w.column == 0)
    rotation, middle = wish.pose(design.lens, design.size_mm, width_px=1280, height_px=720)
    gain = float(design.gains(rotation[None], middle[None])[0])
    quiet = {"noise_px": 0.0}
    error, later = design._answer, design.after(rotation, middle, POINTS)
    squares = [np.einsum("kij,jl,kil->", error.by_lens, d.covariance[:9, :9], error.by_lens) for d in (design, later)]
    assert 0.0 < gain < 1.0
    assert gain == pytest.approx(1.0 - squares[1] / squares[0], rel=1e-6)
    assert error.error_mm(later.covariance[:9, :9], **quiet) < error.error_mm(design.covariance[:9, :9], **quiet)


def test_the_best_of_all_wishes_beats_the_others() -> None:
    design = after(START, 6)
    wish, gain = design.best()
    others = [design.best(but={wish})[1], design.best(but=set(ALL_WISHES[:90]) | {wish})[1]]
    assert gain >= max(others)


def test_a_view_of_too_little_of_the_board_is_none() -> None:
    aside = np.array([[400.0, 0.0, 400.0]])
    assert START.gains(np.eye(3)[None], aside)[0] == 0.0
    behind = np.array([[0.0, 0.0, -400.0]])
    assert START.gains(np.eye(3)[None], behind)[0] == 0.0


def test_the_error_falls_with_good_views() -> None:
    errors = [after(START, count).error_mm for count in (4, 8, 16)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1.0
