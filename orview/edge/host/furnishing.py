"""The stream process's room with its desks, furnished from the store and from what the process was handed."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from orview import __version__
from orview.edge.audit_log import AuditLog, Note
from orview.edge.boards import load_board
from orview.edge.case_identity import CaseIdentities
from orview.edge.case_store import CaseStore
from orview.edge.host.bulletin import Bulletin
from orview.edge.host.camera_desk import CameraDesk
from orview.edge.host.case_desk import CaseDesk
from orview.edge.host.check_desk import CheckDesk, need_of
from orview.edge.host.clock import now_ns
from orview.edge.host.config import HostConfig
from orview.edge.host.crowd import Crowd
from orview.edge.host.desks import Desks
from orview.edge.host.draft_desk import DraftDesk
from orview.edge.host.event_desk import EventDesk
from orview.edge.host.inbox import InboxFolder
from orview.edge.host.instruments import Instruments
from orview.edge.host.jobs import JobSpool
from orview.edge.host.keeper import Keeper, facts_of
from orview.edge.host.kept_text import KeptText
from orview.edge.host.logbook import Logbook
from orview.edge.host.look_desk import LookDesk
from orview.edge.host.minutes import Minutes
from orview.edge.host.moments import Moments
from orview.edge.host.patient_desk import PatientDesk
from orview.edge.host.places import Places
from orview.edge.host.plan_desk import PlanDesk
from orview.edge.host.plan_news import facts_of_plan
from orview.edge.host.pointer_desk import PointerDesk
from orview.edge.host.pose_sender import PoseSender
from orview.edge.host.prepare_desk import PrepareDesk
from orview.edge.host.private_files import PrivateFiles
from orview.edge.host.process_life import wake
from orview.edge.host.reception import Reception
from orview.edge.host.register_desk import RegisterDesk
from orview.edge.host.report_desk import ReportDesk
from orview.edge.host.requests import Requests
from orview.edge.host.room import Room
from orview.edge.host.session_recording import SessionRecording
from orview.edge.host.slices_desk import SlicesDesk
from orview.edge.host.store import HostStore
from orview.edge.host.stream_start import CONSOLE_NAME, VIEWER_NAME, StreamStart
from orview.edge.host.time_out_desk import TimeOutDesk
from orview.edge.host.view_desk import ViewDesk
from orview.edge.host.wheel_desk import WheelDesk
from orview.edge.host.world_desk import WorldDesk, corners_to_touch
from orview.edge.host.worn_desk import WornDesk
from orview.edge.recording.frames import RecordingHead
from orview.edge.recording.shelf import FOLDER
from orview.edge.slots.latest_slot import LatestSlot
from orview.errors import OrviewError
from orview.markers.board import Board
from orview.model.case import Case
from orview.protocol import messages
from orview.protocol.codec import PROTOCOL_VERSION
from orview.protocol.pairing import Doorkeeper
from orview.session import record
from orview.session.state import Decision, Event, Role, Session


@dataclass(frozen=True, kw_only=True)
class Furnished:
    """A room ready for its clients, and what it stands on.

    Attributes:
        store: of the cases.
        host_id: said in mDNS.
        keeper: the session, as the last process left it.
        prepare: the desk that asks for cases to be made.
        room: takes what processes report.
        requests: serves the clients.
        private: answers for what is a nurse's alone.
    """

    store: CaseStore
    host_id: str
    keeper: Keeper
    prepare: PrepareDesk
    room: Room
    requests: Requests
    private: PrivateFiles


def furnish(start: StreamStart, *, instruments: Instruments, log: Logbook) -> Furnished:
    """Return the room of a stream process, with the session that is on record.

    Raises:
        StoreError: the store cannot be read.
        InputError: a board cannot be read.
    """
    config, run = start.config, start.run
    store = CaseStore.open(config.store)
    host_store = HostStore(store)
    board = load_board(config.board)
    session, case = _restored(store, host_store)
    keeper = Keeper(session=session, board_digest=board.digest, room_frame_id=start.room_frame_id)
    host_id = host_store.host_id()
    spool = JobSpool(run.jobs)
    reception = _reception(start, host_store, host_id)
    audit = AuditLog(store.folder)
    events = EventDesk(keeper, audit, host_store, name_of=reception.name_of)
    crowd = Crowd()
    desks = _desks(start, keeper, store, host_store, spool, board, events, crowd)
    if case is not None:
        keeper.adopt_case(case)
        desks.viewing.restore(host_store.view())
    recording = SessionRecording(store.folder / FOLDER if config.record else None, lambda: _recording_head(config))
    poses = PoseSender(crowd, keeper, recording, instruments)
    bulletin = Bulletin(
        crowd=crowd,
        keeper=keeper,
        desks=desks,
        reception=reception,
        host_store=host_store,
        recording=recording,
        poses=poses,
        log=log,
    )

    def heard(note: Note) -> None:
        log.note(note.kind, by=note.by, **note.facts)
        events.take(note)
        bulletin.events()

    minutes = Minutes(audit, tell=crowd.tell_news, trouble=bulletin.trouble, heard=heard)
    moments = Moments(
        keeper,
        told=crowd.told,
        keep=lambda moment: bulletin.recorder.write(asyncio.to_thread(host_store.put_moment, moment)),
        room_name=config.room_name,
        simulated=config.simulated,
    )

    def witness(before: Session, event: Event, decision: Decision) -> None:
        minutes.take(before, event, decision)
        moments.take(before, event, decision)

    keeper.witness = witness
    reception.keep_seen = KeptText(host_store.put_seen, bulletin.recorder.write).take
    wheel = WheelDesk(
        lambda kind, facts: minutes.note(kind, by=Role.NURSE.value, facts=facts),
        KeptText(host_store.put_wheel, bulletin.recorder.write).take,
        record=host_store.wheel(),
        consoles=reception.local_devices,
        now_ns=now_ns(),
    )
    room = Room(
        keeper=keeper,
        crowd=crowd,
        desks=desks,
        reception=reception,
        spool=spool,
        bulletin=bulletin,
        poses=poses,
        minutes=minutes,
        moments=moments,
        recording=recording,
        room_message=messages.Room(
            room_frame_id=start.room_frame_id, world_from_room=config.world_from_room, simulated=config.simulated
        ),
        instruments=instruments,
        log=log,
        wheel=wheel,
        keep_camera=KeptText(host_store.put_camera, bulletin.recorder.write).take,
    )
    requests = Requests(
        room=room,
        crowd=crowd,
        desks=desks,
        keeper=keeper,
        reception=reception,
        bulletin=bulletin,
        minutes=minutes,
        recording=recording,
        log=log,
        wheel=wheel,
    )
    return Furnished(
        store=store,
        host_id=host_id,
        keeper=keeper,
        prepare=desks.prepare,
        room=room,
        requests=requests,
        private=PrivateFiles(store, reception),
    )


def _desks(
    start: StreamStart,
    keeper: Keeper,
    store: CaseStore,
    host_store: HostStore,
    spool: JobSpool,
    board: Board,
    events: EventDesk,
    crowd: Crowd,
) -> Desks:
    config, run, frame_id = start.config, start.run, start.room_frame_id
    checks = CheckDesk(keeper, host_store, room_frame_id=frame_id)
    registering = RegisterDesk(
        keeper, spool, board=config.board, board_digest=board.digest, run=frame_id, before=host_store.touches()
    )
    orders = LatestSlot.attach(run.pointer_orders) if config.pointer else None
    patient = PatientDesk(keeper, CaseIdentities(store))
    drafting = _draft_desk(start, keeper)
    camera = CameraDesk(
        LatestSlot.attach(run.track_orders),
        boards={load_board(source).name: source for source in config.calibration_boards},
        given=config.camera,
        simulated=config.simulated,
    )
    return Desks(
        cases=CaseDesk(
            keeper, store, spool, patient, checks, registering, board=config.board, board_digest=board.digest
        ),
        patient=patient,
        plans=PlanDesk(keeper, store),
        time_out=TimeOutDesk(keeper, patient, camera, headsets=crowd.headsets),
        prepare=PrepareDesk(InboxFolder(store), spool),
        checks=checks,
        registering=registering,
        pointer=PointerDesk(keeper, checks, registering, orders),
        camera=camera,
        places=Places(
            WorldDesk(keeper, corners_board_mm=corners_to_touch(board), room_frame_id=frame_id),
            LookDesk(LatestSlot.attach(run.look_slot)),
            WornDesk(
                tuple(load_board(one).name for one in config.headset_boards),
                LatestSlot.attach(run.worn_ask_slot),
                room_frame_id=frame_id,
            ),
        ),
        viewing=ViewDesk(keeper),
        slices=SlicesDesk(keeper, store, drawn=lambda: drafting.drawn),
        events=events,
        drafting=drafting,
        report=ReportDesk(spool),
    )


def _draft_desk(start: StreamStart, keeper: Keeper) -> DraftDesk:
    start.plan_waker.setblocking(False)
    return DraftDesk(
        keeper,
        JobSpool(start.run.drawing),
        LatestSlot.attach(start.run.try_slot),
        wake=lambda: wake(start.plan_waker),
    )


def _reception(start: StreamStart, host_store: HostStore, host_id: str) -> Reception:
    config = start.config
    door = Doorkeeper(room_name=config.room_name, devices=host_store.devices())
    console = door.enrol(name=CONSOLE_NAME, role=messages.Role.NURSE, randomness=start.console_secret)
    viewer = door.enrol(name=VIEWER_NAME, role=messages.Role.OBSERVER, randomness=start.viewer_secret)
    return Reception(
        door=door,
        devices=host_store,
        host_id=host_id,
        host_name=start.host_name,
        room_name=config.room_name,
        simulated=config.simulated,
        join_url=start.join_url,
        fingerprint=start.certificate.fingerprint,
        local_devices=frozenset({console.device.device_id, viewer.device.device_id}),
        seen=host_store.seen(),
    )


def _restored(store: CaseStore, host_store: HostStore) -> tuple[Session, Case | None]:
    """Return the last session as HOLD or OFF with its case; a record that does not hold is left behind."""
    text = host_store.session_record()
    if text is None:
        return Session(), None
    try:
        case_id = record.case_id_of(text)
        case = None if case_id is None else store.case(case_id)
        facts = None if case is None else facts_of(case, need_of(store.check_plan(case.id)))
        digest = record.plan_digest_of(text)
        stored = None if case is None or digest is None else store.stored_plan(case.id, digest=digest)
        plan = None if stored is None else facts_of_plan(stored.plan)
        return record.restore(text, case=facts, plan=plan, now_ns=now_ns()), case
    except OrviewError as error:
        return Session(why=error.message), None


def _recording_head(config: HostConfig) -> RecordingHead:
    return RecordingHead(
        orview=__version__,
        protocol=PROTOCOL_VERSION,
        room_name=config.room_name,
        started_utc=datetime.now(UTC).isoformat(),
        started_ns=now_ns(),
        simulated=config.simulated,
    )
