"""The messages of the vectors: one of each type, and what goes wrong with them, written by hand."""

import struct
from typing import Any

from orview.protocol.auditing import LogHead
from orview.protocol.camera import (
    Calibrate,
    CalibrationEntry,
    CalibrationState,
    Camera,
    CameraChoice,
    CameraState,
    CheckCamera,
    ChooseCamera,
    OutlineEntry,
    ProfileEntry,
    StopCalibrating,
)
from orview.protocol.checking import (
    CheckEntry,
    CheckLandmark,
    CheckPoint,
    CheckPoints,
    CheckWord,
    PatientMoved,
)
from orview.protocol.codec import PROTOCOL_VERSION
from orview.protocol.drafting import (
    NO_DRAFT,
    ClosePlan,
    CutTold,
    DraftStage,
    DraftState,
    NearTumour,
    OpenPlan,
    PlanDraft,
    PlaneTold,
    PlaneTried,
    PlanFinding,
    Published,
    RedoPlan,
    RemovePlane,
    RemoveStage,
    SetMargin,
    SetPlane,
    SetRoot,
    SetStage,
    SetStageLook,
    StageSketch,
    StorePlan,
    TryPlane,
    UndoPlan,
)
from orview.protocol.events import EventEntry, Events, NoteText, ReportState, SessionReport
from orview.protocol.identifying import IdentifierKind
from orview.protocol.identity import (
    IdentifierProof,
    Identify,
    Identity,
    OperatedSide,
    Procedure,
    SetIdentity,
    SetProcedure,
)
from orview.protocol.inbox import (
    EntryKind,
    Inbox,
    InboxEntry,
    InboxSeries,
    Prepare,
    Preparing,
    PreparingState,
    StopPreparing,
)
from orview.protocol.machine import Awake, Machine
from orview.protocol.messages import (
    Aligned,
    BodySide,
    CaseEntry,
    Cases,
    ClientEntry,
    ClientMessage,
    Clients,
    ConditionEntry,
    Confirm,
    Hello,
    HideReason,
    HostMessage,
    Joining,
    LinkState,
    ModelEntry,
    ModelLevelEntry,
    ModelLevelName,
    NewCode,
    Notice,
    NoticeWeight,
    OverlayState,
    Ping,
    Pong,
    Refused,
    RegistrationState,
    Report,
    Role,
    Room,
    SelectCase,
    Session,
    Start,
    Stop,
    StructureEntry,
    StructureKind,
    Watch,
    Welcome,
)
from orview.protocol.nearby import Nearby, NearbyHeadset, NearbyHost, PutOut
from orview.protocol.placing import (
    BoardSeen,
    Corner,
    CornersTouched,
    HeadEntry,
    Heads,
    HeadsetBoard,
    HeadsetCamera,
    HeadsetWorld,
    LensEntry,
    StructureError,
    Wear,
    Wearing,
    WorldState,
    WornEntry,
)
from orview.protocol.planning import (
    NO_PLAN,
    GoToStage,
    LockPlan,
    MarginBand,
    MarginVerdict,
    PatientPosition,
    Plan,
    PlaneMargin,
    PlanModel,
    PlanPlane,
    PlanRoot,
    PlanStage,
    StageLook,
    StageStyle,
)
from orview.protocol.registering import (
    AcceptRegistration,
    LinkShare,
    RegisteredStructure,
    Registration,
    RegistrationMethod,
)
from orview.protocol.slices import Gaze, Gazes, LookingAt, SliceEntry, Slices
from orview.protocol.team import DeviceEntry, Devices, Flash, Flashing
from orview.protocol.time_out import TickItem, TimeOutItem, TimeOutList
from orview.protocol.touching import (
    LandmarkEntry,
    Landmarks,
    Pointer,
    RegisteringState,
    RegisterTouched,
    StopTouching,
    TipState,
    TouchAgain,
    TouchCheckPoint,
    TouchLandmarks,
)
from orview.protocol.viewing import ClipPlane, SetView, StructureStyle, View, ViewPreset, ViewStyle
from orview.protocol.wheel import TakeWheel, Wheel

DIGEST = "0123456789abcdef" * 4
LEVEL_SHA256 = "ab" * 32
ENTRY = "0123456789abcdef"
TOKEN = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
HALF = 0.7071067811865476
POSE = (0.125, -0.25, 1.5, 0.0, HALF, 0.0, HALF)

SESSION = Session(
    state=OverlayState.LIVE,
    why="The board is seen.",
    case_id="case-1",
    case_name="Phantom 1",
    model=ModelEntry(
        digest=DIGEST,
        levels=(
            ModelLevelEntry(
                level=ModelLevelName.PREVIEW,
                sha256=LEVEL_SHA256,
                bytes=123456,
                triangles=20000,
                url=f"/m/{LEVEL_SHA256}",
            ),
        ),
    ),
    structures=(
        StructureEntry(
            key="tumour",
            name="Tumour",
            color_srgb=(0.9, 0.3, 0.1),
            rigid=True,
            kind=StructureKind.TUMOUR,
            side=BodySide.NONE,
            expected_error_mm=1.25,
        ),
        StructureEntry(
            key="nerve_s1_left",
            name="S1 root, left",
            color_srgb=(1.0, 0.85, 0.0),
            rigid=False,
            kind=StructureKind.NERVE,
            side=BodySide.LEFT,
            expected_error_mm=None,
        ),
    ),
    target_key="tumour",
    expected_error_mm=1.25,
    conditions=(ConditionEntry(key="registered", ok=True, words="The registration was accepted."),),
    plan_digest=None,
    stage=0,
)
"""A session that is live, with everything in it."""

PLANE = PlanPlane(
    key="high_cut",
    name="High cut",
    center_patient_m=(-0.0037, 0.046, -0.383),
    kept_normal=(0.0, -0.28, 0.96),
    along=(1.0, 0.0, 0.0),
    width_mm=92.0,
    height_mm=52.5,
)
_STAGE = PlanStage(
    key="front",
    name="Von vorn",
    position=PatientPosition.SUPINE,
    looks=(
        StageLook(key="tumour", style=StageStyle.SOLID),
        StageLook(key="rectum", style=StageStyle.GHOST),
    ),
    planes=("high_cut",),
    mobilises=("rectum",),
    releases_specimen=False,
    notes="Free the rectum, mark the cut.",
)
_PUBLISHED = Published(
    group="Both S2 kept",
    bladder_percent=39.9,
    bowel_percent=None,
    walking_percent=56.2,
    source="Zoccali 2016",
)
PLAN = Plan(
    digest="34" * 32,
    version=2,
    newest_digest="56" * 32,
    newest_version=3,
    locked=True,
    margin_mm=10.0,
    expected_error_mm=1.25,
    planes=(PLANE,),
    margins=(
        PlaneMargin(key="high_cut", least_mm=10.5, verdict=MarginVerdict.NOT_SAFE, words="High cut leaves 10.5 mm."),
    ),
    stages=(_STAGE,),
    specimen=("tumour",),
    roots=(PlanRoot(key="nerve_s3_left", name="S3 left", kept=False),),
    lowest_left="S2",
    lowest_right=None,
    published=(_PUBLISHED,),
    legend=(
        MarginBand(from_mm=None, color_srgb=(0.8, 0.1, 0.5), words="beyond the cut"),
        MarginBand(from_mm=5.0, color_srgb=(1.0, 0.5, 0.0), words="5 to 10 mm"),
    ),
    model=PlanModel(sha256=LEVEL_SHA256, bytes=12345, url=f"/m/{LEVEL_SHA256}"),
)
"""A locked plan of one stage, with everything in it."""
_PLANE_TOLD = PlaneTold(
    key="high_cut",
    least_mm=-0.5,
    mean_mm=31.25,
    verdict=MarginVerdict.NOT_KEPT,
    end_plate_deg=12.5,
    midline_deg=None,
    side=BodySide.NONE,
    cuts=(CutTold(key="sacrum", name="Sacrum", length_mm=212.5, area_mm2=1800.0),),
    line_m=(0.0, 0.046, -0.383, 0.001, 0.046, -0.383),
    refusal="High cut passes through the tumour.",
)

CLIENT_MESSAGES: dict[str, ClientMessage] = {
    "hello_with_code": Hello(
        protocol=PROTOCOL_VERSION,
        role_wanted=Role.SURGEON,
        device_name="Headset 1",
        token=None,
        code="012345",
        page=None,
    ),
    "hello_with_token": Hello(
        protocol=PROTOCOL_VERSION,
        role_wanted=Role.OBSERVER,
        device_name="Große Brille 🥽",
        token=TOKEN,
        code=None,
        page=ENTRY,
    ),
    "ping": Ping(id=7, client_ns=123_456_789),
    "aligned": Aligned(version=2, room_frame_id=1, world_from_room=POSE, sigma_mm=0.5),
    "watch": Watch(pictures=True),
    "report_shown": Report(
        fps=72.0,
        shown=True,
        hidden_why=None,
        pose_age_ms=11.5,
        latency_ms=31.25,
        model_digest=DIGEST,
        poses=3600,
        gaps=2,
        clock_uncertainty_ms=0.25,
        battery=0.75,
    ),
    "report_hidden": Report(
        fps=0.0,
        shown=False,
        hidden_why=HideReason.LINK_STALE,
        pose_age_ms=None,
        latency_ms=None,
        model_digest=None,
        poses=0,
        gaps=0,
        clock_uncertainty_ms=None,
        battery=None,
    ),
    "select_case": SelectCase(case_id="case-1"),
    "start": Start(),
    "confirm": Confirm(),
    "stop": Stop(),
    "new_code": NewCode(),
    "put_out": PutOut(device_id="00112233445566aa"),
    "prepare_series": Prepare(entry=ENTRY, series=3, name="Case 12"),
    "prepare_all": Prepare(entry=ENTRY, series=None, name=None),
    "stop_preparing": StopPreparing(),
    "check_point": CheckPoint(
        landmark="Sacral tip", room_frame_id=1, touched_room_m=(0.125, -0.25, 0.75), sigma_mm=0.5
    ),
    "patient_moved": PatientMoved(),
    "calibrate": Calibrate(board="calibration_a4"),
    "stop_calibrating": StopCalibrating(),
    "check_camera": CheckCamera(),
    "board_seen": BoardSeen(
        room_frame_id=1,
        seen_ns=10**12,
        world_from_board=POSE,
        world_from_headset=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
        sigma_mm=0.5,
        sigma_rad=0.003,
    ),
    "corners_touched": CornersTouched(
        room_frame_id=1,
        touched=tuple(Corner(place_m=(0.125 * x, -0.5, 0.25 * y)) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))),
        sigma_mm=2.0,
    ),
    "touch_check_point": TouchCheckPoint(landmark="Sacral tip"),
    "touch_landmarks": TouchLandmarks(),
    "touch_again": TouchAgain(landmark="Crest, left"),
    "register_touched": RegisterTouched(),
    "stop_touching": StopTouching(),
    "headset_camera": HeadsetCamera(
        name="Headset left camera",
        serial="",
        width_px=1280,
        height_px=960,
        lens=LensEntry(fx_px=870.5, fy_px=871.25, cx_px=639.5, cy_px=-0.5, distortion=(0.05, -0.1, 0.001, 0.0, 0.0)),
        headset_from_camera=POSE,
        place_sigma_mm=0.5,
        place_sigma_rad=0.001,
    ),
    "headset_camera_without_lens": HeadsetCamera(
        name="Camera 1",
        serial="A-17",
        width_px=640,
        height_px=480,
        lens=None,
        headset_from_camera=POSE,
        place_sigma_mm=3.0,
        place_sigma_rad=0.01,
    ),
    "headset_board": HeadsetBoard(board="headset", headset_from_board=POSE, place_sigma_mm=0.5, place_sigma_rad=0.002),
    "heads": Heads(
        heads=(
            HeadEntry(at_ns=10**12, world_from_headset=POSE),
            HeadEntry(at_ns=10**12 + 13_888_889, world_from_headset=(0.125, -0.25, 1.5, 0.0, 0.0, 0.0, 1.0)),
        )
    ),
    "wear": Wear(device_id="00112233445566aa", board="headset"),
    "wear_nothing": Wear(device_id="00112233445566aa", board=None),
    "set_view_all_at_once": SetView(
        preset=ViewPreset.TUMOUR_NERVES,
        styles=(
            StructureStyle(key="nerve_s1_left", style=ViewStyle.SEE_THROUGH, opacity_step=4),
            StructureStyle(key="skin", style=ViewStyle.OUTLINE, opacity_step=1),
        ),
        cleared=False,
        window=True,
        clip=ClipPlane(point_patient_m=(0.0, 0.125, -0.5), normal_patient=(0.0, 0.0, 1.0)),
        clip_off=False,
        twin=True,
    ),
    "set_view_cleared": SetView(
        preset=None, styles=(), cleared=True, window=None, clip=None, clip_off=False, twin=None
    ),
    "looking_at": LookingAt(structure="nerve_s2_left", point_patient_m=(0.0123, -0.17, 0.85)),
    "looking_at_nothing": LookingAt(structure=None, point_patient_m=None),
    "note": NoteText(text="Nerf S2 à gauche vu; 病人 稳定"),
    "set_view_uncut": SetView(preset=None, styles=(), cleared=None, window=False, clip=None, clip_off=True, twin=False),
    "take_wheel": TakeWheel(),
    "choose_camera": ChooseCamera(key="video2"),
    "flash": Flash(device_id="00112233445566aa"),
    "identify": Identify(
        case_id="0123456789abcdef",
        proofs=(
            IdentifierProof(kind=IdentifierKind.NAME, any_of=("ab" * 32, "cd" * 32)),
            IdentifierProof(kind=IdentifierKind.BIRTH_DATE, any_of=("ef" * 32,)),
        ),
    ),
    "set_identity": SetIdentity(
        case_id="0123456789abcdef",
        proofs=(
            IdentifierProof(kind=IdentifierKind.NAME, any_of=("ab" * 32,)),
            IdentifierProof(kind=IdentifierKind.PATIENT_ID, any_of=("ef" * 32,)),
        ),
    ),
    "set_procedure": SetProcedure(
        case_id="0123456789abcdef", side=OperatedSide.MIDLINE, procedure="Résection en bloc, S2–S5"
    ),
    "accept_registration": AcceptRegistration(digest="12" * 32),
    "tick": TickItem(key="images", fact="0123456789abcdef", on=True),
    "untick": TickItem(key="images", fact="0123456789abcdef", on=False),
    "lock_plan": LockPlan(digest="34" * 32),
    "go_to_stage": GoToStage(plan="34" * 32, stage=2),
    "open_plan": OpenPlan(),
    "try_plane": TryPlane(number=7, plane=PLANE),
    "set_plane": SetPlane(plane=PLANE),
    "remove_plane": RemovePlane(key="high_cut"),
    "set_root": SetRoot(root="nerve_s3_left", kept=True),
    "set_margin": SetMargin(margin_mm=12.5),
    "set_stage": SetStage(
        stage=StageSketch(
            key="back",
            name="From behind",
            position=PatientPosition.PRONE,
            planes=("high_cut",),
            releases_specimen=True,
            notes="Öffnen, 病人",
        )
    ),
    "set_stage_look": SetStageLook(stage="back", structure="rectum", style=StageStyle.OUTLINE, mobilised=True),
    "remove_stage": RemoveStage(key="back"),
    "undo_plan": UndoPlan(),
    "redo_plan": RedoPlan(),
    "store_plan": StorePlan(),
    "close_plan": ClosePlan(),
}

HOST_MESSAGES: dict[str, HostMessage] = {
    "welcome": Welcome(
        protocol=PROTOCOL_VERSION,
        device_id="00112233445566aa",
        role=Role.SURGEON,
        token=TOKEN,
        host_id="f00dfeed",
        host_name="host",
        room_name="Room 3",
        host_ns=10**18,
        simulated=True,
        research_use="Research use only, not a medical device.",
    ),
    "refused": Refused(
        code="NOT_ALLOWED", message="The role surgeon may not do this.", mend="Ask the nurse.", about="start"
    ),
    "pong": Pong(id=7, client_ns=123_456_789, host_ns=987_654_321),
    "cases": Cases(
        cases=(
            CaseEntry(
                case_id="case-1",
                name="Phantom 1",
                created_utc="2026-01-02T03:04:05Z",
                structures=21,
                registration=RegistrationState.ACCEPTED,
                expected_error_mm=1.25,
                picture=f"/m/{LEVEL_SHA256}",
            ),
            CaseEntry(
                case_id="case_2",
                name="Phantom 2",
                created_utc="2026-01-01T03:04:05Z",
                structures=0,
                registration=RegistrationState.MISSING,
                expected_error_mm=None,
                picture=None,
            ),
        )
    ),
    "no_cases": Cases(cases=()),
    "session_live": SESSION,
    "session_off": Session(
        state=OverlayState.OFF,
        why="",
        case_id=None,
        case_name=None,
        model=None,
        structures=(),
        target_key=None,
        expected_error_mm=None,
        conditions=(),
        plan_digest=None,
        stage=0,
    ),
    "clients": Clients(
        clients=(
            ClientEntry(
                device_id="00112233445566aa",
                name="Headset 1",
                role=Role.SURGEON,
                link=LinkState.GOOD,
                shown=True,
                hidden_why=None,
                fps=72.0,
                pose_age_ms=11.5,
                latency_ms=31.25,
                pose_age_p50_ms=12.0,
                pose_age_p95_ms=19.5,
                latency_p50_ms=30.0,
                latency_p95_ms=42.0,
                model_ok=True,
                battery=0.75,
                last_seen_ns=119_000_000_000,
            ),
        )
    ),
    "joining": Joining(
        code="012345", expires_ns=120_000_000_000, url="https://192.0.2.10:8443/#k=012345", fingerprint=DIGEST
    ),
    "joining_closed": Joining(code=None, expires_ns=None, url="https://192.0.2.10:8443/", fingerprint=DIGEST),
    "room": Room(room_frame_id=1, world_from_room=POSE, simulated=True),
    "room_unproposed": Room(room_frame_id=2, world_from_room=None, simulated=False),
    "nearby": Nearby(
        hosts=(NearbyHost(name="OR 4", address="192.0.2.44", replay=False),),
        headsets=(NearbyHeadset(name="Headset app", address="fe80::1"),),
    ),
    "nearby_nobody": Nearby(hosts=(), headsets=()),
    "wheel": Wheel(holder_name="Linux console", yours=True),
    "wheel_free": Wheel(holder_name=None, yours=False),
    "devices": Devices(
        devices=(
            DeviceEntry(
                device_id="00112233445566bb", name="Quest 3", role=Role.SURGEON, last_seen_utc="2026-07-30T07:15:00Z"
            ),
            DeviceEntry(device_id="00112233445566cc", name="Pico", role=Role.OBSERVER, last_seen_utc=None),
        )
    ),
    "flashing": Flashing(name="Quest 3", seconds=6.0),
    "machine": Machine(
        awake=Awake.KEPT,
        awake_words="This machine does not go to sleep while the overlay is live.",
        network_words="The network changed: the address is now 192.0.2.11.",
        missing=("This machine is on no network.",),
    ),
    "wearing": Wearing(
        boards=(
            WornEntry(board="headset", device_id="00112233445566aa"),
            WornEntry(board="headset_2", device_id=None),
        )
    ),
    "log_head": LogHead(sequence=214, link="9f31c2a07b4e"),
    "notice": Notice(weight=NoticeWeight.WARNING, text="The camera sees the board badly."),
    "inbox": Inbox(
        folder="/srv/orview/inbox",
        entries=(
            InboxEntry(
                entry=ENTRY,
                kind=EntryKind.FOLDER,
                arrived_utc="2026-01-02T03:04:05+00:00",
                megabytes=31.5,
                series=(
                    InboxSeries(
                        number=3,
                        modality="CT",
                        description="PELVIS SOFT 1.0",
                        acquired="2026-01-01",
                        slices=300,
                        spacing_mm="0.78 x 0.78 x 1",
                    ),
                ),
                problem="",
            ),
            InboxEntry(
                entry="fedcba9876543210",
                kind=EntryKind.FILE,
                arrived_utc="2026-01-01T03:04:05+00:00",
                megabytes=0.0,
                series=(),
                problem="The file is empty.",
            ),
        ),
    ),
    "empty_inbox": Inbox(folder="/srv/orview/inbox", entries=()),
    "preparing": Preparing(
        entry=ENTRY,
        state=PreparingState.RUNNING,
        stage="Surfaces",
        fraction=0.5,
        case_id=None,
        words="",
        picture=f"/m/{LEVEL_SHA256}",
    ),
    "prepared": Preparing(
        entry=ENTRY,
        state=PreparingState.DONE,
        stage="",
        fraction=1.0,
        case_id="case-1",
        words="",
        picture=None,
    ),
    "not_prepared": Preparing(
        entry=ENTRY,
        state=PreparingState.REFUSED,
        stage="Reading the image",
        fraction=0.25,
        case_id=None,
        words="A slice is missing. Export the series again.",
        picture=None,
    ),
    "check_points": CheckPoints(
        landmarks=(
            CheckLandmark(
                name="Sacral tip",
                position_patient_m=(0.0, 0.125, -0.5),
                touched=CheckEntry(
                    misfit_mm=3.125,
                    expected_mm=1.25,
                    word=CheckWord.DISAGREES,
                    words="Sacral tip: 3.1 mm off where 1.2 mm were expected: do not use.",
                    by=Role.SURGEON,
                    at_ns=10**12,
                ),
            ),
            CheckLandmark(name="Crest, left", position_patient_m=(0.1, 0.0, -0.25), touched=None),
        ),
        due_ns=None,
        max_age_min=30.0,
    ),
    "pointer": Pointer(tip=TipState.STILL, words="Hold still.", landmark="Sacral tip"),
    "no_pointer": Pointer(tip=TipState.ABSENT, words="The host was started without a pointer.", landmark=None),
    "landmarks": Landmarks(
        state=RegisteringState.TOUCHING,
        landmarks=(
            LandmarkEntry(name="Crest, left", touched=True),
            LandmarkEntry(name="Crest, right", touched=False),
        ),
        fewest=4,
        expected_error_mm=1.5,
        words="",
    ),
    "no_landmarks": Landmarks(state=RegisteringState.IDLE, landmarks=(), fewest=4, expected_error_mm=None, words=""),
    "headset_world": HeadsetWorld(
        state=WorldState.ALIGNED,
        version=3,
        room_frame_id=1,
        world_from_room=POSE,
        covariance=tuple(0.25 if row == column else 0.0 for row in range(6) for column in range(6)),
        expected_error_mm=1.5,
        structure_errors=(StructureError(key="tumour", expected_error_mm=1.5),),
        words="The headset knows where the room is.",
        corners=tuple(Corner(place_m=(0.125 * x, 0.25 * y, 0.0)) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))),
    ),
    "headset_world_unknown": HeadsetWorld(
        state=WorldState.DRIFTED,
        version=3,
        room_frame_id=1,
        world_from_room=None,
        covariance=(),
        expected_error_mm=None,
        structure_errors=(),
        words="The headset's world moved by 8 mm and 0.5 deg: look again.",
        corners=(),
    ),
    "plan": PLAN,
    "no_plan": NO_PLAN,
    "plan_draft": PlanDraft(
        state=DraftState.READY,
        words="",
        case_id="case-1",
        base_version=2,
        changed=True,
        can_undo=True,
        can_redo=False,
        margin_mm=10.0,
        safe_margin_mm=11.25,
        planes=(PLANE,),
        stages=(
            DraftStage(
                key="front",
                name="From in front",
                position=PatientPosition.LEFT_SIDE,
                looks=(StageLook(key="tumour", style=StageStyle.SEE_THROUGH),),
                planes=(),
                mobilises=(),
                releases_specimen=False,
                notes="",
            ),
        ),
        roots=(PlanRoot(key="nerve_s3_left", name="S3 left", kept=False),),
        specimen=("tumour",),
        facts=(_PLANE_TOLD,),
        findings=(
            PlanFinding(
                code="MARGIN_NOT_KEPT", weight=NoticeWeight.WARNING, message="High cut is too near.", where="high_cut"
            ),
        ),
        near=(NearTumour(key="rectum", name="Rectum", least_mm=4.25, at_patient_m=(0.0, 0.046, -0.383)),),
        lowest_left="S2",
        lowest_right="S5",
        published=(_PUBLISHED,),
        refusal="High cut passes through the tumour.",
    ),
    "no_plan_draft": NO_DRAFT,
    "plane_tried": PlaneTried(number=7, facts=_PLANE_TOLD),
    "view": View(
        preset=ViewPreset.VESSELS,
        styles=(StructureStyle(key="tumour", style=ViewStyle.SOLID, opacity_step=2),),
        cleared=True,
        window=True,
        clip=ClipPlane(point_patient_m=(0.0, 0.125, -0.5), normal_patient=(0.0, -0.6, 0.8)),
        twin=True,
        by=Role.NURSE,
    ),
    "slices": Slices(
        image=SliceEntry(case_id="ab12", sha256="5e" * 32, bytes=9_000_000, url=f"/s/{'5e' * 32}"),
    ),
    "slices_none": Slices(image=None),
    "gazes": Gazes(
        gazes=(
            Gaze(device_id="a1b2", structure="tumour", point_patient_m=(0.01, -0.17, 0.85)),
            Gaze(device_id="c3d4", structure=None, point_patient_m=(0.0, 0.0, 0.0)),
        )
    ),
    "events": Events(
        entries=(
            EventEntry(utc="2026-01-01T10:00:00.123+00:00", by="nurse", kind="STARTED", words="The session is open."),
            EventEntry(utc="2026-01-01T10:01:00.000+00:00", by="nurse", kind="NOTE_WRITTEN", words="病人 稳定"),
        )
    ),
    "identity": Identity(
        case_id="0123456789abcdef",
        salt="5a17" * 8,
        kinds=(IdentifierKind.NAME, IdentifierKind.BIRTH_DATE, IdentifierKind.PATIENT_ID),
        matched=(IdentifierKind.NAME, IdentifierKind.PATIENT_ID),
        settable=False,
        locked=False,
        words="Identified by name and patient ID.",
    ),
    "identity_of_nobody": Identity(
        case_id=None, salt=None, kinds=(), matched=(), settable=False, locked=True, words="Choose a case first."
    ),
    "procedure": Procedure(side=OperatedSide.LEFT, procedure="Resection"),
    "procedure_nobody_said": Procedure(side=None, procedure=""),
    "registration": Registration(
        state=RegistrationState.ACCEPTED,
        digest="12" * 32,
        method=RegistrationMethod.BOARD,
        target_key="tumour",
        limit_mm=2.0,
        matched=8,
        known=9,
        structures=(RegisteredStructure(key="tumour", name="Tumour", expected_error_mm=1.2),),
        links=(
            LinkShare(link="ct_fiducials", share=0.75, words="the places of the points in the CT"),
            LinkShare(link="board_build", share=0.25, words="how the board was printed and built"),
        ),
        reasons=("8 of 9 beads match.",),
        advice=("Spread the beads.",),
        accepted=True,
    ),
    "no_registration": Registration(
        state=RegistrationState.MISSING,
        digest=None,
        method=None,
        target_key=None,
        limit_mm=None,
        matched=0,
        known=0,
        structures=(),
        links=(),
        reasons=("The case is being registered with the board.",),
        advice=(),
        accepted=False,
    ),
    "time_out": TimeOutList(
        items=(
            TimeOutItem(
                key="images",
                words="Right images: CT of 2026-10-01, 60 days old, 512 slices. Are there newer images?",
                fact="0123456789abcdef",
                ready=True,
                ticked=False,
            ),
        )
    ),
    "session_report": SessionReport(
        state=ReportState.READY,
        name="20260101T100000Z",
        html="/r/20260101T100000Z.html",
        pdf="/r/20260101T100000Z.pdf",
        words="",
    ),
    "session_report_failed": SessionReport(
        state=ReportState.FAILED, name="20260101T100000Z", html=None, pdf=None, words="The disk is full."
    ),
    "view_at_first": View(
        preset=ViewPreset.ALL, styles=(), cleared=False, window=False, clip=None, twin=False, by=None
    ),
    "no_check_points": CheckPoints(landmarks=(), due_ns=None, max_age_min=30.0),
    "camera": Camera(
        state=CameraState.FITS,
        words="The profile belongs to cam at 1280x720.",
        cameras=(CameraChoice(key="video0", name="cam"), CameraChoice(key="video2", name="Laptop camera")),
        chosen="video0",
        profile=ProfileEntry(name="cam_1280x720", calibrated_on="2026-05-28", age_days=63, error_mm=0.75, limit_mm=1.0),
        boards=("calibration_a4", "calibration_letter"),
        calibration=None,
    ),
    "calibrating": Camera(
        state=CameraState.CALIBRATING,
        words="The camera is being calibrated.",
        cameras=(),
        chosen=None,
        profile=None,
        boards=("calibration_a4",),
        calibration=CalibrationEntry(
            board="calibration_a4",
            state=CalibrationState.CAPTURING,
            words="Hold the board in the left of the picture so that it fills half of it, facing the camera, upright.",
            took=True,
            views=7,
            most=25,
            error_mm=1.5,
            limit_mm=1.0,
            width_px=1280,
            height_px=720,
            outlines=(OutlineEntry(points_px=(100.0, 100.0, 500.5, 120.0, 480.0, 400.0, -3.5, 380.0)),),
            advice=(),
        ),
    ),
    "calibrated_badly": Camera(
        state=CameraState.DOUBTED,
        words="The camera was moved (the picture by 9 px): check how it stands.",
        cameras=(),
        chosen=None,
        profile=ProfileEntry(name="cam", calibrated_on="2026-05-28", age_days=0, error_mm=None, limit_mm=1.0),
        boards=(),
        calibration=CalibrationEntry(
            board="calibration_a4",
            state=CalibrationState.REFUSED,
            words="Refused.",
            took=False,
            views=0,
            most=25,
            error_mm=None,
            limit_mm=1.0,
            width_px=1280,
            height_px=720,
            outlines=(),
            advice=("Tilt the board more.",),
        ),
    ),
}


def _hello(old: str, new: str) -> str:
    """A hello with one thing in it changed."""
    text = (
        f'{{"type":"hello","protocol":"{PROTOCOL_VERSION}","role_wanted":"surgeon","device_name":"a","token":null,'
        '"code":"123456","page":null}'
    )
    assert text.count(old) == 1
    return text.replace(old, new)


def _aligned(pose: str, sigma_mm: str = "1") -> str:
    """An aligned with this pose and sigma."""
    return f'{{"type":"aligned","version":1,"room_frame_id":1,"world_from_room":{pose},"sigma_mm":{sigma_mm}}}'


BAD_CLIENT_TEXTS: dict[str, tuple[str, str, str]] = {
    "empty": ("", "NOT_JSON", ""),
    "not_json": ("{", "NOT_JSON", ""),
    "two_documents": ("{} {}", "NOT_JSON", ""),
    "a_list": ("[]", "NOT_AN_OBJECT", ""),
    "a_number": ("1", "NOT_AN_OBJECT", ""),
    "no_type": ("{}", "MISSING_FIELD", "type"),
    "null_type": ('{"type":null}', "MISSING_FIELD", "type"),
    "number_type": ('{"type":1}', "WRONG_TYPE", "type"),
    "unknown_type": ('{"type":"launch"}', "UNKNOWN_TYPE", "type"),
    "type_of_object_prototype": ('{"type":"constructor"}', "UNKNOWN_TYPE", "type"),
    "host_type_from_client": ('{"type":"pong","id":1,"client_ns":1,"host_ns":1}', "UNKNOWN_TYPE", "type"),
    "missing_field": ('{"type":"watch"}', "MISSING_FIELD", "watch.pictures"),
    "unknown_field": ('{"type":"watch","pictures":true,"more":1}', "UNKNOWN_FIELD", "watch"),
    "plane_with_long_normal": (
        '{"type":"set_plane","plane":{"key":"a","name":"A","center_patient_m":[0,0,0],"kept_normal":[0,0,1.5],'
        '"along":[1,0,0],"width_mm":1,"height_mm":1}}',
        "OUT_OF_RANGE",
        "set_plane.plane.kept_normal[2]",
    ),
    "stage_before_the_first": (
        f'{{"type":"go_to_stage","plan":"{DIGEST}","stage":0}}',
        "OUT_OF_RANGE",
        "go_to_stage.stage",
    ),
    "prototype_field": ('{"type":"start","__proto__":{}}', "UNKNOWN_FIELD", "start"),
    "number_for_flag": ('{"type":"watch","pictures":1}', "WRONG_TYPE", "watch.pictures"),
    "flag_for_number": ('{"type":"ping","id":true,"client_ns":1}', "WRONG_TYPE", "ping.id"),
    "text_for_number": ('{"type":"ping","id":"1","client_ns":1}', "WRONG_TYPE", "ping.id"),
    "fraction_for_whole": ('{"type":"ping","id":1.5,"client_ns":1}', "WRONG_TYPE", "ping.id"),
    "negative_count": ('{"type":"ping","id":-1,"client_ns":1}', "OUT_OF_RANGE", "ping.id"),
    "count_too_large": ('{"type":"ping","id":4294967296,"client_ns":1}', "OUT_OF_RANGE", "ping.id"),
    "time_too_large": ('{"type":"ping","id":1,"client_ns":2000000000000000000}', "OUT_OF_RANGE", "ping.client_ns"),
    "infinite_number": ('{"type":"ping","id":1,"client_ns":1e999}', "NOT_FINITE", "ping.client_ns"),
    "null_for_number": ('{"type":"ping","id":null,"client_ns":1}', "WRONG_TYPE", "ping.id"),
    "unknown_role": (_hello("surgeon", "king"), "UNKNOWN_CHOICE",
                     "hello.role_wanted"),
    "number_role": (_hello('"surgeon"', "1"), "WRONG_TYPE",
                    "hello.role_wanted"),
    "code_with_letter": (_hello("123456", "12345a"), "BAD_TEXT", "hello.code"),
    "code_with_newline": (_hello("123456", "12345\\n"), "BAD_TEXT", "hello.code"),
    "code_too_short": (_hello("123456", "12345"), "BAD_TEXT", "hello.code"),
    "code_in_other_digits": (_hello("123456", "١٢٣٤٥٦"), "BAD_TEXT", "hello.code"),
    "empty_name": (_hello('"a"', '""'), "BAD_TEXT", "hello.device_name"),
    "name_too_long": (_hello('"a"', f'"{"a" * 81}"'), "BAD_TEXT",
                      "hello.device_name"),
    "control_character": (_hello('"a"', '"a\\u0007"'), "BAD_TEXT",
                          "hello.device_name"),
    "half_a_surrogate": (_hello('"a"', '"\\ud83e"'), "BAD_TEXT",
                         "hello.device_name"),
    "entry_that_climbs": (
        '{"type":"prepare","entry":"../../etc/passwd","series":null,"name":null}', "BAD_TEXT", "prepare.entry"
    ),
    "case_without_a_name": (
        f'{{"type":"prepare","entry":"{ENTRY}","series":null,"name":""}}', "BAD_TEXT", "prepare.name"
    ),
    "board_without_a_name": ('{"type":"calibrate","board":""}', "BAD_TEXT", "calibrate.board"),
    "pose_of_six": (_aligned("[0,0,0,0,0,1]"), "WRONG_COUNT", "aligned.world_from_room"),
    "pose_no_list": (_aligned("{}"), "WRONG_TYPE", "aligned.world_from_room"),
    "pose_with_text": (_aligned('[0,0,0,0,0,0,"1"]'), "WRONG_TYPE", "aligned.world_from_room[6]"),
    "pose_infinite": (_aligned("[1e999,0,0,0,0,0,1]"), "NOT_FINITE", "aligned.world_from_room[0]"),
    "pose_in_millimetres": (_aligned("[1500,0,0,0,0,0,1]"), "OUT_OF_RANGE", "aligned.world_from_room"),
    "pose_long_quaternion": (_aligned("[0,0,0,0,0,0,1.01]"), "NOT_A_POSE", "aligned.world_from_room"),
    "pose_no_rotation": (_aligned("[0,0,0,0,0,0,0]"), "NOT_A_POSE", "aligned.world_from_room"),
    "negative_sigma": (_aligned("[0,0,0,0,0,0,1]", "-0.1"), "OUT_OF_RANGE", "aligned.sigma_mm"),
    "touch_of_two_numbers": (
        '{"type":"check_point","landmark":"a","room_frame_id":1,"touched_room_m":[0,0],"sigma_mm":1}',
        "WRONG_COUNT", "check_point.touched_room_m",
    ),
    "touch_in_millimetres": (
        '{"type":"check_point","landmark":"a","room_frame_id":1,"touched_room_m":[0,1500,0],"sigma_mm":1}',
        "OUT_OF_RANGE", "check_point.touched_room_m[1]",
    ),
    "three_touched_corners": (
        '{"type":"corners_touched","room_frame_id":1,"touched":['
        '{"place_m":[0,0,0]},{"place_m":[1,0,0]},{"place_m":[1,1,0]}],"sigma_mm":1}',
        "WRONG_COUNT", "corners_touched.touched",
    ),
    "lens_without_distortion": (
        '{"type":"headset_camera","name":"a","serial":"","width_px":640,"height_px":480,"lens":'
        '{"fx_px":500,"fy_px":500,"cx_px":320,"cy_px":240,"distortion":[]},"headset_from_camera":[0,0,0,0,0,0,1],'
        '"place_sigma_mm":1,"place_sigma_rad":0.01}',
        "WRONG_COUNT", "headset_camera.lens.distortion",
    ),
    "style_without_steps": (
        '{"type":"set_view","preset":null,"styles":[{"key":"tumour","style":"solid","opacity_step":0}],"cleared":null,'
        '"window":null,"clip":null,"clip_off":false,"twin":null}',
        "OUT_OF_RANGE", "set_view.styles[0].opacity_step",
    ),
    "style_of_another_fashion": (
        '{"type":"set_view","preset":null,"styles":[{"key":"tumour","style":"wire","opacity_step":1}],"cleared":null,'
        '"window":null,"clip":null,"clip_off":false,"twin":null}',
        "UNKNOWN_CHOICE", "set_view.styles[0].style",
    ),
    "plane_in_mm": (
        '{"type":"set_view","preset":null,"styles":[],"cleared":null,"window":null,"clip":{"point_patient_m":'
        '[0,1200,0],"normal_patient":[0,0,1]},"clip_off":false,"twin":null}',
        "OUT_OF_RANGE", "set_view.clip.point_patient_m[1]",
    ),
    "one_identifier": (
        '{"type":"identify","case_id":"a","proofs":[{"kind":"name","any_of":["' + "ab" * 32 + '"]}]}',
        "WRONG_COUNT", "identify.proofs",
    ),
    "identifier_in_the_clear": (
        '{"type":"identify","case_id":"a","proofs":[{"kind":"name","any_of":["Mueller"]},'
        '{"kind":"patient_id","any_of":["' + "ab" * 32 + '"]}]}',
        "BAD_TEXT", "identify.proofs[0].any_of[0]",
    ),
    "too_deep": ('{"type":"start","a":' + "[" * 8 + "]" * 8 + "}", "TOO_DEEP", ""),
    "far_too_deep": ("[" * 4000, "TOO_DEEP", ""),
    "too_long": ('{"type":"start","a":"' + "a" * 4096 + '"}', "TOO_LONG", ""),
    "too_long_in_bytes": ('{"type":"start","a":"' + "ä" * 2048 + '"}', "TOO_LONG", ""),
}  # fmt: skip
"""Name to text, fault and place."""

BAD_HOST_TEXTS: dict[str, tuple[str, str, str]] = {
    "client_type_from_host": ('{"type":"start"}', "UNKNOWN_TYPE", "type"),
    "case_without_name": (
        '{"type":"cases","cases":[{"case_id":"a","created_utc":"b","structures":1,"registration":"missing",'
        '"expected_error_mm":null}]}',
        "MISSING_FIELD",
        "cases.cases[0].name",
    ),
    "cases_no_list": ('{"type":"cases","cases":{}}', "WRONG_TYPE", "cases.cases"),
    "case_no_object": ('{"type":"cases","cases":[1]}', "WRONG_TYPE", "cases.cases[0]"),
    "case_with_a_foreign_picture": (
        '{"type":"cases","cases":[{"case_id":"a","name":"a","created_utc":"b","structures":1,"registration":"missing",'
        '"expected_error_mm":null,"picture":"https://elsewhere.example/p.png"}]}',
        "BAD_TEXT",
        "cases.cases[0].picture",
    ),
    "preparing_beyond_its_end": (
        f'{{"type":"preparing","entry":"{ENTRY}","state":"running","stage":"","fraction":1.5,"case_id":null,"words":"",'
        '"picture":null}',
        "OUT_OF_RANGE",
        "preparing.fraction",
    ),
    "preparing_with_a_picture_of_elsewhere": (
        f'{{"type":"preparing","entry":"{ENTRY}","state":"running","stage":"","fraction":0.5,"case_id":null,"words":"",'
        f'"picture":"//x/{"5a" * 32}"}}',
        "BAD_TEXT",
        "preparing.picture",
    ),
    "outline_of_two_points": (
        '{"type":"camera","state":"fits","words":"","cameras":[],"chosen":null,"profile":null,"boards":[],"calibration":{"board":"a","state":"solving","words":"",'
        '"took":false,"views":1,"most":1,"error_mm":null,"limit_mm":1,"width_px":9,"height_px":9,'
        '"outlines":[{"points_px":[1,2,3,4]}],"advice":[]}}',
        "WRONG_COUNT",
        "camera.calibration.outlines[0].points_px",
    ),
    "too_many_cases": ('{"type":"cases","cases":[' + ",".join(["1"] * 501) + "]}", "WRONG_COUNT", "cases.cases"),
    "room_mirrored_pose": (
        '{"type":"room","room_frame_id":1,"world_from_room":[0,0,0,0,0,0,-2],"simulated":false}',
        "NOT_A_POSE",
        "room.world_from_room",
    ),
}

_ZERO_PREFIX = "00" * 8
_PREFIX = DIGEST[:16]


def pose_bytes(**changes: Any) -> bytes:
    """The bytes of a live pose with changes, packed here by hand from docs/protocol.md, not by the code under test."""
    values: dict[str, Any] = {
        "type": 1, "version": 1, "state": 2, "stage": 0, "thing_id": 0, "sequence": 42, "room_frame_id": 1,
        "capture_ns": 5_000_000_000, "send_ns": 5_031_000_000, "model_prefix": bytes.fromhex(_PREFIX),
        "plan_prefix": bytes(8),
        "position_m": (0.125, -0.25, 1.5), "quat_xyzw": (0.5, -0.5, 0.5, 0.5),
        "expected_error_mm": 1.25, "sight_age_ms": 31.0,
    }  # fmt: skip
    values.update(changes)
    return struct.pack(
        "<BBBBIIIQQ8s8s3f4fff",
        *(values[name] for name in ("type", "version", "state", "stage", "thing_id", "sequence", "room_frame_id")),
        values["capture_ns"], values["send_ns"], values["model_prefix"], values["plan_prefix"], *values["position_m"],
        *values["quat_xyzw"], values["expected_error_mm"], values["sight_age_ms"],
    )  # fmt: skip


NOWHERE: dict[str, Any] = {
    "position_m": (0.0, 0.0, 0.0),
    "quat_xyzw": (0.0, 0.0, 0.0, 1.0),
    "expected_error_mm": 0.0,
}
JPEG = bytes.fromhex("ffd8ffe000104a46494600")


def picture_bytes(**changes: Any) -> bytes:
    """The bytes of a picture with changes, packed by hand."""
    values: dict[str, Any] = {
        "type": 2, "version": 1, "width_px": 1280, "height_px": 720, "corners": 0, "sequence": 9, "room_frame_id": 1,
        "taken_ns": 5_000_000_000, "send_ns": 5_031_000_000, "position_m": (0.5, 0.25, -0.125),
        "quat_xyzw": (-0.5, 0.5, 0.5, 0.5), "lens": (1065.5, 1065.25, 639.5, 359.5), "jpeg_bytes": len(JPEG),
        "corners_px": (), "jpeg": JPEG,
    }  # fmt: skip
    values.update(changes)
    header = struct.pack(
        "<BBHHHIIQQ3f4f4fI",
        *(values[name] for name in ("type", "version", "width_px", "height_px", "corners", "sequence")),
        values["room_frame_id"], values["taken_ns"], values["send_ns"], *values["position_m"], *values["quat_xyzw"],
        *values["lens"], values["jpeg_bytes"],
    )  # fmt: skip
    corners = struct.pack(f"<{len(values['corners_px'])}f", *values["corners_px"])
    return header + corners + bytes(values["jpeg"])


_POSE_DECODED: dict[str, Any] = {
    "kind": "pose", "state": "LIVE", "thing_id": 0, "sequence": 42, "room_frame_id": 1, "capture_ns": 5_000_000_000,
    "send_ns": 5_031_000_000, "model_prefix": _PREFIX, "plan_prefix": _ZERO_PREFIX, "stage": 0,
    "position_m": [0.125, -0.25, 1.5], "quat_xyzw": [0.5, -0.5, 0.5, 0.5],
    "expected_error_mm": 1.25, "sight_age_ms": 31.0,
}  # fmt: skip
_PICTURE_DECODED: dict[str, Any] = {
    "kind": "picture", "width_px": 1280, "height_px": 720, "sequence": 9, "room_frame_id": 1,
    "taken_ns": 5_000_000_000, "send_ns": 5_031_000_000, "position_m": [0.5, 0.25, -0.125],
    "quat_xyzw": [-0.5, 0.5, 0.5, 0.5], "fx_px": 1065.5, "fy_px": 1065.25, "cx_px": 639.5, "cy_px": 359.5,
    "corners_px": [], "jpeg": JPEG.hex(),
}  # fmt: skip
_NOWHERE_DECODED = {"position_m": [0.0, 0.0, 0.0], "quat_xyzw": [0.0, 0.0, 0.0, 1.0], "expected_error_mm": 0.0}

GOOD_BINARY: dict[str, tuple[bytes, dict[str, Any]]] = {
    "pose_live": (pose_bytes(), _POSE_DECODED),
    "pose_lost": (pose_bytes(state=3, **NOWHERE), {**_POSE_DECODED, **_NOWHERE_DECODED, "state": "LOST"}),
    "pose_hold": (pose_bytes(state=1, **NOWHERE), {**_POSE_DECODED, **_NOWHERE_DECODED, "state": "HOLD"}),
    "pose_off_without_model": (
        pose_bytes(state=0, model_prefix=bytes(8), **NOWHERE),
        {**_POSE_DECODED, **_NOWHERE_DECODED, "state": "OFF", "model_prefix": _ZERO_PREFIX},
    ),
    "pose_at_the_limits": (
        pose_bytes(sequence=2**32 - 1, capture_ns=10**18, send_ns=10**18, position_m=(1000.0, -1000.0, 0.0)),
        {**_POSE_DECODED, "sequence": 2**32 - 1, "capture_ns": 10**18, "send_ns": 10**18,
         "position_m": [1000.0, -1000.0, 0.0]},
    ),
    "pose_of_a_stage": (
        pose_bytes(plan_prefix=bytes.fromhex("34" * 8), stage=12),
        {**_POSE_DECODED, "plan_prefix": "34" * 8, "stage": 12},
    ),
    "picture": (picture_bytes(), _PICTURE_DECODED),
    "picture_with_corners": (
        picture_bytes(corners=2, corners_px=(12.5, 700.25, -0.5, 719.5)),
        {**_PICTURE_DECODED, "corners_px": [12.5, 700.25, -0.5, 719.5]},
    ),
}  # fmt: skip
"""Name to bytes and what they mean; every number is one that float32 holds exactly."""

_NAN, _INFINITE = float("nan"), float("inf")
BAD_BINARY: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "WRONG_LENGTH", ""),
    "unknown_type": (b"\x04" + pose_bytes()[1:], "UNKNOWN_TYPE", ""),
    "look_of_a_host": (b"\x03" + pose_bytes()[1:], "UNKNOWN_TYPE", ""),
    "pose_cut": (pose_bytes()[:-1], "WRONG_LENGTH", "pose"),
    "pose_too_long": (pose_bytes() + b"\x00", "WRONG_LENGTH", "pose"),
    "pose_other_version": (pose_bytes(version=2), "WRONG_VERSION", "pose.version"),
    "pose_unknown_state": (pose_bytes(state=4), "UNKNOWN_CHOICE", "pose.state"),
    "pose_stage_without_plan": (pose_bytes(stage=1), "OUT_OF_RANGE", "pose.stage"),
    "pose_plan_without_stage": (pose_bytes(plan_prefix=b"\x34" * 8), "OUT_OF_RANGE", "pose.stage"),
    "pose_stage_too_many": (pose_bytes(plan_prefix=b"\x34" * 8, stage=13), "OUT_OF_RANGE", "pose.stage"),
    "pose_nan_position": (pose_bytes(position_m=(_NAN, 0.0, 0.0)), "NOT_FINITE", "pose"),
    "pose_infinite_position": (pose_bytes(position_m=(0.0, -_INFINITE, 0.0)), "NOT_FINITE", "pose"),
    "pose_nan_quaternion": (pose_bytes(quat_xyzw=(0.0, 0.0, _NAN, 1.0)), "NOT_FINITE", "pose"),
    "pose_in_millimetres": (pose_bytes(position_m=(0.0, 0.0, 1500.0)), "OUT_OF_RANGE", "pose"),
    "pose_short_quaternion": (pose_bytes(quat_xyzw=(0.0, 0.0, 0.0, 0.99)), "NOT_A_POSE", "pose"),
    "pose_zero_quaternion": (pose_bytes(quat_xyzw=(0.0, 0.0, 0.0, 0.0)), "NOT_A_POSE", "pose"),
    "pose_nan_error": (pose_bytes(expected_error_mm=_NAN), "NOT_FINITE", "pose.expected_error_mm"),
    "pose_negative_error": (pose_bytes(expected_error_mm=-1.0), "OUT_OF_RANGE", "pose.expected_error_mm"),
    "pose_negative_sight": (pose_bytes(sight_age_ms=-1.0), "OUT_OF_RANGE", "pose.sight_age_ms"),
    "pose_sent_before_taken": (pose_bytes(send_ns=4_999_999_999), "OUT_OF_RANGE", "pose.send_ns"),
    "pose_time_too_large": (pose_bytes(send_ns=2**64 - 1), "OUT_OF_RANGE", "pose.send_ns"),
    "pose_live_without_model": (pose_bytes(model_prefix=bytes(8)), "NOT_A_POSE", "pose.model_prefix"),
    "pose_lost_with_place": (pose_bytes(state=3), "NOT_A_POSE", "pose"),
    "pose_hold_with_error": (pose_bytes(state=1, **{**NOWHERE, "expected_error_mm": 1.0}), "NOT_A_POSE", "pose"),
    "picture_header_only": (picture_bytes(jpeg=b"", jpeg_bytes=0), "WRONG_LENGTH", "picture"),
    "picture_cut": (picture_bytes()[:-1], "WRONG_LENGTH", "picture.jpeg_bytes"),
    "picture_other_version": (picture_bytes(version=0), "WRONG_VERSION", "picture.version"),
    "picture_without_its_corners": (picture_bytes(corners=1), "WRONG_LENGTH", "picture.jpeg_bytes"),
    "picture_all_corners": (
        picture_bytes(corners=1, corners_px=(1.0, 2.0), jpeg=b"", jpeg_bytes=0),
        "WRONG_LENGTH",
        "picture.jpeg_bytes",
    ),
    "picture_too_many_corners": (
        picture_bytes(corners=1025, corners_px=(1.0, 2.0) * 1025),
        "WRONG_COUNT",
        "picture.corners",
    ),
    "picture_nan_corner": (picture_bytes(corners=1, corners_px=(_NAN, 1.0)), "NOT_FINITE", "picture.corners"),
    "picture_corner_far_out": (picture_bytes(corners=1, corners_px=(-2e5, 1.0)), "OUT_OF_RANGE", "picture.corners"),
    "picture_no_jpeg": (picture_bytes(jpeg=b"\x89PNG5678901"), "WRONG_TYPE", "picture.jpeg"),
    "picture_no_size": (picture_bytes(width_px=0), "OUT_OF_RANGE", "picture"),
    "picture_no_lens": (picture_bytes(lens=(0.0, 1.0, 1.0, 1.0)), "OUT_OF_RANGE", "picture"),
    "picture_nan_lens": (picture_bytes(lens=(_NAN, 1.0, 1.0, 1.0)), "NOT_FINITE", "picture.fx_px"),
    "picture_zero_quaternion": (picture_bytes(quat_xyzw=(0.0,) * 4), "NOT_A_POSE", "picture"),
    "picture_sent_before_taken": (picture_bytes(send_ns=0), "OUT_OF_RANGE", "picture.send_ns"),
}
"""Name to bytes, fault and place."""

_HEADS: list[dict[str, Any]] = [
    {"at_ns": 4_986_000_000, "position_m": [0.125, 1.5, -0.25], "quat_xyzw": [0.5, -0.5, 0.5, 0.5]},
    {"at_ns": 5_000_000_000, "position_m": [0.25, 1.5, -0.25], "quat_xyzw": [0.0, 0.0, 0.0, 1.0]},
]


def look_bytes(**changes: Any) -> bytes:
    """The bytes of a look with changes, packed by hand."""
    values: dict[str, Any] = {
        "type": 3, "version": 1, "width_px": 1280, "height_px": 960, "sequence": 7, "taken_ns": 5_000_000_000,
        "heads": _HEADS, "jpeg": JPEG,
    }  # fmt: skip
    values.update(changes)
    heads, jpeg = values["heads"], bytes(values["jpeg"])
    return b"".join(
        (
            struct.pack(
                "<BBHHHIIQ",
                *(values[name] for name in ("type", "version", "width_px", "height_px")),
                values.get("count", len(heads)),
                values["sequence"],
                values.get("jpeg_bytes", len(jpeg)),
                values["taken_ns"],
            ),
            *(struct.pack("<Q3f4f", head["at_ns"], *head["position_m"], *head["quat_xyzw"]) for head in heads),
            jpeg,
        )
    )


def _head(**changes: Any) -> list[dict[str, Any]]:
    return [_HEADS[0], {**_HEADS[1], **changes}]


_LOOK_DECODED: dict[str, Any] = {
    "width_px": 1280, "height_px": 960, "sequence": 7, "taken_ns": 5_000_000_000, "heads": _HEADS, "jpeg": JPEG.hex(),
}  # fmt: skip
_MANY = [{**_HEADS[0], "at_ns": 1 + number} for number in range(65)]

GOOD_LOOKS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "look": (look_bytes(), _LOOK_DECODED),
    "look_with_one_head": (look_bytes(heads=_HEADS[:1]), {**_LOOK_DECODED, "heads": _HEADS[:1]}),
    "look_with_most_heads": (look_bytes(heads=_MANY[:64]), {**_LOOK_DECODED, "heads": _MANY[:64]}),
    "look_at_the_limits": (
        look_bytes(width_px=65535, height_px=1, sequence=2**32 - 1, taken_ns=10**18),
        {**_LOOK_DECODED, "width_px": 65535, "height_px": 1, "sequence": 2**32 - 1, "taken_ns": 10**18},
    ),
}
"""Name to bytes and what they mean."""

BAD_LOOKS: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "WRONG_LENGTH", ""),
    "pose_of_a_client": (pose_bytes(), "UNKNOWN_TYPE", ""),
    "look_cut": (look_bytes()[:-1], "WRONG_LENGTH", "look.jpeg_bytes"),
    "look_too_long": (look_bytes() + b"\x00", "WRONG_LENGTH", "look.jpeg_bytes"),
    "look_header_only": (look_bytes(heads=[], jpeg=b""), "WRONG_LENGTH", "look"),
    "look_beyond_every_limit": (look_bytes(jpeg=JPEG + bytes(512 * 1024)), "WRONG_LENGTH", "look"),
    "look_other_version": (look_bytes(version=2), "WRONG_VERSION", "look.version"),
    "look_without_heads": (look_bytes(heads=[]), "WRONG_COUNT", "look.heads"),
    "look_with_too_many_heads": (look_bytes(heads=_MANY), "WRONG_COUNT", "look.heads"),
    "look_with_fewer_heads_than_said": (look_bytes(count=3), "WRONG_LENGTH", "look.jpeg_bytes"),
    "look_no_size": (look_bytes(height_px=0), "OUT_OF_RANGE", "look"),
    "look_time_too_large": (look_bytes(taken_ns=2**64 - 1), "OUT_OF_RANGE", "look.taken_ns"),
    "look_head_before_the_other": (look_bytes(heads=_HEADS[::-1]), "OUT_OF_RANGE", "look.heads"),
    "look_head_twice": (look_bytes(heads=[_HEADS[0], _HEADS[0]]), "OUT_OF_RANGE", "look.heads"),
    "look_head_nan": (look_bytes(heads=_head(position_m=[_NAN, 0.0, 0.0])), "NOT_FINITE", "look.heads[1]"),
    "look_head_far_away": (look_bytes(heads=_head(position_m=[0.0, 1500.0, 0.0])), "OUT_OF_RANGE", "look.heads[1]"),
    "look_head_without_turn": (look_bytes(heads=_head(quat_xyzw=[0.0] * 4)), "NOT_A_POSE", "look.heads[1]"),
    "look_no_jpeg": (look_bytes(jpeg=b"\x89PNG5678901"), "WRONG_TYPE", "look.jpeg"),
}
"""Name to bytes, fault and place."""
