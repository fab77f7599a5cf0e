"""The state of an overlay: one table of states and events. LIVE is earned, never assumed.

OFF: no session. HOLD: all may be known, a person must confirm. LIVE: the model is shown.
LOST: it was LIVE and the board is out of sight: hidden, back by itself when the board is seen.
LIVE needs every condition of `conditions`; any restart, gap of the clock, new registration or new
calibration, a patient who was moved and a check point that does not agree or is too old come back as HOLD (hazards
H02, H10, H22, H24, H31), and all but the last want a new touch of a check point. Events and times go in, decisions
come out.
"""

from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum, auto

from orview.session.checks import CheckNeed, Checks, Touched
from orview.units import NS_PER_S

MAX_STEP_GAP_NS = NS_PER_S
"""A session that is LIVE or LOST hears of time at least this often; a longer silence is a gap of the clock."""


class State(StrEnum):
    """What headsets may show (module docstring)."""

    OFF = "OFF"
    HOLD = "HOLD"
    LIVE = "LIVE"
    LOST = "LOST"


class Role(StrEnum):
    """Who is at the other end of a connection; the values are those of the wire."""

    SURGEON = "surgeon"
    NURSE = "nurse"
    OBSERVER = "observer"


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """What the session must know of a case: id, the name staff read, digest over all of it, and what checks it asks."""

    case_id: str
    name: str
    digest: str
    checks: CheckNeed = field(default_factory=CheckNeed)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing LIVE rests on: whether it holds, and a short sentence for the console."""

    holds: bool
    words: str


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One line of the console's list: a stable key, whether it holds, and words."""

    key: str
    holds: bool
    words: str


@dataclass(frozen=True, kw_only=True)
class CaseSelected:
    """A person chose the case; its registration is told by a `RegistrationFound` that follows."""

    by: Role
    case: CaseFacts


@dataclass(frozen=True, kw_only=True)
class Started:
    """A person opened the session."""

    by: Role


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """A person looked at patient and case and says they belong together."""

    by: Role


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """A person closed the session."""

    by: Role


@dataclass(frozen=True, kw_only=True)
class RegistrationFound:
    """The verdict on the case and the board in use, or news that there is none."""

    case_id: str
    fact: Fact


@dataclass(frozen=True, kw_only=True)
class BoardsMoved:
    """One of the boards on the patient was bumped; `words` say in one short sentence by how much."""

    words: str


@dataclass(frozen=True, kw_only=True)
class CalibrationChecked:
    """The camera, its mode or its profile changed; says whether they belong together."""

    fact: Fact


@dataclass(frozen=True, kw_only=True)
class CheckPointTouched:
    """A person touched a check point of a case; `words` say in one sentence whether it agrees."""

    by: Role
    case_id: str
    landmark: str
    agrees: bool
    words: str


@dataclass(frozen=True, kw_only=True)
class ChecksChanged:
    """The check points of a case were given anew."""

    case_id: str
    need: CheckNeed


@dataclass(frozen=True, kw_only=True)
class PatientMoved:
    """A person says that the patient or the table was moved."""

    by: Role


@dataclass(frozen=True, kw_only=True)
class TrackFresh:
    """The board was seen just now."""


@dataclass(frozen=True, kw_only=True)
class TrackLost:
    """The board was not seen for too long; `words` say why in one short sentence."""

    words: str


@dataclass(frozen=True, kw_only=True)
class Restarted:
    """A process on the road of the poses was started again; `part` is its name for people."""

    part: str


@dataclass(frozen=True, kw_only=True)
class ClockGap:
    """The computer slept, or the process was stopped, for so long that the room may have changed."""


@dataclass(frozen=True, kw_only=True)
class Tick:
    """Time went by."""


Event = (
    CaseSelected
    | Started
    | Confirmed
    | Stopped
    | RegistrationFound
    | BoardsMoved
    | CalibrationChecked
    | CheckPointTouched
    | ChecksChanged
    | PatientMoved
    | TrackFresh
    | TrackLost
    | Restarted
    | ClockGap
    | Tick
)


class _Turn(Enum):
    """What the table says to do."""

    STAY = auto()
    OFF = auto()
    HOLD = auto()
    LOST = auto()
    ARM = auto()
    """LIVE if every other condition holds, else refused with the first that does not."""
    JUDGE = auto()
    """HOLD unless every condition still holds."""
    RETURN = auto()
    """LIVE if every condition holds, else HOLD."""
    REFUSE = auto()


_STAY, _OFF, _HOLD, _LOST, _ARM, _JUDGE, _RETURN, _REFUSE = _Turn

# fmt: off
_TABLE: dict[type[Event], dict[State, _Turn]] = {
    event: dict(zip((State.OFF, State.HOLD, State.LIVE, State.LOST), turns, strict=True))
    for event, turns in {
        #                    OFF      HOLD   LIVE     LOST
        CaseSelected:       (_STAY,   _HOLD, _REFUSE, _REFUSE),
        Started:            (_HOLD,   _STAY, _STAY,   _STAY),
        Confirmed:          (_REFUSE, _ARM,  _STAY,   _REFUSE),
        Stopped:            (_STAY,   _OFF,  _OFF,    _OFF),
        RegistrationFound:  (_STAY,   _STAY, _HOLD,   _HOLD),
        BoardsMoved:        (_STAY,   _HOLD, _HOLD,   _HOLD),
        CalibrationChecked: (_STAY,   _STAY, _HOLD,   _HOLD),
        CheckPointTouched:  (_REFUSE, _STAY, _JUDGE,  _REFUSE),
        ChecksChanged:      (_STAY,   _STAY, _HOLD,   _HOLD),
        PatientMoved:       (_STAY,   _STAY, _HOLD,   _HOLD),
        TrackFresh:         (_STAY,   _STAY, _STAY,   _RETURN),
        TrackLost:          (_STAY,   _STAY, _LOST,   _LOST),
        Restarted:          (_STAY,   _HOLD, _HOLD,   _HOLD),
        ClockGap:           (_STAY,   _HOLD, _HOLD,   _HOLD),
        Tick:               (_STAY,   _STAY, _STAY,   _STAY),
    }.items()
}
# fmt: on

_REFUSALS: dict[tuple[type[Event], State], str] = {
    (CaseSelected, State.LIVE): "Stop the session before choosing another case.",
    (CaseSelected, State.LOST): "Stop the session before choosing another case.",
    (Confirmed, State.OFF): "Start the session first.",
    (Confirmed, State.LOST): "The board is out of sight; the overlay comes back when it is seen.",
    (CheckPointTouched, State.OFF): "Start the session first.",
    (CheckPointTouched, State.LOST): "The board is out of sight; touch the check point when it is seen.",
}

_Act = CaseSelected | Started | Confirmed | Stopped | CheckPointTouched | PatientMoved

_NURSE, _AT_THE_TABLE = frozenset({Role.NURSE}), frozenset({Role.NURSE, Role.SURGEON})
_MAY_ACT: dict[type[_Act], frozenset[Role]] = {
    CaseSelected: _NURSE,
    Started: _NURSE,
    Confirmed: _NURSE,
    Stopped: _NURSE,
    CheckPointTouched: _AT_THE_TABLE,
    PatientMoved: _AT_THE_TABLE,
}
"""The acts of a person, and who may act."""

_NOT_SEEN = Fact(holds=False, words="The board was not seen yet.")
_NOT_REGISTERED = Fact(holds=False, words="The case is not registered with the board yet.")
_NOT_CHECKED = Fact(holds=False, words="No camera has reported yet.")


@dataclass(frozen=True, kw_only=True)
class Session:
    """Everything that decides whether the overlay stands.

    Attributes:
        state: the state.
        why: one short sentence: why the session is in this state.
        case: the selected case, or None.
        registration, calibration, track: what LIVE rests on.
        checks: the check points, likewise.
        heard_ns: time of the last event, None before the first.
    """

    state: State = State.OFF
    why: str = "No session is on."
    case: CaseFacts | None = None
    registration: Fact = field(default=_NOT_REGISTERED)
    calibration: Fact = field(default=_NOT_CHECKED)
    track: Fact = field(default=_NOT_SEEN)
    checks: Checks = field(default_factory=Checks)
    heard_ns: int | None = None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What LIVE needs, in the order a person meets it."""
        armed = self.state in (State.LIVE, State.LOST)
        case_words = "Choose a case." if self.case is None else f"Case {self.case.name}."
        confirmed_words = "Confirmed." if armed else "Check that this is the patient, then confirm."
        unchecked = self.checks.fault(self.heard_ns or 0)
        return (
            Condition(key="case", holds=self.case is not None, words=case_words),
            Condition(key="calibration", holds=self.calibration.holds, words=self.calibration.words),
            Condition(key="registration", holds=self.registration.holds, words=self.registration.words),
            Condition(key="track", holds=self.track.holds, words=self.track.words),
            Condition(key="check_point", holds=unchecked is None, words=unchecked or self.checks.good_words),
            Condition(key="confirmed", holds=armed, words=confirmed_words),
        )


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What came of an event.

    Attributes:
        session: the session afterwards.
        refusal: why nothing came of a person's act, or empty.
    """

    session: Session
    refusal: str = ""


def step(session: Session, event: Event, *, now_ns: int) -> Decision:
    """Take one event at a time of the host's monotonic clock, ns."""
    if session.state in (State.LIVE, State.LOST) and _is_gap(session.heard_ns, now_ns):
        session = _turned(session, ClockGap())
    session = replace(session, heard_ns=now_ns)
    if session.state in (State.LIVE, State.LOST) and (unchecked := session.checks.fault(now_ns)) is not None:
        session = replace(session, state=State.HOLD, why=unchecked)
    if isinstance(event, _Act) and event.by not in _MAY_ACT[type(event)]:
        only_nurse = _MAY_ACT[type(event)] is _NURSE
        who = "the nurse's console" if only_nurse else "a surgeon's headset or the nurse's console"
        return Decision(session=session, refusal=f"Only {who} may do that.")
    if isinstance(event, Started) and session.case is None:
        return Decision(session=session, refusal="Choose a case first.")
    turn = _TABLE[type(event)][session.state]
    if turn is _Turn.REFUSE:
        return Decision(session=session, refusal=_REFUSALS[type(event), session.state])
    if isinstance(event, RegistrationFound | CheckPointTouched | ChecksChanged) and (
        session.case is None or event.case_id != session.case.case_id
    ):
        return Decision(session=session)
    if turn is _Turn.ARM:
        missing = next((c for c in session.conditions if not c.holds and c.key != "confirmed"), None)
        if missing is not None:
            return Decision(session=session, refusal=missing.words)
    return Decision(session=_turned(session, event))


def _is_gap(heard_ns: int | None, now_ns: int) -> bool:
    return heard_ns is not None and not 0 <= now_ns - heard_ns <= MAX_STEP_GAP_NS


def _turned(session: Session, event: Event) -> Session:
    """Take the event's facts in, then the turn the table gives."""
    turn = _TABLE[type(event)][session.state]
    session = _with_facts(session, event)
    why = _why(event)
    match turn:
        case _Turn.STAY:
            return session
        case _Turn.OFF | _Turn.HOLD | _Turn.LOST:
            return replace(session, state=State[turn.name], why=why)
        case _Turn.ARM:
            return replace(session, state=State.LIVE, why=why)
        case _Turn.JUDGE | _Turn.RETURN:
            broken = next((c for c in session.conditions if not c.holds), None)
            if broken is not None:
                return replace(session, state=State.HOLD, why=broken.words)
            return session if turn is _Turn.JUDGE else replace(session, state=State.LIVE, why=why)
        case _Turn.REFUSE:
            return session


def _with_facts(session: Session, event: Event) -> Session:
    doubt = _DOUBTS.get(type(event))
    if doubt is not None:
        session = replace(session, checks=session.checks.void(doubt))
    match event:
        case CaseSelected(case=case):
            return replace(session, case=case, registration=_NOT_REGISTERED, checks=Checks(need=case.checks))
        case CheckPointTouched(landmark=landmark, agrees=agrees, words=words):
            touch = Touched(agrees=agrees, words=words, at_ns=session.heard_ns or 0)
            return replace(session, checks=session.checks.taken(landmark, touch))
        case ChecksChanged(need=need):
            return replace(session, checks=Checks(need=need))
        case RegistrationFound(fact=fact):
            return replace(session, registration=fact)
        case CalibrationChecked(fact=fact):
            return replace(session, calibration=fact)
        case TrackFresh():
            return replace(session, track=Fact(holds=True, words="The board is in sight."))
        case TrackLost(words=words):
            return replace(session, track=Fact(holds=False, words=words))
        case _:
            return session


_DOUBTS: dict[type[Event], str] = {
    Stopped: "",
    RegistrationFound: "",
    CalibrationChecked: "",
    BoardsMoved: "One of the boards was bumped.",
    PatientMoved: "The patient was moved.",
    Restarted: "There was a restart.",
    ClockGap: "The computer paused.",
}
"""What voids every check point before it, and how the sentence begins that asks for a new one (may be empty)."""


def _why(event: Event) -> str:
    """Return the short sentence for a state that `event` led to."""
    match event:
        case CaseSelected():
            return "Another case was selected: confirm it."
        case Started():
            return "The session is on: check the patient and confirm."
        case Confirmed():
            return "A person confirmed the case."
        case Stopped():
            return "The session was stopped."
        case RegistrationFound(fact=fact) | CalibrationChecked(fact=fact):
            return f"{fact.words} Confirm again." if fact.holds else fact.words
        case TrackFresh():
            return "The board is in sight again."
        case TrackLost(words=words) | BoardsMoved(words=words):
            return words
        case CheckPointTouched(words=words):
            return words
        case ChecksChanged():
            return "The check points are new: touch one."
        case PatientMoved():
            return "The patient was moved: touch a check point."
        case Restarted(part=part):
            return f"The {part} was restarted: confirm again."
        case ClockGap():
            return "The computer paused: confirm again."
        case Tick():
            return ""
