"""The desk of the camera: orders outlive whoever gave them, and what is told of an earlier calibration is no news."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from orview.edge.cameras.listing import ListedCamera
from orview.edge.host.camera_choice import Choice
from orview.edge.host.camera_desk import CALIBRATING, CameraDesk
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.statuses import CalibrationStatus, TrackOrders, TrackStatus, parse_status
from orview.protocol.camera import Calibrate, CameraState, CheckCamera, ChooseCamera, ProfileEntry
from orview.protocol.codec import encode
from orview.protocol.messages import Refused

BOARDS = {"calibration_a4": "/somewhere/a4.toml", "calibration_letter": "calibration_letter"}
FITS = TrackStatus(started_ns=1, fits=True, words="The profile belongs to cam.")
DOUBTED = replace(FITS, fits=False, words="The camera was moved.", doubt="The camera was moved.")
CAPTURING = CalibrationStatus(
    number=1,
    board="calibration_a4",
    state="capturing",
    words="Hold it\nstill.",
    took=False,
    views=1,
    most=25,
    error_mm=None,
    limit_mm=1.0,
    width_px=1280,
    height_px=720,
    outlines=((1.0, 2.0, 3.0, 4.0, 5.0, 6.0),),
    advice=(),
)


@pytest.fixture
def slot(tmp_path: Path) -> LatestSlot:
    return LatestSlot.create(tmp_path / "orders.slot", 4096)


def orders(slot: LatestSlot) -> TrackOrders:
    newest = slot.latest()
    return TrackOrders() if newest is None else parse_status(newest[1], TrackOrders)


def desk_of(slot: LatestSlot, status: TrackStatus = FITS) -> CameraDesk:
    desk = CameraDesk(slot, boards=BOARDS)
    desk.take_status(status)
    return desk


def test_a_calibration_is_ordered_told_and_ended_by_its_verdict(slot: LatestSlot) -> None:
    desk = desk_of(slot)
    assert desk.message().state is CameraState.FITS
    assert desk.calibrate(Calibrate(board="calibration_a4")) is None
    assert orders(slot) == TrackOrders(calibrations=1, calibrating=True, board="/somewhere/a4.toml")
    desk.take_status(replace(FITS, fits=False, words=CALIBRATING))
    desk.take_calibration(CAPTURING)
    told = desk.message()
    assert encode(told)
    assert (told.state, told.words) == (CameraState.CALIBRATING, CALIBRATING)
    assert told.calibration is not None
    assert (told.calibration.words, told.calibration.outlines[0].points_px) == ("Hold it still.", (1, 2, 3, 4, 5, 6))
    desk.take_calibration(replace(CAPTURING, state="accepted", error_mm=0.4))
    assert not orders(slot).calibrating
    desk.take_status(FITS)
    assert desk.message().state is CameraState.FITS
    assert desk.places == 1


def test_what_was_ordered_outlives_the_stream_process(slot: LatestSlot) -> None:
    desk_of(slot).calibrate(Calibrate(board="calibration_a4"))
    after = desk_of(slot)
    assert after.calibrating
    assert after.places == 1
    after.take_calibration(CAPTURING)
    assert after.message().calibration is not None
    after.stop_calibrating()
    assert orders(slot) == TrackOrders(calibrations=1, board="/somewhere/a4.toml")


def test_an_earlier_calibration_is_passed_over(slot: LatestSlot) -> None:
    desk = desk_of(slot)
    for _ in range(2):
        desk.calibrate(Calibrate(board="calibration_a4"))
        desk.stop_calibrating()
    desk.take_calibration(CAPTURING)
    assert desk.message().calibration is None


def test_refusals_say_why(slot: LatestSlot) -> None:
    desk = desk_of(slot, replace(FITS, fits=None, words="Gone."))
    assert desk.message().state is CameraState.AWAY
    for board, words in (("calibration_a4", "gives no pictures"), ("other", "no such calibration board")):
        refusal = desk.calibrate(Calibrate(board=board))
        assert refusal is not None
        assert words in refusal.message
    desk.take_status(FITS)
    desk.calibrate(Calibrate(board="calibration_a4"))
    again = desk.calibrate(Calibrate(board="calibration_a4"))
    assert again is not None
    assert "already" in again.message


@pytest.mark.hazard("H11")
def test_only_a_doubted_camera_is_checked_and_the_room_is_another_afterwards(slot: LatestSlot) -> None:
    desk = desk_of(slot)
    assert desk.check(CheckCamera()) is not None
    desk.take_status(DOUBTED)
    assert desk.message().state is CameraState.DOUBTED
    assert desk.check(CheckCamera()) is None
    assert desk.places == 1
    assert desk.message().state is CameraState.CHECKING
    desk.take_status(replace(DOUBTED, checking=True, camera_checks=1))
    assert desk.message().state is CameraState.CHECKING
    desk.take_status(replace(FITS, camera_checks=1))
    assert desk.message().state is CameraState.FITS


@pytest.mark.hazard("H10")
def test_a_bump_is_told_until_the_boards_are_trusted_again(slot: LatestSlot) -> None:
    desk = desk_of(slot, replace(FITS, moved="A board was bumped."))
    assert desk.moved() == "A board was bumped."
    desk.trust_boards()
    # What the track process said before it heard of that is no second bump.
    assert desk.moved() == ""
    desk.take_status(replace(FITS, moved="", boards_trusted=1))
    assert desk.moved() == ""
    desk.take_status(replace(FITS, moved="Bumped again.", boards_trusted=1))
    assert desk.moved() == "Bumped again."


CAMERAS = (ListedCamera(number=0, name="Laptop camera"), ListedCamera(number=2, name="Room camera", serial="A17"))


def test_another_camera_is_chosen_ordered_and_told(slot: LatestSlot) -> None:
    desk = desk_of(slot)
    desk.take_cameras(CAMERAS)
    told = desk.message()
    assert [(one.key, one.name) for one in told.cameras] == [("video0", "Laptop camera"), ("video2", "Room camera")]
    assert told.chosen == "video0"
    choice = desk.choose(ChooseCamera(key="video2"))
    assert isinstance(choice, Choice)
    assert orders(slot) == TrackOrders(cameras_chosen=1, camera="2")
    assert desk.places == 1
    assert (desk.message().chosen, desk.message().state) == ("video2", CameraState.AWAY)
    assert not desk.concerns(FITS), "what was said of the camera before is of no concern"
    assert desk.concerns(replace(FITS, cameras_chosen=1))


def test_what_cannot_be_chosen_is_said(slot: LatestSlot) -> None:
    desk = desk_of(slot)
    desk.take_cameras(CAMERAS)
    for key, words in (("video9", "no such camera"), ("video0", "in use already")):
        refused = desk.choose(ChooseCamera(key=key))
        assert isinstance(refused, Refused)
        assert words in refused.message
    desk.calibrate(Calibrate(board="calibration_a4"))
    refused = desk.choose(ChooseCamera(key="video2"))
    assert isinstance(refused, Refused)
    assert "being calibrated" in refused.message
    assert orders(slot).cameras_chosen == 0


def test_the_profile_is_told_with_its_age(slot: LatestSlot) -> None:
    desk = CameraDesk(slot, boards=BOARDS, today=lambda: date(2026, 7, 30))
    assert desk.message().profile is None
    facts = {"profile": "cam 1280x720", "calibrated_on": "2026-05-28", "profile_error_mm": 0.75}
    desk.take_status(replace(FITS, **facts, profile_limit_mm=1.0))
    profile = desk.message().profile
    assert profile == ProfileEntry(
        name="cam 1280x720", calibrated_on="2026-05-28", age_days=63, error_mm=0.75, limit_mm=1.0
    )
    desk.take_status(replace(FITS, **facts | {"calibrated_on": "2026-08-01"}))
    ahead = desk.message().profile
    assert ahead is not None
    assert ahead.age_days == 0, "a clock that went back makes no profile younger than new"
