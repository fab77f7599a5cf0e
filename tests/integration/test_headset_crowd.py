"""Many headsets in one process: all are counted, what they got is what was sent, and who is put out is told."""

import asyncio
import json
import threading

import pytest
from rich.console import Console

from orview.cli.headset import load_table
from orview.edge.headset.config import HeadsetConfig
from orview.edge.headset.crowd import CrowdReport, MemberReport, follow_as_many
from orview.edge.headset.report import Percentiles
from orview.errors import RefusedError
from tests.integration.tiny_host import TinyHost
from tests.unit.cli.verbs import run_verb


def config_for(host: TinyHost, code: str) -> HeadsetConfig:
    return HeadsetConfig(host=f"127.0.0.1:{host.port}", code=code, fingerprint=host.certificate.fingerprint)


def test_all_are_in_at_once_and_each_gets_what_was_sent(tmp_path):
    seen: list[int] = []

    async def run() -> tuple[CrowdReport, int]:
        async with TinyHost(tmp_path, rate_hz=50.0) as host:
            at_once = []

            def tell(members: int) -> None:
                seen.append(members)
                at_once.append(len(host.sockets))

            report = await follow_as_many(config_for(host, host.new_code()), 12, seconds=1.0, told=tell)
            return report, max(at_once)

    report, at_once = asyncio.run(run())
    assert seen == list(range(1, 13))
    assert at_once >= 11
    assert (report.wanted, len(report.members), report.refused) == (12, 12, ())
    assert all(member.poses > 20 and member.gaps == 0 and not member.ended for member in report.members)
    assert report.rate_hz == pytest.approx(sum(member.poses for member in report.members) / report.seconds)
    assert report.age_ms is not None
    # One clock for both: no pose arrives before it was sent, by more than the clock exchange is unsure.
    assert all(member.age_ms.p50 > -member.round_trip_ms for member in report.members)


def test_a_wrong_code_lets_none_in(tmp_path):
    async def run() -> None:
        async with TinyHost(tmp_path) as host:
            code = host.new_code()
            wrong = f"{(int(code) + 1) % 1_000_000:06d}"
            with pytest.raises(RefusedError):
                await follow_as_many(config_for(host, wrong), 3, seconds=0.1)

    asyncio.run(run())


def test_the_verb_prints_a_document(tmp_path):
    ready, done = threading.Event(), threading.Event()
    told: dict[str, str] = {}

    async def serve() -> None:
        async with TinyHost(tmp_path) as host:
            told["place"], told["code"] = f"127.0.0.1:{host.port}", host.new_code()
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        arguments = (
            "--host",
            told["place"],
            "--code",
            told["code"],
            "--count",
            "3",
            "--seconds",
            "0.5",
            "--no-announce",
        )
        outcome = run_verb("headset", *arguments, "--json")
    finally:
        done.set()
        thread.join()
    assert outcome.code == 0, outcome.words
    assert len(outcome.document["members"]) == 3
    assert json.dumps(outcome.document)


def test_the_table_has_the_worst_first():
    def member(number: int, p99: float) -> MemberReport:
        return MemberReport(
            number=number,
            connected_s=0.1,
            poses=90,
            live_poses=90,
            rate_hz=90.0 - number,
            gaps=number,
            age_ms=Percentiles(p50=1.0, p99=p99, worst=p99 + 1.0),
            round_trip_ms=0.2,
            ended="The host ended the link." if number == 2 else "",
        )

    report = CrowdReport(
        wanted=3,
        seconds=1.0,
        members=(member(1, 5.0), member(2, 9.0)),
        refused=("No orview host answers at this address.",),
        rate_hz=180.0,
        age_ms=Percentiles(p50=1.0, p99=9.0, worst=10.0),
    )
    console = Console(width=120, no_color=True)
    with console.capture() as captured:
        console.print(load_table(report))
    text = captured.get()
    assert "all 2 of 3" in text
    assert "88.0 to 89.0" in text
    assert text.index("The host ended the link.") < text.index("6.00")
