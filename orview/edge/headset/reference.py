"""The reference headset: finds a host, pairs, keeps the clock, fetches the model, applies poses, hides by its own rule.

A client without a display, for tests, demos and for whoever writes a client in another language; docs/protocol.md is
all it is written against.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from orview.edge.headset.config import AppliedPose, HeadsetConfig, HeadsetStatus
from orview.edge.headset.link import FINAL_ERRORS, Answer, HeadsetLink, Place, fetch_model, open_link, parse_place
from orview.edge.headset.report import HeadsetReport, Hidden, PoseStatistics
from orview.edge.network.discovery import browse_hosts
from orview.errors import NetworkError, OrviewError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.protocol.binary import PoseMessage
from orview.protocol.clock import ClockEstimate, ClockEstimator, ping_pause_ns
from orview.protocol.codec import PROTOCOL_VERSION, BinaryMessage, encode
from orview.protocol.limits import RACE_AFTER_MS
from orview.protocol.messages import (
    Aligned,
    Hello,
    Message,
    ModelEntry,
    Ping,
    Pong,
    Refused,
    Report,
    Room,
    Session,
    Welcome,
)
from orview.protocol.overlay import Overlay
from orview.protocol.placing import BoardSeen, HeadsetWorld, WorldState
from orview.protocol.poses import rigid_from_wire, wire_from_rigid
from orview.units import NS_PER_S, ms_from_ns, ns_from_ms, s_from_ns

_RACERS = 4
_REPORT_EVERY_S = 1.0
_WATCH_EVERY_S = 0.02
_LOAD_AGAIN_S = 0.5
_LOOK_EVERY_S = 0.1
_SIGMAS_OF_95 = 2.8
"""Radius of the ball of 95 % in sigmas along one axis, three axes alike."""


@dataclass
class _Found:
    """What is known of the host: where it is, and what it answered."""

    place: Place
    discovered_s: float | None
    pinned: str
    connected_s: float = 0.0
    connections: int = 0
    welcome: Welcome | None = None
    credential: dict[str, str | None] = field(default_factory=dict)


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
        self._on_applied = on_applied
        self._on_hidden = on_hidden
        self._now_ns = clock_ns
        self._overlay = Overlay()
        self._clock = ClockEstimator()
        self._statistics = PoseStatistics()
        self._link: HeadsetLink | None = None
        self._reading: asyncio.Task[None] | None = None
        self._loading: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._heard_ns = 0
        self._pings: dict[int, int] = {}
        self._pings_sent = 0
        self._alignments = 0
        self._room: Room | None = None
        self._world_version: int | None = None
        self._world_error_mm = 0.0
        self._world_from_room = config.world_from_room or RigidTransform.identity(Frame.WORLD, Frame.ROOM)
        self._session: Session | None = None
        self._model_digest: str | None = None
        self._model: bytes = b""
        self._model_s: float | None = None
        self._shown: PoseMessage | None = None
        self._shown_since_ns = 0
        self._status = HeadsetStatus()
        self._stopping = asyncio.Event()

    @property
    def status(self) -> HeadsetStatus:
        """How it stands now."""
        return self._status

    @property
    def model(self) -> bytes:
        """The GLB that was fetched and verified, empty before."""
        return self._model

    async def run(self, *, seconds: float | None = None) -> HeadsetReport:
        """Find a host, join, and follow it for so long from the welcome, or until `stop`.

        Raises:
            NetworkError: no host is found, or it does not answer.
            RefusedError: the host does not let this headset in.
            ProtocolError: the host speaks another version, or gives another model than it announced.
            InputError: the address is none.
        """
        found = await self._find()
        started_ns = self._now_ns()
        self._adopt(await open_link(found.place, self._hello(found)), found)
        found.connected_s = s_from_ns(self._now_ns() - started_ns)
        tasks = [
            asyncio.create_task(work)
            for work in (
                self._stay_connected(found),
                self._draw(),
                self._exchange_clocks(),
                self._look_often(),
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

    async def _find(self) -> _Found:
        config = self._config
        if config.host is not None:
            place, code = parse_place(config.host)
            given = Place(address=place.address, port=place.port, fingerprint=config.fingerprint)
            pinned = "given" if config.fingerprint else "first seen"
            return _Found(given, None, pinned, credential={"code": config.code or code, "token": config.token})
        hosts = await browse_hosts(
            seconds=config.search_s,
            interfaces=config.interfaces,
            first_only=True,
            fingerprint=config.fingerprint,
        )
        if not hosts:
            raise NetworkError(
                "No host found on this network.",
                mend="Start one with `orview serve`, or give its address with --host.",
            )
        said = hosts[0].announcement
        place = Place(address=said.addresses[0], port=said.port, path=said.path, fingerprint=said.fingerprint)
        credential = {"code": config.code, "token": config.token}
        pinned = "given" if config.fingerprint else "announced"
        return _Found(place, hosts[0].found_after_s, pinned, credential=credential)

    def _hello(self, found: _Found) -> Hello:
        return Hello(
            protocol=PROTOCOL_VERSION,
            role_wanted=self._config.role,
            device_name=self._config.device_name,
            token=found.credential["token"],
            code=found.credential["code"],
        )

    # --- the link ----------------------------------------------------------------------------

    def _adopt(self, answer: Answer, found: _Found) -> None:
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
        self._session = None
        self._world_version = None
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

    async def _stay_connected(self, found: _Found) -> None:
        """Race new sockets while no pose is heard: a cut TCP connection may take seconds to come back by itself."""
        racers: set[asyncio.Task[Answer]] = set()
        raced_ns = 0
        try:
            while True:
                await asyncio.sleep(_WATCH_EVERY_S)
                self._raise_failures()
                now_ns = self._now_ns()
                if self._link is not None and now_ns - self._heard_ns <= ns_from_ms(RACE_AFTER_MS):
                    _abandon(racers)
                    continue
                for racer in [racer for racer in racers if racer.done()]:
                    racers.discard(racer)
                    answer = _answer_of(racer)
                    if answer is not None:
                        self._adopt(answer, found)
                        _abandon(racers)
                        break
                else:
                    if now_ns - raced_ns >= ns_from_ms(RACE_AFTER_MS) and len(racers) < _RACERS:
                        raced_ns = now_ns
                        racers.add(asyncio.create_task(open_link(found.place, self._hello(found))))
        finally:
            _abandon(racers)

    def _raise_failures(self) -> None:
        """Let what went wrong beside the main road end the run."""
        for task in (self._reading, self._loading):
            if task is not None and task.done() and not task.cancelled():
                task.result()

    async def _read(self, link: HeadsetLink, found: _Found) -> None:
        async for message in link.messages():
            self._take(message, link, found)
        if self._link is link:
            self._link = None
            self._overlay.link_down()
            self._status.connected = False

    def _take(self, message: Message | BinaryMessage, link: HeadsetLink, found: _Found) -> None:
        now_ns = self._now_ns()
        match message:
            case PoseMessage():
                self._heard_ns = now_ns
                if self._overlay.take_pose(message, received_ns=now_ns):
                    estimate = self._clock.estimate(now_ns)
                    host_ns = None if estimate is None else estimate.host_from_client_ns(now_ns)
                    self._statistics.take_pose(message, received_ns=now_ns, host_ns=host_ns)
            case Pong():
                sent_ns = self._pings.pop(message.id, None)
                if sent_ns is not None:
                    self._clock.add(client_sent_ns=sent_ns, host_ns=message.host_ns, client_received_ns=now_ns)
            case Session():
                self._session = message
                self._overlay.take_session(message)
                self._status.state, self._status.words = message.state.value, message.why
                if self._loading is None and self._model_to_load() is not None:
                    self._loading = asyncio.create_task(self._load(found))
            case Room():
                self._room = message
                if self._config.eyes is None:
                    self._align(message, link)
                else:
                    self._overlay.take_alignment(None)
            case HeadsetWorld() if self._config.eyes is not None:
                self._take_world(message, link)
            case Refused():
                self._status.words = f"{message.message} {message.mend}".strip()
            case _:
                pass  # Lists for the nurse's console, and notices.

    def _align(self, room: Room, link: HeadsetLink) -> None:
        """Take the room as proposed: this headset has no eyes to find it itself."""
        if self._config.world_from_room is None and room.world_from_room is not None:
            numbers = room.world_from_room
            self._world_from_room = rigid_from_wire(
                to_frame=Frame.WORLD, from_frame=Frame.ROOM, position_m=numbers[:3], quat_xyzw=numbers[3:]
            )
        self._tell_alignment(room.room_frame_id, link, sigma_mm=0.0)

    def _take_world(self, world: HeadsetWorld, link: HeadsetLink) -> None:
        """Take where the host finds the room from what these eyes saw; what is no longer aligned is not drawn."""
        self._status.world = world.words
        if world.world_from_room is None or world.state is not WorldState.ALIGNED:
            self._overlay.take_alignment(None)
            self._world_version = None
            return
        self._world_error_mm = world.expected_error_mm or 0.0
        if world.version == self._world_version:
            return
        self._world_version = world.version
        numbers = world.world_from_room
        self._world_from_room = rigid_from_wire(
            to_frame=Frame.WORLD, from_frame=Frame.ROOM, position_m=numbers[:3], quat_xyzw=numbers[3:]
        )
        self._tell_alignment(world.room_frame_id, link, sigma_mm=(world.expected_error_mm or 0.0) / _SIGMAS_OF_95)

    def _tell_alignment(self, room_frame_id: int, link: HeadsetLink, *, sigma_mm: float) -> None:
        position_m, quat_xyzw = wire_from_rigid(self._world_from_room)
        self._alignments += 1
        aligned = Aligned(
            version=self._alignments,
            room_frame_id=room_frame_id,
            world_from_room=(*position_m, *quat_xyzw),
            sigma_mm=sigma_mm,
        )
        self._overlay.take_alignment(room_frame_id)
        self._send_soon(link, encode(aligned))

    async def _load(self, found: _Found) -> None:
        """Fetch and verify the session's model until it is here; poses go on meanwhile."""
        try:
            while (model := self._model_to_load()) is not None:
                levels = {level.level: level for level in model.levels}
                level = levels.get(self._config.level, model.levels[0])
                started_ns = self._now_ns()
                try:
                    body = await asyncio.to_thread(fetch_model, found.place, level)
                except NetworkError:
                    await asyncio.sleep(_LOAD_AGAIN_S)
                    continue
                self._model, self._model_digest = body, model.digest
                self._model_s = s_from_ns(self._now_ns() - started_ns)
                self._overlay.take_model(model.digest)
        finally:
            if self._model_to_load() is None:
                self._loading = None

    def _model_to_load(self) -> ModelEntry | None:
        """Return the session's model where it is not the one that is here."""
        model = None if self._session is None else self._session.model
        return None if model is None or model.digest == self._model_digest else model

    # --- what goes on all the time -----------------------------------------------------------

    async def _draw(self) -> None:
        """Ask the overlay's rule at every frame, as a renderer does."""
        next_ns = self._now_ns()
        while True:
            self.draw_frame()
            next_ns += round(NS_PER_S / self._config.frame_hz)
            late_ns = self._now_ns() - next_ns
            if late_ns > 0:
                next_ns += late_ns
            await asyncio.sleep(s_from_ns(max(0, -late_ns)))

    def draw_frame(self) -> None:
        """Decide and draw one frame."""
        now_ns = self._now_ns()
        estimate = self._clock.estimate(now_ns)
        decision = self._overlay.decide(now_ns=now_ns, clock=estimate)
        self._statistics.frames += 1
        if decision.pose is not None and estimate is not None:
            self._statistics.shown_frames += 1
            if decision.pose is not self._shown:
                self._apply(decision.pose, estimate, now_ns)
            self._shown = decision.pose
            self._shown_since_ns = now_ns - ns_from_ms(decision.pose_age_ms or 0.0)
        elif self._shown is not None:
            assert decision.why is not None
            hidden = Hidden(why=decision.why, at_ns=now_ns, stood_ms=ms_from_ns(now_ns - self._shown_since_ns))
            self._statistics.hides.append(hidden)
            self._shown = None
            self._on_hidden(hidden)
        self._status.shown, self._status.why = decision.pose is not None, decision.why

    def _apply(self, pose: PoseMessage, estimate: ClockEstimate, now_ns: int) -> None:
        room_from_patient = rigid_from_wire(
            to_frame=Frame.ROOM, from_frame=Frame.PATIENT, position_m=pose.position_m, quat_xyzw=pose.quat_xyzw
        )
        host_ns = estimate.host_from_client_ns(now_ns)
        self._statistics.take_drawn(pose, host_ns=host_ns)
        self._on_applied(
            AppliedPose(
                pose=pose,
                world_from_patient=self._world_from_room @ room_from_patient,
                expected_error_mm=max(pose.expected_error_mm, self._world_error_mm),
                host_ns=host_ns,
                drawn_ns=now_ns,
            )
        )

    async def _exchange_clocks(self) -> None:
        while True:
            if self._link is not None:
                self._pings_sent += 1
                self._pings[self._pings_sent] = self._now_ns()
                self._pings.pop(self._pings_sent - 1000, None)
                await self._link.send(encode(Ping(id=self._pings_sent, client_ns=self._pings[self._pings_sent])))
            await asyncio.sleep(s_from_ns(ping_pause_ns(self._pings_sent)))

    async def _look_often(self) -> None:
        """Tell the host where these eyes see the board."""
        eyes = self._config.eyes
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            now_ns = self._now_ns()
            estimate = self._clock.estimate(now_ns)
            if eyes is None or self._link is None or self._room is None or estimate is None:
                continue
            look = eyes(now_ns)
            if look is not None:
                seen = BoardSeen(
                    room_frame_id=self._room.room_frame_id,
                    seen_ns=estimate.host_from_client_ns(now_ns),
                    world_from_board=_numbers_of(look.world_from_board),
                    world_from_headset=_numbers_of(look.world_from_headset),
                    sigma_mm=look.sigma_mm,
                    sigma_rad=look.sigma_rad,
                )
                await self._link.send(encode(seen))

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
        status.expected_error_mm = None if newest is None else max(newest.expected_error_mm, self._world_error_mm)

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
            model_digest=self._model_digest,
            poses=self._statistics.poses,
            gaps=self._statistics.gaps,
            clock_uncertainty_ms=None if estimate is None else ms_from_ns(estimate.uncertainty_ns),
        )

    def _send_soon(self, link: HeadsetLink, text: str) -> None:
        task = asyncio.create_task(link.send(text))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        ending = [task for task in (*tasks, self._reading, self._loading, *self._sending) if task is not None]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        if self._link is not None:
            await self._link.close()

    def _report(self, found: _Found) -> HeadsetReport:
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
            model_digest=self._model_digest,
            model_bytes=len(self._model),
            model_s=self._model_s,
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
        )


def _numbers_of(transform: RigidTransform) -> tuple[float, ...]:
    position_m, quat_xyzw = wire_from_rigid(transform)
    return (*position_m, *quat_xyzw)


def _answer_of(racer: "asyncio.Task[Answer]") -> Answer | None:
    """Return what a finished racer brought home, None when it failed in a way another try may not.

    Raises:
        OrviewError: no other try will do better.
    """
    if racer.cancelled():
        return None
    error = racer.exception()
    if error is None:
        return racer.result()
    if isinstance(error, FINAL_ERRORS) or not isinstance(error, OrviewError):
        raise error
    return None


def _abandon(racers: "set[asyncio.Task[Answer]]") -> None:
    """Give up racers: those still running are cancelled, and a socket that was won is closed."""
    for racer in racers:
        if not racer.cancel() and not racer.cancelled() and racer.exception() is None:
            racer.result().link.abandon()
    racers.clear()
