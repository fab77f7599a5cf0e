"""Laws of the state machine over long random histories."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orview.session.checks import CheckNeed
from orview.session.staging import PlanFacts, PlanFound, PlanLocked, StageChosen, StageFacts
from orview.session.state import (
    MAX_STEP_GAP_NS,
    CalibrationChecked,
    CaseFacts,
    CaseSelected,
    CheckPointTouched,
    ChecksChanged,
    ClockGap,
    Confirmed,
    Fact,
    PatientMoved,
    RegistrationFound,
    Restarted,
    Role,
    Session,
    Started,
    State,
    Stopped,
    Tick,
    TrackFresh,
    TrackLost,
    step,
)
from orview.session.time_out import Item
from orview.session.vouching import Identified, RegistrationAccepted, Ticked, TimeOutTold, Unticked

FACTS = st.builds(Fact, holds=st.booleans(), words=st.just("Words."))
NEED = CheckNeed(known=2, max_age_ns=3 * MAX_STEP_GAP_NS)
CASES = st.sampled_from([CaseFacts(case_id=name, name=name, digest=name, checks=NEED) for name in ("a", "b")])
ITEM, CHANGED = (Item(key="side", words="Words.", fact=fact) for fact in "fg")
ROLES = st.sampled_from(Role)
STAGES = tuple(StageFacts(key=key, name=key, position=key) for key in ("front", "back"))
PLANS = [PlanFacts(digest=digest, version=1, stages=STAGES) for digest in "pq"]
EVENTS = st.one_of(
    st.builds(CaseSelected, by=ROLES, case=CASES),
    st.builds(Started, by=ROLES),
    st.builds(Confirmed, by=ROLES),
    st.builds(Stopped, by=ROLES),
    st.builds(RegistrationFound, case_id=st.sampled_from("ab"), fact=FACTS, verdict=st.sampled_from(["", "v", "w"])),
    st.builds(
        Identified,
        by=ROLES,
        case_id=st.sampled_from("ab"),
        kinds=st.sampled_from([(), ("name",), ("name", "patient_id")]),
        fault=st.sampled_from(["", "Wrong."]),
    ),
    st.builds(RegistrationAccepted, by=ROLES, verdict=st.sampled_from(["", "v", "w"])),
    st.builds(TimeOutTold, items=st.sampled_from([(), (ITEM,), (CHANGED,)])),
    st.builds(Ticked, by=ROLES, item=st.just("side"), fact=st.sampled_from(["f", "g"])),
    st.builds(Unticked, by=ROLES, item=st.just("side")),
    st.builds(CalibrationChecked, fact=FACTS),
    st.builds(
        CheckPointTouched,
        by=ROLES,
        case_id=st.sampled_from("ab"),
        landmark=st.sampled_from(["crest", "spine"]),
        agrees=st.booleans(),
        words=st.just("Words."),
    ),
    st.builds(ChecksChanged, case_id=st.sampled_from("ab"), need=st.just(NEED)),
    st.builds(PatientMoved, by=ROLES),
    st.builds(PlanFound, case_id=st.sampled_from("ab"), plan=st.sampled_from([None, *PLANS])),
    st.builds(PlanLocked, by=ROLES, plan=st.sampled_from("pq")),
    st.builds(StageChosen, by=ROLES, plan=st.sampled_from("pq"), stage=st.integers(1, 3)),
    st.just(TrackFresh()),
    st.just(TrackLost(words="Covered.")),
    st.just(Restarted(part="camera")),
    st.just(ClockGap()),
    st.just(Tick()),
)
GAPS_NS = st.sampled_from([0, 1, MAX_STEP_GAP_NS // 10, MAX_STEP_GAP_NS, MAX_STEP_GAP_NS + 1])
NURSE_ROAD = [
    CaseSelected(by=Role.NURSE, case=CaseFacts(case_id="a", name="a", digest="a", checks=NEED)),
    RegistrationFound(case_id="a", fact=Fact(holds=True, words="Good."), verdict="v"),
    Identified(by=Role.NURSE, case_id="a", kinds=("name", "birth_date")),
    RegistrationAccepted(by=Role.NURSE, verdict="v"),
    CalibrationChecked(fact=Fact(holds=True, words="Good.")),
    TrackFresh(),
    Started(by=Role.NURSE),
    TimeOutTold(items=(ITEM,)),
    Ticked(by=Role.NURSE, item="side", fact="f"),
    CheckPointTouched(by=Role.SURGEON, case_id="a", landmark="crest", agrees=True, words="Agrees."),
    Confirmed(by=Role.NURSE),
]


@pytest.mark.hazard("H22")
@settings(max_examples=300, deadline=None)
@given(st.booleans(), st.lists(st.tuples(EVENTS, GAPS_NS), max_size=40))
def test_live_is_earned_by_a_person_and_a_check_point_after_the_last_doubt(begin_live: bool, history: list) -> None:
    if begin_live:
        history = [(event, 1) for event in NURSE_ROAD] + history
    session, now_ns, confirmed, touched_ns = Session(), 0, False, None
    for event, gap_ns in history:
        before = session
        now_ns += gap_ns
        decision = step(session, event, now_ns=now_ns)
        session = decision.session
        turned = isinstance(event, StageChosen) and before.staging.stage != session.staging.stage
        long_silence = before.state in (State.LIVE, State.LOST) and gap_ns > MAX_STEP_GAP_NS
        doubt = isinstance(event, Restarted | ClockGap | CalibrationChecked | Stopped | PatientMoved)
        if long_silence or turned or (doubt and not decision.refusal):
            confirmed, touched_ns = False, None
        if isinstance(event, CheckPointTouched) and event.agrees and not decision.refusal:
            touched_ns = now_ns
        if isinstance(event, Confirmed) and event.by is Role.NURSE and not decision.refusal:
            confirmed = True
        if session.state is State.LIVE:
            assert confirmed
            assert touched_ns is not None
            assert now_ns - touched_ns <= NEED.max_age_ns
            assert all(condition.holds for condition in session.conditions)
            assert len(session.identified_by) >= 2
            assert session.accepted == session.verdict != ""
            assert session.staging.stage == 0 or session.staging.locked in PLANS
        if decision.refusal and not long_silence and before.checks.fault(now_ns) is None:
            assert session.state is before.state


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(EVENTS, GAPS_NS), max_size=40))
def test_no_history_raises_and_every_state_says_why(history: list) -> None:
    session, now_ns = Session(), 0
    for event, gap_ns in history:
        now_ns += gap_ns
        session = step(session, event, now_ns=now_ns).session
        assert session.why


def test_the_nurse_road_leads_to_live() -> None:
    session = Session()
    for now_ns, event in enumerate(NURSE_ROAD):
        decision = step(session, event, now_ns=now_ns)
        assert not decision.refusal
        session = decision.session
    assert session.state is State.LIVE
