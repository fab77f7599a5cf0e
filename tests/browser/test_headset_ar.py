"""The headset page in an emulated headset: the model stands where the pose says, or is not there at all."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from orview.protocol import messages
from orview.protocol.messages import HideReason, OverlayState
from tests.browser import fixtures
from tests.browser.conftest import Open
from tests.browser.fixtures import DIGEST, OTHER_DIGEST
from tests.browser.room_server import PATIENT_IN_VIEW, TOKEN, RoomServer, off_session

STILL = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
HIDDEN_WITHIN_S = 0.6
"""150 ms and what this machine takes for a frame without a graphics card and for a screenshot."""


BESIDE_PX = 800
"""Columns from here on are beside the patient in view."""


def live_session(host: RoomServer, *, digest: str = DIGEST, radius_mm: float = 12.0) -> messages.Session:
    """A LIVE session about the magenta ball."""
    return off_session(
        state=OverlayState.LIVE,
        why="A person confirmed the case.",
        case_id="case-1",
        case_name="Phantom",
        model=host.add_model(fixtures.ball_model(radius_mm), digest=digest),
        structures=(fixtures.entry(fixtures.MAGENTA),),
        target_key="tumour",
        expected_error_mm=1.2,
    )


def enter_ar(host: RoomServer, open_page: Open, *, stereo: bool = False) -> Page:
    """Open the page and enter AR as a person does."""
    page = open_page(f"{host.url}/#t={TOKEN}", headset=True, stereo=stereo)
    page.get_by_role("button", name="Enter AR").click()
    host.wait_for(messages.Aligned)
    return page


def wait_for_report(host: RoomServer, *, shown: bool, why: HideReason | None = None) -> messages.Report:
    """Wait for the page's own word that it shows the model, or does not, and why; as it would be on the console.

    A loaded machine also reports other reasons in between: late frames are stale ones.
    """
    until = time.monotonic() + 15
    seen = len(host.received)
    while time.monotonic() < until:
        for _, message in host.received[seen:]:
            if isinstance(message, messages.Report) and message.shown is shown and why in (None, message.hidden_why):
                return message
        time.sleep(0.05)
    raise AssertionError(f"the page never reported shown={shown}, {why}: {host.wait_for(messages.Report)}")


def wait_until_shown(host: RoomServer) -> None:
    """Wait until the page says that it shows the model."""
    wait_for_report(host, shown=True)


def pixels_on_patient(page: Page) -> NDArray[np.int64]:
    """The ball's pixels where the patient lies; while the overlay is hidden its twin is drawn to the right of that."""
    pixels = fixtures.magenta_pixels(page.screenshot())
    return pixels[pixels[:, 1] < BESIDE_PX]


def shown_pixels(page: Page) -> NDArray[np.int64]:
    """The ball's pixels. A loaded machine draws some frames later than 150 ms, which rightly are without it."""
    for _ in range(20):
        pixels = fixtures.magenta_pixels(page.screenshot())
        if len(pixels) > 100:
            return pixels
    raise AssertionError("the ball is not shown")


@pytest.mark.hazard("H17")
def test_model_with_other_bytes_than_announced_is_never_shown(host: RoomServer, open_page: Open):
    session = live_session(host)
    lying = host.add_model(fixtures.ball_model(), digest=DIGEST, served=fixtures.ball_model(radius_mm=13.0))
    host.tell(off_session(**{**vars(session), "model": lying}))
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    page = enter_ar(host, open_page)
    for _ in range(8):
        assert len(pixels_on_patient(page)) == 0
        time.sleep(0.2)
    assert wait_for_report(host, shown=False, why=HideReason.NO_MODEL).model_digest is None


def test_headset_that_is_not_aligned_shows_nothing(host: RoomServer, open_page: Open):
    host.place_room(None)
    host.tell(live_session(host))
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    page = open_page(f"{host.url}/#t={TOKEN}", headset=True)
    page.get_by_role("button", name="Enter AR").click()
    wait_for_report(host, shown=False, why=HideReason.NOT_ALIGNED)
    assert len(pixels_on_patient(page)) == 0


def test_world_that_is_recentred_or_blurred_hides(host: RoomServer, open_page: Open):
    host.tell(live_session(host))
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    page = enter_ar(host, open_page)
    wait_until_shown(host)
    page.evaluate("__xr.updateVisibilityState('visible-blurred')")
    wait_for_report(host, shown=False, why=HideReason.NOT_ALIGNED)
    assert len(pixels_on_patient(page)) == 0
    page.evaluate("__xr.updateVisibilityState('visible')")
    wait_until_shown(host)
    page.evaluate("__xr.recenter()")
    wait_for_report(host, shown=False, why=HideReason.NOT_ALIGNED)
    assert len(pixels_on_patient(page)) == 0


@pytest.fixture(scope="module")
def worn(shared_host: RoomServer, open_shared: Open) -> Page:
    """One headset in AR, for all that leaves it as it was; it draws beside whatever comes after."""
    shared_host.tell(live_session(shared_host))
    shared_host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    return enter_ar(shared_host, open_shared)


@pytest.fixture
def page(shared_host: RoomServer, worn: Page) -> Page:
    """The same headset, which shows the ball."""
    shared_host.tell(live_session(shared_host))
    shared_host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    wait_until_shown(shared_host)
    return worn


@pytest.mark.hazard("H01")
def test_hidden_when_poses_stop_and_back_when_they_come(shared_host: RoomServer, page: Page):
    for _ in range(2):
        wait_until_shown(shared_host)
        shown_pixels(page)
        shared_host.stop_poses()
        time.sleep(HIDDEN_WITHIN_S)
        assert len(pixels_on_patient(page)) == 0
        # Silence also brings a new socket, on which no pose came yet.
        report = wait_for_report(shared_host, shown=False)
        assert report.hidden_why in (HideReason.LINK_STALE, HideReason.NO_LINK, HideReason.NO_POSE)
        shared_host.resume_poses()


@pytest.mark.hazard("H02")
def test_lost_is_hidden_at_once(shared_host: RoomServer, page: Page):
    shared_host.stand_patient(None, digest=DIGEST, state=OverlayState.LOST)
    time.sleep(HIDDEN_WITHIN_S)
    assert len(pixels_on_patient(page)) == 0
    wait_for_report(shared_host, shown=False, why=HideReason.NOT_LIVE)


@pytest.mark.hazard("H17")
def test_pose_of_another_model_shows_nothing(shared_host: RoomServer, page: Page):
    shared_host.stand_patient(PATIENT_IN_VIEW, digest=OTHER_DIGEST)
    wait_for_report(shared_host, shown=False, why=HideReason.OTHER_MODEL)
    for _ in range(5):
        assert len(pixels_on_patient(page)) == 0
        time.sleep(0.2)
    shared_host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    wait_until_shown(shared_host)
    shown_pixels(page)


def test_leaving_and_entering_again_keeps_the_states_right(shared_host: RoomServer, page: Page):
    page.evaluate("__xr.activeSession.end()")
    expect(page.get_by_role("button", name="Back to AR")).to_be_visible()
    wait_for_report(shared_host, shown=False)
    page.get_by_role("button", name="Back to AR").click()
    wait_until_shown(shared_host)
    shown_pixels(page)


def test_cut_socket_is_replaced_within_two_seconds(shared_host: RoomServer, page: Page):
    for _ in range(3):
        cut_at = time.monotonic()
        seen = len(shared_host.received)
        shared_host.cut()
        # A report says a new socket is up; waiting for the next `shown` would add the second between two reports.
        while not any(isinstance(message, messages.Watch) for _, message in shared_host.received[seen:]):
            assert time.monotonic() - cut_at < 2.0
            time.sleep(0.01)
        wait_until_shown(shared_host)


@pytest.mark.hazard("H26")
def test_new_socket_shows_nothing_before_the_host_said_how_things_stand(shared_host: RoomServer, page: Page):
    """The host comes back with live poses but without a word on the session: what was known before is void."""
    session = shared_host.keep_silent_about(messages.Session)
    shared_host.cut()
    wait_for_report(shared_host, shown=False, why=HideReason.NO_SESSION)
    assert len(pixels_on_patient(page)) == 0
    shared_host.tell(session)
    wait_until_shown(shared_host)
