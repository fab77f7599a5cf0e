"""The simulated person understands every sentence a guide can say, and nothing else."""

import numpy as np
import pytest

from orview.calibrate.coverage import lean_of
from orview.calibrate.wish import ALL_WISHES, Wish
from orview.edge.boards import load_board
from orview.markers.detect import detect_board
from orview.sim.calibration_views import Person, calibration_pictures, understood
from orview.sim.lens import LENS

BOARD = load_board("calibration_a4")


def test_every_wish_is_understood_from_its_words_alone() -> None:
    assert all(understood(wish.sentence) == wish for wish in ALL_WISHES)
    assert len({wish.sentence for wish in ALL_WISHES}) == len(ALL_WISHES)
    assert understood("Good. Hold the board still.") is None


@pytest.mark.parametrize("wish", ALL_WISHES[::7])
def test_the_board_comes_to_where_it_is_wished(wish: Wish) -> None:
    person = Person(BOARD, LENS, seed=1)
    person.hear(wish.sentence)
    for _ in range(60):
        pose = person.camera_from_board()
    assert lean_of(pose.rotation) is wish.lean
    middle = np.append(0.5 * (np.array(BOARD.pattern_origin_mm) * 2.0 + BOARD.pattern_mm), 0.0)
    place = LENS.project(pose.apply(middle)) / (LENS.width_px, LENS.height_px) - 0.5
    assert place == pytest.approx((0.28 * wish.column, 0.28 * wish.row), abs=0.2)


def test_the_pictures_show_the_board_near_and_in_all_places() -> None:
    sightings = [detect_board(picture, BOARD) for picture in calibration_pictures(BOARD, count=5, seed=3)]
    assert all(sighting is not None and len(sighting.pixels) > 40 for sighting in sightings)
    corners = np.vstack([sighting.pixels for sighting in sightings if sighting is not None])
    assert (np.ptp(corners, axis=0) > 0.8 * np.array([LENS.width_px, LENS.height_px])).all()
