"""The simulated room's process: its pictures carry their own moment, and its truth is a function of time."""

import contextlib
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.edge.camera import VIRTUAL_CAMERA, open_camera
from orview.edge.demo.simulated_room import RoomTruth, run_simulated_room
from orview.errors import CameraError, InputError
from orview.markers.board import Board
from orview.markers.camera import LENS_PARAMETERS, CameraProfile
from orview.markers.detect import detect_board
from orview.sim.lens import LENS

BOARD = "patient_flat"


def simulated_profile(board: Board) -> CameraProfile:
    """Return the profile of the simulated camera: its lens is the simulation's own, so nothing in it is uncertain."""
    return CameraProfile(
        lens=LENS,
        camera=VIRTUAL_CAMERA,
        mode=f"{LENS.width_px}x{LENS.height_px}",
        serial="",
        calibrated_on=date(2026, 1, 1),
        board_digest=board.digest,
        views=0,
        rms_px=0.0,
        covariance=np.zeros((len(LENS_PARAMETERS),) * 2),
    )


class Running:
    """A room filming in a thread of this process."""

    def __init__(self, folder: Path) -> None:
        self.slot, self.truth = folder / "camera.slot", folder / "truth.json"
        self.stop, self.covered = threading.Event(), threading.Event()
        self.epoch_ns = time.monotonic_ns()
        self.thread = threading.Thread(
            target=run_simulated_room,
            args=(self.slot, self.truth),
            kwargs={
                "board": BOARD,
                "seed": 3,
                "epoch_ns": self.epoch_ns,
                "rate_hz": 10.0,
                "stop": self.stop,
                "covered": self.covered,
            },
        )

    def __enter__(self) -> "Running":
        self.thread.start()
        deadline = time.monotonic() + 30.0
        while not self.slot.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(10.0)
        assert not self.thread.is_alive()


def test_pictures_carry_their_moment_and_the_arms_pose(tmp_path: Path) -> None:
    with Running(tmp_path) as running, open_camera(f"slot:{running.slot}") as camera:
        truth = RoomTruth.read(running.truth)
        assert truth.epoch_ns == running.epoch_ns
        before = running.epoch_ns
        for _ in range(4):
            picture = camera.read(timeout_s=10.0)
            assert picture is not None
            assert before < picture.taken_ns < time.monotonic_ns()
            before = picture.taken_ns
            assert camera.mode == "1280x720"
            truly = truth.room_from_camera(picture.taken_ns)
            np.testing.assert_allclose(picture.room_from_camera.matrix, truly.matrix, atol=1e-9)
            sighting = detect_board(picture.image[..., 1].copy(), load_board(BOARD))
            assert sighting is not None
            camera_from_board = (
                picture.room_from_camera.inverse()
                @ truth.room_from_patient(picture.taken_ns)
                @ truth.patient_from_board
            )
            lens = simulated_profile(load_board(BOARD)).lens
            error = lens.project(camera_from_board.apply(sighting.points_board_mm)) - sighting.pixels
            assert np.sqrt((error**2).sum(axis=1).mean()) < 0.5


def test_a_cloth_hides_the_board(tmp_path: Path) -> None:
    with Running(tmp_path) as running, open_camera(f"slot:{running.slot}") as camera:
        running.covered.set()
        for _ in range(3):
            picture = camera.read(timeout_s=10.0)
        assert picture is not None
        sighting = detect_board(picture.image[..., 1].copy(), load_board(BOARD))
        assert sighting is None or len(sighting.pixels) == 0


def test_a_room_that_stopped_gives_no_pictures(tmp_path: Path) -> None:
    with Running(tmp_path) as running, open_camera(f"slot:{running.slot}") as camera:
        camera.read(timeout_s=10.0)
        running.stop.set()
        running.thread.join(10.0)
        # At most one picture was published and not yet read.
        with contextlib.suppress(CameraError):
            camera.read(timeout_s=0.3)
        with pytest.raises(CameraError):
            camera.read(timeout_s=0.5)


def test_it_runs_as_a_process_and_stops_when_told(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    process = context.Process(
        target=run_simulated_room,
        args=(tmp_path / "camera.slot", tmp_path / "truth.json"),
        kwargs={"board": BOARD, "seed": 0, "epoch_ns": time.monotonic_ns(), "rate_hz": 10.0, "stop": stop},
    )
    process.start()
    deadline = time.monotonic() + 30.0
    while not (tmp_path / "camera.slot").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    with open_camera(f"slot:{tmp_path / 'camera.slot'}") as camera:
        assert camera.read(timeout_s=10.0) is not None
    stop.set()
    process.join(10.0)
    assert process.exitcode == 0


PARENT = """
import multiprocessing, sys, time
from pathlib import Path
from orview.edge.demo.simulated_room import run_simulated_room

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    folder, stop = Path(sys.argv[1]), context.Event()
    room = context.Process(
        target=run_simulated_room,
        args=(folder / "camera.slot", folder / "truth.json"),
        kwargs=dict(board="patient_flat", seed=0, epoch_ns=0, rate_hz=10.0, stop=stop),
    )
    room.start()
    print(room.pid, flush=True)
    time.sleep(60.0)
"""


def test_it_does_not_outlive_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen([sys.executable, str(script), str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    deadline = time.monotonic() + 30.0
    while not (tmp_path / "camera.slot").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    filmed = is_running(child) and (tmp_path / "camera.slot").exists()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert filmed, "the room ended before its parent did"
    deadline = time.monotonic() + 5.0
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(child)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Where nobody collects orphans a dead one stays in the table as a zombie.
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def test_truth_of_another_room_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        RoomTruth.read(tmp_path / "truth.json")
    (tmp_path / "truth.json").write_text('{"epoch_ns": 1, "seed": 0, "board": "patient_flat", "board_digest": "0"}')
    with pytest.raises(InputError):
        RoomTruth.read(tmp_path / "truth.json")


def test_profile_fits_the_camera() -> None:
    profile = simulated_profile(load_board(BOARD))
    profile.require_camera(camera="virtual camera", mode="1280x720", serial="")
    profile.require_size(width_px=1280, height_px=720)
    assert type(profile).from_toml(profile.to_toml()).digest == profile.digest
