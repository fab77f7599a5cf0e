"""After warming up nothing is compiled any more, whatever picture comes."""

import importlib
import pkgutil
from collections.abc import Callable

import numpy as np
import pytest

import orview.track
from orview.edge.boards import load_board
from orview.markers.board import Board, Face, MarkerGrid
from orview.sim.real_camera import RealCamera, Scene
from orview.track.follow import Follower
from orview.track.warm import warm
from tests.board_pictures import board_pose
from tests.unit.track.test_align import BOARD, LENS, PROFILE


def compiled_functions() -> list[Callable[..., object]]:
    """Return all compiled functions of the room."""
    rooms = [
        importlib.import_module(f"orview.track.{module.name}") for module in pkgutil.iter_modules(orview.track.__path__)
    ]
    return [value for room in rooms for value in vars(room).values() if hasattr(value, "nopython_signatures")]


def test_nothing_is_compiled_after_warming_up() -> None:
    assert warm()
    kept = {id(function): len(function.nopython_signatures) for function in compiled_functions()}
    assert sum(count > 0 for count in kept.values()) > 10
    pose = board_pose(BOARD, distance_mm=420.0, tilt_deg=25.0, roll_deg=5.0)
    shot = RealCamera(lens=LENS).shoot(Scene(board=BOARD, camera_from_board=lambda _: pose), 0.0)
    for colours in (shot.image, np.repeat(shot.image[..., None], 3, axis=2)):
        read_only = colours.copy()
        read_only.setflags(write=False)
        for picture in (colours, read_only):
            follower = Follower(BOARD, PROFILE)
            states = [follower.step(picture, taken_ns=k * 33_000_000).state.name for k in range(16)]
            assert states[-1] == "TRACKED"
    assert {id(function): len(function.nopython_signatures) for function in compiled_functions()} == kept


SINGLE = Board(
    name="single",
    faces=(
        Face(
            name="front",
            dictionary="DICT_4X4_50",
            pattern=MarkerGrid(columns=1, rows=1, marker_mm=60.0, gap_mm=10.0),
            outline_mm=(80.0, 80.0),
        ),
    ),
)


@pytest.mark.parametrize(
    "board", [load_board("patient_folded"), load_board("patient_raised"), SINGLE], ids=lambda board: board.name
)
def test_nor_for_boards_of_other_kinds(board: Board) -> None:
    assert warm()
    pose = board_pose(board, distance_mm=420.0, tilt_deg=25.0, roll_deg=5.0)
    shot = RealCamera(lens=LENS).shoot(Scene(board=board, camera_from_board=lambda _: pose), 0.0)
    kept = {function: len(function.nopython_signatures) for function in compiled_functions()}
    follower = Follower(board, PROFILE)
    states = [follower.step(shot.image, taken_ns=k * 33_000_000).state.name for k in range(4)]
    assert states[-1] in ("TRACKED", "AMBIGUOUS")
    assert {function: len(function.nopython_signatures) for function in compiled_functions()} == kept
