"""The last step: slices through what the surgeon looks at, what happened, notes, the report."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from orview.model.slices_file import write_slices
from orview.protocol.events import EventEntry, Events, NoteText, ReportState, SessionReport
from orview.protocol.messages import OverlayState, Session
from orview.protocol.slices import Gaze, Gazes, Slices
from orview.protocol.viewing import FIRST_VIEW
from orview.segment.anatomy import STANDARD
from orview.segment.slices import Slices as Volume
from tests.browser import fixtures
from tests.browser.conftest import Open, violations
from tests.browser.console_page import assert_large_targets, go
from tests.browser.room_server import TOKEN, RoomServer, off_session
from tests.browser.test_console import CLIENTS

KEYS = ("tumour", "nerve_s1_left", "sacrum")
LIVE = off_session(
    state=OverlayState.LIVE,
    why="A person confirmed the case.",
    case_id="case-1",
    case_name="Phantom 1",
    structures=tuple(fixtures.entry(STANDARD[key]) for key in KEYS),
    target_key="tumour",
    expected_error_mm=1.2,
)
SHAPE = (48, 56, 64)
CORNER_MM = (-31.5, 100.0, -900.0)
TUMOUR_MM = (0.5, 128.0, -876.0)
"""The middle of the image, where the tumour is."""
NERVE_MM = (24.5, 128.0, -876.0)
"""To the patient's left."""
SILENT_REPORT = SessionReport(state=ReportState.WRITING, name=None, html=None, pdf=None, words="")


def volume() -> Volume:
    """A grey image, brighter to the patient's left, with a round tumour in the middle and a nerve to its left."""
    k, j, i = np.mgrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    places = np.stack([i, j, k], axis=-1) + np.array(CORNER_MM)
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[np.linalg.norm(places - NERVE_MM, axis=-1) < 4.0] = 2
    labels[np.linalg.norm(places - TUMOUR_MM, axis=-1) < 9.0] = 1
    return Volume(
        grey=(40 + 2 * i).astype(np.uint8),
        labels=labels,
        keys=KEYS,
        origin_patient_mm=CORNER_MM,
        spacing_mm=1.0,
        window=(-250.0, 770.0),
    )


def tell_live(host: RoomServer, session: Session = LIVE) -> None:
    host.tell(CLIENTS)
    host.tell(FIRST_VIEW)
    host.tell(Slices(image=host.add_slices(write_slices(volume()))))
    host.tell(session)


def open_live(host: RoomServer, open_page: Open, **screen: object) -> Page:
    page = open_page(f"{host.url}/console#t={TOKEN}", **screen)
    go(page, "live")
    return page


def slices_of(page: Page) -> Locator:
    return page.get_by_role("region", name="What the surgeon looks at")


def pixels(page: Page, plane: int) -> NDArray[np.uint8]:
    """The grey canvas of a plane, as it is drawn, (rows, columns)."""
    canvas = slices_of(page).locator("canvas").nth(plane)
    # Read from a copy: browsers complain of a canvas that is read again and again.
    found = canvas.evaluate(
        """canvas => {
            const { width, height } = canvas;
            const copy = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
            copy.drawImage(canvas, 0, 0);
            const { data } = copy.getImageData(0, 0, width, height);
            return { width, height, grey: Array.from({ length: width * height }, (_, at) => data[4 * at]) };
        }"""
    )
    return np.array(found["grey"], dtype=np.uint8).reshape(found["height"], found["width"])


def looks_at(host: RoomServer, place_mm: tuple[float, float, float], structure: str | None) -> None:
    point = tuple(mm / 1000.0 for mm in place_mm)
    host.tell(Gazes(gazes=(Gaze(device_id="d1", structure=structure, point_patient_m=point),)))


@pytest.mark.hazard("H04")
def test_slices_go_through_what_the_surgeon_looks_at_with_left_on_the_right(
    host: RoomServer, open_page: Open, axe: str
):
    tell_live(host)
    page = open_live(host, open_page)
    panel = slices_of(page)
    expect(panel.get_by_role("status")).to_contain_text("Through: Tumour")
    grey = volume().grey
    # Axial from the feet: columns run to the patient's left, rows to the back.
    assert np.array_equal(pixels(page, 0), grey[24])
    # Coronal and sagittal: the head is up.
    assert np.array_equal(pixels(page, 1), grey[::-1, 28])
    assert np.array_equal(pixels(page, 2), grey[::-1, :, 32])
    for plane, letters in enumerate((["R", "L", "A", "P"], ["R", "L", "S", "I"], ["A", "P", "S", "I"])):
        assert panel.locator("svg .letters").nth(plane).locator("text:not(.length)").all_text_contents() == letters
    assert panel.locator(".length").first.text_content() == "20 mm"

    looks_at(host, NERVE_MM, "nerve_s1_left")
    expect(panel.get_by_role("status")).to_contain_text("Quest 3 headset looks at: Nerve root S1 left")
    assert np.array_equal(pixels(page, 2), grey[::-1, :, 56])
    panel.get_by_text("Outlines in the slices").click()
    legend = panel.get_by_role("list", name="Outlines in the slices")
    expect(legend).to_contain_text("Tumour")
    expect(legend).not_to_contain_text("Sacrum")
    assert violations(page, axe) == []
    assert_large_targets(page)


def test_the_nurse_looks_elsewhere_by_click_and_by_keyboard_and_follows_again(host: RoomServer, open_page: Open):
    tell_live(host)
    looks_at(host, TUMOUR_MM, "tumour")
    page = open_live(host, open_page)
    panel = slices_of(page)
    expect(panel.get_by_role("status")).to_contain_text("Quest 3 headset looks at: Tumour")
    box = panel.locator(".cut svg").first.bounding_box()
    assert box is not None
    # Where the nerve lies in the axial slice: 56 of 64 columns, the middle row.
    panel.locator(".cut svg").first.click(position={"x": box["width"] * 56.5 / 64, "y": box["height"] * 28.5 / 56})
    expect(panel.get_by_role("status")).to_contain_text("Chosen here: Nerve root S1 left")
    assert np.array_equal(pixels(page, 2), volume().grey[::-1, :, 56])
    # What the surgeon looks at meanwhile moves nothing.
    looks_at(host, CORNER_MM, None)
    step = panel.get_by_role("button", name="Sagittal: the next slice")
    step.focus()
    for _ in range(5):
        page.keyboard.press("Enter")
    assert np.array_equal(pixels(page, 2), volume().grey[::-1, :, 61])
    expect(panel.get_by_role("status")).to_contain_text("Chosen here: no structure")
    panel.get_by_label("Go to a structure").select_option(label="Tumour")
    expect(panel.get_by_role("status")).to_contain_text("Chosen here: Tumour")
    panel.get_by_role("button", name="Soft tissue").click()
    assert pixels(page, 0).max() == 255
    panel.get_by_role("button", name="Follow the surgeon").click()
    expect(panel.get_by_role("status")).to_contain_text("Quest 3 headset looks at: no structure")


@pytest.mark.hazard("H21")
def test_nothing_of_the_patient_stays_on_the_page_after_the_end(host: RoomServer, open_page: Open):
    tell_live(host)
    host.tell(Events(entries=(EventEntry(utc="2026-01-01T10:00:00Z", by="nurse", kind="NOTE_WRITTEN", words="Roe"),)))
    page = open_live(host, open_page)
    expect(slices_of(page).locator("canvas")).to_have_count(3)
    expect(page.get_by_role("log")).to_contain_text("Note of the nurse: Roe")
    host.tell(Slices(image=None))
    host.tell(Events(entries=()))
    host.tell(off_session())
    expect(page.get_by_role("region", name="What happened")).not_to_contain_text("Roe")
    expect(page.locator("canvas")).to_have_count(0)
    assert page.evaluate("() => Object.keys(sessionStorage).filter(key => !/token|step|page/.test(key))") == []
    assert page.evaluate("async () => (await caches.keys()).length") == 0


def test_a_case_without_an_image_says_so(host: RoomServer, open_page: Open):
    tell_live(host)
    host.tell(Slices(image=None))
    page = open_live(host, open_page)
    expect(slices_of(page)).to_contain_text("This case has no image to look at")


def test_a_note_is_written_and_what_happened_is_read_newest_first(host: RoomServer, open_page: Open, axe: str):
    tell_live(host)
    host.tell(
        Events(
            entries=(
                EventEntry(utc="2026-01-01T10:00:00Z", by="nurse", kind="STARTED", words="The session was opened."),
                EventEntry(
                    utc="2026-01-01T10:01:00Z", by="surgeon", kind="PATIENT_MOVED", words="The patient was moved."
                ),
            )
        )
    )
    page = open_live(host, open_page)
    lines = page.get_by_role("log").get_by_role("listitem")
    expect(lines.first).to_contain_text("The patient was moved.")
    expect(lines.last).to_contain_text("The session was opened.")
    page.get_by_label("Note", exact=True).fill("  Nerf S2 vu; 病人 稳定 ")
    page.keyboard.press("Enter")
    assert host.wait_for(NoteText) == NoteText(text="Nerf S2 vu; 病人 稳定")
    expect(page.get_by_label("Note", exact=True)).to_have_value("")
    assert violations(page, axe) == []


def test_the_report_is_saved_with_the_nurses_token(host: RoomServer, open_page: Open, axe: str):
    host.tell(SILENT_REPORT)
    page = open_live(host, open_page)
    report = page.get_by_role("status", name="Report of the session")
    expect(report).to_contain_text("It is being written.")
    name = "20260101T100000Z_7"
    for kind in ("html", "pdf"):
        host.add_report(f"{name}.{kind}", kind.encode())
    host.tell(replace(SILENT_REPORT, state=ReportState.READY, name=name, html=f"/r/{name}.html", pdf=f"/r/{name}.pdf"))
    for button, kind in (("Save the PDF", "pdf"), ("Save the page", "html")):
        with page.expect_download() as saving:
            page.get_by_role("button", name=button).click()
        assert saving.value.suggested_filename == f"orview_{name}.{kind}"
        assert Path(saving.value.path()).read_bytes() == kind.encode()
    assert violations(page, axe) == []
    host.tell(replace(SILENT_REPORT, state=ReportState.FAILED, words="The disk is full."))
    expect(report).to_contain_text("It could not be written. The disk is full.")
    host.tell(LIVE)
    expect(report).to_have_count(0)
