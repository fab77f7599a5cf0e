"""What a wearer does without touching anything: a gaze that rests, a pinch, a gesture; and where the menu is not."""

import time
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from playwright.sync_api import Page

from orview.protocol import messages
from orview.protocol.checking import CheckLandmark, CheckPoint, CheckPoints, PatientMoved
from orview.protocol.viewing import FIRST_VIEW, SetView
from tests.browser import fixtures
from tests.browser.conftest import FOVY_RAD, HALF_IPD_M, VIEWPORT, Open
from tests.browser.fixtures import DIGEST, Pose
from tests.browser.golden import assert_like_golden
from tests.browser.menu_face import DISTANCE_M, Face, face, looking_at
from tests.browser.room_server import RoomServer
from tests.browser.test_headset_ar import STILL, enter_ar, live_session
from tests.browser.test_headset_places import turn_head

BALL_AHEAD_M = np.array([0.0, 0.0, -0.6])
PATIENT = (tuple(BALL_AHEAD_M - fixtures.BALL_CENTRE_MM / 1000.0), (0.0, 0.0, 0.0, 1.0))
"""The middle of the model straight ahead, so that the menu hangs alike before and after the field is known."""
HAND_M = (0.2, -0.3, -0.2)
NOTHING = looking_at(np.array([-1.0, 0.0, 0.0]), HAND_M)
BUTTONS = ("Hide all", "Tumour and nerves", "Twin beside", "Check point", "Patient moved")
SHOWN = "row.visible"
CLEARED = "row.hiddenWhy === 'CLEARED'"


def live(host: RoomServer, open_page: Open) -> tuple[Page, Face]:
    """A wearer in AR before a LIVE patient, and where the menu hangs for them."""
    host.tell(FIRST_VIEW)
    host.tell(live_session(host))
    landmark = CheckLandmark(name="Left spine", position_patient_m=(0.02, -0.03, 0.04), touched=None)
    host.tell(CheckPoints(landmarks=(landmark,), due_ns=None, max_age_min=20.0))
    host.stand_patient(PATIENT, digest=DIGEST)
    page = enter_ar(host, open_page)
    until(page, SHOWN)
    return page, face(BALL_AHEAD_M)


def until(page: Page, what: str) -> None:
    """Wait for a frame, from now on, of which this holds; single frames, since a loaded machine draws late ones too."""
    since = page.evaluate("orview.frames.count")
    page.wait_for_function(f"(since) => orview.frames.rows(since).some((row) => {what})", arg=since, polling=50)


def heard(
    host: RoomServer, kind: type, since: int, what: Callable[..., bool] = lambda _: True
) -> messages.ClientMessage:
    """Wait until a client said something of this kind, after that many messages."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        for _, message in host.received[since:]:
            if isinstance(message, kind) and what(message):
                return message
        time.sleep(0.05)
    raise AssertionError(f"no {kind.TYPE} was said")


def place(page: Page, what: str, pose: Pose) -> None:
    """Put a hand or controller of the emulated headset, its ray along -z, somewhere."""
    (x, y, z), (qx, qy, qz, qw) = pose
    page.evaluate(
        f"([x, y, z, qx, qy, qz, qw]) => {{ const one = __xr.{what}; one.connected = true;"
        " one.position.set(x, y + 1.6, z); one.quaternion.set(qx, qy, qz, qw); }",
        [x, y, z, qx, qy, qz, qw],
    )


def frames(page: Page, count: int) -> None:
    """Let so many frames pass."""
    seen = page.evaluate("orview.frames.count")
    page.wait_for_function("(seen) => orview.frames.count >= seen", arg=seen + count, polling=20)


def look(page: Page, head: Pose) -> None:
    """Turn the head, and keep it there for a moment."""
    turn_head(page, head)
    page.wait_for_timeout(300)
    frames(page, 2)


def pinch(page: Page, hand: str, aim: Pose) -> None:
    """Pinch once."""
    place(page, f"hands.{hand}", aim)
    frames(page, 2)
    for value in (1, 0):
        page.evaluate(f"__xr.hands.{hand}.updatePinchValue({value})")
        frames(page, 2)


def press(page: Page, menu: Face, index: int) -> None:
    """Pinch at a button."""
    # The menu is made anew a few times a second.
    page.wait_for_timeout(300)
    pinch(page, "right", looking_at(menu.button_m(index), HAND_M))


def test_gaze_that_rests_presses_one_that_crosses_does_not_and_nothing_stands_over_the_field(
    host: RoomServer, open_page: Open
):
    page, menu = live(host, open_page)
    hide = looking_at(menu.button_m(0))
    for _ in range(2):
        look(page, hide)
        look(page, STILL)
    until(page, SHOWN)
    look(page, hide)
    until(page, CLEARED)
    look(page, STILL)
    screenshot = page.screenshot()
    assert_nothing_over_the_field(screenshot)
    assert_like_golden("hidden_by_the_wearer", screenshot)
    # The gaze left the button: it presses again.
    look(page, hide)
    until(page, SHOWN)
    # What the nurse hid for everybody, the surgeon shows again for everybody.
    host.tell(replace(FIRST_VIEW, cleared=True))
    until(page, CLEARED)
    look(page, STILL)
    since = len(host.received)
    look(page, hide)
    heard(host, SetView, since, lambda said: said.cleared is False)


def assert_nothing_over_the_field(screenshot: bytes) -> None:
    """The model hidden, what is left in the picture is words, ring and buttons: none within 20 degrees of the field.

    The picture is the left eye's: what hangs 0.8 m away and more is seen up to 2.3 degrees aside from there.
    """
    picture = cv2.imdecode(np.frombuffer(screenshot, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    focal_px = VIEWPORT["height"] / 2 / np.tan(FOVY_RAD / 2)
    rows, columns = np.indices(picture.shape[:2])
    off_px = np.hypot(rows - VIEWPORT["height"] / 2, columns - VIEWPORT["width"] / 2)
    within = off_px < focal_px * np.tan(np.deg2rad(20.0) - np.arctan(HALF_IPD_M / DISTANCE_M))
    assert np.ptp(picture[within], axis=0).max() <= 2, "something is drawn over the field"
    assert np.ptp(picture[~within], axis=0).max() > 100, "the words are not drawn at all"


def test_hands_and_controllers_press_touch_and_hide(host: RoomServer, open_page: Open):
    page, menu = live(host, open_page)
    page.evaluate("__xr.primaryInputMode = 'hand'")
    since = len(host.received)
    press(page, menu, BUTTONS.index("Tumour and nerves"))
    heard(host, SetView, since, lambda said: said.preset == "tumour_nerves")

    # A check point: the right index finger rests on it, the left hand pinches.
    press(page, menu, BUTTONS.index("Check point"))
    press(page, menu, 0)
    place(page, "hands.right", STILL)
    page.wait_for_timeout(800)
    tip = page.evaluate(_TIP)
    pinch(page, "left", NOTHING)
    said = heard(host, CheckPoint, since)
    assert isinstance(said, CheckPoint)
    assert said.landmark == "Left spine"
    assert np.linalg.norm(np.array(said.touched_room_m) - np.array(tip)) < 0.001
    press(page, menu, 1)

    # That the patient moved is asked twice.
    press(page, menu, BUTTONS.index("Patient moved"))
    assert not any(isinstance(message, PatientMoved) for _, message in host.received)
    press(page, menu, 0)
    heard(host, PatientMoved, since)

    # Twice, the second held.
    until(page, SHOWN)
    pinch(page, "right", NOTHING)
    page.evaluate("__xr.hands.right.updatePinchValue(1)")
    until(page, CLEARED)
    page.evaluate("__xr.hands.right.updatePinchValue(0)")

    page.evaluate("__xr.primaryInputMode = 'controller'")
    place(page, "controllers.right", looking_at(menu.button_m(0), HAND_M))
    frames(page, 3)
    page.evaluate("__xr.controllers.right.updateButtonValue('trigger', 1)")
    until(page, SHOWN)


_TIP = """() => new Promise((resolve) => {
    const session = __xr.activeSession;
    session.requestReferenceSpace("local").then((space) => session.requestAnimationFrame((_, frame) => {
        const joint = __xr.hands.right.inputSource.hand.get("index-finger-tip");
        const { x, y, z } = frame.getJointPose(joint, space).transform.position;
        resolve([x, y, z]);
    }));
})"""
