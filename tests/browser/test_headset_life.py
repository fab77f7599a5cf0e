"""A headset's day: taken off and put on, anchored, put out, without a room to see, cut off; the states stay right."""

import time

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from orview.protocol import messages
from orview.protocol.messages import OverlayState
from orview.protocol.viewing import FIRST_VIEW
from tests.browser import fixtures
from tests.browser.conftest import Open, violations
from tests.browser.fixtures import DIGEST
from tests.browser.golden import assert_like_golden
from tests.browser.room_server import PATIENT_IN_VIEW, TOKEN, RoomServer, off_session
from tests.browser.test_headset_ar import enter_ar, live_session
from tests.browser.test_headset_hands import SHOWN, until

NOT_ALIGNED = "row.hiddenWhy === 'NOT_ALIGNED'"
_MOVE_ANCHOR = """(metres) => {
    const symbol = (holder, name) => Object.getOwnPropertySymbols(holder).find((one) => one.description.endsWith(name));
    const session = __xr.activeSession;
    const [anchor] = session[symbol(session, "xr-session")].trackedAnchors;
    const space = anchor.anchorSpace;
    space[symbol(space, "xr-space")].offsetMatrix[12] += metres;
}"""
_REFUSE_ONCE = """() => {
    const { xr } = navigator;
    xr.requestSession = () => {
        delete xr.requestSession;
        return Promise.reject(new DOMException("not from a press", "SecurityError"));
    };
}"""
_CAME_FROM_CACHE = """async (url) => {
    performance.clearResourceTimings();
    await (await fetch(url, { cache: "force-cache" })).arrayBuffer();
    return performance.getEntriesByType("resource").every((entry) => entry.transferSize === 0);
}"""
_WITHOUT_3D = "(() => { HTMLCanvasElement.prototype.getContext = () => null; return {}; })()"
CANARY = "Canary on the patient"


def live(host: RoomServer, open_page: Open) -> Page:
    host.tell(FIRST_VIEW)
    host.tell(live_session(host))
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    page = enter_ar(host, open_page)
    until(page, SHOWN)
    return page


def place_of_model(page: Page) -> list[float]:
    """Where the page draws the model's origin, in the headset's world, m."""
    matrix: list[float] = page.evaluate("Array.from(orview.worldFromModel())")
    return matrix[12:15]


def take_off(page: Page) -> None:
    """What a headset does that is taken off: the page is hidden, then the session is gone."""
    page.evaluate("__xr.updateVisibilityState('hidden')")
    page.wait_for_function("() => __xr.activeSession.visibilityState === 'hidden'", polling=50)
    page.evaluate("__xr.activeSession.end()")
    # The emulator would begin its next session as it ended this one.
    page.evaluate("__xr.updateVisibilityState('visible')")


def put_on(page: Page) -> None:
    """The page is before the wearer's eyes again."""
    page.evaluate("window.dispatchEvent(new Event('focus'))")


@pytest.mark.hazard("H09")
def test_room_follows_its_anchor_and_a_step_beyond_five_millimetres_hides(host: RoomServer, open_page: Open):
    page = live(host, open_page)
    page.wait_for_timeout(300)
    before = place_of_model(page)
    page.evaluate(_MOVE_ANCHOR, 0.0045)
    until(page, SHOWN)
    after = place_of_model(page)
    np.testing.assert_allclose(np.subtract(after, before), [0.0045, 0.0, 0.0], atol=1e-6)
    page.evaluate(_MOVE_ANCHOR, 0.001)
    until(page, NOT_ALIGNED)
    assert len(fixtures.magenta_pixels(page.screenshot())) == 0


def test_taken_off_and_put_on_again_comes_back_by_itself_or_by_one_button(host: RoomServer, open_page: Open, axe: str):
    page = live(host, open_page)
    take_off(page)
    put_on(page)
    until(page, SHOWN)
    take_off(page)
    page.evaluate(_REFUSE_ONCE)
    put_on(page)
    back = page.get_by_role("button", name="Back to AR")
    expect(back).to_be_visible()
    expect(page.locator(".waiting")).to_contain_text("Room 3, live")
    # The try was the page's own: the wearer did nothing wrong.
    expect(page.locator(".waiting .refused")).to_have_count(0)
    assert violations(page, axe) == []
    page.evaluate(_REFUSE_ONCE)
    back.click()
    expect(page.locator(".waiting .refused")).to_contain_text("did not start AR")
    assert violations(page, axe) == []
    assert_like_golden("refused", page.screenshot(mask=[page.locator(".error, .state")]))
    page.get_by_role("button", name="AR").click()
    until(page, SHOWN)


@pytest.mark.hazard("H19")
def test_who_is_put_out_keeps_nothing_of_the_patient(host: RoomServer, open_page: Open):
    host.tell(FIRST_VIEW)
    session = live_session(host)
    host.tell(off_session(**{**vars(session), "case_name": CANARY}))
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    page = enter_ar(host, open_page)
    until(page, SHOWN)
    assert CANARY in strings_in_memory(page), "the search would not find it"
    host.put_out()
    expect(page.get_by_role("heading", name="Join the room")).to_be_visible()
    assert_like_golden("put_out", page.screenshot())
    assert page.evaluate("__xr.activeSession === undefined")
    assert page.evaluate("Object.keys(sessionStorage).length + Object.keys(localStorage).length") == 0
    assert page.evaluate("caches.keys().then((keys) => keys.length)") == 0
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    assert CANARY not in strings_in_memory(page)
    # Nor in the browser's own cache: the model was asked for past it.
    assert session.model is not None
    assert page.evaluate(_CAME_FROM_CACHE, session.model.levels[0].url) is False


@pytest.mark.hazard("H19")
def test_the_end_of_a_session_leaves_nothing_of_the_patient_in_a_headset(host: RoomServer, open_page: Open):
    host.tell(FIRST_VIEW)
    session = live_session(host)
    host.tell(off_session(**{**vars(session), "case_name": CANARY}))
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    page = enter_ar(host, open_page)
    until(page, SHOWN)
    assert CANARY in strings_in_memory(page), "the search would not find it"
    # The host tells its chosen case on, as it does while no session is on.
    host.tell(off_session(**{**vars(session), "state": OverlayState.OFF, "case_name": CANARY}))
    host.stand_patient(None, digest=DIGEST, state=OverlayState.OFF)
    until(page, "row.hiddenWhy === 'NO_SESSION'")
    assert len(fixtures.magenta_pixels(page.screenshot())) == 0
    assert CANARY not in strings_in_memory(page)
    assert session.model is not None
    assert page.evaluate("caches.keys().then((keys) => keys.length)") == 0
    assert page.evaluate(_CAME_FROM_CACHE, session.model.levels[0].url) is False


def strings_in_memory(page: Page) -> str:
    """All that JavaScript still holds, as the browser's own heap snapshot tells it."""
    chunks: list[str] = []
    debugger = page.context.new_cdp_session(page)
    debugger.on("HeapProfiler.addHeapSnapshotChunk", lambda event: chunks.append(event["chunk"]))
    debugger.send("HeapProfiler.collectGarbage")
    debugger.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    debugger.detach()
    return "".join(chunks)


@pytest.mark.hazard("H34")
def test_headset_that_shows_no_room_never_draws_on_the_patient(host: RoomServer, open_page: Open, axe: str):
    host.tell(FIRST_VIEW)
    host.tell(live_session(host))
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    page = open_page(
        f"{host.url}/#t={TOKEN}", headset=True, changes="{ supportedSessionModes: ['inline', 'immersive-vr'] }"
    )
    expect(page.locator(".waiting")).to_contain_text("never on the patient")
    assert violations(page, axe) == []
    assert_like_golden("before_vr", page.screenshot(mask=[page.locator(".error, .state, canvas")]))
    page.get_by_role("button", name="Enter VR").click()
    host.wait_for(messages.Aligned)
    until(page, f"row.view === 'vr' && {NOT_ALIGNED}")
    page.wait_for_timeout(500)
    assert page.evaluate("orview.frames.rows().every((row) => row.view !== 'vr' || !row.visible)")


def test_browser_without_3d_is_told_so(host: RoomServer, open_page: Open, axe: str):
    page = open_page(f"{host.url}/#t={TOKEN}", headset=True, changes=_WITHOUT_3D)
    expect(page.get_by_role("main")).to_contain_text("cannot draw in 3D")
    assert violations(page, axe) == []


def test_waits_for_the_nurse_before_the_session(host: RoomServer, open_page: Open, axe: str):
    page = open_page(f"{host.url}/#t={TOKEN}", headset=True)
    expect(page.get_by_role("heading", name="Room 3, waiting for the nurse")).to_be_visible()
    expect(page.locator(".waiting")).to_contain_text("The nurse chooses the case")
    assert violations(page, axe) == []
    assert_like_golden("waiting", page.screenshot())
    host.tell(off_session(state=OverlayState.HOLD, why="The check point is to be touched."))
    expect(page.get_by_role("heading", name="Room 3, held")).to_be_visible()
    expect(page.locator(".waiting")).to_contain_text("The check point is to be touched.")


@pytest.mark.hazard("H26")
def test_back_within_two_seconds_after_a_hang_and_after_a_restart(host: RoomServer, open_page: Open):
    live(host, open_page)
    for trouble, down_s in ((lambda: host.hang(1.5), 1.5), (host.restart, 0.0)):
        seen = len(host.received)
        began = time.monotonic()
        trouble()
        # Whoever is let in asks for pictures, or for none: a new socket is up. The old one may also be heard again.
        while not any(isinstance(message, messages.Watch | messages.Report) for _, message in host.received[seen:]):
            assert time.monotonic() - began - down_s < 2.0
            time.sleep(0.01)
