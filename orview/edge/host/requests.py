"""What clients ask of the room: each message to the desk that does it, and a refusal in words where none does."""

import contextlib
from datetime import UTC, datetime

import numpy as np
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from orview.edge.host.bulletin import Bulletin
from orview.edge.host.client_link import ClientLink
from orview.edge.host.clock import now_ns
from orview.edge.host.crowd import Crowd
from orview.edge.host.desks import Desks
from orview.edge.host.keeper import Keeper
from orview.edge.host.logbook import Logbook
from orview.edge.host.minutes import Minutes
from orview.edge.host.reception import Reception
from orview.edge.host.room import Room
from orview.edge.host.session_recording import SessionRecording
from orview.edge.host.wheel_desk import WheelDesk
from orview.errors import OrviewError
from orview.protocol import messages
from orview.protocol.auditing import LogHead
from orview.protocol.camera import Calibrate, Camera, CheckCamera, ChooseCamera, StopCalibrating
from orview.protocol.checking import CheckPoint, PatientMoved
from orview.protocol.drafting import DraftAsk, PlanDraft
from orview.protocol.events import Events, NoteText, SessionReport
from orview.protocol.identity import Identify, Identity, Procedure, SetIdentity, SetProcedure
from orview.protocol.inbox import Inbox, Prepare, Preparing, StopPreparing
from orview.protocol.looking import LookMessage
from orview.protocol.machine import Machine
from orview.protocol.nearby import Nearby, PutOut
from orview.protocol.placing import BoardSeen, CornersTouched, Heads, HeadsetBoard, HeadsetCamera, Wear, Wearing
from orview.protocol.planning import GoToStage, LockPlan
from orview.protocol.registering import AcceptRegistration, Registration
from orview.protocol.slices import Gazes, LookingAt, Slices
from orview.protocol.team import Devices, Flash
from orview.protocol.time_out import TickItem, TimeOutList
from orview.protocol.touching import (
    Landmarks,
    Pointer,
    RegisterTouched,
    StopTouching,
    TouchAgain,
    TouchCheckPoint,
    TouchLandmarks,
)
from orview.protocol.viewing import SetView
from orview.protocol.wheel import TakeWheel
from orview.session.audit import AuditFact
from orview.session.happenings import NOTE_WRITTEN
from orview.session.staging import PlanLocked, StageChosen
from orview.session.state import Confirmed, Event, Role, Started, State, Stopped
from orview.session.state import PatientMoved as PatientWasMoved
from orview.session.vouching import RegistrationAccepted, Ticked, Unticked, listed
from orview.units import mm_from_m

_TOLD_NEWCOMERS = (
    *(messages.Cases, messages.Clients, messages.Joining),
    *(Inbox, Preparing, Camera, Pointer, Landmarks, LogHead, Nearby),
    *(Slices, Gazes, Devices, Machine, Wearing),
    *(Events, SessionReport, PlanDraft),
    *(Identity, Procedure, Registration, TimeOutList),
)


class Requests:
    """Serves the clients of a room.

    Args:
        room: where what they ask takes effect.
        crowd: everybody who is connected.
        desks: who does what.
        keeper: the session.
        reception: lets clients in.
        bulletin: tells everybody what changed.
        minutes: the log of what is done.
        recording: of the session.
        log: told who comes and goes.
        wheel: knows which console changes things.
    """

    def __init__(
        self,
        *,
        room: Room,
        crowd: Crowd,
        desks: Desks,
        keeper: Keeper,
        reception: Reception,
        bulletin: Bulletin,
        minutes: Minutes,
        recording: SessionRecording,
        log: Logbook,
        wheel: WheelDesk,
    ) -> None:
        self._room = room
        self._crowd = crowd
        self._desks = desks
        self._keeper = keeper
        self._reception = reception
        self._bulletin = bulletin
        self._minutes = minutes
        self._recording = recording
        self._log = log
        self._wheel = wheel

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
                            self._refuse_in_trouble(link, _trouble(error, message))
        finally:
            self._crowd.remove(link)
            self._desks.places.forget(link)
            self._wheel.leave(link, now_ns=now_ns())
            self._bulletin.wearing()
            if link.device is not None:
                self._reception.left(link.device.device_id, utc=datetime.now(UTC).isoformat(timespec="seconds"))
                self._log.note("CLIENT_LEFT", client=link.number, role=link.device.role.value)

    async def _act(self, link: ClientLink, message: messages.ClientMessage | LookMessage) -> None:
        """Do what a client's message asks; its role was checked by its peer."""
        if link.device is not None and not isinstance(message, LookMessage):
            self._recording.take_request(message, role=link.device.role, now_ns=now_ns())
            if refused := self._wheel.refusal(link, message):
                link.tell(refused)
                return
        match message:
            case messages.Hello():
                await self._admit(link, message)
            case messages.Watch(pictures=pictures):
                link.watching = pictures
            case messages.Report():
                link.take_report(message, now_ns=now_ns())
            case LookingAt():
                link.looking_at = message
            case NoteText():
                await self._write_note(link, message)
            case messages.SelectCase():
                await self._select(link, message)
            case messages.Start():
                self._do(link, message, Started(by=_role(link)))
            case messages.Confirm():
                # A crash while LIVE must find the session on record, to come back as HOLD and not as OFF.
                await self._room.recorded()
                self._do(link, message, Confirmed(by=_role(link)))
            case messages.Stop():
                await self._stop(link, message)
            case TakeWheel():
                self._wheel.take(link)
            case Flash():
                if not self._crowd.flash(message.device_id):
                    _refuse(link, message, "This device is not in.")
            case messages.NewCode():
                self._room.issue_code()
            case PutOut():
                await self._put_out(link, message)
            case Prepare():
                self._answer(link, self._desks.prepare.prepare(message))
                self._bulletin.work()
            case StopPreparing():
                self._desks.prepare.stop()
            case Calibrate() | CheckCamera():
                self._answer(link, self._room.ask_camera(message))
            case ChooseCamera():
                self._answer(link, self._room.choose_camera(message))
            case StopCalibrating():
                self._desks.camera.stop_calibrating()
                self._bulletin.camera()
            case BoardSeen() | CornersTouched() | HeadsetCamera() | HeadsetBoard() | Heads() | LookMessage():
                self._desks.places.hear(link, message, now_ns=now_ns())
                if isinstance(message, HeadsetBoard):
                    self._bulletin.wearing()
            case Wear():
                self._answer(link, self._desks.places.choose(message))
                self._bulletin.wearing()
            case CheckPoint():
                await self._touch(link, message)
            case TouchCheckPoint() | TouchLandmarks() | TouchAgain():
                self._answer(link, self._desks.pointer.ask(message, by=_role(link), now_ns=now_ns()))
                self._bulletin.pointer()
            case RegisterTouched():
                _refuse(link, message, self._desks.registering.register())
                self._bulletin.pointer()
            case StopTouching():
                self._desks.pointer.stop()
                self._bulletin.pointer()
            case PatientMoved():
                self._do(link, message, PatientWasMoved(by=_role(link)))
            case SetView():
                self._set_view(link, message)
            case Identify():
                refusal = self._desks.patient.identify(message, by=_role(link), now_ns=now_ns())
                _refuse(link, message, refusal)
                self._bulletin.session()
            case SetIdentity() | SetProcedure():
                await self._take_patient(link, message)
            case LockPlan(digest=digest):
                self._go_on(link, message, PlanLocked(by=_role(link), plan=digest))
            case GoToStage(plan=plan, stage=stage):
                self._go_on(link, message, StageChosen(by=_role(link), plan=plan, stage=stage))
            case AcceptRegistration(digest=digest):
                self._do(link, message, RegistrationAccepted(by=_role(link), verdict=digest))
            case TickItem(key=key, fact=fact, on=True):
                self._do(link, message, Ticked(by=_role(link), item=key, fact=fact))
            case TickItem(key=key):
                self._do(link, message, Unticked(by=_role(link), item=key))
            case _ if isinstance(message, DraftAsk):
                self._draw(link, message)
            case messages.Aligned() | messages.Ping():
                # Each headset composes with its own alignment, and pings are answered by the peer.
                pass

    @staticmethod
    def _refuse_in_trouble(link: ClientLink, refused: messages.Refused) -> None:
        """Say why something is not done; who was not let in yet has to go, who is in stays."""
        if link.device is None:
            link.refuse(refused)
        else:
            link.tell(refused)

    @staticmethod
    def _answer(link: ClientLink, refused: messages.Refused | None) -> None:
        if refused is not None:
            link.tell(refused)

    async def _admit(self, link: ClientLink, hello: messages.Hello) -> None:
        admitted = await self._reception.admit(link, hello, now_ns=now_ns())
        if admitted:
            link.page = hello.page
            self._crowd.admitted(link)
            self._log.note("CLIENT_JOINED", client=link.number, role=_role(link).value)
            link.tell(self._room.room_message)
            # Before the session: a cleared view, or a stage without its plan, must not stand for the moment between.
            link.tell(self._desks.viewing.message())
            link.tell(self._desks.plans.message())
            link.tell(self._keeper.session_message())
            link.tell(self._desks.checks.message())
            if _role(link) is Role.SURGEON and self._room.room_message.world_from_room is None:
                self._desks.places.greet(link, now_ns=now_ns())
            self._minutes.note("DEVICE_JOINED", by=_role(link).value, facts=_device_facts(link))
            self._crowd.tell_newcomer(link, _TOLD_NEWCOMERS)
            self._wheel.come(link)
        self._bulletin.joining()
        self._bulletin.wearing()
        if admitted:
            self._room.tell_devices()
            await self._bulletin.cases()

    async def _put_out(self, link: ClientLink, message: PutOut) -> None:
        refusal = await self._reception.put_out(message.device_id)
        if refusal:
            _refuse(link, message, refusal)
            return
        self._crowd.put_out(message.device_id)
        self._minutes.note("DEVICE_PUT_OUT", by=_role(link).value, facts={"device": message.device_id})
        self._room.tell_devices()

    def _do(self, link: ClientLink, message: messages.ClientMessage, event: Event) -> str:
        refusal = self._room.apply(event)
        _refuse(link, message, refusal)
        return refusal

    def _go_on(self, link: ClientLink, message: LockPlan | GoToStage, event: PlanLocked | StageChosen) -> None:
        """Lock a plan or go to a stage of it: everybody sees the stage as it is planned."""
        if not self._do(link, message, event):
            self._desks.viewing.show_stage(by=_wire_role(link))
            self._bulletin.session()

    async def _stop(self, link: ClientLink, message: messages.Stop) -> None:
        was_on = self._keeper.session.state is not State.OFF
        if self._do(link, message, Stopped(by=_role(link))):
            return
        self._desks.viewing.reset()
        self._bulletin.session()
        if was_on:
            # The report is written from the record, by another process.
            await self._room.recorded()
            self._desks.report.write()
            self._bulletin.report()

    async def _select(self, link: ClientLink, message: messages.SelectCase) -> None:
        try:
            refusal = await self._desks.cases.select(message.case_id, by=_role(link))
        except OrviewError as error:
            _refuse(link, message, error.message, mend=error.mend)
            return
        if not refusal:
            self._desks.viewing.reset()
            await self._desks.plans.look_up()
            await self._desks.slices.look_up()
        _refuse(link, message, refusal)
        self._bulletin.session()

    async def _take_patient(self, link: ClientLink, message: SetIdentity | SetProcedure) -> None:
        patient = self._desks.patient
        if isinstance(message, SetIdentity):
            refusal = await patient.set_identity(message, by=_role(link), now_ns=now_ns())
            kind, facts = "IDENTITY_SET", {"kinds": listed(tuple(proof.kind.value for proof in message.proofs))}
        else:
            refusal = await patient.set_procedure(message)
            kind, facts = "PROCEDURE_SET", {"side": message.side.value}
        if not refusal:
            self._minutes.note(kind, by=_role(link).value, facts={"case_id": message.case_id, **facts})
        _refuse(link, message, refusal)
        self._bulletin.session()

    def _set_view(self, link: ClientLink, message: SetView) -> None:
        cleared = self._desks.viewing.message().cleared
        _refuse(link, message, self._desks.viewing.change(message, by=_wire_role(link)))
        # At once, whatever waits for the disk.
        self._bulletin.view()
        if self._desks.viewing.message().cleared is not cleared:
            self._minutes.note("VIEW_SHOWN" if cleared else "VIEW_CLEARED", by=_role(link).value, facts={})

    def _draw(self, link: ClientLink, message: DraftAsk) -> None:
        self._answer(link, self._desks.drafting.ask(link, message))
        self._bulletin.drafting()

    async def _write_note(self, link: ClientLink, message: NoteText) -> None:
        case = self._keeper.case
        if case is None:
            _refuse(link, message, "Choose a case first: a note is written into its file.")
            return
        number = await self._desks.events.write_note(message.text, case_id=case.id)
        # Its words stay where they are: the log says which note, and of which case.
        self._minutes.note(NOTE_WRITTEN, by=_role(link).value, facts={"case_id": case.id, "note": number})

    async def _touch(self, link: ClientLink, message: CheckPoint) -> None:
        touched_mm = np.array([mm_from_m(value) for value in message.touched_room_m])
        places = self._desks.places
        refusal = await self._desks.checks.touch(
            message,
            by=_role(link),
            world_mm2=places.covariance_room_mm2(link, touched_mm, now_ns=now_ns()),
            room_shared=places.room_shared(link),
            now_ns=now_ns(),
        )
        _refuse(link, message, refusal)
        self._room.point_touched()


def _role(link: ClientLink) -> Role:
    return Role(_wire_role(link).value)


def _wire_role(link: ClientLink) -> messages.Role:
    assert link.device is not None
    return link.device.role


def _device_facts(link: ClientLink) -> dict[str, AuditFact]:
    assert link.device is not None
    return {"device": link.device.device_id}


def _refuse(link: ClientLink, message: messages.ClientMessage, refusal: str, *, mend: str = "") -> None:
    if refusal:
        link.tell(messages.Refused(code="NOT_NOW", message=refusal, mend=mend, about=message.TYPE))


def _trouble(error: OrviewError, message: messages.ClientMessage | LookMessage) -> messages.Refused:
    about = LookMessage.ABOUT if isinstance(message, LookMessage) else message.TYPE
    return messages.Refused(code="HOST_TROUBLE", message=error.message, mend=error.mend, about=about)
