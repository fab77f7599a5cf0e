"""The nurse asks for touches with the tracked pointer on the console, and reads what the tip does."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from orview.protocol.messages import OverlayState
from orview.protocol.touching import (
    LandmarkEntry,
    Landmarks,
    Pointer,
    RegisteringState,
    RegisterTouched,
    StopTouching,
    TipState,
    TouchAgain,
    TouchCheckPoint,
    TouchLandmarks,
)
from tests.browser.conftest import Open, violations
from tests.browser.console_page import assert_large_targets, go, standing
from tests.browser.room_server import TOKEN, RoomServer, off_session
from tests.wire.messages import HOST_MESSAGES

AWAY = Pointer(tip=TipState.AWAY, words="", landmark=None)
HELD = off_session(state=OverlayState.HOLD, why="Touch a check point.", case_id="case-1", case_name="Phantom 1")


@pytest.mark.hazard("H10")
def test_a_check_point_is_asked_for_and_what_the_tip_does_is_told(host: RoomServer, open_page: Open, axe: str):
    host.tell(HELD)
    host.tell(HOST_MESSAGES["check_points"])
    host.tell(AWAY)
    page = open_page(f"{host.url}/console#t={TOKEN}")
    go(page, "check")
    panel = page.get_by_role("region", name="Check points")
    assert violations(page, axe) == []
    panel.get_by_role("button", name="Touch Sacral tip with the pointer").click()
    assert host.wait_for(TouchCheckPoint) == TouchCheckPoint(landmark="Sacral tip")

    words = panel.locator(".pointer").get_by_role("status")
    moving = Pointer(tip=TipState.MOVING, words="Rest the tip on Sacral tip and hold still.", landmark="Sacral tip")
    for tip, word in ((TipState.UNSEEN, "NOT SEEN"), (TipState.MOVING, "MOVING"), (TipState.STILL, "HOLD STILL")):
        host.tell(replace(moving, tip=tip))
        expect(words).to_have_text(re.compile(rf"{word}\s+Rest the tip on Sacral tip and hold still\."))
        assert violations(page, axe) == []
    expect(panel.get_by_role("button", name=re.compile("with the pointer"))).to_have_count(1)
    assert_large_targets(page)
    page.reload()
    standing(page, "check")
    expect(words).to_contain_text("HOLD STILL")
    panel.get_by_role("button", name="Stop touching").click()
    host.wait_for(StopTouching)

    result = "Sacral tip: 0.8 mm off, up to 2.4 mm were expected: agrees."
    host.tell(Pointer(tip=TipState.TAKEN, words=result, landmark=None))
    expect(words).to_have_text(result)
    expect(panel.get_by_role("button", name="Stop touching")).to_have_count(0)
    assert violations(page, axe) == []


def entries(*touched: bool) -> tuple[LandmarkEntry, ...]:
    """Five landmarks, the first of them touched or not."""
    names = ("Crest, left", "Crest, right", "Sacral tip", "Spine", "Promontory")
    return tuple(LandmarkEntry(name=name, touched=index < len(touched)) for index, name in enumerate(names))


def test_a_case_is_registered_by_touch_step_by_step(host: RoomServer, open_page: Open, axe: str):
    host.tell(off_session(case_id="case-1", case_name="Phantom 1"))
    host.tell(AWAY)
    idle = Landmarks(state=RegisteringState.IDLE, landmarks=entries(), fewest=4, expected_error_mm=None, words="")
    host.tell(idle)
    page = open_page(f"{host.url}/console#t={TOKEN}")
    go(page, "register")
    panel = page.get_by_role("region", name="Register by touch")
    assert violations(page, axe) == []
    panel.get_by_role("button", name="Touch the landmarks with the pointer").click()
    host.wait_for(TouchLandmarks)

    host.tell(replace(idle, state=RegisteringState.TOUCHING, landmarks=entries(True)))
    words = "Rest the tip on Crest, right and hold still."
    host.tell(Pointer(tip=TipState.MOVING, words=words, landmark="Crest, right"))
    lines = panel.get_by_role("listitem")
    expect(lines.nth(0)).to_contain_text(re.compile(r"TOUCHED\s+Crest, left"))
    expect(lines.nth(1)).to_contain_text(re.compile(r"NOW\s+Crest, right"))
    expect(lines.nth(2)).to_contain_text(re.compile(r"OPEN\s+Sacral tip"))
    expect(panel.locator(".pointer")).to_contain_text(words)
    expect(panel.locator("#register-hint")).to_have_text("1 of at least 4 landmarks are touched.")
    assert violations(page, axe) == []
    panel.get_by_role("button", name="Touch Crest, left again").click()
    assert host.wait_for(TouchAgain) == TouchAgain(landmark="Crest, left")
    assert_large_targets(page)

    host.tell(replace(idle, state=RegisteringState.TOUCHING, landmarks=entries(*[True] * 4), expected_error_mm=1.4))
    expect(panel).to_contain_text(re.compile(r"Expected error at the target: 1\.4\smm"))
    panel.get_by_role("button", name="REGISTER").click()
    host.wait_for(RegisterTouched)
    host.tell(replace(idle, state=RegisteringState.WORKING, landmarks=entries(*[True] * 4)))
    expect(panel).to_contain_text("The case is being registered.")
    assert violations(page, axe) == []
    host.tell(replace(idle, landmarks=entries(*[True] * 4), words="Crest, left and Crest, right were exchanged."))
    expect(panel.get_by_role("status")).to_have_text("Crest, left and Crest, right were exchanged.")
    assert violations(page, axe) == []


def test_without_a_pointer_nothing_is_offered(host: RoomServer, open_page: Open):
    host.tell(HELD)
    host.tell(HOST_MESSAGES["check_points"])
    host.tell(HOST_MESSAGES["no_pointer"])
    host.tell(HOST_MESSAGES["landmarks"])
    page = open_page(f"{host.url}/console#t={TOKEN}")
    go(page, "check")
    panel = page.get_by_role("region", name="Check points")
    expect(panel.get_by_role("button", name="Patient or table was moved")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("pointer"))).to_have_count(0)
    go(page, "register")
    expect(page.get_by_role("button", name=re.compile("pointer"))).to_have_count(0)
