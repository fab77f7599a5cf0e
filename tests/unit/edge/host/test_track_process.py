"""What the tracker says of its camera, and that its small pictures are true to the lens."""

import contextlib
import multiprocessing
import socket
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.edge.camera import Camera, Picture
from orview.edge.host.config import RunFolder
from orview.edge.host.track_process import CALIBRATING, Tracker, run_track
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.records import PictureRecord, SightState, TrackRecord
from orview.edge.slots.statuses import CalibrationStatus, TrackOrders, TrackStatus, parse_status, publish_status
from orview.units import NS_PER_S
from tests.board_pictures import board_pose, picture_of
from tests.integration.small_room import (
    BOARD,
    CAMERA_FROM_BOARD,
    LENS,
    ROOM_FROM_CAMERA,
    FilmedBoard,
    board_picture,
    host_config,
    write_profile,
)

SPAWN = multiprocessing.get_context("spawn")


@contextlib.contextmanager
def tracking(tmp_path, config):
    """A track process of its own, and the slots it writes to."""
    run = RunFolder(tmp_path)
    made = {path: LatestSlot.create(path, capacity) for path, capacity in run.slots().items()}
    slots = {"track": made[run.track_slot], "picture": made[run.picture_slot], "status": made[run.track_status]}
    waker, wakeups = socket.socketpair()
    wakeups.settimeout(20)
    process = SPAWN.Process(target=run_track, args=(config, run, waker))
    process.start()
    try:
        yield slots, wakeups
    finally:
        process.kill()
        process.join()


def status_when(slots, condition) -> TrackStatus:
    until_s = time.monotonic() + 20
    while True:
        newest = slots["status"].latest()
        status = None if newest is None else parse_status(newest[1], TrackStatus)
        if status is not None and condition(status):
            return status
        assert time.monotonic() < until_s, status
        time.sleep(0.01)


def record_when(slots, condition) -> TrackRecord:
    until_s = time.monotonic() + 20
    while True:
        newest = slots["track"].latest()
        record = None if newest is None else TrackRecord.decode(newest[1])
        if record is not None and condition(record):
            return record
        assert time.monotonic() < until_s, record
        time.sleep(0.01)


def test_pose_is_published_in_the_room_and_wakes_the_listener(tmp_path):
    with (
        FilmedBoard(tmp_path / "camera.slot") as film,
        tracking(tmp_path, host_config(tmp_path, f"slot:{film.path}")) as (slots, wakeups),
    ):
        record = record_when(slots, lambda record: record.state is SightState.TRACKED)
        assert wakeups.recv(1) == b"\0"
        truth = ROOM_FROM_CAMERA @ CAMERA_FROM_BOARD
        error = record.room_from_board.transform.translation_mm - truth.translation_mm
        assert np.abs(error).max() < 1.0
        assert record.taken_ns < record.finished_ns <= time.monotonic_ns()
        assert load_board(BOARD).digest.startswith(record.board_digest)
        picture = PictureRecord.decode(slots["picture"].latest()[1])
        assert picture.jpeg[:3] == b"\xff\xd8\xff"
        sequences = [slots["picture"].sequence]
        time.sleep(1.0)
        sequences.append(slots["picture"].sequence)
        assert 3 <= sequences[1] - sequences[0] <= 16


def test_camera_that_goes_is_said_and_comes_back_by_itself(tmp_path):
    with (
        FilmedBoard(tmp_path / "camera.slot") as film,
        tracking(tmp_path, host_config(tmp_path, f"slot:{film.path}")) as (slots, _),
    ):
        status_when(slots, lambda status: status.fits is True)
        film.filming = False
        gone = status_when(slots, lambda status: status.fits is None and "pictures" in status.words)
        record_when(slots, lambda record: record.state is SightState.NO_CAMERA)
        film.filming = True
        back = status_when(slots, lambda status: status.fits is True)
        assert back.started_ns == gone.started_ns
        record_when(slots, lambda record: record.state is SightState.TRACKED)


@pytest.mark.hazard("H11")
def test_profile_of_another_camera_is_refused_with_words_and_no_pose(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    with FilmedBoard(tmp_path / "camera.slot") as film:
        config = host_config(tmp_path, f"slot:{film.path}", profile=write_profile(other, camera="another camera"))
        with tracking(tmp_path, config) as (slots, _):
            status = status_when(slots, lambda status: status.fits is False)
            assert "another camera" in status.words
            time.sleep(0.5)
            assert record_when(slots, lambda record: True).state is SightState.NO_CAMERA


def test_missing_camera_is_said_with_what_to_do_and_another_can_be_chosen(tmp_path):
    with (
        FilmedBoard(tmp_path / "camera.slot") as film,
        tracking(tmp_path, host_config(tmp_path, f"slot:{tmp_path / 'none'}")) as (slots, _),
    ):
        status = status_when(slots, lambda status: "not there" in status.words)
        assert status.fits is None
        assert "Start the simulated room" in status.words
        orders = LatestSlot.attach(RunFolder(tmp_path).track_orders)
        publish_status(orders, TrackOrders(cameras_chosen=1, camera=f"slot:{film.path}"))
        chosen = status_when(slots, lambda status: status.fits is True)
        assert (chosen.cameras_chosen, chosen.started_ns) == (1, status.started_ns)
        assert (chosen.profile, chosen.calibrated_on) == ("virtual camera 640x480", "2026-01-01")
        record_when(slots, lambda record: record.state is SightState.TRACKED)
        picture = PictureRecord.decode(slots["picture"].latest()[1])
        assert len(picture.corners_px) > 20
        publish_status(orders, TrackOrders(cameras_chosen=2, camera=f"slot:{tmp_path / 'none'}"))
        gone = status_when(slots, lambda status: status.cameras_chosen == 2 and "not there" in status.words)
        assert (gone.fits, gone.profile) == (None, "")


class Still(Camera):
    """A camera that rests; its pictures are handed over by the test."""

    name, mode, live = "virtual camera", "640x480", True

    def read(self, *, timeout_s):
        """Nothing comes by itself."""

    def close(self):
        """Nothing to give back."""


class Followed:
    """A tracker in this process that looks at what the test shows it, thirty times a second of the pictures' time."""

    def __init__(self, tmp_path, *, config=None, doubt=""):
        self.run = RunFolder(tmp_path)
        if not self.run.track_slot.exists():
            for path, capacity in self.run.slots().items():
                LatestSlot.create(path, capacity)
        self.orders = LatestSlot.attach(self.run.track_orders)
        self._status, self._track = LatestSlot.attach(self.run.track_status), LatestSlot.attach(self.run.track_slot)
        if doubt:
            publish_status(self._status, TrackStatus(started_ns=1, fits=False, words=doubt, doubt=doubt))
        self._waker, self._wakeups = socket.socketpair()
        self._waker.setblocking(False)
        # In the past: what was taken in the future is waited for.
        self._taken_ns = time.monotonic_ns() - 1000 * NS_PER_S
        self.tracker = Tracker(config or host_config(tmp_path, "0"), self.run, self._waker)
        self.tracker._begin(Still())

    def see(self, image, *, after_s=1 / 30):
        self._taken_ns += round(after_s * NS_PER_S)
        self.tracker._obey()
        self.tracker._take(Picture(image=image, taken_ns=self._taken_ns, room_from_camera=ROOM_FROM_CAMERA))
        return TrackRecord.decode(self._track.latest()[1]).state, self.status()

    def status(self):
        return parse_status(self._status.latest()[1], TrackStatus)


def board_in_a_room() -> np.ndarray:
    rng = np.random.default_rng(3)
    room = cv2.resize(rng.integers(30, 200, (30, 40), dtype=np.uint8), (640, 480), interpolation=cv2.INTER_CUBIC)
    board = board_picture()
    room[100:380, 160:480] = board[100:380, 160:480]
    return room


@pytest.mark.hazard("H11")
def test_camera_that_was_knocked_belongs_to_its_profile_no_longer(tmp_path):
    room, followed = board_in_a_room(), Followed(tmp_path)
    for _ in range(14):
        state, said = followed.see(room)
    assert (state, said.fits, said.doubt) == (SightState.TRACKED, True, "")
    for _ in range(6):
        state, said = followed.see(np.roll(room, 7, axis=1))
    assert (state, said.fits) == (SightState.LOST, False)
    assert "camera was moved" in said.words
    # Pulling the plug is no way out, and neither is a process that dies.
    followed.tracker._begin(Still())
    assert followed.see(room)[0] is SightState.LOST
    after = Followed(tmp_path)
    for _ in range(14):
        state, said = after.see(room)
    assert (state, said.fits) == (SightState.LOST, False)
    assert "camera was moved" in said.doubt


@pytest.mark.hazard("H11")
@pytest.mark.parametrize(("grown", "fits"), [(1.0, True), (1.03, False)])
def test_camera_that_was_looked_after_goes_on_only_if_its_lens_is_measured_to_fit(tmp_path, grown, fits):
    board, lens = load_board("calibration_a4"), replace(LENS, fx_px=grown * LENS.fx_px, fy_px=grown * LENS.fy_px)
    held = [
        picture_of(board, board_pose(board, distance_mm=380.0, tilt_deg=32.0, azimuth_deg=75.0 * k), lens, noise=1.0)
        for k in range(5)
    ]
    followed = Followed(tmp_path, doubt="The camera was moved.")
    state, said = followed.see(held[0])
    assert (state, said.fits, said.words) == (SightState.LOST, False, "The camera was moved.")
    publish_status(followed.orders, TrackOrders(camera_checks=1))
    state, said = followed.see(held[0], after_s=0.5)
    assert (state, said.fits, said.checking, said.camera_checks) == (SightState.LOST, False, True, 1)
    for k in range(40):
        state, said = followed.see(held[k // 2 % 5], after_s=0.5)
        if not said.checking:
            break
    if fits:
        assert (said.fits, said.doubt) == (True, "")
        # Now the patient's board counts again.
        assert followed.see(board_picture())[0] is SightState.TRACKED
    else:
        assert (state, said.fits) == (SightState.LOST, False)
        assert "calibrate the camera again" in said.words


@pytest.mark.hazard("H11")
def test_a_doubted_camera_stays_doubted_when_another_was_looked_through_meanwhile(tmp_path):
    followed = Followed(tmp_path, doubt="The camera was moved.")
    publish_status(followed.orders, TrackOrders(cameras_chosen=1, camera="1"))
    followed.tracker._obey()
    followed.tracker._change_camera()
    other = Still()
    other.serial = "another"
    followed.tracker._begin(other)
    assert followed.status().doubt == ""
    publish_status(followed.orders, TrackOrders(cameras_chosen=2, camera="0"))
    followed.tracker._obey()
    followed.tracker._change_camera()
    followed.tracker._begin(Still())
    assert followed.status().doubt == "The camera was moved."


def test_while_the_camera_is_calibrated_nothing_is_tracked_and_stopping_goes_back(tmp_path):
    followed, pictures = Followed(tmp_path), LatestSlot.attach(RunFolder(tmp_path).picture_slot)
    assert followed.see(board_picture())[0] is SightState.TRACKED
    poses = LatestSlot.attach(followed.run.track_slot)
    told, shown = poses.sequence, pictures.sequence
    publish_status(followed.orders, TrackOrders(calibrations=1, calibrating=True, board="calibration_a4"))
    for _ in range(3):
        _, said = followed.see(board_picture(), after_s=0.5)
    assert (said.fits, said.words) == (False, CALIBRATING)
    assert poses.sequence == told, "a pose came out while the camera was calibrated"
    assert pictures.sequence > shown
    publish_status(followed.orders, TrackOrders(calibrations=1, calibrating=False))
    state, said = followed.see(board_picture())
    assert (state, said.fits) == (SightState.TRACKED, True)
    stopped = parse_status(LatestSlot.attach(followed.run.calibration).latest()[1], CalibrationStatus)
    assert (stopped.number, stopped.state) == (1, "stopped")
    # The same order read again begins nothing.
    publish_status(followed.orders, TrackOrders(calibrations=1, calibrating=True, board="calibration_a4"))
    assert followed.see(board_picture())[0] is SightState.TRACKED


def test_a_profile_that_was_made_in_the_room_is_kept_and_used_by_the_next_process_too(tmp_path):
    followed = Followed(tmp_path)
    made = replace(followed.tracker._profile, serial="", rms_px=0.123)
    followed.tracker._keep(made)
    (path,) = (tmp_path / "store" / "calibrations").glob("*.toml")
    assert "virtual-camera_640x480" in path.name
    assert Followed(tmp_path).tracker._profile.rms_px == pytest.approx(0.123)
