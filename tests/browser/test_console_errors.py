"""Every way in which a step can fail is said on it, once and with what to do; and none is a dead end."""

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from orview.protocol import messages
from orview.protocol.camera import CalibrationState, Camera, CameraState
from orview.protocol.inbox import Preparing, PreparingState
from orview.protocol.messages import LinkState, NoticeWeight, OverlayState, RegistrationState
from orview.protocol.touching import Pointer
from tests.browser.conftest import Open, violations
from tests.browser.console_page import STEPS, banner, go, light_of, standing
from tests.browser.console_room import HELD, furnish, session
from tests.browser.room_server import TOKEN, RoomServer
from tests.wire.messages import HOST_MESSAGES


@pytest.fixture
def page(host: RoomServer, open_page: Open) -> Page:
    furnish(host, HELD)
    page = open_page(f"{host.url}/console#t={TOKEN}")
    standing(page, "live")
    return page


def sentence(page: Page) -> str:
    return page.locator(".act .sentence").inner_text()


def test_missing_slices(host: RoomServer, page: Page, axe: str):
    go(page, "patient")
    words = "3 slices are missing between slices 12 and 13. Export the whole series."
    refused = HOST_MESSAGES["not_prepared"]
    assert isinstance(refused, Preparing)
    host.tell(replace(refused, state=PreparingState.REFUSED, words=words))
    expect(page.locator(".prepare").get_by_role("status")).to_have_text(f"No case was made. {words}")
    expect(page.locator(".prepare").get_by_role("button", name="PREPARE")).to_be_visible()
    assert violations(page, axe) == []


def test_blurred_board(host: RoomServer, page: Page, axe: str):
    calibrating = HOST_MESSAGES["calibrating"]
    assert isinstance(calibrating, Camera)
    assert calibrating.calibration is not None
    words = "The picture is blurred: hold the board still, make more light or focus."
    host.tell(replace(calibrating, calibration=replace(calibrating.calibration, words=words, took=False)))
    go(page, "camera")
    expect(page.locator(".camera .next")).to_have_text(words)
    assert sentence(page) == words
    expect(page.get_by_role("button", name="Stop calibrating")).to_be_visible()
    assert violations(page, axe) == []
    refused = replace(calibrating.calibration, state=CalibrationState.REFUSED, words="95 % stay within 1.4 mm.")
    host.tell(replace(calibrating, state=CameraState.UNFIT, words="Calibrate the camera.", calibration=refused))
    expect(page.locator(".outcome")).to_contain_text("Refused: the profile stays as it was.")
    expect(light_of(page, "camera")).to_have_text("FAULT")
    assert violations(page, axe) == []


def test_camera_unplugged(host: RoomServer, page: Page, axe: str):
    camera = HOST_MESSAGES["camera"]
    assert isinstance(camera, Camera)
    words = "The camera gives no pictures."
    host.tell(replace(camera, state=CameraState.AWAY, words=words))
    host.tell(session(OverlayState.HOLD, words, missing=("calibration", "track")))
    go(page, "camera")
    assert sentence(page) == words
    expect(light_of(page, "camera")).to_have_text("FAULT")
    expect(page.locator(".big")).to_be_disabled()
    assert violations(page, axe) == []
    go(page, "live")
    assert sentence(page) == f"Still open in step 3, Camera: {words}"
    expect(page.locator(".big")).to_be_disabled()
    host.tell(camera)
    host.tell(HELD)
    expect(light_of(page, "camera")).to_have_text("OK")


def test_registration_refused(host: RoomServer, page: Page, axe: str):
    words = "The touched points lie so flat that a mirrored CT would fit them as well. Touch a landmark elsewhere."
    told = session(OverlayState.HOLD, "Registration refused.", missing=("registration",))
    conditions = tuple(replace(one, words=words) if one.key == "registration" else one for one in told.conditions)
    cases = HOST_MESSAGES["cases"]
    assert isinstance(cases, messages.Cases)
    entry = replace(cases.cases[0], picture=None, registration=RegistrationState.REFUSED)
    host.tell(replace(cases, cases=(entry,)))
    host.tell(replace(told, conditions=conditions))
    go(page, "register")
    expect(light_of(page, "register")).to_have_text("FAULT")
    assert sentence(page) == words
    assert violations(page, axe) == []


def test_headset_gone(host: RoomServer, page: Page, axe: str):
    clients = HOST_MESSAGES["clients"]
    assert isinstance(clients, messages.Clients)
    silent = replace(clients.clients[0], link=LinkState.SILENT, shown=False)
    host.tell(replace(clients, clients=(silent,)))
    go(page, "team")
    expect(light_of(page, "team")).to_have_text("FAULT")
    assert sentence(page) == "Headset 1 is silent: look at its power and its network."
    assert violations(page, axe) == []
    host.tell(replace(clients, clients=()))
    expect(light_of(page, "team")).to_have_text("TO DO")
    expect(page.locator(".big")).to_have_text("NEW CODE")


def test_disk_full(host: RoomServer, page: Page, axe: str):
    words = "The case store cannot be used: the disk is full. Free some space."
    host.tell(messages.Notice(weight=NoticeWeight.ERROR, text=words))
    expect(page.get_by_role("alert").first).to_contain_text(words)
    for step in STEPS:
        go(page, step)
        expect(page.get_by_role("alert").first).to_contain_text(words)
    assert violations(page, axe) == []
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("alert").first).to_have_text("")


def test_board_out_of_sight(host: RoomServer, page: Page, axe: str):
    words = "The camera does not see the board."
    host.tell(session(OverlayState.LOST, words, missing=("track",)))
    go(page, "live")
    expect(banner(page)).to_contain_text("LOST")
    expect(light_of(page, "live")).to_have_text("LOST")
    assert sentence(page) == words
    expect(page.get_by_role("button", name="HIDE ALL")).to_be_visible()
    assert violations(page, axe) == []


def test_host_restarted_in_each_step(host: RoomServer, page: Page, axe: str):
    """The page says that the host is gone, and comes back by itself into the same step with what the host says then."""
    for number, step in enumerate(STEPS):
        go(page, step)
        host.let_in_nobody()
        host.cut()
        expect(banner(page)).to_contain_text("NO LINK")
        expect(banner(page)).to_contain_text("This page comes back by itself.")
        standing(page, step)
        if number == 0:
            assert violations(page, axe) == []
        why = f"Restart {number}: confirm again."
        host.tell(session(OverlayState.HOLD, why))
        host.let_in_again()
        host.restart()
        expect(banner(page)).to_contain_text(why)
        expect(banner(page)).to_contain_text("HOLD")
        standing(page, step)


def test_what_another_host_does_not_say_is_forgotten(host: RoomServer, page: Page):
    asked = HOST_MESSAGES["pointer"]
    assert isinstance(asked, Pointer)
    host.tell(asked)
    go(page, "check")
    expect(page.locator(".pointer")).to_contain_text("Hold still.")
    host.keep_silent_about(Pointer)
    host.restart()
    expect(page.locator(".pointer")).to_have_count(0)
    expect(page.get_by_role("region", name="Check points")).to_be_visible()
