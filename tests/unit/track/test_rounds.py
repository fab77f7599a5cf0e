"""Round after round nearer: a few looks settle, and what cannot be seen settles nowhere."""

import numpy as np
import pytest

from orview.track.blur import Blur
from orview.track.rounds import NEAR_PX, STILL_PX, Estimate, Look, Rounds
from orview.track.view import Choice
from tests.board_pictures import pose_error
from tests.unit.track.test_align import BOARD, LENS, POSE, PROFILE, beside, calm, target

LEVELS = np.arange(256, dtype=np.float32)


def settled(picture: np.ndarray, *, px: float = 2.5, near: bool = False, blur: Blur | None = None) -> Look | None:
    start = Estimate(
        pose=beside(POSE, np.random.default_rng(0), px=px, deg=0.2 * px, depth=0.001 * px),
        velocity=np.zeros(6),
        unforeseen=np.zeros(6),
        blur=blur or Blur(),
    )
    choice = Choice(BOARD, LENS, most=800)
    return Rounds(
        picture, LEVELS, choice, PROFILE, start=start, velocity_covariance=None, velocity_per_motion=0.0
    ).settle(near=near)


def test_the_last_look_moves_next_to_nothing() -> None:
    look = settled(calm())
    assert look is not None
    assert look.moved_px < STILL_PX
    assert pose_error(POSE, look.estimate.pose, target(BOARD))[0] < 0.3


@pytest.mark.parametrize("px", [0.2, 2.5])
def test_without_a_search_it_arrives_at_the_same_place(px: float) -> None:
    """A good expectation needs none; a bad one is noticed, and a search made after all."""
    searched = settled(calm(), px=px)
    assert searched is not None
    near = settled(calm(), px=px, near=True, blur=searched.estimate.blur)
    assert near is not None
    assert pose_error(searched.estimate.pose, near.estimate.pose, target(BOARD))[0] < 0.05
    assert (near.missed_px < NEAR_PX) == (px < 1.0)


def test_bytes_taken_for_light_show_up_as_a_shift_of_all_borders() -> None:
    look = settled(calm())
    assert look is not None
    assert look.fit.edge_shift_px > 0.2


def test_a_picture_without_contrast_settles_nowhere() -> None:
    assert settled(np.full_like(calm(), 90)) is None
