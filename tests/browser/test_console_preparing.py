"""The nurse makes a case on the console: picks what lies in the inbox, sees how far it is, and gets its picture."""

from dataclasses import replace

import cv2
import numpy as np
from playwright.sync_api import expect

from orview.protocol import messages
from orview.protocol.inbox import EntryKind, Inbox, InboxEntry, InboxSeries, Prepare, Preparing, PreparingState
from orview.protocol.inbox import StopPreparing as Stop
from orview.protocol.messages import RegistrationState
from tests.browser.conftest import Open, violations
from tests.browser.console_page import assert_large_targets
from tests.browser.room_server import TOKEN, RoomServer

SERIES = InboxSeries(
    number=3,
    modality="CT",
    description="PELVIS SOFT 1.0",
    acquired="2026-01-01",
    slices=300,
    spacing_mm="0.78 x 0.78 x 1",
)
TWO_SERIES = InboxEntry(
    entry="0123456789abcdef",
    kind=EntryKind.FOLDER,
    arrived_utc="2026-01-02T03:04:05+00:00",
    megabytes=31.5,
    series=(SERIES, replace(SERIES, number=4, description="PELVIS BONE 1.0")),
    problem="",
)
EMPTY = replace(TWO_SERIES, entry="fedcba9876543210", kind=EntryKind.FILE, series=(), problem="It is empty.")
INBOX = Inbox(folder="/srv/orview/inbox", entries=(TWO_SERIES, EMPTY))
RUNNING = Preparing(
    entry=TWO_SERIES.entry,
    state=PreparingState.RUNNING,
    stage="Surfaces",
    fraction=0.5,
    case_id=None,
    words="",
    picture=None,
)


def grey_png(*, width: int) -> bytes:
    """A picture of nothing, three quarters as high as wide."""
    _, png = cv2.imencode(".png", np.full((width * 3 // 4, width, 3), 90, dtype=np.uint8))
    return png.tobytes()


def test_a_case_is_made_from_the_inbox_to_its_picture(host: RoomServer, open_page: Open, axe: str):
    picture, first_look = (
        host.add_model(grey_png(width=width), digest=digest * 32).levels[0].url
        for width, digest in ((64, "5a"), (32, "a5"))
    )
    host.tell(messages.Cases(cases=()))
    page = open_page(f"{host.url}/console#t={TOKEN}")
    panel = page.locator(".prepare")
    host.tell(Inbox(folder="/srv/orview/inbox", entries=()))
    expect(panel).to_contain_text("/srv/orview/inbox")
    host.tell(INBOX)
    expect(panel.get_by_role("radio")).to_have_count(2)
    assert violations(page, axe) == []

    expect(panel.locator("#prepare-hint")).to_have_text("Choose what to make it from.")
    panel.get_by_role("radio").nth(1).check()
    expect(panel.locator("#prepare-hint")).to_have_text("It is empty.")
    panel.get_by_role("radio").nth(0).check()
    panel.get_by_role("combobox").select_option(label="CT, PELVIS BONE 1.0, 1 Jan 2026, 300 slices, 0.78 x 0.78 x 1 mm")
    panel.get_by_label("Name of the case").fill(" Case 12 ")
    assert violations(page, axe) == []
    panel.get_by_role("button", name="PREPARE").click()
    assert host.wait_for(Prepare) == Prepare(entry=TWO_SERIES.entry, series=4, name="Case 12")

    host.tell(RUNNING)
    expect(panel.get_by_role("progressbar")).to_have_js_property("value", 0.5)
    expect(panel).to_contain_text("Surfaces")
    expect(panel.get_by_role("img")).to_have_count(0)
    host.tell(replace(RUNNING, picture=first_look))
    expect(panel.get_by_role("img", name="First look at the case")).to_have_js_property("naturalWidth", 32)
    assert violations(page, axe) == []
    panel.get_by_role("button", name="Stop preparing").click()
    host.wait_for(Stop)
    host.tell(replace(RUNNING, state=PreparingState.REFUSED, words="A slice is missing. Export the series again."))
    expect(panel.get_by_role("status")).to_contain_text("No case was made. A slice is missing.")
    assert violations(page, axe) == []

    made = messages.CaseEntry(
        case_id="case-1",
        name="Case 12",
        created_utc="2026-11-22T14:03:00Z",
        structures=19,
        registration=RegistrationState.MISSING,
        expected_error_mm=None,
        picture=picture,
    )
    host.tell(messages.Cases(cases=(made,)))
    host.tell(replace(RUNNING, state=PreparingState.DONE, case_id="case-1"))
    expect(panel.get_by_role("status")).to_contain_text("Case 12 is ready: 19 structures.")
    shown = panel.get_by_role("img")
    expect(shown).to_have_accessible_name("Picture of the case")
    expect(shown).to_have_js_property("naturalWidth", 64)
    expect(page.locator(".case img")).to_have_js_property("naturalHeight", 48)
    assert violations(page, axe) == []
    assert_large_targets(page)
