"""The state of an overlay: one table of states and events. LIVE is earned, never assumed.

OFF: no session. HOLD: all may be known, a person must confirm. LIVE: the model is shown.
LOST: it was LIVE and the board is out of sight: hidden, back by itself when the board is seen.
LIVE needs every condition of `conditions`; any restart, gap of the clock, new registration or new
calibration, a patient who was moved or lies otherwise in another stage of the plan, and a check point that does not
agree or is too old come back as HOLD (hazards H02, H10, H22, H24, H31), and all but the last want a new touch of a
check point. Who the patient is, the registration, the plan and the time-out are vouched for by people (hazard H03). A
time-out is held before the overlay is shown: what changes afterwards is to be ticked before it is shown the next time,
and so is a newer plan to be locked. Events and times go in, decisions come out.
"""

from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum, auto

from orview.session.checks import CheckNeed, Checks, Touched
from orview.session.roles import Role as Role
from orview.session.staging import PlanFound, PlanLocked, StageChosen, Staging
from orview.session.time_out import TimeOut
from orview.session.vouching import (
    FEWEST_IDENTIFIERS,
    Identified,
    RegistrationAccepted,
    Ticked,
    TimeOutTold,
    Unticked,
    identity_words,
)
from orview.units import NS_PER_S

MAX_STEP_GAP_NS = NS_PER_S
"""A session that is LIVE or LOST hears of time at least this often; a longer silence is a gap of the clock."""


class State(StrEnum):
    """What headsets may show (module docstring)."""

    OFF = "OFF"
    HOLD = "HOLD"
    LIVE = "LIVE"
    LOST = "LOST"


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
    """The verdict on the case and the board in use with its digest, or news that there is none."""

    case_id: str
    fact: Fact
    verdict: str = ""


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
    | Identified
    | RegistrationAccepted
    | TimeOutTold
    | Ticked
    | Unticked
    | PlanFound
    | PlanLocked
    | StageChosen
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
    MOVE = auto()
    """HOLD where the patient lies otherwise afterwards, else as before."""
    RETURN = auto()
    """LIVE if every condition holds, else HOLD."""
    REFUSE = auto()


_STAY, _OFF, _HOLD, _LOST, _ARM, _JUDGE, _MOVE, _RETURN, _REFUSE = _Turn

# fmt: off
_TABLE: dict[type[Event], dict[State, _Turn]] = {
    event: dict(zip((State.OFF, State.HOLD, State.LIVE, State.LOST), turns, strict=True))
    for event, turns in {
        #                      OFF      HOLD   LIVE     LOST
        CaseSelected:         (_STAY,   _HOLD, _REFUSE, _REFUSE),
        Started:              (_HOLD,   _STAY, _STAY,   _STAY),
        Confirmed:            (_REFUSE, _ARM,  _STAY,   _REFUSE),
        Stopped:              (_STAY,   _OFF,  _OFF,    _OFF),
        RegistrationFound:    (_STAY,   _STAY, _HOLD,   _HOLD),
        BoardsMoved:          (_STAY,   _HOLD, _HOLD,   _HOLD),
        CalibrationChecked:   (_STAY,   _STAY, _HOLD,   _HOLD),
        CheckPointTouched:    (_REFUSE, _STAY, _JUDGE,  _REFUSE),
        ChecksChanged:        (_STAY,   _STAY, _HOLD,   _HOLD),
        PatientMoved:         (_STAY,   _STAY, _HOLD,   _HOLD),
        TrackFresh:           (_STAY,   _STAY, _STAY,   _RETURN),
        TrackLost:            (_STAY,   _STAY, _LOST,   _LOST),
        Restarted:            (_STAY,   _HOLD, _HOLD,   _HOLD),
        ClockGap:             (_STAY,   _HOLD, _HOLD,   _HOLD),
        Tick:                 (_STAY,   _STAY, _STAY,   _STAY),
        Identified:           (_STAY,   _STAY, _REFUSE, _REFUSE),
        RegistrationAccepted: (_STAY,   _STAY, _STAY,   _STAY),
        TimeOutTold:          (_STAY,   _STAY, _STAY,   _STAY),
        Ticked:               (_REFUSE, _STAY, _STAY,   _STAY),
        Unticked:             (_REFUSE, _STAY, _HOLD,   _HOLD),
        PlanFound:            (_STAY,   _STAY, _STAY,   _STAY),
        PlanLocked:           (_STAY,   _STAY, _HOLD,   _HOLD),
        StageChosen:          (_STAY,   _STAY, _MOVE,   _MOVE),
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
    (Identified, State.LIVE): "Stop the session before identifying the patient anew.",
    (Identified, State.LOST): "Stop the session before identifying the patient anew.",
    (Ticked, State.OFF): "Start the session first.",
    (Unticked, State.OFF): "Start the session first.",
}

_Act = (
    CaseSelected
    | Started
    | Confirmed
    | Stopped
    | CheckPointTouched
    | PatientMoved
    | Identified
    | RegistrationAccepted
    | Ticked
    | Unticked
    | PlanLocked
    | StageChosen
)

_NURSE, _AT_THE_TABLE = frozenset({Role.NURSE}), frozenset({Role.NURSE, Role.SURGEON})
_MAY_ACT: dict[type[_Act], frozenset[Role]] = {
    CaseSelected: _NURSE,
    Started: _NURSE,
    Confirmed: _NURSE,
    Stopped: _NURSE,
    CheckPointTouched: _AT_THE_TABLE,
    PatientMoved: _AT_THE_TABLE,
    Identified: _NURSE,
    RegistrationAccepted: _NURSE,
    Ticked: _NURSE,
    Unticked: _NURSE,
    PlanLocked: _NURSE,
    StageChosen: _AT_THE_TABLE,
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
        identified_by: kinds of the identifiers that were given and match the case; none where nobody gave them.
        identity_fault: what did not match the last time, in one sentence; empty where nothing did not.
        verdict: digest of the registration LIVE rests on, empty where there is none.
        accepted: digest of the registration that a person accepted, empty where none was.
        time_out: what the team says aloud before LIVE.
        staging: the plan, and in which of its stages everybody is.
        heard_ns: time of the last event, None before the first.
    """

    state: State = State.OFF
    why: str = "No session is on."
    case: CaseFacts | None = None
    registration: Fact = field(default=_NOT_REGISTERED)
    calibration: Fact = field(default=_NOT_CHECKED)
    track: Fact = field(default=_NOT_SEEN)
    checks: Checks = field(default_factory=Checks)
    identified_by: tuple[str, ...] = ()
    identity_fault: str = ""
    verdict: str = ""
    accepted: str = ""
    time_out: TimeOut = field(default_factory=TimeOut)
    staging: Staging = field(default_factory=Staging)
    heard_ns: int | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether a person accepted the registration that stands."""
        return self.registration.holds and self.verdict != "" and self.accepted == self.verdict

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What LIVE needs, in the order a person meets it."""
        armed = self.state in (State.LIVE, State.LOST)
        case_words = "Choose a case." if self.case is None else f"Case {self.case.name}."
        confirmed_words = "Confirmed." if armed else "Check that this is the patient, then confirm."
        unchecked = self.checks.fault(self.heard_ns or 0)
        identified = len(self.identified_by) >= FEWEST_IDENTIFIERS
        accepted_words = "A person accepted the registration." if self.is_accepted else "Accept the registration."
        # What is stored or changed while the overlay stands is asked the next time.
        not_over = None if armed else self.time_out.fault()
        unplanned = None if armed else self.staging.fault()
        return (
            Condition(key="case", holds=self.case is not None, words=case_words),
            Condition(key="identity", holds=identified, words=identity_words(self.identified_by, self.identity_fault)),
            Condition(key="calibration", holds=self.calibration.holds, words=self.calibration.words),
            Condition(key="registration", holds=self.registration.holds, words=self.registration.words),
            Condition(key="accepted", holds=self.is_accepted, words=accepted_words),
            Condition(key="track", holds=self.track.holds, words=self.track.words),
            Condition(key="plan", holds=unplanned is None, words=unplanned or self.staging.good_words),
            Condition(key="check_point", holds=unchecked is None, words=unchecked or self.checks.good_words),
            Condition(key="time_out", holds=not_over is None, words=not_over or "The time-out was held."),
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
    if refusal := _refusal(session, event):
        return Decision(session=session, refusal=refusal)
    if isinstance(event, RegistrationFound | CheckPointTouched | ChecksChanged | PlanFound) and (
        session.case is None or event.case_id != session.case.case_id
    ):
        return Decision(session=session)
    if turn is _Turn.ARM:
        missing = next((c for c in session.conditions if not c.holds and c.key != "confirmed"), None)
        if missing is not None:
            return Decision(session=session, refusal=missing.words)
    return Decision(session=_turned(session, event))


def _refusal(session: Session, event: Event) -> str:
    """Return why what a person vouches for is not what stands here, or nothing."""
    match event:
        case Identified(case_id=case_id) if session.case is None or case_id != session.case.case_id:
            return "Another case is chosen now: look at it again."
        case RegistrationAccepted() if not session.registration.holds:
            return session.registration.words
        case RegistrationAccepted(verdict=verdict) if verdict != session.verdict:
            return "The registration is another one now: look at it again."
        case Ticked(item=item, fact=fact):
            return session.time_out.refusal(item, fact)
        case PlanLocked(plan=plan):
            return session.staging.refusal_of_lock(plan)
        case StageChosen(plan=plan, stage=stage):
            return session.staging.refusal_of_stage(plan, stage)
        case _:
            return ""


def _is_gap(heard_ns: int | None, now_ns: int) -> bool:
    return heard_ns is not None and not 0 <= now_ns - heard_ns <= MAX_STEP_GAP_NS


def _turned(session: Session, event: Event) -> Session:
    """Take the event's facts in, then the turn the table gives."""
    turn = _TABLE[type(event)][session.state]
    if turn is _Turn.MOVE:
        turn = _Turn.HOLD if _turns_patient(session, event) else _Turn.STAY
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
        case _Turn.REFUSE | _Turn.MOVE:
            return session


def _turns_patient(session: Session, event: Event) -> bool:
    return isinstance(event, StageChosen) and session.staging.turns(event.stage)


def _with_facts(session: Session, event: Event) -> Session:
    doubt = _TURNED if _turns_patient(session, event) else _DOUBTS.get(type(event))
    if doubt is not None:
        session = replace(session, checks=session.checks.void(doubt))
    match event:
        case CaseSelected(case=case):
            session = replace(_unvouched(session), time_out=TimeOut(), verdict="", staging=Staging())
            return replace(session, case=case, registration=_NOT_REGISTERED, checks=Checks(need=case.checks))
        case Stopped():
            return replace(_unvouched(session), staging=session.staging.unlocked())
        case CheckPointTouched(landmark=landmark, agrees=agrees, words=words):
            touch = Touched(agrees=agrees, words=words, at_ns=session.heard_ns or 0)
            return replace(session, checks=session.checks.taken(landmark, touch))
        case ChecksChanged(need=need):
            return replace(session, checks=Checks(need=need))
        case RegistrationFound(fact=fact, verdict=verdict):
            verdict = verdict if fact.holds else ""
            # The same one again, after a restart, is still the one a person looked at.
            accepted = session.accepted if session.accepted == verdict else ""
            return replace(session, registration=fact, verdict=verdict, accepted=accepted)
        case Identified(kinds=kinds, fault=fault):
            return replace(session, identified_by=() if fault else kinds, identity_fault=fault)
        case RegistrationAccepted(verdict=verdict):
            return replace(session, accepted=verdict)
        case TimeOutTold(items=items):
            return replace(session, time_out=session.time_out.told(items))
        case Ticked(item=item, fact=fact):
            return replace(session, time_out=session.time_out.with_tick(item, fact))
        case Unticked(item=item):
            return replace(session, time_out=session.time_out.without_tick(item))
        case PlanFound(plan=plan):
            return replace(session, staging=session.staging.found(plan))
        case PlanLocked():
            return replace(session, staging=session.staging.taken())
        case StageChosen(stage=stage):
            time_out = session.time_out
            if _turns_patient(session, event):
                # It was turned with the patient, and whatever holds it was touched.
                time_out = time_out.without_tick("board")
            return replace(session, staging=session.staging.at(stage), time_out=time_out)
        case CalibrationChecked(fact=fact):
            return replace(session, calibration=fact)
        case TrackFresh():
            return replace(session, track=Fact(holds=True, words="The board is in sight."))
        case TrackLost(words=words):
            return replace(session, track=Fact(holds=False, words=words))
        case _:
            return session


def _unvouched(session: Session) -> Session:
    """Return the session without anything people vouched for."""
    return replace(session, identified_by=(), identity_fault="", accepted="", time_out=session.time_out.cleared())


_TURNED = "The patient lies otherwise in this stage."
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
        case PlanLocked():
            return "Another version of the plan was locked: confirm again."
        case StageChosen():
            return "The patient lies otherwise in this stage: touch a check point."
        case Unticked():
            return "An item of the time-out was taken back."
        case Tick() | Identified() | RegistrationAccepted() | TimeOutTold() | Ticked() | PlanFound():
            return ""
