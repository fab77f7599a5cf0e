"""Two windows of the console on the real host: one changes things, the other watches until it takes the wheel."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from orview.edge.case_store import CaseStore
from orview.edge.host.host import Host
from orview.protocol import messages
from orview.protocol.machine import Awake, Machine
from orview.protocol.wheel import Wheel
from tests.browser.conftest import Open, violations
from tests.browser.console_page import assert_large_targets
from tests.browser.room_server import RoomServer, off_session
from tests.browser.test_console import open_console
from tests.integration.small_room import add_case, host_config


@pytest.mark.hazard("H31")
@pytest.mark.timeout(60)
def test_the_second_window_watches_takes_over_and_a_reload_keeps_the_wheel(
    open_page: Open, tmp_path: Path, axe: str
) -> None:
    add_case(CaseStore.open(tmp_path / "store"))
    with Host(host_config(tmp_path, f"slot:{tmp_path / 'none'}")) as host:
        url = host.wait_ready().console_url
        first = open_page(url)
        chosen = first.get_by_role("button", name="Phantom 1")
        expect(chosen).to_be_visible()
        expect(first.locator(".strip .wheel")).to_have_count(0)
        second = open_page(url)
        take = second.get_by_role("button", name="Take the wheel")
        expect(take).to_be_visible()
        assert violations(second, axe) == []
        assert_large_targets(second)
        second.get_by_role("button", name="Phantom 1").click()
        expect(second.get_by_role("alert")).to_contain_text("Another console holds the wheel.")
        expect(first.locator(".case-name")).to_have_text("none")

        take.focus()
        second.keyboard.press("Enter")
        expect(take).to_have_count(0)
        expect(first.locator(".strip")).to_contain_text("WATCHING")
        expect(first.get_by_role("alert")).to_contain_text("took the wheel")
        second.get_by_role("button", name="Phantom 1").click()
        expect(first.locator(".case-name")).to_have_text("Phantom 1")

        second.reload()
        expect(second.locator(".case-name")).to_have_text("Phantom 1")
        expect(second.get_by_role("button", name="Take the wheel")).to_have_count(0)
        first.reload()
        expect(first.get_by_role("button", name="Take the wheel")).to_be_visible()


def test_what_the_machine_lacks_stands_above_every_step(host: RoomServer, open_page: Open, axe: str) -> None:
    page = open_console(host, open_page)
    expect(page.locator(".strip")).to_have_count(0)
    lacks = Machine(
        awake=Awake.UNABLE,
        awake_words="This system does not let orview keep it awake: switch sleep off, and leave the lid open.",
        network_words="The network is gone.",
        missing=("This machine is on no network: headsets cannot come in. Connect it to the room's network.",),
    )
    host.tell(lacks)
    strip = page.locator(".strip")
    expect(strip).to_contain_text("on no network")
    expect(strip).not_to_contain_text("keep it awake")
    host.tell(off_session(state=messages.OverlayState.LIVE, case_id="case-1", case_name="Phantom 1"))
    expect(strip).to_contain_text("keep it awake")
    host.tell(Wheel(holder_name=None, yours=False))
    expect(strip).to_contain_text("what you do next takes it")
    assert violations(page, axe) == []
    host.tell(Wheel(holder_name="Linux console", yours=True))
    host.tell(replace(lacks, missing=(), awake=Awake.KEPT))
    expect(strip).to_have_count(0)
