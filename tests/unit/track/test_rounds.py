"""Round after round nearer: a few looks settle, and what cannot be seen settles nowhere."""

import numpy as np

from orview.track.blur import Blur
from orview.track.rounds import STILL_PX, Estimate, Look, Rounds
from orview.track.view import Choice
from tests.board_pictures import pose_error
from tests.unit.track.test_align import BOARD, LENS, POSE, PROFILE, beside, calm, target

LEVELS = np.arange(256, dtype=np.float32)


def settled(picture: np.ndarray, *, px: float = 2.5) -> Look | None:
    start = Estimate(
        pose=beside(POSE, np.random.default_rng(0), px=px), velocity=np.zeros(6), unforeseen=np.zeros(6), blur=Blur()
    )
    choice = Choice(BOARD, LENS, most=800)
    return Rounds(
        picture, LEVELS, choice, PROFILE, start=start, velocity_covariance=None, velocity_per_motion=0.0
    ).settle()


def test_the_last_look_moves_next_to_nothing() -> None:
    look = settled(calm())
    assert look is not None
    assert look.moved_px < STILL_PX
    assert pose_error(POSE, look.estimate.pose, target(BOARD))[0] < 0.3


def test_bytes_taken_for_light_show_up_as_a_shift_of_all_borders() -> None:
    look = settled(calm())
    assert look is not None
    assert look.fit.edge_shift_px > 0.2


def test_a_picture_without_contrast_settles_nowhere() -> None:
    assert settled(np.full_like(calm(), 90)) is None
