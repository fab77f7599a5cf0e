"""What the headset page says of itself in each state: the word, the ring, the reason, the ages, and the caution."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from orview.protocol import messages
from orview.protocol.checking import CheckEntry, CheckLandmark, CheckPoints, CheckWord
from orview.protocol.messages import HideReason, OverlayState
from orview.protocol.viewing import FIRST_VIEW
from orview.segment.anatomy import STANDARD
from tests.browser import fixtures
from tests.browser.conftest import Open
from tests.browser.fixtures import DIGEST
from tests.browser.room_server import PATIENT_IN_VIEW, TOKEN, RoomServer, off_session
from tests.browser.test_headset_ar import STILL, enter_ar, live_session, shown_pixels, wait_for_report, wait_until_shown
from tests.browser.test_headset_places import predicted_px, turn_head

ONLY_VR = "{ supportedSessionModes: ['inline', 'immersive-vr'] }"
CAUTION = "Research use only. Do not rely on it as the sole guide."


def said(page: Page) -> dict[str, Any]:
    """What the plate in the headset says now."""
    words: dict[str, Any] = page.evaluate("window.orview.said()")
    return words


def wait_until_said(page: Page, **wanted: str) -> dict[str, Any]:
    """Wait until the plate says all of this; a loaded machine loses poses in between."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        words = said(page)
        if words is not None and all(words[key] == text for key, text in wanted.items()):
            return words
        page.wait_for_timeout(50)
    raise AssertionError(f"the plate says {said(page)}, not {wanted}")


def wait_for_row(page: Page, condition: str) -> dict[str, Any]:
    """Wait for a frame of which the condition holds, and return it."""
    handle = page.wait_for_function(f"() => orview.frames.rows(orview.frames.count - 3).find((row) => {condition})")
    row: dict[str, Any] = handle.json_value()
    return row


def live_page(host: RoomServer, open_page: Open) -> tuple[Page, messages.Session]:
    """A page in AR that shows the ball."""
    session = live_session(host)
    host.tell(session)
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    page = enter_ar(host, open_page)
    wait_until_shown(host)
    return page, session


def touched(word: CheckWord, minutes_ago: float) -> CheckPoints:
    """One check point, touched so long ago."""
    now_ns = time.monotonic_ns()
    entry = CheckEntry(
        misfit_mm=1.0,
        expected_mm=2.0,
        word=word,
        words="",
        by=messages.Role.NURSE,
        at_ns=now_ns - int(minutes_ago * 60e9),
    )
    landmark = CheckLandmark(name="Promontory", position_patient_m=(0.0, 0.0, 0.0), touched=entry)
    return CheckPoints(landmarks=(landmark,), due_ns=now_ns + int(60e9), max_age_min=30.0)


@pytest.mark.hazard("H34")
def test_every_state_in_the_headset_is_said_in_words_beside_the_caution(host: RoomServer, open_page: Open):
    """Word, reason, error, ages and caution; each state is reached, and the caution stands in all of them."""
    page, session = live_page(host, open_page)
    words = wait_until_said(page, word="LIVE")
    assert words["place"].endswith("Tumour")
    assert words["error"] == "1.2\u00a0mm\u00a0(95\u00a0%)"
    assert words["checked"] == "not checked"
    seen = [words]
    host.tell(touched(CheckWord.AGREES, 4.2))
    seen.append(wait_until_said(page, checked="checked 4\u00a0min ago"))
    host.tell(touched(CheckWord.DISAGREES, 1.0))
    seen.append(wait_until_said(page, checked="check point Promontory disagrees"))
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST, sight_age_ms=160)
    seen.append(wait_until_said(page, word="LOST", why="The camera has not seen the board for 150 ms."))
    host.tell(replace(session, state=OverlayState.HOLD, why="Touch a check point, then confirm."))
    seen.append(wait_until_said(page, word="HOLD", why="Touch a check point, then confirm."))
    host.tell(replace(session, state=OverlayState.LOST, why="The camera does not see the board."))
    seen.append(wait_until_said(page, word="LOST", why="The camera does not see the board."))
    host.tell(off_session())
    seen.append(wait_until_said(page, word="OFF", error="", checked=""))
    # What is said must also be seen.
    assert page.locator("#view").is_visible()
    host.stop_poses()
    host.let_in_nobody()
    host.cut()
    seen.append(wait_until_said(page, why="The host does not answer. Reconnecting."))
    assert [words["caution"] for words in seen] == [CAUTION] * len(seen)
    assert all(words["simulated"] for words in seen)


@pytest.mark.hazard("H01")
def test_a_pose_that_gets_old_is_drawn_as_outline_then_not_at_all(host: RoomServer, open_page: Open):
    """At 105 ms outlines, at 160 ms nothing, by the page's own log; no full frame was older than 100 ms."""
    page, _ = live_page(host, open_page)
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST, sight_age_ms=105)
    wait_for_row(page, "row.faded")
    first = page.evaluate("window.orview.frames.count")
    page.wait_for_timeout(700)
    rows = page.evaluate(f"window.orview.frames.rows({first})")
    assert {row["faded"] for row in rows if row["visible"]} == {True}
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST, sight_age_ms=160)
    wait_for_report(host, shown=False, why=HideReason.SIGHT_STALE)
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST, sight_age_ms=5)
    wait_until_shown(host)
    page.wait_for_timeout(1000)
    every = page.evaluate("window.orview.frames.rows()")
    assert any(row["visible"] and not row["faded"] for row in every)
    for row in every:
        assert not row["visible"] or row["sightAgeMs"] <= (150.0 if row["faded"] else 100.0), row


def test_who_turns_away_sees_nothing_and_who_turns_back_the_model_again(host: RoomServer, open_page: Open):
    page, _ = live_page(host, open_page)
    turn_head(page, fixtures.turned((0.0, 1.4, 0.0), (0.0, 0.0, 0.0)))
    wait_for_report(host, shown=False, why=HideReason.CLEARED)
    wait_until_said(page, word="HOLD", why="You look away from the field.")
    turn_head(page, fixtures.turned((0.0, 0.6, 0.0), (0.0, 0.0, 0.0)))
    wait_until_shown(host)
    turn_head(page, fixtures.turned((0.0, 0.0, 0.0), (0.0, 0.0, 1.8)))
    wait_for_report(host, shown=False, why=HideReason.CLEARED)
    wait_until_said(page, why="You are away from the field.")
    turn_head(page, STILL)
    wait_until_shown(host)


@pytest.mark.hazard("H17")
def test_the_model_floats_beside_the_patient_while_nothing_stands_on_the_patient(host: RoomServer, open_page: Open):
    """Shown after a second of LOST, away from where the patient is; gone at once when cleared, or LIVE again."""
    page, _ = live_page(host, open_page)
    host.stand_patient(None, digest=DIGEST, state=OverlayState.LOST)
    row = wait_for_row(page, "row.twin")
    assert (row["visible"], row["word"], row["drawnPrefix"]) == (False, "LOST", DIGEST[:16])
    head = fixtures.turned((0.42, -0.35, 0.0), (0.0, 0.0, 0.0))
    turn_head(page, head)
    page.wait_for_timeout(500)
    beside = fixtures.centroid_px(shown_pixels(page))
    # Where the patient would be drawn is far from it.
    assert float(np.linalg.norm(beside - predicted_px(None, head, STILL, PATIENT_IN_VIEW))) > 150
    host.tell(replace(FIRST_VIEW, cleared=True))
    wait_for_row(page, "!row.twin")
    assert len(fixtures.magenta_pixels(page.screenshot())) == 0
    host.tell(replace(FIRST_VIEW, twin=True))
    wait_for_row(page, "row.twin")
    turn_head(page, STILL)
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    # A ball is small enough to be drawn twice.
    wait_for_row(page, "row.visible && row.twin")
    host.tell(FIRST_VIEW)
    wait_for_row(page, "row.visible && !row.twin")
    host.tell(off_session())
    wait_for_row(page, "!row.visible && !row.twin && row.drawnPrefix === null")
    rows = page.evaluate("orview.frames.rows()")
    assert {row["drawnPrefix"] for row in rows if row["twin"]} == {DIGEST[:16]}


def test_the_error_is_told_at_the_structure_that_is_looked_at(host: RoomServer, open_page: Open):
    """The ball, then the root beside it, then none; and what moves is said to be as on the scan."""
    root = replace(STANDARD["nerve_s2_left"], rigid=False)
    glb = fixtures.model(
        (fixtures.MAGENTA, fixtures.ball(np.array([0.0, 0.0, 0.0]), 12.0)),
        (root, fixtures.ball(np.array([80.0, 0.0, 0.0]), 5.0)),
    )
    entries = (fixtures.entry(fixtures.MAGENTA), fixtures.entry(root, expected_error_mm=1.1))
    host.tell(replace(live_session(host), model=host.add_model(glb, digest=DIGEST), structures=entries))
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    page = enter_ar(host, open_page)
    wait_until_shown(host)
    wait_until_said(page, place="Tumour", error="1.2\u00a0mm\u00a0(95\u00a0%)")
    turn_head(page, fixtures.turned((0.0, -float(np.arctan2(0.08, 0.6)), 0.0), (0.0, 0.0, 0.0)))
    wait_until_said(page, place=f"{root.name}, as on the scan", error="1.1\u00a0mm\u00a0(95\u00a0%)")
    turn_head(page, fixtures.turned((0.25, 0.0, 0.0), (0.0, 0.0, 0.0)))
    wait_until_said(page, place="Expected error at Tumour", error="1.2\u00a0mm\u00a0(95\u00a0%)")


@pytest.mark.hazard("H34")
def test_a_closed_world_shows_the_model_beside_nobody_with_the_caution(host: RoomServer, open_page: Open):
    """Where a headset shows no room (Vision Pro's browser) the model floats before the wearer, and says so."""
    host.tell(live_session(host))
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    page = open_page(f"{host.url}/#t={TOKEN}", headset=True, changes=ONLY_VR)
    page.get_by_role("button", name="Enter VR").click()
    row = wait_for_row(page, "row.twin")
    assert (row["view"], row["visible"]) == ("vr", False)
    words = wait_until_said(page, why="This headset does not show the room: nothing stands on the patient.")
    assert (words["caution"], words["simulated"]) == (CAUTION, True)
    shown_pixels(page)
