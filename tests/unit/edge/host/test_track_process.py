"""What the tracker says of its camera, and that its small pictures are true to the lens."""

import contextlib
import multiprocessing
import socket
import time

import cv2
import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.edge.camera import Camera, Picture
from orview.edge.host.config import SLOT_BYTES, RunFolder
from orview.edge.host.track_process import Tracker, _SmallPictures, run_track
from orview.edge.profiles import read_profile
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.records import PICTURE_CAPACITY, TRACK_CAPACITY, PictureRecord, SightState, TrackRecord
from orview.edge.slots.statuses import TrackStatus, parse_status
from orview.geometry.pinhole import PinholeLens
from orview.markers.camera import CameraProfile
from tests.integration.small_room import (
    BOARD,
    CAMERA_FROM_BOARD,
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
    slots = {
        name: LatestSlot.create(path, capacity)
        for name, path, capacity in (
            ("track", run.track_slot, TRACK_CAPACITY),
            ("picture", run.picture_slot, PICTURE_CAPACITY),
            ("status", run.track_status, SLOT_BYTES),
        )
    }
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


def test_missing_camera_is_said_with_what_to_do(tmp_path):
    with tracking(tmp_path, host_config(tmp_path, f"slot:{tmp_path / 'none'}")) as (slots, _):
        status = status_when(slots, lambda status: "not there" in status.words)
        assert status.fits is None
        assert "Start the simulated room" in status.words


@pytest.mark.hazard("H11")
def test_camera_that_was_knocked_belongs_to_its_profile_no_longer(tmp_path):
    rng = np.random.default_rng(3)
    room = cv2.resize(rng.integers(30, 200, (30, 40), dtype=np.uint8), (640, 480), interpolation=cv2.INTER_CUBIC)
    board = board_picture()
    room[100:380, 160:480] = board[100:380, 160:480]
    run = RunFolder(tmp_path)
    for path, capacity in (
        (run.track_slot, TRACK_CAPACITY),
        (run.picture_slot, PICTURE_CAPACITY),
        (run.track_status, SLOT_BYTES),
    ):
        LatestSlot.create(path, capacity)
    waker, _ = socket.socketpair()
    profile = read_profile(write_profile(tmp_path))
    tracker = Tracker(camera="0", board=load_board(BOARD), profile=profile, run=run, waker=waker)
    status, track = LatestSlot.attach(run.track_status), LatestSlot.attach(run.track_slot)

    class Still(Camera):
        name, mode, live = "cam", "640x480", True

        def read(self, *, timeout_s):
            """Pictures are handed over by the test."""

        def close(self):
            """Nothing to give back."""

    def take(image):
        tracker._take(Picture(image=image, taken_ns=time.monotonic_ns(), room_from_camera=ROOM_FROM_CAMERA))
        return TrackRecord.decode(track.latest()[1]).state, parse_status(status.latest()[1], TrackStatus)

    tracker._begin(Still())
    for _ in range(14):
        state, said = take(room)
    assert (state, said.fits) == (SightState.TRACKED, True)
    for _ in range(6):
        state, said = take(np.roll(room, 7, axis=1))
    assert (state, said.fits) == (SightState.LOST, False)
    assert "camera was moved" in said.words
    # Pulling the plug is no way out.
    tracker._begin(Still())
    state, said = take(room)
    assert (state, said.fits) == (SightState.LOST, False)


def distorted_profile(tmp_path) -> CameraProfile:
    plain = read_profile(write_profile(tmp_path))
    lens = PinholeLens(
        width_px=1280,
        height_px=720,
        fx_px=1050.0,
        fy_px=1060.0,
        cx_px=650.0,
        cy_px=350.0,
        distortion=(-0.2, 0.05, 0.001, -0.002, 0.0),
    )
    return CameraProfile(**{name: getattr(plain, name) for name in plain.__dataclass_fields__} | {"lens": lens})


def test_small_pictures_are_what_their_pinhole_says(tmp_path):
    profile = distorted_profile(tmp_path)
    small = _SmallPictures(profile)
    picture = Picture(image=np.zeros((720, 1280), np.uint8), taken_ns=5, room_from_camera=ROOM_FROM_CAMERA)
    record = small.record(picture, taken_ns=5)
    assert (record.width, record.height) == (640, 360)
    for u, v in ((0, 0), (320, 180), (600, 40), (50, 330)):
        ray = np.array([(u - record.cx) / record.fx, (v - record.cy) / record.fy, 1.0])
        in_camera_picture = profile.lens.project(ray[None] * 500.0)[0]
        assert np.allclose([small._maps.x[v, u], small._maps.y[v, u]], in_camera_picture, atol=0.01)


def test_small_pictures_come_at_most_fifteen_times_a_second(tmp_path):
    small = _SmallPictures(read_profile(write_profile(tmp_path)))
    made = 0
    for number in range(90):
        taken_ns = number * 1_000_000_000 // 30
        if small.is_due(taken_ns):
            small.record(
                Picture(image=board_picture(), taken_ns=taken_ns, room_from_camera=ROOM_FROM_CAMERA), taken_ns=taken_ns
            )
            made += 1
    assert 42 <= made <= 45
