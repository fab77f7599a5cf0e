"""The nurse's page: a session from choosing the case to stopping it, by keyboard alone, and readable for everybody."""

import re
import time
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from orview.protocol import messages
from orview.protocol.messages import (
    ClientEntry,
    ConditionEntry,
    HideReason,
    LinkState,
    OverlayState,
    RegistrationState,
    Role,
)
from orview.segment.anatomy import STANDARD
from tests.browser import fixtures
from tests.browser.conftest import Open, violations
from tests.browser.room_server import CODE, TOKEN, RoomServer, off_session
from tests.wire.messages import HOST_MESSAGES

FINGERPRINT = "0123456789abcdef" * 4
CASES = messages.Cases(
    cases=(
        messages.CaseEntry(
            case_id="case-1",
            name="Phantom, sacrum with tumour",
            created_utc="2026-11-22T14:03:00Z",
            structures=19,
            registration=RegistrationState.ACCEPTED,
            expected_error_mm=1.2,
            picture=None,
        ),
        messages.CaseEntry(
            case_id="case-2",
            name="Pelvis CT 3 mm",
            created_utc="2026-11-20T09:41:00Z",
            structures=8,
            registration=RegistrationState.MISSING,
            expected_error_mm=None,
            picture=None,
        ),
    )
)
CLIENTS = messages.Clients(
    clients=(
        ClientEntry(
            device_id="d1",
            name="Quest 3 headset",
            role=Role.SURGEON,
            link=LinkState.GOOD,
            shown=True,
            hidden_why=None,
            fps=72.0,
            pose_age_ms=48.0,
            latency_ms=40.0,
        ),
        ClientEntry(
            device_id="d2",
            name="Linux viewer",
            role=Role.OBSERVER,
            link=LinkState.SILENT,
            shown=False,
            hidden_why=HideReason.LINK_STALE,
            fps=None,
            pose_age_ms=None,
            latency_ms=None,
        ),
    )
)


class Room:
    """Answers the nurse as the host's table of states does."""

    def __init__(self, host: RoomServer) -> None:
        self._host = host
        self._session = off_session(
            structures=(fixtures.entry(STANDARD["tumour"]),), conditions=self._conditions(chosen=False, confirmed=False)
        )
        host.tell(CASES)
        host.tell(CLIENTS)
        host.tell(self._session)

    def __call__(self, host: RoomServer, message: messages.ClientMessage) -> None:
        """Act on what a nurse sent."""
        session = self._session
        match message:
            case messages.SelectCase(case_id=case_id):
                name = next(entry.name for entry in CASES.cases if entry.case_id == case_id)
                session = replace(session, case_id=case_id, case_name=name, target_key="tumour", expected_error_mm=1.2)
                session = replace(session, conditions=self._conditions(chosen=True, confirmed=False))
            case messages.Start():
                session = replace(session, state=OverlayState.HOLD, why="Check the patient and confirm.")
            case messages.Confirm():
                session = replace(session, state=OverlayState.LIVE, why="A person confirmed the case.")
                session = replace(session, conditions=self._conditions(chosen=True, confirmed=True))
            case messages.Stop():
                session = replace(session, state=OverlayState.OFF, why="The session was stopped.")
                session = replace(session, conditions=self._conditions(chosen=True, confirmed=False))
            case messages.NewCode():
                expires_ns = time.monotonic_ns() + 120 * 10**9
                url = f"https://192.168.1.20:8443/#k={CODE}"
                host.tell(messages.Joining(code=CODE, expires_ns=expires_ns, url=url, fingerprint=FINGERPRINT))
            case _:
                return
        self._session = session
        host.tell(session)

    @staticmethod
    def _conditions(*, chosen: bool, confirmed: bool) -> tuple[ConditionEntry, ...]:
        return (
            ConditionEntry(key="case", ok=chosen, words="The case is chosen." if chosen else "Choose a case."),
            ConditionEntry(key="calibration", ok=True, words="The camera is calibrated (0.21 px)."),
            ConditionEntry(key="registration", ok=True, words="Registered: 1.2 mm at the tumour."),
            ConditionEntry(key="track", ok=True, words="The board is in sight."),
            ConditionEntry(
                key="confirmed", ok=confirmed, words="Confirmed." if confirmed else "Check the patient, then confirm."
            ),
        )


@pytest.fixture
def room(host: RoomServer) -> RoomServer:
    """A host with two cases and two clients that answers the nurse."""
    host.acts = Room(host)
    return host


def open_console(host: RoomServer, open_page: Open) -> Page:
    page = open_page(f"{host.url}/console#t={TOKEN}")
    expect(page.get_by_role("heading", name="Room 3")).to_be_visible()
    return page


def tab_to(page: Page, role: str, name: str | re.Pattern[str]) -> None:
    """Walk with the tabulator key until the element has the focus, as somebody without a mouse does."""
    wanted = page.get_by_role(role, name=name)
    for _ in range(40):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            outline = wanted.evaluate("element => getComputedStyle(element).outlineStyle")
            assert outline != "none", f"the focus on {name} cannot be seen"
            return
    raise AssertionError(f"{name} cannot be reached by keyboard")


def test_whole_session_by_keyboard_alone(room: RoomServer, open_page: Open, axe: str):
    """Choose, start, tick both identifiers, confirm, stop; at each step the state is said, and WCAG kept."""
    page = open_console(room, open_page)
    status = page.locator(".banner").get_by_role("status")
    expect(status).to_contain_text("OFF")
    assert violations(page, axe) == []

    tab_to(page, "button", re.compile("Phantom"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("Phantom"))).to_have_attribute("aria-pressed", "true")
    tab_to(page, "button", "START")
    page.keyboard.press("Enter")
    expect(status).to_contain_text("HOLD")
    assert violations(page, axe) == []

    tab_to(page, "checkbox", re.compile("Name on the wristband"))
    page.keyboard.press("Space")
    tab_to(page, "button", "CONFIRM")
    page.keyboard.press("Enter")
    expect(page.locator("#confirm-hint")).to_have_text("Tick both identifiers first.")
    assert not any(isinstance(message, messages.Confirm) for _, message in room.received)
    tab_to(page, "checkbox", re.compile("Date of birth"))
    page.keyboard.press("Space")
    tab_to(page, "button", "CONFIRM")
    page.keyboard.press("Enter")
    expect(status).to_contain_text("LIVE")
    expect(page.locator(".banner")).to_contain_text(re.compile(r"1\.2\smm\s\(95\s%\)"))
    assert violations(page, axe) == []

    tab_to(page, "button", "STOP")
    page.keyboard.press("Enter")
    expect(status).to_contain_text("OFF")
    expect(status).to_contain_text("The session was stopped.")
    acts = [type(message) for _, message in room.received if not isinstance(message, messages.Report)]
    assert acts == [messages.SelectCase, messages.Start, messages.Confirm, messages.Stop]


@pytest.mark.hazard("H03")
def test_ticks_do_not_carry_over_to_another_case(room: RoomServer, open_page: Open):
    page = open_console(room, open_page)
    page.get_by_role("button", name=re.compile("Phantom")).click()
    page.get_by_role("button", name="START").click()
    boxes = page.get_by_role("checkbox")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_role("button", name=re.compile("Pelvis CT")).click()
    expect(page.locator("fieldset")).to_contain_text("Pelvis CT 3 mm")
    expect(boxes.nth(0)).not_to_be_checked()
    expect(boxes.nth(1)).not_to_be_checked()
    # Forced: the button says of itself that it does nothing now, and so would not be clicked.
    page.get_by_role("button", name="CONFIRM").click(force=True)
    assert not any(isinstance(message, messages.Confirm) for _, message in room.received)


def test_headsets_are_listed_with_what_they_show(room: RoomServer, open_page: Open, axe: str):
    page = open_console(room, open_page)
    lines = page.locator(".clients li")
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text(
        re.compile(r"Quest 3 headset\s+Surgeon\s+OK\s+shows the model\s+pose 48\sms · 72 fps")
    )
    expect(lines.nth(1)).to_contain_text("silent: link lost")
    assert violations(page, axe) == []


def test_joining_code_and_qr(room: RoomServer, open_page: Open, axe: str):
    """The QR code on the screen is read back by a QR reader, as a headset's camera would."""
    page = open_console(room, open_page)
    page.get_by_role("button", name="New code").click()
    expect(page.get_by_label("Joining code")).to_have_text("314 159")
    expect(page.locator(".joining")).to_contain_text(re.compile(r"good for 1[12]\d s, once"))
    expect(page.locator(".joining")).to_contain_text("0123 4567 89AB CDEF")
    expect(page.locator(".address")).to_have_text("https://192.168.1.20:8443/")
    assert fixtures.read_qr(page.get_by_role("img", name=re.compile("QR")).screenshot()) == (
        f"https://192.168.1.20:8443/#k={CODE}"
    )
    assert violations(page, axe) == []


def test_refusals_and_notices_are_said_aloud(room: RoomServer, open_page: Open, axe: str):
    page = open_console(room, open_page)
    alert = page.get_by_role("alert")
    room.tell(
        messages.Refused(code="NOT_NOW", message="The board was not seen yet.", mend="Uncover it.", about="confirm")
    )
    expect(alert).to_contain_text("The board was not seen yet. Uncover it.")
    assert violations(page, axe) == []
    alert.get_by_role("button", name="Close").click()
    expect(alert).to_have_text("")


def test_lost_host_is_said(room: RoomServer, open_page: Open, axe: str):
    page = open_console(room, open_page)
    room.let_in_nobody()
    room.cut()
    expect(page.locator(".banner")).to_contain_text("NO LINK")
    expect(page.locator(".banner")).to_contain_text("The host does not answer.")
    assert violations(page, axe) == []


def test_console_without_its_link_is_not_let_in(host: RoomServer, open_page: Open, axe: str):
    page = open_page(f"{host.url}/console")
    expect(page.get_by_role("heading", name="This console is not let in")).to_be_visible()
    expect(page.locator(".door")).to_contain_text("orview serve")
    assert violations(page, axe) == []


def test_checker_catches_what_it_should(host: RoomServer, open_page: Open, axe: str):
    """The control of the checks above: an unnamed button is found."""
    page = open_page(f"{host.url}/console")
    page.evaluate("document.body.append(document.createElement('button'))")
    assert any("button-name" in violation for violation in violations(page, axe))


def test_large_targets(room: RoomServer, open_page: Open):
    page = open_console(room, open_page)
    for target in page.locator("button, label").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 56, target.inner_text()


@pytest.mark.hazard("H10")
def test_check_points_are_shown_with_misfit_and_expected_error(room: RoomServer, open_page: Open, axe: str):
    page = open_console(room, open_page)
    page.get_by_role("button", name=re.compile("Phantom")).click()
    room.tell(HOST_MESSAGES["check_points"])
    panel = page.get_by_role("region", name="Check points")
    lines = panel.get_by_role("listitem")
    expect(lines.nth(0)).to_contain_text(re.compile(r"DO NOT USE\s+Sacral tip\s+3\.1 mm off, 1\.3 mm expected"))
    expect(lines.nth(1)).to_contain_text(re.compile(r"NOT TOUCHED\s+Crest, left"))
    page.get_by_role("button", name="START").click()
    moved = panel.get_by_role("button", name="Patient or table was moved")
    moved.click()
    room.wait_for(messages.PatientMoved)
    assert violations(page, axe) == []
