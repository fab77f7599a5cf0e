"""The reference headset's pieces: addresses, the counts of its report, its frames by a clock of the test."""

import asyncio
from dataclasses import replace

import pytest

from orview.edge.headset.config import HeadsetConfig
from orview.edge.headset.link import DEFAULT_PORT, Place, parse_place
from orview.edge.headset.reference import ReferenceHeadset
from orview.edge.headset.report import HeadsetReport, Hidden, Percentiles, PoseStatistics
from orview.errors import InputError, NetworkError
from orview.protocol.binary import PoseMessage
from orview.protocol.codec import decode_binary
from orview.protocol.messages import HideReason, OverlayState
from orview.units import ns_from_ms, ns_from_s
from tests.wire.messages import GOOD_BINARY, NOWHERE


def pose(sequence: int, *, capture_ms: float, state: OverlayState = OverlayState.LIVE) -> PoseMessage:
    message = decode_binary(GOOD_BINARY["pose_live"][0])
    assert isinstance(message, PoseMessage)
    place = {} if state is OverlayState.LIVE else NOWHERE
    capture_ns = ns_from_ms(capture_ms)
    return replace(message, sequence=sequence, state=state, capture_ns=capture_ns, send_ns=capture_ns, **place)


@pytest.mark.parametrize(
    ("text", "address", "port", "code"),
    [
        ("192.0.2.10", "192.0.2.10", DEFAULT_PORT, None),
        ("192.0.2.10:9000", "192.0.2.10", 9000, None),
        ("room.local:9000", "room.local", 9000, None),
        ("[fd00::2]:9000", "fd00::2", 9000, None),
        ("https://192.0.2.10:9000/#k=012345", "192.0.2.10", 9000, "012345"),
        ("https://192.0.2.10:9000/", "192.0.2.10", 9000, None),
    ],
)
def test_an_address_or_joining_link_names_a_place(text: str, address: str, port: int, code: str | None) -> None:
    assert parse_place(text) == (Place(address=address, port=port), code)


@pytest.mark.parametrize("text", ["", "http://192.0.2.10", "ftp://x", "host:port", "https://", "a:99999", "[::1"])
def test_what_names_no_host_is_said_in_words(text: str) -> None:
    with pytest.raises(InputError, match="names no host"):
        parse_place(text)


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert Place(address="fd00::2", port=1).authority == "[fd00::2]:1"
    assert Place(address="192.0.2.1", port=1).authority == "192.0.2.1:1"


def test_poses_gaps_rate_and_latency_are_counted() -> None:
    statistics = PoseStatistics()
    for n, sequence in enumerate((1, 2, 3, 6, 7)):
        at_ns = ns_from_ms(100.0 * n + 30.0)
        statistics.take_pose(pose(sequence, capture_ms=100.0 * n), received_ns=at_ns + 5, host_ns=at_ns)
    statistics.take_pose(
        pose(8, capture_ms=500.0, state=OverlayState.LOST), received_ns=ns_from_s(1.0), host_ns=ns_from_s(1.0)
    )
    assert (statistics.poses, statistics.live_poses, statistics.gaps) == (6, 5, 2)
    assert statistics.pose_rate_hz == pytest.approx(10.0)
    assert statistics.latency_ms == Percentiles(p50=30.0, p99=30.0, worst=30.0)
    assert statistics.newest_live is not None
    assert statistics.newest_live.sequence == 7


def test_a_new_connection_is_no_gap() -> None:
    statistics = PoseStatistics()
    statistics.take_pose(pose(1000, capture_ms=1.0), received_ns=1, host_ns=None)
    statistics.begin_connection()
    statistics.take_pose(pose(5000, capture_ms=2.0), received_ns=2, host_ns=None)
    assert statistics.gaps == 0


def test_nothing_counted_is_nothing_claimed() -> None:
    statistics = PoseStatistics()
    assert (statistics.pose_rate_hz, statistics.latency_ms, statistics.last_latency_ms) == (0.0, None, None)
    statistics.take_pose(pose(1, capture_ms=1.0), received_ns=1, host_ns=None)
    assert (statistics.pose_rate_hz, statistics.latency_ms) == (0.0, None)


def test_percentiles_are_of_all_latencies() -> None:
    statistics = PoseStatistics()
    for n in range(101):
        statistics.take_drawn(pose(n, capture_ms=0.0), host_ns=ns_from_ms(float(n)))
    drawn = statistics.drawn_latency_ms
    assert drawn is not None
    assert (drawn.p50, drawn.p99, drawn.worst) == (50.0, 99.0, 100.0)


def test_the_report_is_plain_json() -> None:
    report = HeadsetReport(
        host_name="h",
        room_name="r",
        simulated=True,
        role="surgeon",
        discovered_s=0.06,
        pinned="announced",
        connected_s=0.1,
        connections=1,
        model_digest=None,
        model_bytes=0,
        model_first_s=None,
        model_s=None,
        model_resumed=0,
        state="OFF",
        poses=0,
        live_poses=0,
        pose_rate_hz=0.0,
        gaps=0,
        latency_ms=Percentiles(p50=1.0, p99=2.0, worst=3.0),
        drawn_latency_ms=None,
        frames=0,
        shown_frames=0,
        hides=(Hidden(why=HideReason.LINK_STALE, at_ns=5, stood_ms=151.0),),
        hidden_after_ms=151.0,
        expected_error_mm=None,
        clock_uncertainty_ms=None,
        round_trip_ms=None,
        log_head="",
    )
    document = report.to_json()
    assert document["latency_ms"] == {"p50": 1.0, "p99": 2.0, "worst": 3.0}
    assert document["hides"] == [{"why": "LINK_STALE", "at_ns": 5, "stood_ms": 151.0}]


def test_a_headset_that_knows_nothing_draws_nothing() -> None:
    applied: list[object] = []
    headset = ReferenceHeadset(HeadsetConfig(), on_applied=applied.append, clock_ns=lambda: 0)
    for _ in range(3):
        headset.draw_frame()
    assert not applied
    assert (headset.status.shown, headset.status.why) == (False, HideReason.NO_LINK)
    assert headset.model == b""


def test_no_host_on_the_network_is_said_in_words() -> None:
    config = HeadsetConfig(interfaces=("127.0.0.1",), search_s=0.3, fingerprint="00" * 32)
    with pytest.raises(NetworkError, match="No host found") as caught:
        asyncio.run(ReferenceHeadset(config).run(seconds=0.1))
    assert "orview serve" in caught.value.mend
