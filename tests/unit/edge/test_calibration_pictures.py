"""Views are collected from pictures, films and a live camera, and what is wrong with them is said."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.calibrate.coverage import GuideState
from orview.calibrate.guide import FEWEST_VIEWS
from orview.edge.boards import load_board
from orview.edge.calibration_pictures import views_of_film, views_of_person, views_of_pictures
from orview.edge.camera import Camera, Picture, mode_of
from orview.errors import RefusedError
from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from tests.board_pictures import board_pose, picture_of

BOARD = load_board("calibration_a4")
LENS = PinholeLens(width_px=640, height_px=480, fx_px=610.0, fy_px=610.0, cx_px=322.0, cy_px=236.0)
BLACK = np.zeros((480, 640), np.uint8)


class Film(Camera):
    """Shows what a list or a function of the number gives."""

    def __init__(self, frame: Callable[[int], NDArray[np.uint8]], count: int, *, live: bool = False) -> None:
        self._frame, self._count, self._at = frame, count, 0
        self.live = live
        self.pictures = None if live else count
        self.mode = mode_of(frame(0))

    def read(self, *, timeout_s: float) -> Picture | None:
        if self._at == self._count:
            return None
        image = self._frame(self._at)
        self._at += 1
        still = RigidTransform.identity(Frame.ROOM, Frame.CAMERA)
        return Picture(image=image, taken_ns=self._at * 33_000_000, room_from_camera=still)

    def close(self) -> None:
        self._at = self._count


@cache
def view(k: int) -> NDArray[np.uint8]:
    pose = board_pose(
        BOARD,
        distance_mm=330.0,
        tilt_deg=20.0 + 3.0 * (k % 8),
        azimuth_deg=77.0 * k,
        roll_deg=41.0 * k,
        aside_mm=(50.0 * np.cos(1.3 * k), 30.0 * np.sin(1.3 * k)),
    )
    return picture_of(BOARD, pose, LENS, noise=1.0, seed=k)


def quiet(stage: str, share: float) -> None:
    """Tell nobody."""


def test_every_picture_with_the_board_counts() -> None:
    found = views_of_pictures(Film(lambda k: BLACK if k == 1 else view(k), 4), BOARD, progress=quiet)
    assert (found.pictures, found.picture_numbers, len(found.sightings)) == (4, (0, 2, 3), 3)


def test_a_film_is_thinned_to_views_that_differ_and_rest() -> None:
    found = views_of_film(Film(lambda k: view(k // 3), 3 * FEWEST_VIEWS), BOARD, progress=quiet)
    # The second of three equal pictures shows that the board rests.
    assert found.picture_numbers == tuple(range(1, 3 * FEWEST_VIEWS, 3))
    assert found.findings == ()


def test_of_a_board_that_never_rests_the_slowest_views_are_taken_and_it_is_said() -> None:
    found = views_of_film(Film(view, 8), BOARD, progress=quiet)
    assert len(found.sightings) == 7
    assert [finding.code for finding in found.findings] == ["CALIBRATION_BOARD_MOVED"]


def test_a_live_camera_is_guided_until_its_end() -> None:
    told: list[GuideState] = []
    found = views_of_person(Film(lambda k: view(k // 3), 24, live=True), BOARD, views=3, show=told.append)
    assert len(found.sightings) == 3
    assert told[0].sentence.startswith("Hold the board in the ")
    assert told[-1].done
    assert [state.took for state in told].count(True) == 3
    assert found.pictures == len(told) - 1


def test_a_board_that_is_not_there_and_black_pictures_are_said() -> None:
    with pytest.raises(RefusedError, match="none of the 3 pictures; black: 3"):
        views_of_pictures(Film(lambda _: BLACK, 3), BOARD, progress=quiet)
    grey = np.full((480, 640), 90, np.uint8)
    with pytest.raises(RefusedError, match=r"none of the 3 pictures\."):
        views_of_film(Film(lambda _: grey, 3), BOARD, progress=quiet)
    with pytest.raises(RefusedError, match="no picture that can be read"):
        views_of_film(Film(lambda _: grey, 0), BOARD, progress=quiet)


def test_a_board_with_depth_is_refused_before_anybody_holds_it() -> None:
    with pytest.raises(RefusedError, match="flat board"):
        views_of_person(Film(view, 3, live=True), load_board("patient_folded"), show=lambda _: None)


def test_a_grid_of_markers_guides_too() -> None:
    grid = Board.from_toml(
        'name = "grid"\n[[face]]\nname = "front"\ndictionary = "DICT_4X4_50"\noutline_mm = [200.0, 150.0]\n'
        "[face.grid]\nmarkers = [4, 3]\nmarker_mm = 30.0\ngap_mm = 10.0\nfirst_id = 0\n"
    )
    told: list[GuideState] = []
    with pytest.raises(RefusedError, match="board grid is in none"):
        views_of_person(Film(view, 2, live=True), grid, show=told.append)
    assert all("Hold the board in the " in state.sentence for state in told)
