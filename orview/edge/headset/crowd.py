"""Many headsets in one process: what a host does under load, as its clients see it.

Each is a socket with the client's own end of the protocol and a clock, but draws nothing and fetches no model: hundreds
fit into one process. A joining code lets one device in; the others are further sockets of that device, by its token,
and the host sends to each of them.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from orview.edge.headset.config import HeadsetConfig
from orview.edge.headset.link import Answer
from orview.edge.headset.race import find_host, open_first
from orview.edge.headset.report import Percentiles, PoseStatistics, percentiles_of
from orview.errors import OrviewError
from orview.protocol.binary import PoseMessage
from orview.protocol.clock import ClockEstimator, ping_pause_ns
from orview.protocol.codec import encode
from orview.protocol.messages import Ping, Pong, Report
from orview.units import ms_from_ns, s_from_ns

REPORT_EVERY_S = 1.0


@dataclass(frozen=True, kw_only=True)
class MemberReport:
    """What one headset of the crowd got.

    Attributes:
        number: of the headset, from 1.
        connected_s: until it was let in.
        poses: received, in any state; `live_poses` of them with a place.
        rate_hz: poses of any state per second.
        gaps: poses the host sent that never came.
        age_ms: from sending to arrival, by the host's clock as this headset knows it; None where nothing was measured.
        round_trip_ms: the shortest, of a clock exchange.
        ended: why the link ended before the time, empty where it did not.
    """

    number: int
    connected_s: float
    poses: int
    live_poses: int
    rate_hz: float
    gaps: int
    age_ms: Percentiles | None
    round_trip_ms: float | None
    ended: str


@dataclass(frozen=True, kw_only=True)
class CrowdReport:
    """What all of them got.

    Attributes:
        wanted: how many headsets there were to be.
        seconds: how long it was measured.
        members: those that came in.
        refused: why others did not.
        rate_hz: poses per second of all together.
        age_ms: of all their poses.
    """

    wanted: int
    seconds: float
    members: tuple[MemberReport, ...]
    refused: tuple[str, ...]
    rate_hz: float
    age_ms: Percentiles | None

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)


class Member:
    """One headset of the crowd."""

    def __init__(self, number: int, answer: Answer, *, connected_s: float, now_ns: Callable[[], int]) -> None:
        self._number = number
        self._link = answer.link
        self._connected_s = connected_s
        self._now_ns = now_ns
        self._clock = ClockEstimator()
        self._statistics = PoseStatistics()
        self._pings: dict[int, int] = {}
        self._ages_ms: list[float] = []
        self._ended = ""
        self._began_ns = now_ns()

    async def follow(self) -> None:
        """Take what comes until cancelled, or until the host ends the link."""
        told = [asyncio.create_task(self._exchange_clocks()), asyncio.create_task(self._report_often())]
        try:
            async for message in self._link.messages():
                self._take(message)
            self._ended = self._link.fault or "The host ended the link."
        finally:
            for task in told:
                task.cancel()
            self._link.abandon()

    def begin(self) -> None:
        """Forget what was measured so far; the clock stays known."""
        self._statistics = PoseStatistics()
        self._ages_ms.clear()
        self._began_ns = self._now_ns()

    @property
    def ages_ms(self) -> Sequence[float]:
        """From sending to arrival, of each pose."""
        return self._ages_ms

    def report(self) -> MemberReport:
        """Return what it got so far."""
        statistics, estimate = self._statistics, self._clock.estimate(self._now_ns())
        took_s = max(s_from_ns(self._now_ns() - self._began_ns), 1e-9)
        return MemberReport(
            number=self._number,
            connected_s=self._connected_s,
            poses=statistics.poses,
            live_poses=statistics.live_poses,
            rate_hz=statistics.poses / took_s,
            gaps=statistics.gaps,
            age_ms=percentiles_of(self._ages_ms),
            round_trip_ms=None if estimate is None else ms_from_ns(estimate.round_trip_ns),
            ended=self._ended,
        )

    def _take(self, message: object) -> None:
        now_ns = self._now_ns()
        if isinstance(message, PoseMessage):
            estimate = self._clock.estimate(now_ns)
            host_ns = None if estimate is None else estimate.host_from_client_ns(now_ns)
            self._statistics.take_pose(message, received_ns=now_ns, host_ns=host_ns)
            if host_ns is not None:
                self._ages_ms.append(ms_from_ns(host_ns - message.send_ns))
        elif isinstance(message, Pong) and (sent_ns := self._pings.pop(message.id, None)) is not None:
            self._clock.add(client_sent_ns=sent_ns, host_ns=message.host_ns, client_received_ns=now_ns)

    async def _exchange_clocks(self) -> None:
        number = 0
        while True:
            number += 1
            self._pings[number] = self._now_ns()
            self._pings.pop(number - 100, None)
            await self._link.send(encode(Ping(id=number, client_ns=self._pings[number])))
            await asyncio.sleep(s_from_ns(ping_pause_ns(number)))

    async def _report_often(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY_S)
            await self._link.send(encode(self._message()))

    def _message(self) -> Report:
        return Report(
            fps=0.0,
            shown=False,
            hidden_why=None,
            pose_age_ms=None,
            latency_ms=None,
            model_digest=None,
            poses=self._statistics.poses,
            gaps=self._statistics.gaps,
            clock_uncertainty_ms=None,
            battery=None,
        )


async def follow_as_many(
    config: HeadsetConfig,
    count: int,
    *,
    seconds: float,
    told: Callable[[int], None] = lambda members: None,
    now_ns: Callable[[], int] = time.monotonic_ns,
) -> CrowdReport:
    """Let so many headsets in, one after the other, and then measure all of them together for so long.

    Args:
        config: where the host is, and what lets the first one in.
        count: of headsets.
        seconds: from when the last was let in.
        told: called with how many are in.
        now_ns: the clock of all of them.

    Raises:
        NetworkError: no host is found, or it does not answer.
        RefusedError: the host does not let the first one in.
        ProtocolError: the host speaks another version.
    """
    found = await find_host(config)
    members: list[Member] = []
    refused: list[str] = []
    following: list[asyncio.Task[None]] = []
    try:
        for number in range(1, count + 1):
            started_ns = now_ns()
            try:
                answer = await open_first(config, found)
            except OrviewError as error:
                if not members:
                    raise
                refused.append(str(error))
                continue
            found.place, found.credential = answer.place, {"code": None, "token": answer.welcome.token}
            member = Member(number, answer, connected_s=s_from_ns(now_ns() - started_ns), now_ns=now_ns)
            members.append(member)
            following.append(asyncio.create_task(member.follow()))
            told(len(members))
        return await _measured(members, refused, wanted=count, seconds=seconds, now_ns=now_ns)
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)


async def _measured(
    members: Sequence[Member], refused: Sequence[str], *, wanted: int, seconds: float, now_ns: Callable[[], int]
) -> CrowdReport:
    """Measure all of them together: what came while others were still being let in does not count."""
    for member in members:
        member.begin()
    started_ns = now_ns()
    await asyncio.sleep(seconds)
    took_s = s_from_ns(now_ns() - started_ns)
    reports = tuple(member.report() for member in members)
    return CrowdReport(
        wanted=wanted,
        seconds=took_s,
        members=reports,
        refused=tuple(refused),
        rate_hz=sum(report.poses for report in reports) / took_s,
        age_ms=percentiles_of([age for member in members for age in member.ages_ms]),
    )
