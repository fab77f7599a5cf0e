"""What a wearer does without touching anything: a gaze that rests, a pinch, a gesture; and where the menu is not."""

import time
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from playwright.sync_api import Page

from orview.protocol import messages
from orview.protocol.checking import CheckLandmark, CheckPoint, CheckPoints, PatientMoved
from orview.protocol.messages import HideReason
from orview.protocol.viewing import FIRST_VIEW, SetView
from tests.browser import fixtures
from tests.browser.conftest import FOVY_RAD, VIEWPORT, Open
from tests.browser.fixtures import DIGEST
from tests.browser.menu_face import Face, face, looking_at
from tests.browser.room_server import RoomServer
from tests.browser.test_headset_ar import STILL, enter_ar, live_session, turn_head, wait_for_report, wait_until_shown

LANDMARK_M = (0.02, -0.03, 0.04)
BALL_AHEAD_M = np.array([0.0, 0.0, -0.6])
PATIENT = (tuple(BALL_AHEAD_M - fixtures.BALL_CENTRE_MM / 1000.0), (0.0, 0.0, 0.0, 1.0))
"""The middle of the model straight ahead, so that the menu hangs alike before and after the field is known."""


def live(host: RoomServer, open_page: Open) -> tuple[Page, Face]:
    """A wearer in AR before a LIVE patient, and where the menu hangs for them."""
    host.tell(FIRST_VIEW)
    host.tell(live_session(host))
    landmark = CheckLandmark(name="Left spine", position_patient_m=LANDMARK_M, touched=None)
    host.tell(CheckPoints(landmarks=(landmark,), due_ns=None, max_age_min=20.0))
    host.stand_patient(PATIENT, digest=DIGEST)
    page = enter_ar(host, open_page)
    wait_until_shown(host)
    return page, face(BALL_AHEAD_M)


def heard(host: RoomServer, kind: type, since: int, what: Callable[[messages.ClientMessage], bool]) -> None:
    """Wait until a client said something of this kind, after that many messages."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        if any(isinstance(message, kind) and what(message) for _, message in host.received[since:]):
            return
        time.sleep(0.05)
    raise AssertionError(f"no {kind.TYPE} was said")


def pinch(page: Page, hand: str, *, aim: tuple[tuple[float, ...], tuple[float, ...]] | None = None) -> None:
    """Pinch once with a hand of the emulated headset, its ray from there."""
    if aim is not None:
        place_hand(page, hand, aim)
    page.evaluate(f"__xr.hands.{hand}.updatePinchValue(1)")
    page.wait_for_timeout(250)
    page.evaluate(f"__xr.hands.{hand}.updatePinchValue(0)")
    page.wait_for_timeout(250)


def place_hand(page: Page, hand: str, pose: tuple[tuple[float, ...], tuple[float, ...]]) -> None:
    (x, y, z), (qx, qy, qz, qw) = pose
    page.evaluate(
        f"([x, y, z, qx, qy, qz, qw]) => {{ const hand = __xr.hands.{hand}; hand.connected = true;"
        " hand.position.set(x, y + 1.6, z); hand.quaternion.set(qx, qy, qz, qw); }",
        [x, y, z, qx, qy, qz, qw],
    )


def test_gaze_that_rests_hides_all_and_shows_again_and_one_that_crosses_does_not(host: RoomServer, open_page: Open):
    page, menu = live(host, open_page)
    for _ in range(3):
        turn_head(page, looking_at(menu.button_m(0)))
        turn_head(page, STILL)
    wait_until_shown(host)
    turn_head(page, looking_at(menu.button_m(0)))
    wait_for_report(host, shown=False, why=HideReason.CLEARED)
    assert len(fixtures.magenta_pixels(page.screenshot())) == 0
    # The gaze must leave the button before it presses again.
    turn_head(page, STILL)
    turn_head(page, looking_at(menu.button_m(0)))
    wait_until_shown(host)


def test_pinch_presses_what_the_hand_points_at_and_the_gesture_hides(host: RoomServer, open_page: Open):
    page, menu = live(host, open_page)
    page.evaluate("__xr.primaryInputMode = 'hand'")
    page.wait_for_timeout(300)
    since = len(host.received)
    pinch(page, "right", aim=looking_at(menu.button_m(1), (0.2, -0.3, -0.2)))
    heard(host, SetView, since, lambda said: said.preset is not None)
    # Pinched at nothing, once: nothing happens.
    pinch(page, "right", aim=looking_at(np.array([-1.0, 0.0, 0.0]), (0.2, -0.3, -0.2)))
    wait_until_shown(host)
    page.wait_for_timeout(600)
    pinch(page, "right")
    page.evaluate("__xr.hands.right.updatePinchValue(1)")
    wait_for_report(host, shown=False, why=HideReason.CLEARED)
    page.evaluate("__xr.hands.right.updatePinchValue(0)")


def test_controllers_take_over_and_a_trigger_presses(host: RoomServer, open_page: Open):
    page, menu = live(host, open_page)
    page.evaluate("__xr.primaryInputMode = 'hand'")
    page.wait_for_timeout(300)
    # The first of two pinches is forgotten when the hands go.
    pinch(page, "right", aim=looking_at(np.array([-1.0, 0.0, 0.0]), (0.2, -0.3, -0.2)))
    page.evaluate("__xr.primaryInputMode = 'controller'")
    page.wait_for_timeout(300)
    (x, y, z), (qx, qy, qz, qw) = looking_at(menu.button_m(0), (0.2, -0.3, -0.2))
    page.evaluate(
        "([x, y, z, qx, qy, qz, qw]) => { const one = __xr.controllers.right; one.position.set(x, y + 1.6, z);"
        " one.quaternion.set(qx, qy, qz, qw); one.updateButtonValue('trigger', 1); }",
        [x, y, z, qx, qy, qz, qw],
    )
    wait_for_report(host, shown=False, why=HideReason.CLEARED)
    page.evaluate("__xr.controllers.right.updateButtonValue('trigger', 0)")


def test_everybodys_hide_all_is_shown_again_by_the_surgeon(host: RoomServer, open_page: Open):
    page, menu = live(host, open_page)
    host.tell(replace(FIRST_VIEW, cleared=True))
    wait_for_report(host, shown=False, why=HideReason.CLEARED)
    since = len(host.received)
    turn_head(page, looking_at(menu.button_m(0)))
    heard(host, SetView, since, lambda said: said.cleared is False)


def test_check_point_is_touched_with_one_hand_and_confirmed_with_the_other(host: RoomServer, open_page: Open):
    page, menu = live(host, open_page)
    page.evaluate("__xr.primaryInputMode = 'hand'")
    page.wait_for_timeout(300)
    away = looking_at(np.array([-1.0, 0.0, 0.0]), (-0.3, -0.3, -0.3))
    aim = (0.2, -0.3, -0.2)
    labels = ["Hide all", "Tumour and nerves", "Twin beside", "Check point", "Patient moved"]
    pinch(page, "right", aim=looking_at(menu.button_m(labels.index("Check point")), aim))
    pinch(page, "right", aim=looking_at(menu.button_m(0), aim))
    # The right index finger rests somewhere; the left hand pinches.
    place_hand(page, "left", away)
    place_hand(page, "right", STILL)
    page.wait_for_timeout(1000)
    tip = page.evaluate(
        """() => new Promise((resolve) => {
            const { activeSession } = __xr;
            activeSession.requestAnimationFrame(async (_, frame) => {
                const space = await activeSession.requestReferenceSpace("local");
                const joint = __xr.hands.right.inputSource.hand.get("index-finger-tip");
                activeSession.requestAnimationFrame((_, next) => {
                    const { x, y, z } = next.getJointPose(joint, space).transform.position;
                    resolve([x, y, z]);
                });
            });
        })"""
    )
    since = len(host.received)
    pinch(page, "left")
    heard(host, CheckPoint, since, lambda said: said.landmark == "Left spine" and said.sigma_mm == 7.0)
    said = next(message for _, message in reversed(host.received) if isinstance(message, CheckPoint))
    assert np.linalg.norm(np.array(said.touched_room_m) - np.array(tip)) < 0.001


def test_patient_moved_is_asked_twice(host: RoomServer, open_page: Open):
    page, menu = live(host, open_page)
    page.evaluate("__xr.primaryInputMode = 'hand'")
    page.wait_for_timeout(300)
    since = len(host.received)
    aim = (0.2, -0.3, -0.2)
    pinch(page, "right", aim=looking_at(menu.button_m(4), aim))
    assert not any(isinstance(message, PatientMoved) for _, message in host.received[since:])
    pinch(page, "right", aim=looking_at(menu.button_m(0), aim))
    heard(host, PatientMoved, since, lambda _: True)


def test_nothing_stands_within_twenty_degrees_of_the_line_to_the_field(host: RoomServer, open_page: Open):
    """The view hidden, whatever is left in the picture is words and buttons: none of it over the field."""
    page, _ = live(host, open_page)
    host.tell(replace(FIRST_VIEW, cleared=True))
    wait_for_report(host, shown=False, why=HideReason.CLEARED)
    picture = cv2.imdecode(np.frombuffer(page.screenshot(), dtype=np.uint8), cv2.IMREAD_COLOR)
    focal_px = VIEWPORT["height"] / 2 / np.tan(FOVY_RAD / 2)
    rows, columns = np.indices(picture.shape[:2])
    off_px = np.hypot(rows - VIEWPORT["height"] / 2, columns - VIEWPORT["width"] / 2)
    inside = picture[off_px < focal_px * np.tan(np.deg2rad(20.0))]
    assert np.ptp(inside.reshape(-1, 3), axis=0).max() <= 2, "something is drawn over the field"
    outside = picture[off_px > focal_px * np.tan(np.deg2rad(20.0))]
    assert np.ptp(outside.reshape(-1, 3), axis=0).max() > 100, "the words are not drawn at all"
