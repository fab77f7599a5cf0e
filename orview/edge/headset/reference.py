"""The reference headset: finds a host, pairs, keeps the clock, fetches the model, applies poses, hides by its own rule.

A client without a display, for tests, demos and for whoever writes a client in another language; docs/protocol.md is
all it is written against.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable

from orview.edge.headset.beat import Beat
from orview.edge.headset.config import AppliedPose, HeadsetConfig, HeadsetStatus
from orview.edge.headset.drawing import Drawing
from orview.edge.headset.link import Answer, HeadsetLink
from orview.edge.headset.looking import Looking
from orview.edge.headset.model_keeper import ModelKeeper
from orview.edge.headset.placement import Placement
from orview.edge.headset.race import Found, Race, announce, find_host, open_first
from orview.edge.headset.report import HeadsetReport, Hidden, PoseStatistics
from orview.protocol.auditing import LogHead
from orview.protocol.binary import PoseMessage
from orview.protocol.clock import ClockEstimator, ping_pause_ns
from orview.protocol.codec import BinaryMessage, encode
from orview.protocol.limits import RACE_AFTER_MS
from orview.protocol.messages import (
    Message,
    Ping,
    Pong,
    Refused,
    Report,
    Room,
    Session,
)
from orview.protocol.overlay import Overlay
from orview.protocol.placing import HeadsetWorld
from orview.protocol.planning import Plan
from orview.protocol.viewing import View
from orview.units import NS_PER_S, ms_from_ns, ns_from_ms, s_from_ns

_REPORT_EVERY_S = 1.0
_WATCH_EVERY_S = 0.02


class ReferenceHeadset:
    """One headset; `run` it once."""

    def __init__(
        self,
        config: HeadsetConfig,
        *,
        on_applied: Callable[[AppliedPose], None] = lambda applied: None,
        on_hidden: Callable[[Hidden], None] = lambda hidden: None,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Make a headset.

        Args:
            config: what it is told.
            on_applied: called for each pose that is drawn, at the frame that draws it first.
            on_hidden: called each time the overlay vanishes.
            clock_ns: its own monotonic clock.
        """
        self._config = config
        self._now_ns = clock_ns
        self._overlay = Overlay()
        self._clock = ClockEstimator()
        self._statistics = PoseStatistics()
        self._link: HeadsetLink | None = None
        self._reading: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._heard_ns = 0
        self._pings: dict[int, int] = {}
        self._log_head = ""
        self._pings_sent = 0
        self._placement = Placement(config.world_from_room)
        self._model = ModelKeeper(config.level, clock_ns, self._overlay.take_model)
        self._looking = Looking(
            config,
            self._placement,
            now_ns=clock_ns,
            link=lambda: self._link,
            estimate=lambda: self._clock.estimate(clock_ns()),
        )
        self._status = HeadsetStatus()
        self._drawing = Drawing(
            self._overlay, self._placement, self._statistics, self._status, on_applied=on_applied, on_hidden=on_hidden
        )
        self._stopping = asyncio.Event()
        self._adopted = asyncio.Event()

    @property
    def status(self) -> HeadsetStatus:
        """How it stands now."""
        return self._status

    @property
    def model(self) -> bytes:
        """The GLB that was fetched and verified, empty before."""
        return self._model.body

    async def run(self, *, seconds: float | None = None) -> HeadsetReport:
        """Find a host, join, and follow it for so long from the welcome, or until `stop`.

        Raises:
            NetworkError: no host is found, or it does not answer.
            RefusedError: the host does not let this headset in.
            ProtocolError: the host speaks another version, or gives another model than it announced.
            InputError: the address is none.
        """
        announcing = asyncio.create_task(announce(self._config))
        try:
            return await self._follow(seconds)
        finally:
            announcing.cancel()
            await asyncio.gather(announcing, return_exceptions=True)

    async def _follow(self, seconds: float | None) -> HeadsetReport:
        found = await find_host(self._config)
        started_ns = self._now_ns()
        self._adopt(await open_first(self._config, found), found)
        found.connected_s = s_from_ns(self._now_ns() - started_ns)
        tasks = [
            asyncio.create_task(work)
            for work in (
                self._stay_connected(found),
                self._draw(),
                self._exchange_clocks(),
                self._looking.tell_places(),
                self._looking.tell_heads(),
                self._looking.feel_head(),
                self._looking.send_pictures(),
                self._report_often(),
                self._wait_for_stop(),
            )
        ]
        try:
            done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._end(tasks)
        return self._report(found)

    def stop(self) -> None:
        """End the run; it returns its report."""
        self._stopping.set()

    async def _wait_for_stop(self) -> None:
        await self._stopping.wait()

    # --- the link ----------------------------------------------------------------------------

    def _adopt(self, answer: Answer, found: Found) -> None:
        """Make a welcomed socket the link: all that the one before it said is void."""
        self._drop_link()
        found.place, found.welcome = answer.place, answer.welcome
        found.credential = {"code": None, "token": answer.welcome.token}
        found.connections += 1
        self._link = answer.link
        self._heard_ns = self._now_ns()
        self._clock = ClockEstimator()
        self._pings.clear()
        self._pings_sent = 0
        self._adopted.set()
        self._placement.begin_connection()
        self._model.want(None, answer.place)
        self._overlay.link_up()
        self._status.connected = True
        self._statistics.begin_connection()
        self._reading = asyncio.create_task(self._read(answer.link, found))

    def _drop_link(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
        if self._link is not None:
            self._link.abandon()
        self._link = self._reading = None
        self._overlay.link_down()
        self._status.connected = False

    async def _stay_connected(self, found: Found) -> None:
        """Race new sockets while no pose is heard."""
        race = Race(self._config, found, self._now_ns)
        try:
            while True:
                await asyncio.sleep(_WATCH_EVERY_S)
                self._raise_failures()
                if self._link is not None and 0 <= self._now_ns() - self._heard_ns <= ns_from_ms(RACE_AFTER_MS):
                    race.call_off()
                elif (answer := race.step()) is not None:
                    self._adopt(answer, found)
        finally:
            race.call_off()

    def _raise_failures(self) -> None:
        """Let what went wrong beside the main road end the run."""
        self._model.raise_failure()
        if self._reading is not None and self._reading.done() and not self._reading.cancelled():
            self._reading.result()

    async def _read(self, link: HeadsetLink, found: Found) -> None:
        async for message in link.messages():
            self._take(message, link, found)
        if self._link is link:
            self._link = None
            self._overlay.link_down()
            self._status.connected = False

    def _take(self, message: Message | BinaryMessage, link: HeadsetLink, found: Found) -> None:
        now_ns = self._now_ns()
        match message:
            case PoseMessage():
                self._heard_ns = now_ns
                self._clock.add_pose(send_ns=message.send_ns, client_received_ns=now_ns)
                if self._overlay.take_pose(message, received_ns=now_ns):
                    estimate = self._clock.estimate(now_ns)
                    host_ns = None if estimate is None else estimate.host_from_client_ns(now_ns)
                    self._statistics.take_pose(message, received_ns=now_ns, host_ns=host_ns)
            case Pong():
                sent_ns = self._pings.pop(message.id, None)
                if sent_ns is not None:
                    self._clock.add(client_sent_ns=sent_ns, host_ns=message.host_ns, client_received_ns=now_ns)
            case Session():
                self._overlay.take_session(message)
                self._status.state, self._status.words = message.state.value, message.why
                self._model.want(message.model, found.place)
            case Plan():
                self._overlay.take_plan(message.digest)
            case View():
                self._overlay.take_view(cleared=message.cleared)
            case Room():
                self._placement.room = message
                if self._config.sees:
                    self._overlay.take_alignment(None)
                else:
                    self._overlay.take_alignment(message.room_frame_id)
                    self._send_soon(link, encode(self._placement.take_proposal(message)))
            case HeadsetWorld() if self._config.sees:
                self._status.world = message.words
                room_frame_id, aligned = self._placement.take_world(message)
                self._overlay.take_alignment(room_frame_id)
                if aligned is not None:
                    self._send_soon(link, encode(aligned))
            case LogHead():
                self._log_head = f"{message.sequence}:{message.link}"
            case Refused():
                self._status.words = f"{message.message} {message.mend}".strip()
            case _:
                pass  # Lists for the nurse's console, and notices.

    # --- what goes on all the time -----------------------------------------------------------

    def draw_frame(self) -> None:
        """Decide and draw one frame."""
        now_ns = self._now_ns()
        self._drawing.draw(now_ns, self._clock.estimate(now_ns))

    async def _draw(self) -> None:
        """Ask the overlay's rule at every frame, as a renderer does."""
        beat = Beat(round(NS_PER_S / self._config.frame_hz), now_ns=self._now_ns())
        while True:
            self.draw_frame()
            await asyncio.sleep(s_from_ns(beat.pause_ns(self._now_ns())))

    async def _exchange_clocks(self) -> None:
        while True:
            if self._link is not None:
                self._pings_sent += 1
                self._pings[self._pings_sent] = self._now_ns()
                self._pings.pop(self._pings_sent - 1000, None)
                await self._link.send(encode(Ping(id=self._pings_sent, client_ns=self._pings[self._pings_sent])))
            # A new socket knows no clock and shows nothing: its first ping does not wait for the slow beat's turn.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._adopted.wait(), s_from_ns(ping_pause_ns(self._pings_sent)))
            self._adopted.clear()

    async def _report_often(self) -> None:
        frames = 0
        while True:
            await asyncio.sleep(_REPORT_EVERY_S)
            fps = (self._statistics.frames - frames) / _REPORT_EVERY_S
            frames = self._statistics.frames
            self._refresh_status()
            if self._link is not None:
                await self._link.send(encode(self._report_message(fps)))

    def _refresh_status(self) -> None:
        statistics, status = self._statistics, self._status
        status.poses = statistics.poses
        status.latency_ms = statistics.last_latency_ms
        newest = statistics.newest_live
        status.expected_error_mm = None if newest is None else max(newest.expected_error_mm, self._placement.error_mm)

    def _report_message(self, fps: float) -> Report:
        now_ns = self._now_ns()
        estimate = self._clock.estimate(now_ns)
        decision = self._overlay.decide(now_ns=now_ns, clock=estimate)
        latency_ms = self._statistics.last_latency_ms
        return Report(
            fps=min(fps, 1000.0),
            shown=decision.pose is not None,
            hidden_why=decision.why,
            pose_age_ms=decision.pose_age_ms,
            latency_ms=None if latency_ms is None else max(0.0, latency_ms),
            model_digest=self._model.digest,
            poses=self._statistics.poses,
            gaps=self._statistics.gaps,
            clock_uncertainty_ms=None if estimate is None else ms_from_ns(estimate.uncertainty_ns),
            battery=None,
        )

    def _send_soon(self, link: HeadsetLink, text: str) -> None:
        task = asyncio.create_task(link.send(text))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        ending = [task for task in (*tasks, self._reading, self._model.task, *self._sending) if task is not None]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        if self._link is not None:
            await self._link.close()

    def _report(self, found: Found) -> HeadsetReport:
        statistics = self._statistics
        estimate = self._clock.estimate(self._now_ns())
        assert found.welcome is not None
        return HeadsetReport(
            host_name=found.welcome.host_name,
            room_name=found.welcome.room_name,
            simulated=found.welcome.simulated,
            role=found.welcome.role.value,
            discovered_s=found.discovered_s,
            pinned=found.pinned,
            connected_s=found.connected_s,
            connections=found.connections,
            model_digest=self._model.digest,
            model_bytes=len(self._model.body),
            model_first_s=self._model.first_s,
            model_s=self._model.took_s,
            model_resumed=self._model.resumed,
            state=self._status.state,
            poses=statistics.poses,
            live_poses=statistics.live_poses,
            pose_rate_hz=statistics.pose_rate_hz,
            gaps=statistics.gaps,
            latency_ms=statistics.latency_ms,
            drawn_latency_ms=statistics.drawn_latency_ms,
            frames=statistics.frames,
            shown_frames=statistics.shown_frames,
            hides=tuple(statistics.hides),
            hidden_after_ms=max((hide.stood_ms for hide in statistics.hides), default=None),
            expected_error_mm=None if statistics.newest_live is None else statistics.newest_live.expected_error_mm,
            clock_uncertainty_ms=None if estimate is None else ms_from_ns(estimate.uncertainty_ns),
            round_trip_ms=None if estimate is None else ms_from_ns(estimate.round_trip_ns),
            log_head=self._log_head,
        )
