"""The desks of a room: each knows one kind of work, and none knows the room."""

from dataclasses import dataclass

from orview.edge.host.camera_desk import CameraDesk
from orview.edge.host.case_desk import CaseDesk
from orview.edge.host.check_desk import CheckDesk
from orview.edge.host.draft_desk import DraftDesk
from orview.edge.host.event_desk import EventDesk
from orview.edge.host.patient_desk import PatientDesk
from orview.edge.host.places import Places
from orview.edge.host.plan_desk import PlanDesk
from orview.edge.host.pointer_desk import PointerDesk
from orview.edge.host.prepare_desk import PrepareDesk
from orview.edge.host.register_desk import RegisterDesk
from orview.edge.host.report_desk import ReportDesk
from orview.edge.host.slices_desk import SlicesDesk
from orview.edge.host.time_out_desk import TimeOutDesk
from orview.edge.host.view_desk import ViewDesk


@dataclass(frozen=True, kw_only=True)
class Desks:
    """Who does what.

    Attributes:
        cases: knows the store's cases.
        patient: compares identifiers, and knows what is to be done.
        plans: knows the plan of the selected case.
        time_out: keeps the items of the time-out.
        prepare: asks for cases to be made.
        checks: judges touched check points.
        registering: takes the landmarks that register a case by touch.
        pointer: waits for touches of the tracked pointer.
        camera: asks the track process for what concerns its camera.
        places: places headsets in the room.
        viewing: keeps the view everybody shares.
        slices: knows the image beside the overlay.
        events: tells what happened of late, and keeps notes.
        drafting: has plans drawn.
        report: has the session's report written.
    """

    cases: CaseDesk
    patient: PatientDesk
    plans: PlanDesk
    time_out: TimeOutDesk
    prepare: PrepareDesk
    checks: CheckDesk
    registering: RegisterDesk
    pointer: PointerDesk
    camera: CameraDesk
    places: Places
    viewing: ViewDesk
    slices: SlicesDesk
    events: EventDesk
    drafting: DraftDesk
    report: ReportDesk
