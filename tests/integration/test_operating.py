"""A host at work as whoever runs it sees it: health, metrics, log, and the session played again."""

import asyncio
import http.client
import json
import os
import signal
import urllib.error
import urllib.request
from dataclasses import replace

import pytest
from websockets.exceptions import ConnectionClosed

from orview.edge.audit_log import AuditLog
from orview.edge.recording.playing import Recording
from orview.edge.recording.shelf import recordings_in
from orview.protocol.binary import PoseMessage
from orview.protocol.faults import CloseCode
from orview.protocol.messages import Clients, OverlayState, Refused, Role, Room, Session, Stop, Welcome
from orview.protocol.nearby import PutOut
from orview.protocol.planning import Plan
from orview.protocol.viewing import FIRST_VIEW, StructureStyle, View, ViewStyle
from tests.integration.small_room import UNCHANGED, joined, run_live, unpinned_tls
from tests.unit.edge.host.test_metrics import read
from tests.unit.edge.host.test_replay import played, without_times


def on_this_machine(addresses, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{addresses.loopback_port}{path}", timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def on_the_network(addresses, path: str) -> int:
    connection = http.client.HTTPSConnection("127.0.0.1", addresses.port, timeout=10, context=unpinned_tls())
    connection.request("GET", path)
    return connection.getresponse().status


@pytest.mark.hazard("H19")
@pytest.mark.hazard("H21")
def test_health_metrics_and_log_of_a_host_that_is_live(tmp_path):
    log = tmp_path / "host.jsonl"
    seen: dict[str, bytes] = {}

    async def scene(host, addresses, surgeon, nurse):
        await surgeon.hear_for(1.2)
        status, seen["health"] = await asyncio.to_thread(on_this_machine, addresses, "/health")
        health = json.loads(seen["health"])
        assert (status, health["status"], health["state"], health["recording"]) == (200, "ok", "LIVE", "on")
        assert health["clients_by_role"] == {"nurse": 1, "surgeon": 1, "observer": 0}
        status, seen["metrics"] = await asyncio.to_thread(on_this_machine, addresses, "/metrics")
        told = read(seen["metrics"].decode())
        assert status == 200
        assert told["orview_pose_age_seconds_count", ""] > 15
        assert told["orview_sights_total", "tracked"] > 15
        assert told["orview_recording_bytes_total", ""] > 10_000
        assert told["orview_audit_head", ""] >= 5
        sent = {client: value for (name, client), value in told.items() if name == "orview_client_poses_sent_total"}
        assert len(sent) == 2
        # Exactly the poses that came, but for those on their way.
        came = sum(type(message).__name__ == "PoseMessage" for message in surgeon.history)
        assert any(abs(value - came) <= 30 for value in sent.values())
        for path in ("/health", "/metrics"):
            assert await asyncio.to_thread(on_the_network, addresses, path) == 404
        os.kill(host.pid("work"), signal.SIGKILL)
        await surgeon.hear_for(1.5)
        _, metrics = await asyncio.to_thread(on_this_machine, addresses, "/metrics")
        assert read(metrics.decode())["orview_restarts_total", "work"] == 1

        await shared_view(addresses, surgeon, nurse)
        await put_out(addresses, surgeon, nurse)

    run_live(tmp_path, scene, log_file=log)
    replayed_as_recorded(tmp_path)
    noted = [entry.kind for entry in AuditLog(tmp_path / "store").entries()]
    assert {"DEVICE_PUT_OUT", "VIEW_CLEARED", "VIEW_SHOWN"} <= set(noted)
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    events = [line["event"] for line in lines]
    assert events[0] == "PROCESS_STARTED"
    assert {"CLIENT_JOINED", "CASE_SELECTED", "CONFIRMED", "PROCESS_RESTARTED", "CLIENT_LEFT"} <= set(events)
    turns = [(line["from"], line["to"]) for line in lines if "to" in line]
    assert ("HOLD", "LIVE") in turns
    said = b"".join(seen.values()) + log.read_bytes()
    for name in (b"Phantom", b"Test room", b"Sacral"):
        assert name not in said


def replayed_as_recorded(tmp_path) -> None:
    """Play what was recorded: the poses that come are the recorded ones, but for their two times."""
    (recorded,) = recordings_in(tmp_path / "store")
    wanted = [part.said for part in Recording(recorded.path).parts() if isinstance(part.said, PoseMessage)]

    async def play() -> list[PoseMessage]:
        async with (
            played(tmp_path, recorded.path, speed=4.0) as (_, addresses),
            joined(addresses, role=Role.SURGEON, code=addresses.code) as surgeon,
        ):
            await surgeon.until(lambda m: isinstance(m, Session) and "is over" in m.why)
            return [message for message in surgeon.history if isinstance(message, PoseMessage)]

    came = [pose for pose in asyncio.run(play()) if pose.sequence >= wanted[0].sequence]
    assert [without_times(pose) for pose in came[: len(wanted)]] == [without_times(pose) for pose in wanted]
    assert sum(pose.state is OverlayState.LIVE for pose in wanted) > 15


async def shared_view(addresses, surgeon, nurse) -> None:
    """One view for all: told at once, to newcomers before the session, refused in words, and new with each session."""
    await nurse.say(replace(UNCHANGED, cleared=True))
    cleared = await surgeon.until(lambda m: isinstance(m, View))
    assert cleared == replace(FIRST_VIEW, cleared=True, by=Role.NURSE)
    token = surgeon.told["Welcome"].token
    async with joined(addresses, role=Role.SURGEON, token=token) as late:
        await late.until(lambda m: isinstance(m, Session))
        assert [type(message) for message in late.history if not isinstance(message, PoseMessage)] == [
            *(Welcome, Room, View, Plan, Session)
        ]
        assert late.told["View"] == cleared
    liver = StructureStyle(key="liver", style=ViewStyle.OUTLINE, opacity_step=1)
    await surgeon.say(replace(UNCHANGED, cleared=False, styles=(liver,)))
    refused = await surgeon.until(lambda m: isinstance(m, Refused))
    assert (refused.code, refused.about) == ("NOT_NOW", "set_view")
    await surgeon.say(replace(UNCHANGED, cleared=False, window=True))
    assert await nurse.until(lambda m: isinstance(m, View) and m.window) == replace(
        FIRST_VIEW, window=True, by=Role.SURGEON
    )
    await nurse.say(Stop())
    assert await surgeon.until(lambda m: isinstance(m, View) and not m.window) == FIRST_VIEW
    assert surgeon.told["Session"].state is OverlayState.OFF


async def put_out(addresses, surgeon, nurse) -> None:
    """The nurse puts a device out: its socket ends, its token is void, the log says so, and her own screen stays."""
    welcome = surgeon.told["Welcome"]
    await nurse.say(PutOut(device_id=nurse.told["Welcome"].device_id))
    refused = await nurse.until(lambda m: isinstance(m, Refused))
    assert (refused.code, refused.about) == ("NOT_NOW", "put_out")
    await nurse.say(PutOut(device_id=welcome.device_id))
    with pytest.raises(ConnectionClosed) as ended:
        await surgeon.until(lambda m: False)
    assert ended.value.rcvd.code == CloseCode.NOT_ALLOWED
    async with joined(addresses, role=Role.SURGEON, token=welcome.token) as again:
        assert (await again.until(lambda m: isinstance(m, Refused))).code == "TOKEN_VOID"
    clients = await nurse.until(lambda m: isinstance(m, Clients) and len(m.clients) == 1)
    assert [entry.role for entry in clients.clients] == [Role.NURSE]
