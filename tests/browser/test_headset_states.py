"""How each state looks in the headset, beside pictures that people looked at."""

from dataclasses import replace

from playwright.sync_api import Page

from orview.protocol.messages import OverlayState
from orview.protocol.viewing import FIRST_VIEW
from tests.browser.conftest import Open
from tests.browser.fixtures import DIGEST
from tests.browser.golden import assert_like_golden
from tests.browser.room_server import PATIENT_IN_VIEW, RoomServer, off_session
from tests.browser.test_headset_ar import enter_ar, live_session

STEADY_FRAMES = 4


def assert_looks(page: Page, name: str, state: str) -> None:
    """Compare the page with a picture once its newest frames, all of them, are in a state (a condition on `row`)."""
    page.wait_for_function(
        f"""(from) => orview.frames.count >= from + {STEADY_FRAMES} &&
            orview.frames.rows(orview.frames.count - {STEADY_FRAMES}).every((row) => {state})""",
        arg=page.evaluate("orview.frames.count"),
        polling=20,
    )
    assert_like_golden(name, page.screenshot())


def test_every_state_in_the_headset_looks_as_it_did(host: RoomServer, open_page: Open):
    session = live_session(host, radius_mm=40.0)
    host.tell(session)
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    page = enter_ar(host, open_page)
    assert_looks(page, "live", "row.visible && !row.faded && !row.twin")
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST, sight_age_ms=90.0)
    assert_looks(page, "live_faded", "row.visible && row.faded && !row.twin")
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    host.tell(replace(FIRST_VIEW, cleared=True))
    assert_looks(page, "cleared_by_the_nurse", "row.hiddenWhy === 'CLEARED' && !row.twin")
    host.tell(FIRST_VIEW)
    host.stand_patient(None, digest=DIGEST, state=OverlayState.LOST)
    assert_looks(page, "lost", "row.hiddenWhy === 'NOT_LIVE' && row.word === 'LOST' && row.twin")
    host.tell(replace(session, state=OverlayState.HOLD, why="Touch a check point and confirm."))
    assert_looks(page, "hold", "row.word === 'HOLD' && row.twin")
    host.tell(off_session())
    assert_looks(page, "off", "row.word === 'OFF' && !row.twin")
