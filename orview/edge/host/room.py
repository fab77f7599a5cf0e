"""The room: who is in, what they are told and what they may do. Joins the session with its clients.

Runs inside the stream process's loop. Reads and writes of the store happen in threads; poses and
pictures go from the slots to the clients without waiting for anything.
"""

import asyncio
import contextlib
import secrets
import time
from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from orview.edge.case_store import CaseStore
from orview.edge.host.camera_desk import CALIBRATING, CameraDesk
from orview.edge.host.check_desk import CheckDesk, need_of
from orview.edge.host.client_link import ClientLink, binary_frame
from orview.edge.host.jobs import JobSpool, Outcome, RegisterCase
from orview.edge.host.keeper import Keeper, case_entry
from orview.edge.host.prepare_desk import PrepareDesk
from orview.edge.host.store import HostStore
from orview.edge.host.world_desk import HeadsetPlace, WorldDesk
from orview.edge.slots.records import PictureRecord, TrackRecord
from orview.edge.slots.statuses import CalibrationStatus, TrackStatus
from orview.errors import OrviewError
from orview.protocol import messages
from orview.protocol.binary import PictureMessage
from orview.protocol.camera import Calibrate, Camera, CheckCamera, StopCalibrating
from orview.protocol.checking import CheckPoint, PatientMoved
from orview.protocol.codec import PROTOCOL_VERSION, encode, encode_binary
from orview.protocol.inbox import Inbox, Prepare, Preparing, StopPreparing
from orview.protocol.pairing import ADMISSION_BYTES, CODE_BYTES, Admission, Doorkeeper, IssuedCode
from orview.protocol.placing import BoardSeen, CornersTouched, HeadsetWorld
from orview.protocol.poses import wire_from_rigid
from orview.register.verdict import Verdict
from orview.session import record
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

RESEARCH_USE = "For research use only. Not a medical device. Never rely on the overlay alone."
"""What every client shows."""


class Room:
    """Everything between the sockets and the session.

    Args:
        keeper: the session.
        door: who may come in.
        store: cases.
        host_store: devices and the session's record.
        spool: where work is asked for.
        desk: asks for cases to be made.
        checks: judges touched check points.
        camera_desk: asks the track process for what concerns its camera.
        worlds: places headsets in the room.
        board: name or file of the patient's board, for jobs; `board_digest` its digest.
        host_id, host_name, room_name: what newcomers are told.
        room_message: the frame poses are told in.
        join_url: address of the headset page as other machines reach it; the code follows as its fragment.
        fingerprint: SHA-256 of the host's certificate, hex.
        local_devices: ids of the devices that are this machine's own browser, the nurse's console above all.
    """

    def __init__(
        self,
        *,
        keeper: Keeper,
        door: Doorkeeper,
        store: CaseStore,
        host_store: HostStore,
        spool: JobSpool,
        desk: PrepareDesk,
        checks: CheckDesk,
        camera_desk: CameraDesk,
        worlds: WorldDesk,
        board: str,
        board_digest: str,
        host_id: str,
        host_name: str,
        room_name: str,
        room_message: messages.Room,
        join_url: str,
        fingerprint: str,
        local_devices: frozenset[str],
    ) -> None:
        self._keeper = keeper
        self._door = door
        self._store = store
        self._host_store = host_store
        self._spool = spool
        self._desk = desk
        self._checks = checks
        self._camera_desk = camera_desk
        self._worlds = worlds
        self._places: dict[ClientLink, HeadsetPlace] = {}
        self._told_places: dict[ClientLink, HeadsetWorld] = {}
        self._board = board
        self._board_digest = board_digest
        self._host_id = host_id
        self._host_name = host_name
        self._room_name = room_name
        self._first_room = room_message
        self._room_message = room_message
        self._join_url = join_url
        self._fingerprint = fingerprint
        self._local_devices = local_devices
        self._links: set[ClientLink] = set()
        self._told: dict[str, messages.HostMessage] = {}
        self._track_status: TrackStatus | None = None
        self._pictures = 0
        self._sent_ages_ns: deque[tuple[int, int]] = deque(maxlen=1000)
        self._record_text = record.encode(keeper.session)
        self._saving: asyncio.Task[None] | None = None
        self._verdict_text: str | None = None
        self._moved = ""
        self._place_room()

    # --- who is in ---------------------------------------------------------------------------

    @property
    def client_count(self) -> int:
        """Devices that are in."""
        return len({link.device.device_id for link in self._links if link.device is not None})

    def standing_code(self) -> IssuedCode | None:
        """Return the joining code that stands, None when there is none."""
        return self._door.standing_code(now_ns=now_ns())

    def issue_code(self) -> None:
        """Make a new joining code and tell the nurse."""
        self._door.issue_code(randomness=secrets.token_bytes(CODE_BYTES), now_ns=now_ns())
        self._tell_joining()

    def sent_ages_ns(self, *, since_ns: int) -> list[int]:
        """Return the age, from exposure to sending, of each live pose sent since a time."""
        return [age_ns for sent_ns, age_ns in self._sent_ages_ns if sent_ns >= since_ns]

    async def handle(self, connection: ServerConnection) -> None:
        """Serve one client until its connection ends."""
        local = connection.transport.get_extra_info("sslcontext") is None
        link = ClientLink(connection, local=local, now_ns=now_ns())
        self._links.add(link)
        try:
            with contextlib.suppress(ConnectionClosed):
                async for data in connection:
                    for message in link.receive(data, now_ns=now_ns()):
                        try:
                            await self._act(link, message)
                        except OrviewError as error:
                            link.refuse(_trouble(error, message))
        finally:
            self._links.discard(link)
            self._places.pop(link, None)
            self._told_places.pop(link, None)

    async def _act(self, link: ClientLink, message: messages.ClientMessage) -> None:
        """Do what a client's message asks; its role was checked by its peer."""
        match message:
            case messages.Hello():
                await self._admit(link, message)
            case messages.Watch(pictures=pictures):
                link.watching = pictures
            case messages.Report():
                link.take_report(message)
            case messages.SelectCase(case_id=case_id):
                await self._select(link, case_id)
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
            case BoardSeen():
                self._place(link).see(message, now_ns=now_ns())
                self._tell_place(link)
            case CornersTouched():
                self._place(link).touch(message, now_ns=now_ns())
                self._tell_place(link)
            case CheckPoint():
                await self._touch(link, message)
            case PatientMoved():
                self._do(link, message, PatientWasMoved(by=_role(link)))
            case messages.Aligned() | messages.Ping():
                # Each headset composes with its own alignment, and pings are answered by the peer.
                pass

    async def _admit(self, link: ClientLink, hello: messages.Hello) -> None:
        answer = self._door.admit(hello, randomness=secrets.token_bytes(ADMISSION_BYTES), now_ns=now_ns())
        if isinstance(answer, Admission) and answer.device.device_id in self._local_devices and not link.local:
            answer = messages.Refused(
                code="WRONG_PLACE",
                message="This address is for the host's own screen only.",
                mend="Open it on the host, or pair this device with a code.",
                about=hello.TYPE,
            )
        if isinstance(answer, messages.Refused):
            link.refuse(answer)
            self._tell_joining()
            return
        if answer.new:
            await asyncio.to_thread(self._host_store.put_device, answer.device)
        link.admit(
            messages.Welcome(
                protocol=PROTOCOL_VERSION,
                device_id=answer.device.device_id,
                role=answer.device.role,
                token=answer.token,
                host_id=self._host_id,
                host_name=self._host_name,
                room_name=self._room_name,
                host_ns=now_ns(),
                simulated=self._room_message.simulated,
                research_use=RESEARCH_USE,
            ),
            answer.device,
        )
        link.tell(self._room_message)
        link.tell(self._keeper.session_message())
        link.tell(self._checks.message())
        for kind in (messages.Cases, messages.Clients, messages.Joining, Inbox, Preparing, Camera):
            if kind.TYPE in self._told:
                link.tell(self._told[kind.TYPE])
        self._tell_joining()
        self._tell_clients()
        await self.tell_cases()

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

    async def _select(self, link: ClientLink, case_id: str) -> None:
        message = messages.SelectCase(case_id=case_id)
        try:
            case = await asyncio.to_thread(self._store.case, case_id)
            plan = await asyncio.to_thread(self._store.check_plan, case_id)
        except OrviewError as error:
            link.tell(_not_now(error.message, message, mend=error.mend))
            return
        decision = self._keeper.select(case, by=_role(link), checks=need_of(plan), now_ns=now_ns())
        if decision.refusal:
            link.tell(_not_now(decision.refusal, message))
            return
        self._checks.take_plan(case, plan, now_ns=now_ns())
        await self.look_up_registration()

    async def look_up_check_plan(self) -> None:
        """Take the check points of the selected case as the store has them now."""
        case = self._keeper.case
        if case is not None:
            plan = await asyncio.to_thread(self._store.check_plan, case.id)
            self._checks.take_plan(case, plan, now_ns=now_ns())
            self._tell_session()

    def _place(self, link: ClientLink) -> HeadsetPlace:
        return self._places.setdefault(link, HeadsetPlace(self._worlds))

    def _tell_place(self, link: ClientLink) -> None:
        """Tell a headset where the room stands in its world, where that is news."""
        told = self._place(link).message(now_ns=now_ns())
        if self._told_places.get(link) != told:
            self._told_places[link] = told
            link.tell(told)

    def _world_mm2(self, link: ClientLink, message: CheckPoint) -> NDArray[np.float64]:
        place = self._places.get(link)
        touched_mm = np.array([mm_from_m(value) for value in message.touched_room_m])
        return np.zeros((3, 3)) if place is None else place.covariance_room_mm2(touched_mm, now_ns=now_ns())

    async def _touch(self, link: ClientLink, message: CheckPoint) -> None:
        refusal = await self._checks.touch(
            message, by=_role(link), world_mm2=self._world_mm2(link, message), now_ns=now_ns()
        )
        if refusal:
            link.tell(_not_now(refusal, message))
        checks = self._keeper.session.checks
        if self._moved and checks.fault(now_ns()) is None:
            # A touch since the bump agrees: from here on the boards are watched as they stand now.
            self._moved = ""
            self._camera_desk.trust_boards()
        self._tell_session()

    async def look_up_registration(self) -> None:
        """Take the stored verdict of the selected case, or have the case registered."""
        case = self._keeper.case
        if case is None:
            return
        self._verdict_text = None
        if not await self._take_stored_verdict():
            self._spool.submit(RegisterCase(case_id=case.id, board=self._board))
            self._keeper.take_no_verdict(case.id, "The case is being registered with the board.", now_ns=now_ns())
            self._tell_session()

    async def _take_stored_verdict(self) -> bool:
        """Take the stored verdict of the selected case unless it is the one in use; returns whether there is one."""
        case = self._keeper.case
        if case is None:
            return False
        try:
            text = await asyncio.to_thread(self._store.registration, case.id, self._board_digest)
            verdict = None if text is None else Verdict.from_json(text)
        except OrviewError:
            return False
        if verdict is None:
            return False
        if text != self._verdict_text:
            self._verdict_text = text
            self._keeper.take_verdict(case.id, verdict, now_ns=now_ns())
            self._tell_session()
        return True

    async def store_changed(self) -> None:
        """Another process may have added a case, or registered the selected one anew."""
        with contextlib.suppress(OrviewError):
            await self.look_up_check_plan()
        await self._take_stored_verdict()
        await self.tell_cases()

    async def take_work(self) -> None:
        """Read what the work process finished and how far it is; done four times a second."""
        outcomes: list[Outcome] = list(self._spool.outcomes())
        for outcome in outcomes:
            self._desk.take(outcome)
            case = self._keeper.case
            if isinstance(outcome.job, RegisterCase) and case is not None and outcome.case_id == case.id:
                if outcome.failure:
                    self._keeper.take_no_verdict(case.id, outcome.failure, now_ns=now_ns())
                    self._tell_session()
                else:
                    await self._take_stored_verdict()
        if outcomes:
            await self.tell_cases()
        self._tell_desk()

    def _tell_desk(self) -> None:
        for message in self._desk.messages():
            self._tell_news(message)

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
        self._tell(self._room_message)
        self._tell_camera()

    def _place_room(self) -> None:
        """Name the room frame anew for each place the camera may have stood in: older alignments are void."""
        frame_id = (self._first_room.room_frame_id + self._camera_desk.places) % 2**31
        self._room_message = replace(self._first_room, room_frame_id=frame_id)
        self._keeper.room_moved(frame_id)
        self._checks.room_moved(frame_id)
        if frame_id != self._worlds.room_frame_id:
            self._worlds.room_moved(frame_id)
            self._places.clear()
            self._told_places.clear()

    def _tell_camera(self) -> None:
        self._tell_news(self._camera_desk.message())

    def take_record(self, track: TrackRecord) -> None:
        """Send the pose of a picture to everybody, at once."""
        before = self._keeper.session
        self._worlds.take_record(track)
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
        payload = encode_binary(pose)
        frame = binary_frame(payload)
        for link in self._links:
            if link.device is not None:
                link.send_pose(payload, frame)
        if pose.state is messages.OverlayState.LIVE:
            self._sent_ages_ns.append((pose.send_ns, pose.send_ns - pose.capture_ns))

    def has_watchers(self) -> bool:
        """Return whether anybody asked for pictures."""
        return any(link.watching for link in self._links)

    def take_picture(self, picture: PictureRecord) -> None:
        """Send a picture to everybody who watches."""
        self._pictures += 1
        position_m, quat_xyzw = wire_from_rigid(picture.room_from_camera)
        payload = encode_binary(
            PictureMessage(
                width_px=picture.width,
                height_px=picture.height,
                sequence=self._pictures,
                room_frame_id=self._room_message.room_frame_id,
                taken_ns=picture.taken_ns,
                send_ns=max(now_ns(), picture.taken_ns),
                position_m=position_m,
                quat_xyzw=quat_xyzw,
                fx_px=picture.fx,
                fy_px=picture.fy,
                cx_px=picture.cx,
                cy_px=picture.cy,
                jpeg=picture.jpeg,
            )
        )
        for link in self._links:
            if link.watching:
                link.send_picture(payload)

    # --- time --------------------------------------------------------------------------------

    def watch(self) -> None:
        """Hide what has become too old, and write what waited for free transports."""
        before = self._keeper.session.state
        self._keeper.watch(now_ns=now_ns())
        if self._keeper.session.state is not before:
            self.send_pose()
            self._tell_session()
        for link in self._links:
            link.flush()
            link.put_out_if_stalled(now_ns=now_ns())

    def beat(self) -> None:
        """Say that the host lives, where no pose says it: poses are the heartbeat."""
        if self._keeper.session.state is not State.LIVE:
            self.send_pose()

    async def housekeep(self) -> None:
        """What is done once a second."""
        for link in self._links:
            link.expire(now_ns=now_ns())
        for link in list(self._places):
            self._tell_place(link)
        self._keeper.refresh_errors(now_ns=now_ns())
        self._tell_session()
        self._tell_clients()
        if self.standing_code() is None:
            self._tell_joining()

    # --- telling -----------------------------------------------------------------------------

    async def tell_cases(self) -> None:
        """Tell the nurse which cases there are, where that changed."""
        try:
            entries = await asyncio.to_thread(self._case_entries)
        except OrviewError as error:
            self._tell(messages.Notice(weight=messages.NoticeWeight.ERROR, text=str(error)))
            return
        self._tell_news(messages.Cases(cases=entries))

    def _case_entries(self) -> tuple[messages.CaseEntry, ...]:
        return tuple(
            case_entry(
                case,
                verdict_json=self._store.registration(case.id, self._board_digest),
                picture=self._store.thumbnail(case.id),
            )
            for case in self._store.cases()[:500]
        )

    def _tell_session(self) -> None:
        self._tell_news(self._keeper.session_message())
        self._tell_news(self._checks.message())
        text = record.encode(self._keeper.session)
        if text != self._record_text:
            self._record_text = text
            self._saving = asyncio.get_running_loop().create_task(self._save(text, after=self._saving))

    async def _save(self, text: str, *, after: asyncio.Task[None] | None) -> None:
        """Write the session's record, one after the other, off the poses' road."""
        if after is not None:
            await after
        try:
            await asyncio.to_thread(self._host_store.put_session_record, text)
        except OrviewError as error:
            self._tell(messages.Notice(weight=messages.NoticeWeight.ERROR, text=str(error)))

    async def recorded(self) -> None:
        """Wait until the session's record is safely on disk, or was said not to be."""
        if self._saving is not None:
            await self._saving

    def _tell_clients(self) -> None:
        newest = {link.device.device_id: link for link in self._links if link.device is not None}
        entries = (link.entry(now_ns=now_ns()) for _, link in sorted(newest.items()))
        self._tell_news(messages.Clients(clients=tuple(entries)[:256]))

    def _tell_joining(self) -> None:
        code = self.standing_code()
        self._tell_news(
            messages.Joining(
                code=None if code is None else code.code,
                expires_ns=None if code is None else code.expires_ns,
                url=self._join_url if code is None else f"{self._join_url}#k={code.code}",
                fingerprint=self._fingerprint,
            )
        )

    def _tell_news(self, message: messages.HostMessage) -> None:
        """Tell everybody whom it concerns, unless it is what they were told last."""
        if self._told.get(message.TYPE) != message:
            self._told[message.TYPE] = message
            self._tell(message)

    def _tell(self, message: messages.HostMessage) -> None:
        text = encode(message)
        for link in self._links:
            link.tell(message, text)


def now_ns() -> int:
    """Return the host's monotonic clock, ns: the clock of every time on the wire."""
    return time.monotonic_ns()


def _role(link: ClientLink) -> Role:
    assert link.device is not None
    return Role(link.device.role.value)


def _not_now(refusal: str, message: messages.ClientMessage, *, mend: str = "") -> messages.Refused:
    return messages.Refused(code="NOT_NOW", message=refusal, mend=mend, about=message.TYPE)


def _trouble(error: OrviewError, message: messages.ClientMessage) -> messages.Refused:
    return messages.Refused(code="HOST_TROUBLE", message=error.message, mend=error.mend, about=message.TYPE)
