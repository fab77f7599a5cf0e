"""The nurse puts a device out, sees headset apps that are near, and is warned of another host."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from orview.protocol import messages
from orview.protocol.nearby import Nearby, NearbyHeadset, NearbyHost, PutOut
from orview.protocol.team import Flash
from tests.browser.conftest import Open, violations
from tests.browser.console_page import assert_large_targets, go
from tests.browser.room_server import RoomServer
from tests.browser.test_console import CLIENTS, Room, open_console
from tests.wire.messages import HOST_MESSAGES


@pytest.fixture
def room(host: RoomServer) -> RoomServer:
    answers = Room(host)

    def act(host: RoomServer, message: messages.ClientMessage) -> None:
        if isinstance(message, PutOut):
            left = tuple(client for client in CLIENTS.clients if client.device_id != message.device_id)
            host.tell(replace(CLIENTS, clients=left))
        answers(host, message)

    host.acts = act
    return host


@pytest.mark.hazard("H19")
def test_a_device_is_put_out_after_a_second_thought(room: RoomServer, open_page: Open, axe: str):
    page = open_console(room, open_page)
    go(page, "team")
    page.get_by_role("button", name="Put out Quest 3 headset").click()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("button", name="Put Quest 3 headset out")).to_have_count(0)
    assert not any(isinstance(message, PutOut) for _, message in room.received)

    page.get_by_role("button", name="Put out Quest 3 headset").click()
    expect(page.get_by_text("It needs a new code to come back.")).to_be_visible()
    assert violations(page, axe) == []
    page.get_by_role("button", name="Put Quest 3 headset out").click()
    expect(page.locator(".clients")).not_to_contain_text("Quest 3 headset")
    expect(page.locator(".clients")).to_contain_text("Linux viewer")
    assert [message for _, message in room.received if isinstance(message, PutOut)] == [PutOut(device_id="d1")]


@pytest.mark.hazard("H18")
def test_who_else_is_on_the_network_stands_there_as_long_as_it_is_so(room: RoomServer, open_page: Open, axe: str):
    page = open_console(room, open_page)
    go(page, "team")
    expect(page.locator(".other-hosts")).to_have_count(0)
    room.tell(
        Nearby(
            hosts=(
                NearbyHost(name="OR 4", address="192.0.2.44", replay=False),
                NearbyHost(name="REPLAY OR 5", address="192.0.2.45", replay=True),
            ),
            headsets=(
                NearbyHeadset(name="Vision app", address="192.0.2.77"),
                NearbyHeadset(name="Quest 3 headset", address="192.0.2.78"),
            ),
        )
    )
    warning = page.locator(".other-hosts")
    expect(warning).to_contain_text("Another host answers on this network.")
    expect(warning).to_contain_text(re.compile(r"OR 4 at\s+192\.0\.2\.44"))
    expect(warning).to_contain_text(re.compile(r"192\.0\.2\.45,\s+a replay"))
    expect(page.locator(".nearby")).to_contain_text("Vision app")
    expect(page.locator(".nearby")).not_to_contain_text("Quest 3")
    assert violations(page, axe) == []
    room.tell(Nearby(hosts=(), headsets=()))
    expect(warning).to_have_count(0)
    expect(page.locator(".nearby")).to_have_count(0)


def test_a_headset_shows_which_one_it_is_and_how_it_does(room: RoomServer, open_page: Open, axe: str):
    page = open_console(room, open_page)
    go(page, "team")
    line = page.locator(".clients li", has_text="Quest 3 headset")
    expect(line).to_contain_text("battery 80 %")
    expect(line).to_contain_text(re.compile(r"on its way 39\s*ms, 95 % within 51\s*ms"))
    expect(line.get_by_role("img", name=re.compile("half below 47 ms, 95 % below 62 ms"))).to_be_visible()
    expect(line).not_to_contain_text("OTHER MODEL")
    flash = page.get_by_role("button", name="Have Quest 3 headset show which one it is")
    flash.focus()
    page.keyboard.press("Enter")
    assert room.wait_for(Flash) == Flash(device_id="d1")
    silent = page.locator(".clients li", has_text="Linux viewer")
    expect(silent).to_contain_text("battery unknown")
    expect(silent).to_contain_text(re.compile(r"last heard \d+ (s|min) ago"))
    assert silent.get_by_role("button", name=re.compile("show which one")).count() == 0
    entry = replace(CLIENTS.clients[0], model_ok=False)
    room.tell(replace(CLIENTS, clients=(entry, CLIENTS.clients[1])))
    expect(line).to_contain_text("OTHER MODEL")
    assert violations(page, axe) == []
    assert_large_targets(page)


@pytest.mark.hazard("H19")
def test_devices_that_are_paired_and_not_in_can_be_put_out_too(room: RoomServer, open_page: Open, axe: str):
    page = open_console(room, open_page)
    go(page, "team")
    room.tell(HOST_MESSAGES["devices"])
    absent = page.locator(".nearby", has_text="Paired, not in")
    expect(absent).to_contain_text(re.compile(r"last in 30 Jul 2026"))
    expect(absent).to_contain_text("never seen since it was paired")
    assert violations(page, axe) == []
    absent.get_by_role("button", name="Put out Pico").click()
    absent.get_by_role("button", name="Put Pico out").click()
    assert room.wait_for(PutOut) == PutOut(device_id="00112233445566cc")
