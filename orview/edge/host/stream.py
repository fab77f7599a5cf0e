"""The stream process: one asyncio loop with pages, models, sockets, the session and the mDNS announcement.

It holds the poses' road, so it loads nothing heavy and never waits on the disk in it: no cv2, no
open3d, no SimpleITK (a test loads it in a fresh interpreter and looks).
"""

import asyncio
import contextlib
import shutil
import signal
import time
from statistics import median

from orview import __version__
from orview.edge.cameras.listing import listed_cameras
from orview.edge.host.clock import now_ns
from orview.edge.host.furnishing import furnish
from orview.edge.host.instruments import Instruments, Readings, missing
from orview.edge.host.logbook import Logbook, LogLevel
from orview.edge.host.machine_desk import MachineDesk
from orview.edge.host.process_life import allow_many_files, come_first
from orview.edge.host.reach import Reach
from orview.edge.host.server import HostServer, quiet_library_logs
from orview.edge.host.site import Site, built_pages
from orview.edge.host.staying_awake import StayingAwake
from orview.edge.host.stream_start import StreamStart
from orview.edge.host.vitals import HostVitals
from orview.edge.network.certificates import server_context
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.look_records import LookAnswer
from orview.edge.slots.records import PictureRecord
from orview.edge.slots.statuses import (
    CalibrationStatus,
    ProcessStatus,
    StreamStatus,
    TrackStatus,
    parse_status,
    publish_status,
)
from orview.edge.slots.tip_record import TipRecord
from orview.edge.slots.worn_records import WornAnswer, WornRecord
from orview.errors import ContractError
from orview.protocol.codec import decode_from_host
from orview.protocol.drafting import PlanDraft, PlaneTried
from orview.protocol.faults import WireError
from orview.protocol.messages import HostMessage
from orview.session.state import Tick
from orview.units import NS_PER_S, ms_from_ns, ns_from_s

WATCH_EVERY_S = 0.02
BEAT_EVERY_S = 0.1
"""Clients hide after 150 ms without a pose and race a new socket after 250 ms: this keeps an idle link calm."""
HOUSEKEEP_EVERY_S = 1.0
WORK_EVERY_S = 0.25
INBOX_EVERY_S = 1.0
PROCESSES = ("stream", "track", "look", "work", "plan")
_SLEEP_LIMIT_NS = ns_from_s(0.5)


def run_stream(start: StreamStart) -> None:
    """Be the stream process until told to end."""
    come_first()
    allow_many_files()
    quiet_library_logs()
    asyncio.run(_Stream(start).run())


class _Stream:
    """The loops around one room."""

    def __init__(self, start: StreamStart) -> None:
        self._start = start
        self._started_ns = now_ns()
        config, run = start.config, start.run
        self._track_slot = LatestSlot.attach(run.track_slot)
        self._picture_slot = LatestSlot.attach(run.picture_slot)
        self._track_status = LatestSlot.attach(run.track_status)
        self._calibration = LatestSlot.attach(run.calibration)
        self._tip_slot = LatestSlot.attach(run.tip_slot)
        self._answers = LatestSlot.attach(run.answer_slot)
        self._worn = LatestSlot.attach(run.worn_slot)
        self._worn_answers = LatestSlot.attach(run.worn_answer_slot)
        self._drafts = LatestSlot.attach(run.draft_slot)
        self._tried = LatestSlot.attach(run.tried_slot)
        self._status = LatestSlot.attach(run.stream_status)
        self._processes = LatestSlot.attach(run.process_status)
        self._restarts = dict.fromkeys(PROCESSES, 0)
        self._disk_free_bytes: int | None = None
        self._tracker_sign = 0
        # Poses and pictures from before this process are passed over; what stands is not.
        self._read = {
            self._track_slot: self._track_slot.sequence,
            self._picture_slot: self._picture_slot.sequence,
            self._tip_slot: self._tip_slot.sequence,
            self._answers: self._answers.sequence,
            self._worn: self._worn.sequence,
            self._worn_answers: self._worn_answers.sequence,
            self._track_status: 0,
            self._calibration: 0,
            self._tried: self._tried.sequence,
            self._drafts: 0,
        }
        self._log = Logbook(config.log_file, level=config.log_level)
        self._instruments = Instruments(started_ns=self._started_ns)
        furnished = furnish(start, instruments=self._instruments, log=self._log)
        self._store, self._host_id, self._keeper = furnished.store, furnished.host_id, furnished.keeper
        self._prepare, self._room, self._requests = furnished.prepare, furnished.room, furnished.requests
        self._private = furnished.private
        self._reach = Reach(start, host_id=furnished.host_id, room=self._room, log=self._log)
        self._machine = MachineDesk(self._reach.network, StayingAwake())

    async def run(self) -> None:
        """Serve until SIGTERM, or until the listening sockets are gone."""
        stop = asyncio.Event()
        # Windows has no signal handlers in a loop; there terminating ends the process at once.
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        start = self._start
        self._read_processes()
        self._log.note("PROCESS_STARTED", process="stream", version=__version__, port=start.secure.getsockname()[1])
        vitals = HostVitals(self._instruments, self._readings)
        context = server_context(start.certificate)
        site = Site(pages=built_pages(), store=self._store, hosts=start.hosts, vitals=vitals, private=self._private)
        server = HostServer(
            site=site,
            handler=self._requests.handle,
            secure=(start.secure, context),
            plain=start.plain,
            origins=start.origins,
        )
        async with server:
            await self._room.take_up()
            self._room.issue_code()
            self._publish_status()
            async with asyncio.TaskGroup() as loops:
                tasks = [
                    loops.create_task(loop)
                    for loop in (
                        self._wake_loop(),
                        self._watch_loop(),
                        self._beat_loop(),
                        self._housekeep_loop(),
                        self._work_loop(),
                        self._inbox_loop(),
                        self._reach.watch(site=site, server=server, context=context),
                    )
                ]
                if start.config.announce:
                    tasks.append(loops.create_task(self._reach.announce()))
                await stop.wait()
                for task in tasks:
                    task.cancel()
            await self._room.end()
        self._machine.close()
        self._log.note("PROCESS_ENDED", process="stream")
        self._log.close()

    def _readings(self) -> Readings:
        return self._room.readings(
            restarts=self._restarts, disk_free_bytes=self._disk_free_bytes, other_hosts=len(self._reach.others)
        )

    def _read_processes(self) -> None:
        """Take what the supervisor says of the processes."""
        newest = self._processes.latest()
        if newest is None:
            return
        for process, restarts in parse_status(newest[1], ProcessStatus).restarts.items():
            if restarts > self._restarts.get(process, 0):
                self._log.note("PROCESS_RESTARTED", LogLevel.WARNING, process=process, count=restarts)
            self._restarts[process] = restarts

    async def _wake_loop(self) -> None:
        """Carry poses and pictures from the slots to the clients the moment they are there."""
        loop = asyncio.get_running_loop()
        self._start.wakeups.setblocking(False)
        while True:
            self._take_news()
            await loop.sock_recv(self._start.wakeups, 4096)

    def _take_news(self) -> None:
        # What a slot should not hold is as good as nothing: the poses stop, and their age hides the overlay.
        with contextlib.suppress(ContractError, WireError):
            self._read_slots()

    def _read_slots(self) -> None:
        if (payload := self._news(self._track_status)) is not None:
            self._room.take_track_status(parse_status(payload, TrackStatus))
        if (payload := self._news(self._calibration)) is not None:
            self._room.take_calibration(parse_status(payload, CalibrationStatus))
        if (payload := self._news(self._track_slot)) is not None:
            self._room.take_track(payload)
        if (payload := self._news(self._tip_slot)) is not None:
            self._room.take_tip(TipRecord.decode(payload))
        if (payload := self._news(self._answers)) is not None:
            self._room.take_answer(LookAnswer.decode(payload))
        if (payload := self._news(self._worn)) is not None:
            self._room.take_worn(WornRecord.decode(payload))
        if (payload := self._news(self._worn_answers)) is not None:
            self._room.take_worn_answer(WornAnswer.decode(payload))
        if (payload := self._news(self._tried)) is not None and isinstance(tried := _told(payload), PlaneTried):
            self._room.take_tried(tried)
        if (payload := self._news(self._drafts)) is not None and isinstance(draft := _told(payload), PlanDraft):
            self._room.take_draft(draft)
        if self._room.draws:
            self._room.take_drawing()
        if self._room.has_watchers() and (payload := self._news(self._picture_slot)) is not None:
            self._room.take_picture(PictureRecord.decode(payload))

    def _news(self, slot: LatestSlot) -> bytes | None:
        """Return the newest value of a slot if it was not read before."""
        if slot.sequence == self._read[slot]:
            return None
        newest = slot.latest()
        if newest is None:
            return None
        self._read[slot] = newest[0]
        return newest[1]

    async def _watch_loop(self) -> None:
        asleep_ns = _asleep_ns()
        while True:
            due_ns = now_ns() + ns_from_s(WATCH_EVERY_S)
            await asyncio.sleep(WATCH_EVERY_S)
            self._measure(lag_ns=now_ns() - due_ns)
            # A wake-up can be lost with the process that sent it; what it told of is not.
            self._take_news()
            self._room.watch()
            now_asleep_ns = _asleep_ns()
            if now_asleep_ns - asleep_ns > _SLEEP_LIMIT_NS:
                self._room.slept(f"This machine slept for {max(round((now_asleep_ns - asleep_ns) / NS_PER_S), 1)} s.")
            asleep_ns = now_asleep_ns

    def _measure(self, *, lag_ns: int) -> None:
        """Take how late the loop is, and whether the track process has said something since."""
        if self._instruments.take_lag(lag_ns, now_ns=now_ns()):
            self._log.note("LOOP_LATE", LogLevel.WARNING, ms=round(ms_from_ns(lag_ns)))
        said = (self._track_slot, self._picture_slot, self._track_status, self._calibration)
        sign = sum(slot.sequence for slot in said)
        if sign != self._tracker_sign:
            self._tracker_sign = sign
            self._instruments.take_tracker_sign(now_ns=now_ns())

    async def _beat_loop(self) -> None:
        while True:
            self._room.apply(Tick())
            self._room.beat()
            await asyncio.sleep(BEAT_EVERY_S)

    async def _housekeep_loop(self) -> None:
        changed_ns = 0
        while True:
            await self._room.housekeep()
            if (newest_ns := self._store_changed_ns()) != changed_ns:
                changed_ns = newest_ns
                await self._room.store_changed()
            self._read_processes()
            self._disk_free_bytes = await asyncio.to_thread(self._look_at_disk)
            self._machine.watch(state=self._keeper.session.state, disk_free_bytes=self._disk_free_bytes)
            self._room.take_machine(self._machine.message())
            self._publish_status()
            await asyncio.sleep(HOUSEKEEP_EVERY_S)

    async def _work_loop(self) -> None:
        while True:
            await self._room.take_work()
            await asyncio.sleep(WORK_EVERY_S)

    async def _inbox_loop(self) -> None:
        while True:
            await self._prepare.look()
            self._room.take_cameras(await asyncio.to_thread(listed_cameras))
            await asyncio.sleep(INBOX_EVERY_S)

    def _publish_status(self) -> None:
        ages_ns = self._room.sent_ages_ns(since_ns=now_ns() - NS_PER_S)
        code = self._room.standing_code()
        session, recording = self._keeper.session, self._room.recording
        publish_status(
            self._status,
            StreamStatus(
                started_ns=self._started_ns,
                said_ns=now_ns(),
                state=session.state.value,
                why=session.why,
                clients=self._room.client_count,
                poses_hz=float(len(ages_ns)),
                pose_age_ms=ms_from_ns(round(median(ages_ns))) if ages_ns else None,
                code=None if code is None else code.code,
                code_expires_ns=None if code is None else code.expires_ns,
                missing=missing(session),
                recording="off" if recording is None else recording.word,
                recording_bytes=0 if recording is None else recording.bytes,
                troubles=list(self._instruments.troubles(self._readings(), now_ns=now_ns())),
                other_hosts=list(self._reach.others.values()),
            ),
        )

    def _look_at_disk(self) -> int | None:
        try:
            return shutil.disk_usage(self._store.folder).free
        except OSError:
            return None

    def _store_changed_ns(self) -> int:
        """Return when the store's file was last written: another process may have added a case."""
        files = (self._store.folder / "orview.sqlite", self._store.folder / "orview.sqlite-wal")
        return max((file.stat().st_mtime_ns for file in files if file.exists()), default=0)


def _told(payload: bytes) -> HostMessage:
    """Read a message as another process left it for clients."""
    return decode_from_host(payload.decode())


def _asleep_ns() -> int:
    """Return how long this machine has slept since it was switched on, where the system tells."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.clock_gettime_ns(time.CLOCK_MONOTONIC)
