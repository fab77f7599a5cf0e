"""After warming up nothing is compiled any more, whatever picture comes."""

import importlib
import pkgutil
from collections.abc import Callable

import numpy as np

import orview.track
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
