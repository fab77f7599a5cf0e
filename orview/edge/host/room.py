"""The room: takes what clients say and what processes report to the desks, and tells what came of it.

Runs inside the stream process's loop. Reads and writes of the store happen in threads; poses and
pictures go from the slots to the clients without waiting for anything.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from orview.edge.audit_log import AuditLog
from orview.edge.host.camera_desk import CALIBRATING, CameraDesk
from orview.edge.host.case_desk import CaseDesk
from orview.edge.host.check_desk import CheckDesk
from orview.edge.host.client_link import ClientLink
from orview.edge.host.clock import now_ns
from orview.edge.host.crowd import Crowd
from orview.edge.host.instruments import Instruments, Readings
from orview.edge.host.jobs import JobSpool, Outcome
from orview.edge.host.keeper import Keeper
from orview.edge.host.logbook import Logbook, LogLevel
from orview.edge.host.minutes import HOST, Minutes
from orview.edge.host.picture_feed import PictureFeed
from orview.edge.host.places import Places
from orview.edge.host.pointer_desk import PointerDesk
from orview.edge.host.prepare_desk import PrepareDesk
from orview.edge.host.reception import Reception
from orview.edge.host.recorder import Recorder
from orview.edge.host.register_desk import RegisterDesk
from orview.edge.host.session_recording import RecordingState, SessionRecording
from orview.edge.host.store import HostStore
from orview.edge.host.touch_keeper import TouchKeeper
from orview.edge.slots.look_records import LookAnswer
from orview.edge.slots.records import PictureRecord, TrackRecord
from orview.edge.slots.statuses import CalibrationStatus, TrackStatus
from orview.edge.slots.tip_record import TipRecord
from orview.edge.slots.worn_records import WornAnswer, WornRecord
from orview.errors import OrviewError
from orview.protocol import messages
from orview.protocol.auditing import LogHead
from orview.protocol.camera import Calibrate, Camera, CheckCamera, StopCalibrating
from orview.protocol.checking import CheckPoint, PatientMoved
from orview.protocol.inbox import Inbox, Prepare, Preparing, StopPreparing
from orview.protocol.looking import LookMessage
from orview.protocol.nearby import Nearby, PutOut
from orview.protocol.pairing import IssuedCode
from orview.protocol.placing import BoardSeen, CornersTouched, Heads, HeadsetBoard, HeadsetCamera
from orview.protocol.touching import (
    Landmarks,
    Pointer,
    RegisterTouched,
    StopTouching,
    TouchAgain,
    TouchCheckPoint,
    TouchLandmarks,
)
from orview.session.audit import AuditFact
from orview.session.state import (
    BoardsMoved,
    CalibrationChecked,
    Confirmed,
    Event,
    Fact,
    Restarted,
    Role,
    Started,
    State,
    Stopped,
)
from orview.session.state import PatientMoved as PatientWasMoved
from orview.units import mm_from_m

_TOLD_NEWCOMERS = (
    *(messages.Cases, messages.Clients, messages.Joining),
    *(Inbox, Preparing, Camera, Pointer, Landmarks, LogHead, Nearby),
)


class Room:
    """Everything between the sockets and the session.

    Args:
        keeper: the session.
        reception: lets clients in.
        cases: knows the store's cases.
        host_store: where the session's record lies.
        spool: where work is asked for.
        desk: asks for cases to be made.
        checks: judges touched check points.
        registering: takes the landmarks that register a case by touch.
        pointer: waits for touches of the tracked pointer.
        camera_desk: asks the track process for what concerns its camera.
        places: places headsets in the room.
        audit: the log of what is done.
        recording: of each session.
        room_message: the frame poses are told in.
        instruments: count what is seen and sent.
        log: told who comes and goes, and what happens to the session.
    """

    def __init__(
        self,
        *,
        keeper: Keeper,
        reception: Reception,
        cases: CaseDesk,
        host_store: HostStore,
        spool: JobSpool,
        desk: PrepareDesk,
        checks: CheckDesk,
        registering: RegisterDesk,
        pointer: PointerDesk,
        camera_desk: CameraDesk,
        places: Places,
        audit: AuditLog,
        recording: SessionRecording,
        room_message: messages.Room,
        instruments: Instruments,
        log: Logbook,
    ) -> None:
        self._keeper = keeper
        self._reception = reception
        self._cases = cases
        self._spool = spool
        self._desk = desk
        self._checks = checks
        self._registering = registering
        self._pointer = pointer
        self._camera_desk = camera_desk
        self._places = places
        self._first_room = room_message
        self._room_message = room_message
        self._crowd = Crowd()
        self._recorder = Recorder(host_store, keeper.session, trouble=self._tell_trouble)
        self._touch_keeper = TouchKeeper(host_store, self._recorder.write)
        self._recording = recording
        self._instruments = instruments
        self._log = log
        self._minutes = Minutes(
            audit,
            tell=self._crowd.tell_news,
            trouble=self._tell_trouble,
            heard=lambda note: log.note(note.kind, by=note.by, **note.facts),
        )
        keeper.witness = self._minutes.take
        self._track_status: TrackStatus | None = None
        self._pictures = PictureFeed()
        self._sent_ages_ns: deque[tuple[int, int]] = deque(maxlen=1000)
        self._moved = ""
        self._telling: asyncio.Task[None] | None = None
        self._place_room()

    # --- who is in ---------------------------------------------------------------------------

    @property
    def client_count(self) -> int:
        """Devices that are in."""
        return self._crowd.device_count

    @property
    def recording(self) -> RecordingState | None:
        """How recording stands, None before the first."""
        return self._recording.state

    def readings(self, *, restarts: Mapping[str, int], disk_free_bytes: int | None, other_hosts: int) -> Readings:
        """Return what health and metrics are told from."""
        head = self._minutes.head
        return Readings(
            session=self._keeper.session,
            crowd=self._crowd.counts(),
            recording=self._recording.state,
            restarts=restarts,
            audit_sequence=None if head is None else head.sequence,
            audit_waiting=self._minutes.waiting,
            audit_overdue=self._minutes.overdue,
            disk_free_bytes=disk_free_bytes,
            other_hosts=other_hosts,
        )

    def standing_code(self) -> IssuedCode | None:
        """Return the joining code that stands, None when there is none."""
        return self._reception.standing_code(now_ns=now_ns())

    def issue_code(self) -> None:
        """Make a new joining code and tell the nurse."""
        self._reception.issue_code(now_ns=now_ns())
        self._tell_joining()

    def sent_ages_ns(self, *, since_ns: int) -> list[int]:
        """Return the age, from exposure to sending, of each live pose sent since a time."""
        return [age_ns for sent_ns, age_ns in self._sent_ages_ns if sent_ns >= since_ns]

    async def handle(self, connection: ServerConnection) -> None:
        """Serve one client until its connection ends."""
        local = connection.transport.get_extra_info("sslcontext") is None
        link = ClientLink(connection, local=local, now_ns=now_ns())
        self._crowd.add(link)
        try:
            with contextlib.suppress(ConnectionClosed):
                async for data in connection:
                    for message in link.receive(data, now_ns=now_ns()):
                        try:
                            await self._act(link, message)
                        except OrviewError as error:
                            link.refuse(_trouble(error, message))
        finally:
            self._crowd.remove(link)
            self._places.forget(link)
            if link.device is not None:
                self._log.note("CLIENT_LEFT", client=link.number, role=link.device.role.value)

    async def _act(self, link: ClientLink, message: messages.ClientMessage | LookMessage) -> None:
        """Do what a client's message asks; its role was checked by its peer."""
        if link.device is not None and not isinstance(message, LookMessage):
            self._recording.take_request(message, role=link.device.role, now_ns=now_ns())
        match message:
            case messages.Hello():
                await self._admit(link, message)
            case messages.Watch(pictures=pictures):
                link.watching = pictures
            case messages.Report():
                link.take_report(message)
            case messages.SelectCase():
                await self._select(link, message)
            case messages.Start():
                self._do(link, message, Started(by=_role(link)))
            case messages.Confirm():
                # A crash while LIVE must find the session on record, to come back as HOLD and not as OFF.
                await self.recorded()
                self._do(link, message, Confirmed(by=_role(link)))
            case messages.Stop():
                self._do(link, message, Stopped(by=_role(link)))
            case messages.NewCode():
                self.issue_code()
            case PutOut():
                await self._put_out(link, message)
            case Prepare():
                refusal = self._desk.prepare(message)
                if refusal is not None:
                    link.tell(refusal)
                self._tell_desk()
            case StopPreparing():
                self._desk.stop()
            case Calibrate() | CheckCamera():
                self._ask_camera(link, message)
            case StopCalibrating():
                self._camera_desk.stop_calibrating()
                self._tell_camera()
            case BoardSeen() | CornersTouched() | HeadsetCamera() | HeadsetBoard() | Heads() | LookMessage():
                self._places.hear(link, message, now_ns=now_ns())
            case CheckPoint():
                await self._touch(link, message)
            case TouchCheckPoint() | TouchLandmarks() | TouchAgain():
                refused = self._pointer.ask(message, by=_role(link), now_ns=now_ns())
                if refused is not None:
                    link.tell(refused)
                self._tell_pointer()
            case RegisterTouched():
                words = self._registering.register()
                if words:
                    link.tell(_not_now(words, message))
                self._tell_pointer()
            case StopTouching():
                self._pointer.stop()
                self._tell_pointer()
            case PatientMoved():
                self._do(link, message, PatientWasMoved(by=_role(link)))
            case messages.Aligned() | messages.Ping():
                # Each headset composes with its own alignment, and pings are answered by the peer.
                pass

    async def _admit(self, link: ClientLink, hello: messages.Hello) -> None:
        admitted = await self._reception.admit(link, hello, now_ns=now_ns())
        if admitted:
            self._crowd.admitted(link)
            self._log.note("CLIENT_JOINED", client=link.number, role=_role(link).value)
            link.tell(self._room_message)
            link.tell(self._keeper.session_message())
            link.tell(self._checks.message())
            self._minutes.note("DEVICE_JOINED", by=_role(link).value, facts=_device_facts(link))
            self._crowd.tell_newcomer(link, _TOLD_NEWCOMERS)
        self._tell_joining()
        if admitted:
            self._crowd.tell_clients(now_ns=now_ns())
            await self.tell_cases()

    async def _put_out(self, link: ClientLink, message: PutOut) -> None:
        refusal = await self._reception.put_out(message.device_id)
        if refusal:
            link.tell(_not_now(refusal, message))
            return
        self._crowd.put_out(message.device_id)
        self._minutes.note("DEVICE_PUT_OUT", by=_role(link).value, facts={"device": message.device_id})
        self._crowd.tell_clients(now_ns=now_ns())

    def take_neighbours(self, neighbours: Nearby) -> None:
        """Take who else is on the network, for the nurse's screen."""
        self._crowd.tell_news(neighbours)

    # --- the session -------------------------------------------------------------------------

    def apply(self, event: Event) -> str:
        """Let something happen to the session, tell everybody; returns why not, or nothing."""
        decision = self._keeper.apply(event, now_ns=now_ns())
        self._tell_session()
        return decision.refusal

    def _do(self, link: ClientLink, message: messages.ClientMessage, event: Event) -> None:
        refusal = self.apply(event)
        if refusal:
            link.tell(_not_now(refusal, message))

    async def _select(self, link: ClientLink, message: messages.SelectCase) -> None:
        try:
            refusal = await self._cases.select(message.case_id, by=_role(link))
        except OrviewError as error:
            link.tell(_not_now(error.message, message, mend=error.mend))
            return
        if refusal:
            link.tell(_not_now(refusal, message))
        self._tell_session()

    async def take_up(self) -> None:
        """Take up the case of the session that was restored."""
        self._minutes.note("HOST_STARTED", by=HOST, facts={"state": self._keeper.session.state.value})
        await self._cases.look_up_points()
        await self._cases.look_up_registration()
        self._tell_session()

    async def store_changed(self) -> None:
        """Another process may have added a case, or registered the selected one anew."""
        await self._cases.look_up_points()
        await self._cases.take_stored_verdict()
        self._tell_session()
        await self.tell_cases()

    async def take_work(self) -> None:
        """Read what the work process finished and how far it is; done four times a second."""
        outcomes: list[Outcome] = list(self._spool.outcomes())
        for outcome in outcomes:
            self._desk.take(outcome)
            await self._cases.take(outcome)
            self._tell_session()
        if outcomes:
            await self.tell_cases()
        self._tell_desk()

    async def _touch(self, link: ClientLink, message: CheckPoint) -> None:
        touched_mm = np.array([mm_from_m(value) for value in message.touched_room_m])
        refusal = await self._checks.touch(
            message,
            by=_role(link),
            world_mm2=self._places.covariance_room_mm2(link, touched_mm, now_ns=now_ns()),
            room_shared=self._places.room_shared(link),
            now_ns=now_ns(),
        )
        if refusal:
            link.tell(_not_now(refusal, message))
        self._after_touch()

    def take_tip(self, record: TipRecord) -> None:
        """Take what the tracker says of the pointer's tip: a rest may be the touch that is waited for."""
        touched = self._pointer.take(record, now_ns=now_ns())
        if touched is not None:
            self._recorder.write(self._checks.log(touched.case_id, touched.check, by=touched.by))
            self._after_touch()
        self._tell_pointer()

    def take_track(self, payload: bytes) -> None:
        """Take a track record as it came from the tracker: send its pose, then record it."""
        self.take_record(TrackRecord.decode(payload))
        self._recording.take_track(payload, now_ns=now_ns())

    def _after_touch(self) -> None:
        if self._moved and self._keeper.session.checks.fault(now_ns()) is None:
            # A touch since the bump agrees: from here on the boards are watched as they stand now.
            self._moved = ""
            self._camera_desk.trust_boards()
        self._tell_session()

    def take_answer(self, answer: LookAnswer) -> None:
        """Take what came of a headset's picture, and let the next one be looked through."""
        self._places.take_answer(answer, now_ns=now_ns())

    def take_worn(self, record: WornRecord) -> None:
        """The room's camera saw boards that headsets wear."""
        self._places.take_worn(record, now_ns=now_ns())

    def take_worn_answer(self, answer: WornAnswer) -> None:
        """Take which sights of worn boards belong to which heads."""
        self._places.take_worn_answer(answer, now_ns=now_ns())

    # --- the camera --------------------------------------------------------------------------

    def take_track_status(self, status: TrackStatus) -> None:
        """Take what the track process says of itself: a new process is a restart (hazard H22)."""
        before, self._track_status = self._track_status, status
        self._camera_desk.take_status(status)
        if before is not None and before.started_ns != status.started_ns:
            self.apply(Restarted(part="camera tracking"))
        if status.fits is None:
            self._keeper.camera_words = status.words
        elif (fact := Fact(holds=status.fits, words=status.words)) != self._keeper.session.calibration:
            self.apply(CalibrationChecked(fact=fact))
        if (moved := self._camera_desk.moved()) != self._moved:
            self._moved = moved
            if moved:
                self._registering.forget("A board was bumped: touch the landmarks anew.")
                self.apply(BoardsMoved(words=moved))
                self.send_pose()
        self._tell_camera()

    def take_calibration(self, status: CalibrationStatus) -> None:
        """Take how far a calibration is."""
        self._camera_desk.take_calibration(status)
        self._tell_camera()

    def _ask_camera(self, link: ClientLink, message: Calibrate | CheckCamera) -> None:
        """Begin to calibrate or to check the camera: it may stand elsewhere afterwards."""
        if isinstance(message, Calibrate):
            refusal = self._camera_desk.calibrate(message)
        else:
            refusal = self._camera_desk.check(message)
        if refusal is not None:
            link.tell(refusal)
            return
        if self._camera_desk.calibrating:
            self.apply(CalibrationChecked(fact=Fact(holds=False, words=CALIBRATING)))
            self.send_pose()
        self._place_room()
        self._crowd.tell(self._room_message)
        self._tell_camera()

    def _place_room(self) -> None:
        """Name the room frame anew for each place the camera may have stood in: older alignments are void."""
        frame_id = (self._first_room.room_frame_id + self._camera_desk.places) % 2**31
        self._room_message = replace(self._first_room, room_frame_id=frame_id)
        self._keeper.room_moved(frame_id)
        self._checks.room_moved(frame_id)
        self._places.room_moved(frame_id)

    def take_record(self, track: TrackRecord) -> None:
        """Send the pose of a picture to everybody, at once."""
        before = self._keeper.session
        self._instruments.take_sight(track.state)
        self._places.take_record(track)
        shows_board = self._keeper.take_record(track, now_ns=now_ns())
        if self._keeper.session.state is not State.LIVE:
            if before.state is State.LIVE:
                self.send_pose()
        elif shows_board:
            self.send_pose()
        if (before.state, before.track) != (self._keeper.session.state, self._keeper.session.track):
            self._tell_session()

    def send_pose(self) -> None:
        """Send where the patient is now, or that it is not to be shown, to every client."""
        pose = self._keeper.pose(now_ns=now_ns())
        self._recording.take_pose(self._crowd.send_pose(pose), now_ns=now_ns())
        if pose.state is messages.OverlayState.LIVE:
            self._sent_ages_ns.append((pose.send_ns, pose.send_ns - pose.capture_ns))
            self._instruments.take_pose(pose.send_ns - pose.capture_ns)

    def has_watchers(self) -> bool:
        """Return whether anybody asked for pictures."""
        return self._crowd.watched

    def take_picture(self, picture: PictureRecord) -> None:
        """Send a picture to everybody who watches."""
        self._crowd.send_picture(self._pictures.payload(picture, room_frame_id=self._room_message.room_frame_id))

    # --- time --------------------------------------------------------------------------------

    def watch(self) -> None:
        """Hide what has become too old, and write what waited for free transports."""
        before = self._keeper.session.state
        self._keeper.watch(now_ns=now_ns())
        self._places.watch(now_ns=now_ns())
        if self._keeper.session.state is not before:
            self.send_pose()
            self._tell_session()
        self._crowd.flush(now_ns=now_ns())

    def beat(self) -> None:
        """Say that the host lives, where no pose says it: poses are the heartbeat."""
        self._pointer.keep_up(now_ns=now_ns())
        self._tell_pointer()
        if self._keeper.session.state is not State.LIVE:
            self.send_pose()
        if why := self._recording.news():
            self._log.note("RECORDING_STOPPED", LogLevel.WARNING)
            self._crowd.tell(messages.Notice(weight=messages.NoticeWeight.WARNING, text=why))
            self._minutes.note("RECORDING_ENDED", by=HOST, facts={"why": why})

    async def housekeep(self) -> None:
        """What is done once a second."""
        self._crowd.expire(now_ns=now_ns())
        self._places.tell(now_ns=now_ns())
        self._keeper.refresh_errors(now_ns=now_ns())
        self._tell_session()
        self._crowd.tell_clients(now_ns=now_ns())
        self._tell_joining()
        self._recorder.keep_up()
        self._minutes.keep_up()

    async def recorded(self) -> None:
        """Wait until the session's record and the log are safely on disk, or were said not to be."""
        await self._recorder.recorded()
        await self._minutes.written()

    async def end(self) -> None:
        """Leave everything on disk as it is to be found."""
        await self.recorded()
        await asyncio.to_thread(self._recording.close)

    # --- telling -----------------------------------------------------------------------------

    async def tell_cases(self) -> None:
        """Tell the nurse which cases there are, where that changed."""
        try:
            self._crowd.tell_news(await self._cases.message())
        except OrviewError as error:
            self._tell_trouble(error)

    def _tell_session(self) -> None:
        self._recorder.take(self._keeper.session)
        if self._recorder.behind:
            # What people were told of case and session must be what a crash leaves: first the disk, then they. Poses
            # do not wait: they say at once whether anything may be shown.
            if self._telling is None:
                if self._keeper.session.state is not State.LIVE:
                    self.send_pose()
                self._telling = asyncio.get_running_loop().create_task(self._tell_recorded())
            return
        session = self._keeper.session_message()
        if self._crowd.tell_news(session):
            self._recording.take_session(session, now_ns=now_ns())
        self._crowd.tell_news(self._checks.message())

    async def _tell_recorded(self) -> None:
        await self._recorder.caught_up()
        self._telling = None
        self._tell_session()

    def _tell_desk(self) -> None:
        for message in self._desk.messages():
            self._crowd.tell_news(message)

    def _tell_camera(self) -> None:
        self._crowd.tell_news(self._camera_desk.message())

    def _tell_pointer(self) -> None:
        self._crowd.tell_news(self._pointer.message())
        self._crowd.tell_news(self._registering.message())
        self._touch_keeper.take(self._registering.kept)

    def _tell_joining(self) -> None:
        self._crowd.tell_news(self._reception.message(now_ns=now_ns()))

    def _tell_trouble(self, error: OrviewError) -> None:
        self._log.note("TROUBLE", LogLevel.WARNING, error=type(error).__name__)
        self._crowd.tell(messages.Notice(weight=messages.NoticeWeight.ERROR, text=str(error)))


def _role(link: ClientLink) -> Role:
    assert link.device is not None
    return Role(link.device.role.value)


def _device_facts(link: ClientLink) -> dict[str, AuditFact]:
    assert link.device is not None
    return {"device": link.device.device_id}


def _not_now(refusal: str, message: messages.ClientMessage, *, mend: str = "") -> messages.Refused:
    return messages.Refused(code="NOT_NOW", message=refusal, mend=mend, about=message.TYPE)


def _trouble(error: OrviewError, message: messages.ClientMessage | LookMessage) -> messages.Refused:
    about = LookMessage.ABOUT if isinstance(message, LookMessage) else message.TYPE
    return messages.Refused(code="HOST_TROUBLE", message=error.message, mend=error.mend, about=about)
