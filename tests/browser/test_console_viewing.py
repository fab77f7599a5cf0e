"""The nurse says on the console what headsets show, and can hide all of it with one button."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from orview.protocol.messages import OverlayState
from orview.protocol.viewing import FIRST_VIEW, SetView, StructureStyle, ViewPreset, ViewStyle
from orview.segment.anatomy import STANDARD
from tests.browser import fixtures
from tests.browser.conftest import Open, violations
from tests.browser.console_page import STEPS, assert_large_targets, go
from tests.browser.room_server import TOKEN, RoomServer, off_session
from tests.integration.small_room import UNCHANGED

KEYS = ("tumour", "nerve_s1_left", "nerve_s1_right", "sacrum", "skin")
HELD = off_session(
    state=OverlayState.HOLD,
    why="Confirm the patient.",
    case_id="case-1",
    case_name="Phantom 1",
    structures=tuple(fixtures.entry(STANDARD[key]) for key in KEYS),
)


@pytest.mark.hazard("H35")
def test_the_view_is_told_and_changed_with_buttons(host: RoomServer, open_page: Open, axe: str):
    host.tell(HELD)
    host.tell(FIRST_VIEW)
    page = open_page(f"{host.url}/console#t={TOKEN}")
    go(page, "live")
    panel = page.get_by_role("region", name="What headsets show")
    page.get_by_role("button", name="HIDE ALL").click()
    assert host.wait_for(SetView) == replace(UNCHANGED, cleared=True)
    host.tell(replace(FIRST_VIEW, cleared=True))
    expect(panel.get_by_role("status")).to_contain_text("Everything is hidden in all headsets.")
    assert violations(page, axe) == []
    page.get_by_role("button", name="SHOW AGAIN").click()
    host.tell(replace(FIRST_VIEW, preset=ViewPreset.TUMOUR_NERVES))
    expect(panel.get_by_role("button", name="Tumour and nerves")).to_have_attribute("aria-pressed", "true")
    expect(panel.get_by_role("button", name="All structures")).to_have_attribute("aria-pressed", "false")
    panel.get_by_text("Each structure").click()
    assert violations(page, axe) == []
    expect(panel.get_by_role("button", name="Nerve root S1, both: Solid")).to_have_count(0)
    expect(panel.get_by_role("button", name="Sacrum: Solid")).to_be_visible()
    panel.get_by_role("button", name="Nerve root S1, both fainter").click()
    roots = tuple(
        StructureStyle(key=f"nerve_s1_{side}", style=ViewStyle.SEE_THROUGH, opacity_step=3)
        for side in ("left", "right")
    )
    host.wait_for_last(replace(UNCHANGED, styles=roots))
    assert [message for _, message in host.received if isinstance(message, SetView)][1:] == [
        replace(UNCHANGED, cleared=False),
        replace(UNCHANGED, styles=roots),
    ]
    assert_large_targets(page)


def test_hide_all_is_within_reach_on_every_page(host: RoomServer, open_page: Open):
    host.tell(replace(HELD, state=OverlayState.LIVE))
    host.tell(FIRST_VIEW)
    page = open_page(f"{host.url}/console#t={TOKEN}")
    for step in STEPS:
        go(page, step)
        expect(page.get_by_role("button", name="HIDE ALL")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="HIDE ALL").click()
    assert host.wait_for(SetView) == replace(UNCHANGED, cleared=True)
