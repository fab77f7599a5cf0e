"""The nurse's page on what people vouch for: identifiers typed and scanned, side, registration, time-out."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from orview.edge.case_store import CaseStore
from orview.edge.host.time_out_items import WornHeadset
from orview.protocol.identity import Identify, SetIdentity
from orview.session.state import State
from tests.browser.conftest import Open, violations
from tests.browser.console_page import banner, big, go, hold_time_out, identify, light_of
from tests.browser.room_server import TOKEN, RoomServer
from tests.browser.ward_room import WardRoom
from tests.unit.edge.ward import add_patient, plain_case, wristband

JOERG = wristband("MUELLER^JOERG", "19610402", "40010017")
SIMILAR = wristband("MUELLER^JOERG", "19610402", "40010071")
ALONE = wristband("山田^太郎", "19500506", "7")


@pytest.fixture
def ward(host: RoomServer, tmp_path: Path) -> WardRoom:
    """A host with two patients who are alike, one who is not, and images nobody knows the patient of."""
    store = CaseStore.open(tmp_path / "patients")
    plain = plain_case(store)
    cases = [
        add_patient(store, plain, number, patient, acquired="2026-10-01")
        for number, patient in enumerate((JOERG, SIMILAR, ALONE), start=1)
    ]
    return WardRoom(host, store, (*cases, plain))


def open_console(host: RoomServer, open_page: Open, case: str) -> Page:
    page = open_page(f"{host.url}/console#t={TOKEN}")
    page.get_by_role("button", name=re.compile(case)).click()
    expect(page.get_by_label("Name", exact=True)).to_be_visible()
    return page


def scan(page: Page, text: str) -> None:
    """A barcode scanner types, and ends with Enter."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


@pytest.mark.hazard("H03")
def test_a_scanner_goes_from_field_to_field_and_compares(ward: WardRoom, host: RoomServer, open_page: Open, axe: str):
    page = open_console(host, open_page, "Case 3")
    page.get_by_label("Date of birth").focus()
    scan(page, "06.05.1950")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    scan(page, "ﾔﾏﾀﾞ")
    expect(page.get_by_role("alert")).to_contain_text("Name does not match this case: is this the right patient?")
    expect(page.locator(".identity").get_by_role("status")).to_contain_text("Name does not match this case")
    assert violations(page, axe) == []
    page.get_by_label("Name", exact=True).fill("")
    scan(page, "")
    page.get_by_label("Patient ID").focus()
    scan(page, "  7")
    expect(page.locator(".identity")).to_contain_text("Identified by date of birth and patient ID.")
    assert violations(page, axe) == []


@pytest.mark.hazard("H03")
def test_another_patient_who_is_alike_asks_for_the_third(ward: WardRoom, host: RoomServer, open_page: Open):
    page = open_console(host, open_page, "Case 1")
    page.get_by_label("Name", exact=True).fill("Jörg Müller")
    page.get_by_label("Date of birth").fill("02.04.1961")
    page.get_by_role("button", name="COMPARE").click()
    words = "Another patient here has the same name and date of birth: give the patient ID too."
    expect(page.locator(".identity").get_by_role("status")).to_have_text(words)
    expect(page.locator(".act .sentence")).to_have_text(words)
    page.get_by_label("Patient ID").fill("4001-0017")
    page.keyboard.press("Enter")
    expect(page.locator(".identity")).to_contain_text("Identified by name, date of birth and patient ID.")
    expect(page.get_by_label("Patient ID")).to_have_count(0)


@pytest.mark.hazard("H03")
def test_five_wrong_tries_lock_and_a_day_is_never_guessed(ward: WardRoom, host: RoomServer, open_page: Open, axe: str):
    page = open_console(host, open_page, "Case 3")
    page.get_by_label("Patient ID").fill("7")
    page.get_by_label("Date of birth").fill("5/6/1950")
    expect(page.locator("#birth_date-fault")).to_contain_text("Which is the day, which the month?")
    page.get_by_role("button", name="COMPARE").click(force=True)
    assert not [message for _, message in host.received if isinstance(message, Identify)]
    assert violations(page, axe) == []
    page.get_by_label("Date of birth").fill("1950-05-07")
    for tries in range(1, 6):
        page.get_by_role("button", name="COMPARE").click()
        for _ in range(100):
            page.wait_for_timeout(20)
            if len([message for _, message in host.received if isinstance(message, Identify)]) == tries:
                break
    expect(page.locator("#identity-hint")).to_have_text("Too many wrong tries: wait half a minute.")
    ward.ward.now_ns += 31 * 10**9
    ward.tell()
    page.get_by_label("Date of birth").fill("1950-05-06")
    page.get_by_role("button", name="COMPARE").click()
    expect(page.locator(".identity")).to_contain_text("Identified by date of birth and patient ID.")


@pytest.mark.hazard("H03")
@pytest.mark.hazard("H21")
def test_images_that_say_nothing_are_told_whose_they_are_and_then_compared(
    ward: WardRoom, host: RoomServer, open_page: Open, axe: str
):
    page = open_console(host, open_page, "Phantom 1")
    expect(page.locator(".identity")).to_contain_text("enter two identifiers of the patient")
    assert violations(page, axe) == []
    page.get_by_label("Name", exact=True).fill("Jörg Müller")
    page.get_by_label("Patient ID").fill("4711")
    page.get_by_role("button", name="THESE ARE THE PATIENT'S").click()
    expect(page.locator(".identity").get_by_role("status")).to_contain_text("from the wristband")
    expect(page.get_by_label("Date of birth")).to_have_count(0)
    expect(page.get_by_label("Name", exact=True)).to_have_value("")
    page.get_by_role("button", name="Entered wrongly").click()
    page.get_by_label("Name", exact=True).fill("Jörg Müller")
    page.get_by_label("Patient ID").fill("4712")
    page.get_by_role("button", name="THESE ARE THE PATIENT'S").click()
    expect(page.get_by_role("button", name="COMPARE")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("mueller joerg")
    page.get_by_label("Patient ID").fill("47 12")
    page.get_by_role("button", name="COMPARE").click()
    expect(page.locator(".identity")).to_contain_text("Identified by name and patient ID.")
    said = [message for _, message in host.received if isinstance(message, Identify | SetIdentity)]
    assert len(said) == 3
    assert not re.search("(?i)ller|4711|4712", re.sub("[0-9a-f]{64}", "", repr(said)))


@pytest.mark.hazard("H03")
@pytest.mark.hazard("H31")
def test_the_road_to_live_is_vouched_for_step_by_step(ward: WardRoom, host: RoomServer, open_page: Open, axe: str):
    page = open_console(host, open_page, "Case 3")
    identify(page, name="山田 太郎", born="1950-05-06")
    big(page, "THIS IS THE PATIENT").click()
    expect(banner(page)).to_contain_text("HOLD")

    go(page, "check")
    expect(page.locator(".time-out li").nth(6)).to_contain_text("Registration: accept the registration first.")
    registration = page.get_by_role("checkbox", name=re.compile("Registration"))
    registration.click(force=True)
    expect(registration).not_to_be_checked()

    register = go(page, "register")
    expect(light_of(page, "register")).to_have_text("TO DO")
    expect(register.get_by_role("row", name=re.compile("Tumour"))).to_contain_text(re.compile(r"TARGET\s+0\.6\smm"))
    expect(register).to_contain_text(re.compile(r"100 %\s+the places of the points in the CT"))
    expect(register).to_contain_text("Eight beads match.")
    assert violations(page, axe) == []
    big(page, "ACCEPT").click()
    expect(light_of(page, "register")).to_have_text("OK")
    expect(big(page, re.compile("NEXT"))).to_be_visible()

    go(page, "check")
    hold_time_out(page)
    expect(light_of(page, "check")).to_have_text("OK")
    assert violations(page, axe) == []
    ward.ward.headsets = (WornHeadset(device_id="d1", name="Quest 3", model_digest=None),)
    ward.tell()
    headsets = page.get_by_role("checkbox", name=re.compile("Right headsets"))
    expect(headsets).not_to_be_checked()
    expect(page.locator(".time-out")).to_contain_text("Quest 3 does not have this case's model yet.")
    expect(page.locator(".time-out .lamp")).to_have_text("7 of 8")
    page.reload()
    expect(page.locator(".time-out .lamp")).to_have_text("7 of 8")
    headsets.click()
    expect(page.locator(".time-out .lamp")).to_have_text("OK")
    go(page, "live")
    expect(big(page, "START")).to_have_attribute("aria-disabled", "false")
    big(page, "START").click()
    expect(banner(page)).to_contain_text("LIVE")
    assert ward.ward.keeper.session.state is State.LIVE

    # A tick that is taken back ends it.
    go(page, "check")
    page.get_by_role("checkbox", name=re.compile("Right side")).click()
    expect(banner(page)).to_contain_text("An item of the time-out was taken back.")
    assert ward.ward.keeper.session.state is State.HOLD


@pytest.mark.hazard("H14")
def test_the_time_out_says_the_age_of_the_images_in_the_language_of_the_page(
    ward: WardRoom, host: RoomServer, open_page: Open, axe: str
):
    page = open_console(host, open_page, "Case 3")
    identify(page, name="山田 太郎", born="1950-05-06")
    big(page, "THIS IS THE PATIENT").click()
    go(page, "check")
    images = page.locator(".time-out li").nth(3)
    expect(images).to_contain_text("CT taken on 2026-10-01, 60 days old, 10 slices, made by a program.")
    expect(images).to_contain_text("Are there newer images?")
    page.get_by_role("button", name="Deutsch").click()
    german = "Richtige Bilder: CT vom 2026-10-01, 60 Tage alt, 10 Schichten, von einem Programm gemacht."
    expect(images).to_contain_text(f"{german} Gibt es neuere Bilder?")
    ward.ward.today -= timedelta(days=59)
    ward.tell()
    expect(images).to_contain_text(german.replace("60 Tage", "1 Tag"))
    expect(images).not_to_contain_text("neuere")
    expect(page.locator(".time-out li").nth(0)).to_contain_text(
        "Richtiger Patient: Case 3, identifiziert durch Name und Geburtsdatum."
    )
    assert violations(page, axe) == []


@pytest.mark.hazard("H03")
def test_a_refused_registration_cannot_be_accepted(ward: WardRoom, host: RoomServer, open_page: Open, axe: str):
    page = open_console(host, open_page, "Case 3")
    ward.ward.refuse_registration()
    ward.tell()
    go(page, "register")
    expect(page.locator(".verdict .lamp")).to_have_text("REFUSED")
    expect(page.locator(".verdict")).to_contain_text("Look at the board.")
    big(page, "ACCEPT").click(force=True)
    expect(page.locator(".act .next")).to_contain_text("The beads do not match.")
    assert not [message for _, message in host.received if message.TYPE == "accept_registration"]
    assert violations(page, axe) == []
