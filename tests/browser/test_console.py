"""The nurse's page: six steps from choosing the case to the end, by keyboard alone, and readable for everybody."""

import itertools
import re
import time
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from orview.protocol import messages
from orview.protocol.identity import Identify, Identity, Procedure, SetProcedure
from orview.protocol.messages import (
    ClientEntry,
    ConditionEntry,
    HideReason,
    LinkState,
    OverlayState,
    RegistrationState,
    Role,
)
from orview.protocol.registering import AcceptRegistration, Registration
from orview.protocol.time_out import TickItem, TimeOutItem, TimeOutList
from orview.segment.anatomy import STANDARD
from tests.browser import fixtures
from tests.browser.conftest import Open, violations
from tests.browser.console_page import (
    STEPS,
    assert_large_targets,
    banner,
    big,
    go,
    hold_time_out,
    identify,
    light_of,
    standing,
    tab_to,
)
from tests.browser.room_server import CODE, TOKEN, RoomServer, off_session
from tests.wire.messages import HOST_MESSAGES

IDENTITY = HOST_MESSAGES["identity"]
REGISTRATION = HOST_MESSAGES["registration"]
assert isinstance(IDENTITY, Identity)
assert isinstance(REGISTRATION, Registration)
ITEM = TimeOutItem(key="side", words="Right side: left.", fact="0123456789abcdef", ready=True, ticked=False)
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
            pose_age_p50_ms=47.0,
            pose_age_p95_ms=62.0,
            latency_p50_ms=39.0,
            latency_p95_ms=51.0,
            model_ok=True,
            battery=0.8,
            last_seen_ns=5_000_000_000,
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
            pose_age_p50_ms=None,
            pose_age_p95_ms=None,
            latency_p50_ms=None,
            latency_p95_ms=None,
            model_ok=None,
            battery=None,
            last_seen_ns=1_000_000_000,
        ),
    )
)


class Room:
    """Answers the nurse as the host's table of states does."""

    def __init__(self, host: RoomServer) -> None:
        self._host = host
        self._vouched: set[str] = set()
        self._session = off_session(structures=(fixtures.entry(STANDARD["tumour"]),))
        self._session = self._judged(self._session)
        host.tell(CASES)
        host.tell(CLIENTS)
        host.tell(self._session)
        self._tell_vouched()

    def __call__(self, host: RoomServer, message: messages.ClientMessage) -> None:
        """Act on what a nurse sent."""
        session = self._session
        match message:
            case messages.SelectCase(case_id=case_id):
                name = next(entry.name for entry in CASES.cases if entry.case_id == case_id)
                session = replace(session, case_id=case_id, case_name=name, target_key="tumour", expected_error_mm=1.2)
                self._vouched.clear()
            case Identify():
                self._vouched.add("identity")
            case SetProcedure(side=side, procedure=procedure):
                host.tell(Procedure(side=side, procedure=procedure))
            case AcceptRegistration():
                self._vouched.add("accepted")
            case TickItem():
                self._vouched.add("time_out")
            case messages.Start():
                session = replace(session, state=OverlayState.HOLD, why="Check the patient and confirm.")
            case messages.Confirm():
                session = replace(session, state=OverlayState.LIVE, why="A person confirmed the case.")
            case messages.Stop():
                session = replace(session, state=OverlayState.OFF, why="The session was stopped.")
                self._vouched.clear()
            case messages.NewCode():
                expires_ns = time.monotonic_ns() + 120 * 10**9
                url = f"https://192.168.1.20:8443/#k={CODE}"
                host.tell(messages.Joining(code=CODE, expires_ns=expires_ns, url=url, fingerprint=FINGERPRINT))
            case _:
                return
        self._session = self._judged(session)
        host.tell(self._session)
        self._tell_vouched()

    def _tell_vouched(self) -> None:
        """Tell what people vouched for, as the host does."""
        identified = "identity" in self._vouched
        self._host.tell(
            replace(
                IDENTITY,
                case_id=self._session.case_id,
                matched=IDENTITY.kinds[:2] if identified else (),
                words="Identified by name and date of birth." if identified else "Give two identifiers.",
            )
        )
        self._host.tell(replace(REGISTRATION, accepted="accepted" in self._vouched))
        self._host.tell(TimeOutList(items=(replace(ITEM, ticked="time_out" in self._vouched),)))

    def _judged(self, session: messages.Session) -> messages.Session:
        """The session with how its conditions stand."""
        chosen, confirmed = session.case_id is not None, session.state is OverlayState.LIVE
        vouched = {key: key in self._vouched for key in ("identity", "accepted", "time_out")}
        holds = {"case": chosen, "calibration": True, "registration": True, "track": True, **vouched}
        words = {"case": "Choose a case.", "identity": "Identify the patient.", "accepted": "Accept the registration."}
        told = [ConditionEntry(key=key, ok=ok, words=words.get(key, f"About {key}.")) for key, ok in holds.items()]
        told.append(ConditionEntry(key="confirmed", ok=confirmed, words="Check the patient, then confirm."))
        return replace(session, conditions=tuple(told))


@pytest.fixture
def room(host: RoomServer) -> RoomServer:
    """A host with two cases and two clients that answers the nurse."""
    host.acts = Room(host)
    return host


def open_console(host: RoomServer, open_page: Open) -> Page:
    page = open_page(f"{host.url}/console#t={TOKEN}")
    expect(page.get_by_role("heading", name="Room 3")).to_be_visible()
    return page


def test_whole_session_by_keyboard_alone(room: RoomServer, open_page: Open, axe: str):
    """From choosing the case to the end, through every step; at each the state is said, and WCAG kept."""
    page = open_console(room, open_page)
    standing(page, "patient")
    expect(banner(page)).to_contain_text("OFF")
    assert violations(page, axe) == []
    tab_to(page, page.get_by_role("button", name=re.compile("Phantom")))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("Phantom"))).to_have_attribute("aria-pressed", "true")

    tab_to(page, page.get_by_label("Name", exact=True))
    page.keyboard.type("Jörg Müller")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Date of birth")).to_be_focused()
    tab_to(page, big(page, "THIS IS THE PATIENT"))
    page.keyboard.press("Enter")
    expect(page.locator(".act .next")).to_contain_text("Give two identifiers from the wristband.")
    assert not any(isinstance(message, messages.Start) for _, message in room.received)
    tab_to(page, page.get_by_label("Date of birth"))
    page.keyboard.type("02.04.1961")
    page.keyboard.press("Enter")
    expect(page.locator(".identity")).to_contain_text("Identified by name and date of birth.")
    tab_to(page, page.get_by_role("radio", name="Left"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_label("What is to be done"))
    page.keyboard.type("Resection")
    page.keyboard.press("Enter")
    tab_to(page, big(page, "THIS IS THE PATIENT"))
    page.keyboard.press("Enter")

    for before, step in itertools.pairwise(STEPS[1:]):
        standing(page, before)
        expect(page.get_by_role("heading", level=2)).to_be_focused()
        expect(banner(page)).to_contain_text("HOLD")
        assert violations(page, axe) == []
        if before == "register":
            tab_to(page, big(page, "ACCEPT"))
            expect(big(page, "ACCEPT")).to_be_enabled()
            page.keyboard.press("Enter")
        if before == "check":
            tab_to(page, page.get_by_role("checkbox"))
            page.keyboard.press("Space")
            expect(page.get_by_role("checkbox")).to_be_checked()
        tab_to(page, big(page, re.compile("NEXT")))
        page.keyboard.press("Enter")
        standing(page, step)
    for step in ("patient", "camera", "register", "check"):
        expect(light_of(page, step)).to_have_text("OK")
    expect(light_of(page, "live")).to_have_text("READY")
    tab_to(page, big(page, "START"))
    expect(big(page, "START")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(banner(page)).to_contain_text("LIVE")
    expect(page.locator(".banner")).to_contain_text(re.compile(r"1\.2\smm\s\(95\s%\)"))
    assert violations(page, axe) == []

    tab_to(page, big(page, "END"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Go on"))
    page.keyboard.press("Enter")
    expect(banner(page)).to_contain_text("LIVE")
    tab_to(page, big(page, "END"))
    page.keyboard.press("Enter")
    assert violations(page, axe) == []
    tab_to(page, page.get_by_role("button", name="End the session"))
    page.keyboard.press("Enter")
    expect(banner(page)).to_contain_text("OFF")
    expect(banner(page)).to_contain_text("The session was stopped.")
    heard = (messages.SelectCase, messages.Start, messages.Confirm, messages.Stop)
    assert [type(message) for _, message in room.received if isinstance(message, heard)] == list(heard)


@pytest.mark.hazard("H03")
def test_what_is_typed_does_not_carry_over_to_another_case(room: RoomServer, open_page: Open):
    page = open_console(room, open_page)
    page.get_by_role("button", name=re.compile("Phantom")).click()
    page.get_by_label("Name", exact=True).fill("Jörg Müller")
    page.get_by_label("What is to be done").fill("Resection")
    page.get_by_role("button", name=re.compile("Pelvis CT")).click()
    expect(page.locator(".identity")).to_contain_text("Pelvis CT 3 mm")
    expect(page.get_by_label("Name", exact=True)).to_have_value("")
    expect(page.get_by_label("What is to be done")).to_have_value("")
    # Forced: the button says of itself that it does nothing now, and so would not be clicked.
    big(page, "THIS IS THE PATIENT").click(force=True)
    go(page, "live")
    big(page, "START").click(force=True)
    assert not any(isinstance(message, messages.Start | messages.Confirm) for _, message in room.received)


def test_headsets_are_listed_with_what_they_show(room: RoomServer, open_page: Open, axe: str):
    page = open_console(room, open_page)
    go(page, "team")
    lines = page.locator(".clients li")
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text(
        re.compile(r"Quest 3 headset\s+Surgeon\s+OK\s+shows the model\s+pose 48\sms · 72 fps")
    )
    expect(lines.nth(1)).to_contain_text("silent: link lost")
    expect(light_of(page, "team")).to_have_text("FAULT")
    expect(page.locator(".act .sentence")).to_have_text("Linux viewer is silent: look at its power and its network.")
    assert violations(page, axe) == []


def test_the_keys_go_to_steps_and_a_reload_comes_back(room: RoomServer, open_page: Open):
    page = open_console(room, open_page)
    standing(page, "patient")
    for key, step in zip("654321", reversed(STEPS), strict=True):
        page.keyboard.press(key)
        standing(page, step)
        page.reload()
        standing(page, step)
    page.locator('.rail [data-step="patient"]').focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    standing(page, "team")
    page.locator('.rail [data-step="team"]').focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    standing(page, "live")


def test_what_begins_something_is_not_pressed_by_the_second_click_of_a_double_click(room: RoomServer, open_page: Open):
    page = open_console(room, open_page)
    page.get_by_role("button", name=re.compile("Phantom")).click()
    identify(page)
    big(page, "THIS IS THE PATIENT").click()
    go(page, "register")
    big(page, "ACCEPT").click()
    go(page, "check")
    hold_time_out(page)
    big(page, re.compile("NEXT")).dblclick()
    standing(page, "live")
    expect(big(page, "START")).to_be_enabled()
    assert not any(isinstance(message, messages.Confirm) for _, message in room.received)
    expect(banner(page)).to_contain_text("HOLD")


def test_joining_code_and_qr(room: RoomServer, open_page: Open, axe: str):
    """The QR code on the screen is read back by a QR reader, as a headset's camera would."""
    room.tell(messages.Clients(clients=()))
    page = open_console(room, open_page)
    go(page, "team")
    big(page, "NEW CODE").click()
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
    for step in STEPS:
        go(page, step)
        assert_large_targets(page)


@pytest.mark.hazard("H10")
def test_check_points_are_shown_with_misfit_and_expected_error(room: RoomServer, open_page: Open, axe: str):
    page = open_console(room, open_page)
    page.get_by_role("button", name=re.compile("Phantom")).click()
    room.tell(HOST_MESSAGES["check_points"])
    identify(page)
    big(page, "THIS IS THE PATIENT").click()
    expect(banner(page)).to_contain_text("HOLD")
    go(page, "check")
    panel = page.get_by_role("region", name="Check points")
    lines = panel.get_by_role("listitem")
    expect(lines.nth(0)).to_contain_text(re.compile(r"DO NOT USE\s+Sacral tip\s+3\.1 mm off, 1\.3 mm expected"))
    expect(lines.nth(1)).to_contain_text(re.compile(r"NOT TOUCHED\s+Crest, left"))
    moved = panel.get_by_role("button", name="Patient or table was moved")
    moved.click()
    room.wait_for(messages.PatientMoved)
    assert violations(page, axe) == []
