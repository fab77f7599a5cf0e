"""The room: takes what processes report, and the time, to session and desks, and tells what came of it.

Runs inside the stream process's loop. Reads and writes of the store happen in threads; poses and
pictures go from the slots to the clients without waiting for anything.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from orview.edge.cameras.listing import ListedCamera
from orview.edge.host.bulletin import Bulletin
from orview.edge.host.camera_desk import CALIBRATING, OTHER_CAMERA
from orview.edge.host.clock import now_ns
from orview.edge.host.crowd import Crowd
from orview.edge.host.desks import Desks
from orview.edge.host.instruments import Instruments, Readings
from orview.edge.host.jobs import JobSpool, Outcome
from orview.edge.host.keeper import Keeper
from orview.edge.host.logbook import Logbook, LogLevel
from orview.edge.host.minutes import HOST, Minutes
from orview.edge.host.moments import Moments
from orview.edge.host.picture_feed import PictureFeed
from orview.edge.host.pose_sender import PoseSender
from orview.edge.host.reception import Reception
from orview.edge.host.session_recording import RecordingState, SessionRecording
from orview.edge.host.wheel_desk import WheelDesk
from orview.edge.slots.look_records import LookAnswer
from orview.edge.slots.records import PictureRecord, TrackRecord
from orview.edge.slots.statuses import CalibrationStatus, TrackStatus
from orview.edge.slots.tip_record import TipRecord
from orview.edge.slots.worn_records import WornAnswer, WornRecord
from orview.protocol import messages
from orview.protocol.camera import Calibrate, CheckCamera, ChooseCamera
from orview.protocol.drafting import PlanDraft, PlaneTried
from orview.protocol.machine import Machine
from orview.protocol.nearby import Nearby
from orview.protocol.pairing import IssuedCode
from orview.session.state import BoardsMoved, CalibrationChecked, ClockGap, Event, Fact, Restarted, Role, State


class Room:
    """Everything between the processes and the session.

    Args:
        keeper: the session.
        crowd: everybody who is connected.
        desks: who does what.
        reception: knows the joining code.
        spool: where work is asked for.
        bulletin: tells everybody what changed.
        poses: sends them.
        minutes: the log of what is done.
        moments: of the session, for its report.
        recording: of each session.
        room_message: the frame poses are told in.
        instruments: count what is seen.
        log: told what happens.
        wheel: knows which console changes things.
        keep_camera: remembers the camera that was chosen.

    Attributes:
        room_message: the frame poses are told in now.
    """

    def __init__(
        self,
        *,
        keeper: Keeper,
        crowd: Crowd,
        desks: Desks,
        reception: Reception,
        spool: JobSpool,
        bulletin: Bulletin,
        poses: PoseSender,
        minutes: Minutes,
        moments: Moments,
        recording: SessionRecording,
        room_message: messages.Room,
        instruments: Instruments,
        log: Logbook,
        wheel: WheelDesk,
        keep_camera: Callable[[str], None],
    ) -> None:
        self._keeper = keeper
        self._crowd = crowd
        self._desks = desks
        self._reception = reception
        self._spool = spool
        self._bulletin = bulletin
        self._poses = poses
        self._minutes = minutes
        self._moments = moments
        self._recording = recording
        self._first_room = room_message
        self.room_message = room_message
        self._instruments = instruments
        self._log = log
        self._wheel = wheel
        self._keep_camera = keep_camera
        self._track_status: TrackStatus | None = None
        self._pictures = PictureFeed()
        self._moved = ""
        self._place_room()

    # --- how it stands -----------------------------------------------------------------------

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

    def sent_ages_ns(self, *, since_ns: int) -> list[int]:
        """Return the age, from exposure to sending, of each live pose sent since a time."""
        return self._poses.ages_ns(since_ns=since_ns)

    def standing_code(self) -> IssuedCode | None:
        """Return the joining code that stands, None when there is none."""
        return self._reception.standing_code(now_ns=now_ns())

    def issue_code(self) -> None:
        """Make a new joining code and tell the nurse."""
        self._reception.issue_code(now_ns=now_ns())
        self._bulletin.joining()

    def tell_devices(self) -> None:
        """Tell the nurse which devices are in, and which might be."""
        case = self._keeper.session.case
        self._crowd.tell_clients(now_ns=now_ns(), model_digest=None if case is None else case.digest)
        self._crowd.tell_news(self._reception.absent(self._crowd.device_ids))

    def reached_at(self, join_url: str, *, fingerprint: str, words: str) -> None:
        """This machine is reached elsewhere: make the QR code anew, and say so."""
        self._reception.reached_at(join_url, fingerprint=fingerprint)
        self._bulletin.joining()
        self._crowd.tell(messages.Notice(weight=messages.NoticeWeight.WARNING, text=words))
        self._minutes.note("NETWORK_CHANGED", by=HOST, facts={})

    def slept(self, words: str) -> None:
        """This machine slept: nothing that stood before is taken for granted."""
        self.apply(ClockGap())
        self._crowd.tell(messages.Notice(weight=messages.NoticeWeight.WARNING, text=words))

    def take_machine(self, machine: Machine) -> None:
        """Take how the host's machine stands, for the nurse's screen."""
        self._crowd.tell_news(machine)

    def take_neighbours(self, neighbours: Nearby) -> None:
        """Take who else is on the network, for the nurse's screen."""
        self._crowd.tell_news(neighbours)

    # --- the session -------------------------------------------------------------------------

    def apply(self, event: Event) -> str:
        """Let something happen to the session, tell everybody; returns why not, or nothing."""
        decision = self._keeper.apply(event, now_ns=now_ns())
        self._bulletin.session()
        return decision.refusal

    async def take_up(self) -> None:
        """Take up the case of the session that was restored, and what happened before."""
        await self._desks.events.begin()
        self._minutes.note("HOST_STARTED", by=HOST, facts={"state": self._keeper.session.state.value})
        await self._desks.cases.look_up_case()
        await self._desks.plans.look_up()
        await self._desks.cases.look_up_registration()
        await self._desks.slices.look_up()
        self._bulletin.session()

    async def store_changed(self) -> None:
        """Another process may have added a case, or registered the selected one anew."""
        await self._desks.cases.look_up_case()
        await self._desks.plans.look_up()
        await self._desks.cases.take_stored_verdict()
        self._bulletin.session()
        await self._bulletin.cases()

    async def take_work(self) -> None:
        """Read what the work process finished and how far it is; done four times a second."""
        outcomes: list[Outcome] = list(self._spool.outcomes())
        for outcome in outcomes:
            self._desks.prepare.take(outcome)
            self._desks.report.take(outcome)
            await self._desks.cases.take(outcome)
            self._bulletin.session()
        if outcomes:
            await self._bulletin.cases()
        self.take_drawing()
        self._bulletin.work()
        self._bulletin.report()

    def take_draft(self, draft: PlanDraft) -> None:
        """Take how the draft of the plan stands."""
        self._desks.drafting.take_draft(draft)
        self._bulletin.drafting()

    def take_tried(self, tried: PlaneTried) -> None:
        """Tell what the plane would mean that was tried last."""
        self._crowd.tell(tried)

    def take_drawing(self) -> None:
        """Take what the plan process finished."""
        for stored in self._desks.drafting.take_outcomes():
            self._minutes.note(
                "PLAN_STORED",
                by=Role.NURSE.value,
                facts={"case_id": stored.case_id, "plan": stored.digest, "version": stored.version},
            )
        self._bulletin.drafting()

    @property
    def draws(self) -> bool:
        """Whether the plan process has been asked something that it has not answered."""
        return self._desks.drafting.waits

    def take_tip(self, record: TipRecord) -> None:
        """Take what the tracker says of the pointer's tip: a rest may be the touch that is waited for."""
        touched = self._desks.pointer.take(record, now_ns=now_ns())
        if touched is not None:
            entry = self._desks.checks.log(touched.case_id, touched.check, by=touched.by)
            self._bulletin.recorder.write(entry)
            self.point_touched()
        self._bulletin.pointer()

    def point_touched(self) -> None:
        """A check point was touched: boards that were bumped are trusted again where it agrees."""
        if self._moved and self._keeper.session.checks.fault(now_ns()) is None:
            # A touch since the bump agrees: from here on the boards are watched as they stand now.
            self._moved = ""
            self._desks.camera.trust_boards()
        self._bulletin.session()

    def take_answer(self, answer: LookAnswer) -> None:
        """Take what came of a headset's picture, and let the next one be looked through."""
        self._desks.places.take_answer(answer, now_ns=now_ns())

    def take_worn(self, record: WornRecord) -> None:
        """The room's camera saw boards that headsets wear."""
        self._desks.places.take_worn(record, now_ns=now_ns())

    def take_worn_answer(self, answer: WornAnswer) -> None:
        """Take which sights of worn boards belong to which heads."""
        self._desks.places.take_worn_answer(answer, now_ns=now_ns())

    # --- the camera --------------------------------------------------------------------------

    def take_track(self, payload: bytes) -> None:
        """Take a track record as it came from the tracker: send its pose, then record it."""
        self._take_record(TrackRecord.decode(payload))
        self._recording.take_track(payload, now_ns=now_ns())

    def _take_record(self, track: TrackRecord) -> None:
        before = self._keeper.session
        self._instruments.take_sight(track.state)
        self._desks.places.take_record(track)
        shows_board = self._keeper.take_record(track, now_ns=now_ns())
        if self._keeper.session.state is not State.LIVE:
            if before.state is State.LIVE:
                self._poses.send()
        elif shows_board:
            self._poses.send()
        if (before.state, before.track) != (self._keeper.session.state, self._keeper.session.track):
            self._bulletin.session()

    def take_track_status(self, status: TrackStatus) -> None:
        """Take what the track process says of itself: a new process is a restart (hazard H22)."""
        if not self._desks.camera.concerns(status):
            return
        before, self._track_status = self._track_status, status
        camera = self._desks.camera
        camera.take_status(status)
        if before is not None and before.started_ns != status.started_ns:
            self.apply(Restarted(part="camera tracking"))
        if status.fits is None:
            self._keeper.camera_words = status.words
        elif (fact := Fact(holds=status.fits, words=status.words)) != self._keeper.session.calibration:
            self.apply(CalibrationChecked(fact=fact))
        if (moved := camera.moved()) != self._moved:
            self._moved = moved
            if moved:
                self._desks.registering.forget("A board was bumped: touch the landmarks anew.")
                self.apply(BoardsMoved(words=moved))
                self._poses.send()
        self._bulletin.camera()

    def take_calibration(self, status: CalibrationStatus) -> None:
        """Take how far a calibration is."""
        self._desks.camera.take_calibration(status)
        self._bulletin.camera()

    def ask_camera(self, message: Calibrate | CheckCamera) -> messages.Refused | None:
        """Begin to calibrate or to check the camera, or return why not: it may stand elsewhere afterwards."""
        camera = self._desks.camera
        refusal = camera.calibrate(message) if isinstance(message, Calibrate) else camera.check(message)
        if refusal is not None:
            return refusal
        if camera.calibrating:
            self.apply(CalibrationChecked(fact=Fact(holds=False, words=CALIBRATING)))
            self._poses.send()
        self._place_room()
        self._crowd.tell(self.room_message)
        self._bulletin.camera()
        return None

    def choose_camera(self, message: ChooseCamera) -> messages.Refused | None:
        """Take the pictures from another camera and remember it, or return why not: what stood before ends."""
        choice = self._desks.camera.choose(message)
        if isinstance(choice, messages.Refused):
            return choice
        self.apply(CalibrationChecked(fact=Fact(holds=False, words=OTHER_CAMERA)))
        self._poses.send()
        self._place_room()
        self._crowd.tell(self.room_message)
        self._bulletin.camera()
        self._keep_camera(choice.record())
        self._minutes.note("CAMERA_CHOSEN", by=Role.NURSE.value, facts={"camera": choice.name})
        return None

    def take_cameras(self, cameras: Sequence[ListedCamera]) -> None:
        """Take which cameras are plugged in."""
        self._desks.camera.take_cameras(cameras)
        self._bulletin.camera()

    def _place_room(self) -> None:
        """Name the room frame anew for each place the camera may have stood in: older alignments are void."""
        frame_id = (self._first_room.room_frame_id + self._desks.camera.places) % 2**31
        self.room_message = replace(self._first_room, room_frame_id=frame_id)
        self._keeper.room_moved(frame_id)
        self._desks.checks.room_moved(frame_id)
        self._desks.places.room_moved(frame_id)

    def has_watchers(self) -> bool:
        """Return whether anybody asked for pictures."""
        return self._crowd.watched

    def take_picture(self, picture: PictureRecord) -> None:
        """Send a picture to everybody who watches."""
        self._crowd.send_picture(self._pictures.payload(picture, room_frame_id=self.room_message.room_frame_id))

    # --- time --------------------------------------------------------------------------------

    def watch(self) -> None:
        """Hide what has become too old, and write what waited for free transports."""
        before = self._keeper.session.state
        self._keeper.watch(now_ns=now_ns())
        self._desks.places.watch(now_ns=now_ns())
        if self._keeper.session.state is not before:
            self._poses.send()
            self._bulletin.session()
        self._crowd.flush(now_ns=now_ns())

    def beat(self) -> None:
        """Say that the host lives, where no pose says it: poses are the heartbeat."""
        self._desks.pointer.keep_up(now_ns=now_ns())
        self._bulletin.pointer()
        live = self._keeper.session.state is State.LIVE
        self._crowd.tell_gazes(live=live, now_ns=now_ns())
        if not live:
            self._poses.send()
        if why := self._recording.news():
            self._log.note("RECORDING_STOPPED", LogLevel.WARNING)
            self._crowd.tell(messages.Notice(weight=messages.NoticeWeight.WARNING, text=why))
            self._minutes.note("RECORDING_ENDED", by=HOST, facts={"why": why})

    async def housekeep(self) -> None:
        """What is done once a second."""
        self._crowd.expire(now_ns=now_ns())
        self._desks.places.tell(now_ns=now_ns())
        self._keeper.refresh_errors(now_ns=now_ns())
        self._moments.watch()
        self._bulletin.session()
        self._wheel.watch(now_ns=now_ns())
        self.tell_devices()
        self._bulletin.joining()
        self._bulletin.recorder.keep_up()
        self._minutes.keep_up()

    async def recorded(self) -> None:
        """Wait until the session's record and the log are safely on disk, or were said not to be."""
        await self._bulletin.recorder.recorded()
        await self._minutes.written()

    async def end(self) -> None:
        """Leave everything on disk as it is to be found."""
        await self.recorded()
        await asyncio.to_thread(self._recording.close)
