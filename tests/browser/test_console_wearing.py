"""The nurse says which headset wears which board: the picker follows the host, and the headset meant tells its head."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from orview.protocol import messages
from orview.protocol.messages import HideReason, Refused, Role
from orview.protocol.placing import Heads, HeadsetBoard, Wear, Wearing, WornEntry
from tests.browser.conftest import Open, violations
from tests.browser.console_page import assert_large_targets, go
from tests.browser.fixtures import DIGEST
from tests.browser.room_server import PATIENT_IN_VIEW, TOKEN, RoomServer
from tests.browser.steady_headset import open_steady
from tests.browser.test_console import CLIENTS
from tests.browser.test_headset_ar import live_session, wait_for_report
from tests.browser.test_headset_world import looking

ROUND, SQUARE = "headset round", "headset square"
ELSEWHERE = "00112233445566cc"
"""A device that is not in."""


def worn_by(*devices: str | None) -> Wearing:
    return Wearing(
        boards=tuple(
            WornEntry(board=board, device_id=device) for board, device in zip((ROUND, SQUARE), devices, strict=True)
        )
    )


def with_headsets(host: RoomServer, *devices: str) -> None:
    """Two surgeons' headsets are in, and an observer."""
    surgeon, observer = CLIENTS.clients
    headsets = tuple(replace(surgeon, device_id=device, name=f"Headset {device}") for device in devices)
    host.tell(messages.Clients(clients=(*headsets, observer)))


def chosen(picker: Locator) -> str:
    return str(picker.evaluate("select => select.selectedOptions[0].textContent.trim()"))


def test_the_picker_names_who_wears_a_board_and_follows_the_host(host: RoomServer, open_page: Open, axe: str):
    with_headsets(host, "d1", "d2")
    host.tell(worn_by(None, ELSEWHERE))
    page = open_page(f"{host.url}/console#t={TOKEN}")
    go(page, "team")
    first, second = page.get_by_label(f"Board {ROUND} is worn by"), page.get_by_label(f"Board {SQUARE} is worn by")
    assert first.locator("option").all_inner_texts() == ["nobody", "Headset d1", "Headset d2"]
    assert (chosen(first), chosen(second)) == ("nobody", "a headset that is away")
    assert violations(page, axe) == []
    assert_large_targets(page)

    first.select_option(label="Headset d2")
    assert host.wait_for(Wear) == Wear(device_id="d2", board=ROUND)
    host.tell(worn_by("d2", None))
    expect(second.locator("option")).to_have_count(3)
    assert (chosen(first), chosen(second)) == ("Headset d2", "nobody")

    # Refused: what was picked here does not stand.
    second.select_option(label="Headset d2")
    host.wait_for_last(Wear(device_id="d2", board=SQUARE))
    host.tell(Refused(code="NOT_NOW", message="Another headset wears the board.", mend="", about=Wear.TYPE))
    page.wait_for_function("() => [...document.querySelectorAll('select')].at(-1).selectedIndex === 0", polling=50)

    first.select_option(label="nobody")
    host.wait_for_last(Wear(device_id="d2", board=None))
    host.tell(Wearing(boards=()))
    expect(first).to_have_count(0)


@pytest.mark.hazard("H13")
def test_who_is_picked_tells_its_head_and_who_is_picked_no_more_does_not(
    host: RoomServer, open_page: Open, browser: Browser, client: Path
):
    worn: dict[str, str | None] = {ROUND: None, SQUARE: None}

    def act(host: RoomServer, message: messages.ClientMessage) -> None:
        if isinstance(message, Wear):
            worn.update({board: None for board, device in worn.items() if device == message.device_id})
            if message.board is not None:
                worn[message.board] = message.device_id
            host.tell(worn_by(*worn.values()))

    host.acts = act
    host.place_room(None)
    host.tell(live_session(host))
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    host.tell(looking())
    host.tell(worn_by(None, None))
    headset = open_steady(browser, client, f"{host.url}/#t={TOKEN}")
    try:
        wait_for_report(host, shown=False, why=HideReason.NOT_ALIGNED)
        assert {role for role, _ in host.received} == {Role.SURGEON}
        with_headsets(host, "device-0")
        page = open_page(f"{host.url}/console#t={TOKEN}")
        go(page, "team")
        picker = page.get_by_label(f"Board {SQUARE} is worn by")
        assert not any(isinstance(message, Heads) for _, message in host.received)
        picker.select_option(label="Headset device-0")
        board = host.wait_for(HeadsetBoard)
        assert isinstance(board, HeadsetBoard)
        assert board.board == SQUARE
        host.wait_for(Heads)
        assert chosen(picker) == "Headset device-0"
        picker.select_option(label="nobody")
        host.wait_for_last(Wear(device_id="device-0", board=None))
        headset.wait_for_function(
            "(from) => orview.frames.count > from + 5", arg=headset.evaluate("orview.frames.count")
        )
        since = len(host.received)
        headset.wait_for_function(
            "(from) => orview.frames.count > from + 30", arg=headset.evaluate("orview.frames.count")
        )
        assert not any(isinstance(message, Heads) for _, message in host.received[since:])
    finally:
        headset.context.close()
