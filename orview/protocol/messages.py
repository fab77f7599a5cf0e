"""Every control message, who sends it and which role may. JSON text on the socket; poses and pictures are in `binary`.

Every field is always there; what has nothing to say is null. Lengths are mm where the name says so, and metres in
poses; times are nanoseconds of the monotonic clock of whoever the name says.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias, get_args

from orview.protocol.auditing import LogHead
from orview.protocol.camera import Calibrate, Camera, CheckCamera, ChooseCamera, StopCalibrating
from orview.protocol.checking import CheckPoint, CheckPoints, PatientMoved
from orview.protocol.drafting import DraftAsk, PlanDraft, PlaneTried
from orview.protocol.events import Events, NoteText, SessionReport
from orview.protocol.fields import BodySide as BodySide
from orview.protocol.fields import (
    CaseId,
    Count,
    DeviceId,
    EntryId,
    Fraction,
    JoinCode,
    JoinUrl,
    Key,
    MessageType,
    Millimetres,
    Milliseconds,
    ModelUrl,
    Name,
    Nanoseconds,
    Pose,
    ProtocolVersion,
    Rate,
    RefusalCode,
    Sentence,
    Sha256,
    Token,
    UtcTime,
)
from orview.protocol.fields import NoticeWeight as NoticeWeight
from orview.protocol.identity import Identify, Identity, Procedure, SetIdentity, SetProcedure
from orview.protocol.inbox import Inbox, Prepare, Preparing, StopPreparing
from orview.protocol.machine import Machine
from orview.protocol.nearby import Nearby, PutOut
from orview.protocol.placing import (
    BoardSeen,
    CornersTouched,
    Heads,
    HeadsetBoard,
    HeadsetCamera,
    HeadsetWorld,
    Wear,
    Wearing,
)
from orview.protocol.planning import MOST_STAGES, GoToStage, LockPlan, Plan
from orview.protocol.registering import AcceptRegistration, Registration
from orview.protocol.registering import RegistrationState as RegistrationState
from orview.protocol.roles import Role as Role
from orview.protocol.schema import Items, Number, Whole
from orview.protocol.slices import Gazes, LookingAt, Slices
from orview.protocol.team import Devices, Flash, Flashing
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
from orview.protocol.viewing import SetView, View
from orview.protocol.wheel import TakeWheel, Wheel


class OverlayState(StrEnum):
    """The safe states. Only LIVE may be shown."""

    OFF = "OFF"
    HOLD = "HOLD"
    LIVE = "LIVE"
    LOST = "LOST"


class HideReason(StrEnum):
    """Why a client shows nothing, in the order in which the reasons are asked."""

    NO_LINK = "NO_LINK"
    NO_SESSION = "NO_SESSION"
    NOT_LIVE = "NOT_LIVE"
    NO_POSE = "NO_POSE"
    LINK_STALE = "LINK_STALE"
    CLOCK_UNKNOWN = "CLOCK_UNKNOWN"
    SIGHT_STALE = "SIGHT_STALE"
    NO_MODEL = "NO_MODEL"
    OTHER_MODEL = "OTHER_MODEL"
    OTHER_PLAN = "OTHER_PLAN"
    NOT_ALIGNED = "NOT_ALIGNED"
    CLEARED = "CLEARED"


class ModelLevelName(StrEnum):
    """The levels of detail of a model."""

    PREVIEW = "preview"
    HEADSET = "headset"
    FULL = "full"


class StructureKind(StrEnum):
    """What sort of tissue a structure is, as `orview.segment.anatomy_table` has it."""

    TUMOUR = "tumour"
    NERVE = "nerve"
    VESSEL = "vessel"
    BONE = "bone"
    ORGAN = "organ"
    SKIN = "skin"
    MUSCLE = "muscle"
    OTHER = "other"


class LinkState(StrEnum):
    """How the host sees the link to a client."""

    GOOD = "good"
    SILENT = "silent"


@dataclass(frozen=True, kw_only=True)
class Hello:
    """First message of a client: who it is, what it wants to be, and what lets it in (a token or a code).

    `page` is a random number that stays the same when a console's page is loaded again, and tells one window from
    another; null for who needs none.
    """

    TYPE: ClassVar[str] = "hello"
    protocol: ProtocolVersion
    role_wanted: Role
    device_name: Name
    token: Token | None
    code: JoinCode | None
    page: EntryId | None


@dataclass(frozen=True, kw_only=True)
class Ping:
    """One clock exchange; the host answers with `pong` at once."""

    TYPE: ClassVar[str] = "ping"
    id: Count
    client_ns: Nanoseconds


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """Where the client found the room in its own world, and how sure it is (1 sigma)."""

    TYPE: ClassVar[str] = "aligned"
    version: Count
    room_frame_id: Count
    world_from_room: Pose
    sigma_mm: Millimetres


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Ask for the room camera's pictures, or ask for no more."""

    TYPE: ClassVar[str] = "watch"
    pictures: bool


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the client sees and shows, about once a second."""

    TYPE: ClassVar[str] = "report"
    fps: Rate
    shown: bool
    hidden_why: HideReason | None
    pose_age_ms: Milliseconds | None
    latency_ms: Milliseconds | None
    model_digest: Sha256 | None
    poses: Count
    gaps: Count
    clock_uncertainty_ms: Milliseconds | None
    battery: Fraction | None


@dataclass(frozen=True, kw_only=True)
class SelectCase:
    """Choose the case of the session."""

    TYPE: ClassVar[str] = "select_case"
    case_id: CaseId


@dataclass(frozen=True, kw_only=True)
class Start:
    """Start the session with the chosen case."""

    TYPE: ClassVar[str] = "start"


@dataclass(frozen=True, kw_only=True)
class Confirm:
    """A person confirmed the patient: HOLD may become LIVE where every other condition holds."""

    TYPE: ClassVar[str] = "confirm"


@dataclass(frozen=True, kw_only=True)
class Stop:
    """End the session."""

    TYPE: ClassVar[str] = "stop"


@dataclass(frozen=True, kw_only=True)
class NewCode:
    """Ask for a fresh joining code; the one before is void."""

    TYPE: ClassVar[str] = "new_code"


@dataclass(frozen=True, kw_only=True)
class Welcome:
    """The client is in. `token` lets the same device in again, as the same role in the same room."""

    TYPE: ClassVar[str] = "welcome"
    protocol: ProtocolVersion
    device_id: DeviceId
    role: Role
    token: Token
    host_id: DeviceId
    host_name: Name
    room_name: Name
    host_ns: Nanoseconds
    simulated: bool
    research_use: Sentence


@dataclass(frozen=True, kw_only=True)
class Refused:
    """What the client asked is not done. `about` is the type of the message refused, empty for none in particular."""

    TYPE: ClassVar[str] = "refused"
    code: RefusalCode
    message: Sentence
    mend: Sentence
    about: MessageType


@dataclass(frozen=True, kw_only=True)
class Pong:
    """The answer to a `ping`: its own numbers again, and the host's monotonic clock."""

    TYPE: ClassVar[str] = "pong"
    id: Count
    client_ns: Nanoseconds
    host_ns: Nanoseconds


@dataclass(frozen=True, kw_only=True)
class CaseEntry:
    """One case of the store, as staff see it."""

    case_id: CaseId
    name: Name
    created_utc: UtcTime
    structures: Count
    registration: RegistrationState
    expected_error_mm: Millimetres | None
    picture: ModelUrl | None


@dataclass(frozen=True, kw_only=True)
class Cases:
    """The cases of the store, newest first."""

    TYPE: ClassVar[str] = "cases"
    cases: Annotated[tuple[CaseEntry, ...], Items(500)]


@dataclass(frozen=True, kw_only=True)
class ModelLevelEntry:
    """One level of detail of a model: GET `url` from the host; the body's SHA-256 must be `sha256`."""

    level: ModelLevelName
    sha256: Sha256
    bytes: Count
    triangles: Count
    url: ModelUrl


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """The model of the session. `digest` names it in every pose (its first 8 bytes)."""

    digest: Sha256
    levels: Annotated[tuple[ModelLevelEntry, ...], Items(8, 1)]


@dataclass(frozen=True, kw_only=True)
class StructureEntry:
    """One structure of the model; `key` is its node's name. Red, green, blue are sRGB, 0 to 1."""

    key: Key
    name: Name
    color_srgb: Annotated[tuple[Annotated[float, Number(0.0, 1.0)], ...], Items(3, 3)]
    rigid: bool
    kind: StructureKind
    side: BodySide
    expected_error_mm: Millimetres | None


@dataclass(frozen=True, kw_only=True)
class ConditionEntry:
    """One condition of LIVE, whether it holds, and the words for people."""

    key: Key
    ok: bool
    words: Sentence


@dataclass(frozen=True, kw_only=True)
class Session:
    """The session as it stands; sent whole whenever something of it changes."""

    TYPE: ClassVar[str] = "session"
    state: OverlayState
    why: Sentence
    case_id: CaseId | None
    case_name: Name | None
    model: ModelEntry | None
    structures: Annotated[tuple[StructureEntry, ...], Items(256)]
    target_key: Key | None
    expected_error_mm: Millimetres | None
    conditions: Annotated[tuple[ConditionEntry, ...], Items(32)]
    plan_digest: Sha256 | None
    stage: Annotated[int, Whole(0, MOST_STAGES)]


@dataclass(frozen=True, kw_only=True)
class ClientEntry:
    """One connected device, as its reports tell: the newest values, and of the last minute the median and the 95 %.

    `model_ok` is null while no case is chosen, or the device has no model yet.
    """

    device_id: DeviceId
    name: Name
    role: Role
    link: LinkState
    shown: bool
    hidden_why: HideReason | None
    fps: Rate | None
    pose_age_ms: Milliseconds | None
    latency_ms: Milliseconds | None
    pose_age_p50_ms: Milliseconds | None
    pose_age_p95_ms: Milliseconds | None
    latency_p50_ms: Milliseconds | None
    latency_p95_ms: Milliseconds | None
    model_ok: bool | None
    battery: Fraction | None
    last_seen_ns: Nanoseconds


@dataclass(frozen=True, kw_only=True)
class Clients:
    """The devices that are in."""

    TYPE: ClassVar[str] = "clients"
    clients: Annotated[tuple[ClientEntry, ...], Items(256)]


@dataclass(frozen=True, kw_only=True)
class Joining:
    """How the next device joins, for the nurse's screen. No code stands when `code` is null."""

    TYPE: ClassVar[str] = "joining"
    code: JoinCode | None
    expires_ns: Nanoseconds | None
    url: JoinUrl
    fingerprint: Sha256


@dataclass(frozen=True, kw_only=True)
class Room:
    """The frame the poses are told in; `world_from_room` is a proposal for clients without tracking of their own."""

    TYPE: ClassVar[str] = "room"
    room_frame_id: Count
    world_from_room: Pose | None
    simulated: bool


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One sentence for people."""

    TYPE: ClassVar[str] = "notice"
    weight: NoticeWeight
    text: Sentence


ClientMessage: TypeAlias = (
    Hello
    | Ping
    | Aligned
    | Watch
    | Report
    | SelectCase
    | Start
    | Confirm
    | Stop
    | NewCode
    | PutOut
    | Prepare
    | StopPreparing
    | CheckPoint
    | PatientMoved
    | Calibrate
    | StopCalibrating
    | CheckCamera
    | BoardSeen
    | CornersTouched
    | TouchCheckPoint
    | TouchLandmarks
    | TouchAgain
    | RegisterTouched
    | StopTouching
    | HeadsetCamera
    | HeadsetBoard
    | Heads
    | Wear
    | SetView
    | LookingAt
    | NoteText
    | TakeWheel
    | ChooseCamera
    | Flash
    | Identify
    | SetIdentity
    | SetProcedure
    | AcceptRegistration
    | TickItem
    | LockPlan
    | GoToStage
    | DraftAsk
)
HostMessage: TypeAlias = (
    Welcome
    | Refused
    | Pong
    | Cases
    | Session
    | Clients
    | Joining
    | Room
    | Notice
    | Inbox
    | Preparing
    | CheckPoints
    | Camera
    | HeadsetWorld
    | Pointer
    | Landmarks
    | LogHead
    | Nearby
    | Wearing
    | View
    | Slices
    | Gazes
    | Events
    | SessionReport
    | Wheel
    | Devices
    | Flashing
    | Machine
    | Identity
    | Procedure
    | Registration
    | TimeOutList
    | Plan
    | PlanDraft
    | PlaneTried
)
Message: TypeAlias = ClientMessage | HostMessage

EVERYBODY = frozenset(Role)
NURSE_ONLY = frozenset({Role.NURSE})
AT_THE_TABLE = frozenset({Role.NURSE, Role.SURGEON})

ROLES_BY_CLIENT_MESSAGE: dict[type[ClientMessage], frozenset[Role]] = {
    Hello: EVERYBODY,
    Ping: EVERYBODY,
    Aligned: EVERYBODY,
    Watch: EVERYBODY,
    Report: EVERYBODY,
    SelectCase: NURSE_ONLY,
    Start: NURSE_ONLY,
    Confirm: NURSE_ONLY,
    Stop: NURSE_ONLY,
    NewCode: NURSE_ONLY,
    PutOut: NURSE_ONLY,
    Prepare: NURSE_ONLY,
    StopPreparing: NURSE_ONLY,
    CheckPoint: AT_THE_TABLE,
    PatientMoved: AT_THE_TABLE,
    Calibrate: NURSE_ONLY,
    StopCalibrating: NURSE_ONLY,
    CheckCamera: NURSE_ONLY,
    BoardSeen: EVERYBODY,
    CornersTouched: EVERYBODY,
    TouchCheckPoint: NURSE_ONLY,
    TouchLandmarks: NURSE_ONLY,
    TouchAgain: NURSE_ONLY,
    RegisterTouched: NURSE_ONLY,
    StopTouching: NURSE_ONLY,
    HeadsetCamera: EVERYBODY,
    HeadsetBoard: EVERYBODY,
    Heads: EVERYBODY,
    Wear: NURSE_ONLY,
    SetView: AT_THE_TABLE,
    LookingAt: AT_THE_TABLE,
    NoteText: NURSE_ONLY,
    TakeWheel: NURSE_ONLY,
    ChooseCamera: NURSE_ONLY,
    Flash: NURSE_ONLY,
    Identify: NURSE_ONLY,
    SetIdentity: NURSE_ONLY,
    SetProcedure: NURSE_ONLY,
    AcceptRegistration: NURSE_ONLY,
    TickItem: NURSE_ONLY,
    LockPlan: NURSE_ONLY,
    GoToStage: AT_THE_TABLE,
    **dict.fromkeys(get_args(DraftAsk), NURSE_ONLY),
}
"""Which role may send what (hazard H31)."""

SENT_WITHOUT_THE_WHEEL: frozenset[type[ClientMessage]] = frozenset(
    {
        Hello,
        Ping,
        Aligned,
        Watch,
        Report,
        LookingAt,
        BoardSeen,
        CornersTouched,
        HeadsetCamera,
        HeadsetBoard,
        Heads,
        TakeWheel,
    }
)
"""What a nurse's console may send that only watches: nothing of it changes what others see. Every other message needs
the wheel, with one exception, which only ever hides: `set_view` that clears."""

ROLES_BY_HOST_MESSAGE: dict[type[HostMessage], frozenset[Role]] = {
    Welcome: EVERYBODY,
    Refused: EVERYBODY,
    Pong: EVERYBODY,
    Cases: NURSE_ONLY,
    Session: EVERYBODY,
    Clients: NURSE_ONLY,
    Joining: NURSE_ONLY,
    Room: EVERYBODY,
    Notice: EVERYBODY,
    Inbox: NURSE_ONLY,
    Preparing: NURSE_ONLY,
    CheckPoints: EVERYBODY,
    Camera: NURSE_ONLY,
    HeadsetWorld: EVERYBODY,
    Pointer: NURSE_ONLY,
    Landmarks: NURSE_ONLY,
    LogHead: EVERYBODY,
    Nearby: NURSE_ONLY,
    Wearing: EVERYBODY,
    View: EVERYBODY,
    Slices: NURSE_ONLY,
    Gazes: NURSE_ONLY,
    Events: NURSE_ONLY,
    SessionReport: NURSE_ONLY,
    Wheel: NURSE_ONLY,
    Devices: NURSE_ONLY,
    Flashing: EVERYBODY,
    Machine: NURSE_ONLY,
    Identity: NURSE_ONLY,
    Procedure: NURSE_ONLY,
    Registration: NURSE_ONLY,
    TimeOutList: NURSE_ONLY,
    Plan: EVERYBODY,
    PlanDraft: NURSE_ONLY,
    PlaneTried: NURSE_ONLY,
}
"""Which role is told what."""
