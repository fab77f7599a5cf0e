"""Every event in every state, who may act, and the words."""

from dataclasses import replace

import pytest

from orview.session.checks import CheckNeed, Checks, Touched
from orview.session.state import (
    MAX_STEP_GAP_NS,
    BoardsMoved,
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
from orview.units import NS_PER_S

NEED = CheckNeed(known=3, max_age_ns=30 * 60 * NS_PER_S)
CASE = CaseFacts(case_id="c1", name="Phantom", digest="d1", checks=NEED)
OTHER = CaseFacts(case_id="c2", name="Other", digest="d2", checks=NEED)
TOUCHED = Checks(need=NEED, touched={"spine": Touched(agrees=True, words="Spine agrees.", at_ns=0)})
GOOD = Fact(holds=True, words="Good.")
BAD = Fact(holds=False, words="Bad.")
NURSE = Role.NURSE


def touch(*, agrees: bool, by: Role = NURSE, case_id: str = "c1", landmark: str = "crest") -> CheckPointTouched:
    words = "Crest agrees." if agrees else "Crest: 3.1 mm off where 1.2 mm were expected: do not use."
    return CheckPointTouched(by=by, case_id=case_id, landmark=landmark, agrees=agrees, words=words)


EVENTS = {
    "select": CaseSelected(by=NURSE, case=OTHER),
    "start": Started(by=NURSE),
    "confirm": Confirmed(by=NURSE),
    "stop": Stopped(by=NURSE),
    "registered": RegistrationFound(case_id="c1", fact=GOOD),
    "refused": RegistrationFound(case_id="c1", fact=BAD),
    "registered another": RegistrationFound(case_id="c2", fact=BAD),
    "bumped": BoardsMoved(words="One of the two boards was bumped: by about 2.6 mm and 0.4 degrees."),
    "calibrated": CalibrationChecked(fact=GOOD),
    "other camera": CalibrationChecked(fact=BAD),
    "touch agrees": touch(agrees=True),
    "touch disagrees": touch(agrees=False),
    "touch of another case": touch(agrees=False, case_id="c2"),
    "new check points": ChecksChanged(case_id="c1", need=NEED),
    "patient moved": PatientMoved(by=NURSE),
    "seen": TrackFresh(),
    "unseen": TrackLost(words="The board is covered."),
    "restarted": Restarted(part="camera"),
    "gap": ClockGap(),
    "tick": Tick(),
}

EXPECTED = {
    # event: where it leads from OFF, HOLD, LIVE, LOST; a star marks a refusal
    "select": ("OFF", "HOLD", "LIVE*", "LOST*"),
    "start": ("HOLD", "HOLD", "LIVE", "LOST"),
    "confirm": ("OFF*", "LIVE", "LIVE", "LOST*"),
    "stop": ("OFF", "OFF", "OFF", "OFF"),
    "registered": ("OFF", "HOLD", "HOLD", "HOLD"),
    "refused": ("OFF", "HOLD", "HOLD", "HOLD"),
    "registered another": ("OFF", "HOLD", "LIVE", "LOST"),
    "bumped": ("OFF", "HOLD", "HOLD", "HOLD"),
    "calibrated": ("OFF", "HOLD", "HOLD", "HOLD"),
    "other camera": ("OFF", "HOLD", "HOLD", "HOLD"),
    "touch agrees": ("OFF*", "HOLD", "LIVE", "LOST*"),
    "touch disagrees": ("OFF*", "HOLD", "HOLD", "LOST*"),
    "touch of another case": ("OFF*", "HOLD", "LIVE", "LOST*"),
    "new check points": ("OFF", "HOLD", "HOLD", "HOLD"),
    "patient moved": ("OFF", "HOLD", "HOLD", "HOLD"),
    "seen": ("OFF", "HOLD", "LIVE", "LIVE"),
    "unseen": ("OFF", "HOLD", "LOST", "LOST"),
    "restarted": ("OFF", "HOLD", "HOLD", "HOLD"),
    "gap": ("OFF", "HOLD", "HOLD", "HOLD"),
    "tick": ("OFF", "HOLD", "LIVE", "LOST"),
}


def session(state: State, **changes: object) -> Session:
    """A session in which everything holds that can hold in that state."""
    track = BAD if state is State.LOST else GOOD
    whole = Session(
        state=state, case=CASE, registration=GOOD, calibration=GOOD, track=track, checks=TOUCHED, heard_ns=0
    )
    return replace(whole, **changes)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("name", EVENTS)
def test_every_event_in_every_state(name: str, state: State) -> None:
    decision = step(session(state), EVENTS[name], now_ns=1)
    outcome = decision.session.state + ("*" if decision.refusal else "")
    assert outcome == EXPECTED[name][list(State).index(state)]


@pytest.mark.parametrize("name", EVENTS)
def test_every_ending_of_live_says_why_in_one_short_sentence(name: str) -> None:
    before = session(State.LIVE, why="A person confirmed the case.")
    after = step(before, EVENTS[name], now_ns=1).session
    if after.state is not State.LIVE:
        assert after.why
        assert after.why != before.why
        assert len(after.why) <= 80


@pytest.mark.hazard("H31")
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", [CaseSelected, Started, Confirmed, Stopped])
def test_only_the_nurse_changes_a_session(act: type, state: State, role: Role) -> None:
    event = act(by=role, case=OTHER) if act is CaseSelected else act(by=role)
    before = session(state)
    decision = step(before, event, now_ns=1)
    if role is Role.NURSE:
        assert decision.refusal != "Only the nurse's console may do that."
    else:
        assert decision.session == replace(before, heard_ns=1)
        assert decision.refusal == "Only the nurse's console may do that."


@pytest.mark.parametrize("missing", ["case", "calibration", "registration", "track"])
def test_nobody_can_confirm_what_is_not_whole(missing: str) -> None:
    held = session(State.HOLD, **{missing: None if missing == "case" else BAD})
    decision = step(held, Confirmed(by=NURSE), now_ns=1)
    assert decision.session.state is State.HOLD
    assert decision.refusal == ("Choose a case." if missing == "case" else "Bad.")


@pytest.mark.hazard("H02")
def test_board_out_of_sight_hides_and_comes_back_by_itself() -> None:
    live = session(State.LIVE)
    lost = step(live, TrackLost(words="The board is covered."), now_ns=1).session
    assert (lost.state, lost.why) == (State.LOST, "The board is covered.")
    assert step(lost, TrackFresh(), now_ns=2).session.state is State.LIVE


@pytest.mark.hazard("H22")
def test_restart_while_lost_needs_a_person_although_the_board_is_seen_again() -> None:
    lost = session(State.LOST)
    held = step(lost, Restarted(part="camera"), now_ns=1).session
    seen = step(held, TrackFresh(), now_ns=2).session
    assert seen.state is State.HOLD
    assert step(seen, Confirmed(by=NURSE), now_ns=3).refusal == "There was a restart. Touch a check point."
    touched = step(seen, touch(agrees=True), now_ns=3).session
    assert step(touched, Confirmed(by=NURSE), now_ns=4).session.state is State.LIVE


@pytest.mark.hazard("H24")
@pytest.mark.parametrize("state", [State.LIVE, State.LOST])
@pytest.mark.parametrize("later_ns", [MAX_STEP_GAP_NS + 1, 600 * MAX_STEP_GAP_NS, -1])
def test_silence_longer_than_allowed_is_a_gap_whatever_comes_next(state: State, later_ns: int) -> None:
    after = step(session(state), TrackFresh(), now_ns=later_ns).session
    assert (after.state, after.why) == (State.HOLD, "The computer paused: confirm again.")


@pytest.mark.parametrize("state", [State.OFF, State.HOLD])
def test_silence_where_nothing_is_shown_changes_nothing(state: State) -> None:
    assert step(session(state), Tick(), now_ns=600 * MAX_STEP_GAP_NS).session.state is state


def test_time_on_time_is_no_gap() -> None:
    live = session(State.LIVE)
    for now_ns in range(0, 5 * MAX_STEP_GAP_NS, MAX_STEP_GAP_NS):
        live = step(live, Tick(), now_ns=now_ns).session
    assert live.state is State.LIVE


def test_start_without_a_case_is_refused() -> None:
    decision = step(Session(), Started(by=NURSE), now_ns=1)
    assert decision.session.state is State.OFF
    assert decision.refusal == "Choose a case first."


@pytest.mark.hazard("H03")
def test_choosing_a_case_forgets_the_registration_of_the_one_before() -> None:
    held = step(session(State.HOLD), CaseSelected(by=NURSE, case=OTHER), now_ns=1).session
    assert held.case == OTHER
    assert not held.registration.holds
    late = step(held, RegistrationFound(case_id="c1", fact=GOOD), now_ns=2).session
    assert not late.registration.holds
    assert step(late, Confirmed(by=NURSE), now_ns=3).refusal


def test_conditions_list_what_is_missing_in_words() -> None:
    fresh = {condition.key: condition for condition in Session().conditions}
    assert list(fresh) == ["case", "calibration", "registration", "track", "check_point", "confirmed"]
    assert not any(condition.holds for condition in fresh.values())
    assert all(condition.words.endswith(".") for condition in fresh.values())
    assert all(condition.holds for condition in session(State.LIVE).conditions)


@pytest.mark.hazard("H31")
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", [touch(agrees=False, by=Role.OBSERVER), PatientMoved(by=Role.OBSERVER)])
def test_an_observer_neither_touches_nor_moves(act: CheckPointTouched | PatientMoved, state: State) -> None:
    before = session(state)
    decision = step(before, act, now_ns=1)
    assert decision.session == replace(before, heard_ns=1)
    assert decision.refusal == "Only a surgeon's headset or the nurse's console may do that."


@pytest.mark.hazard("H10")
@pytest.mark.parametrize(
    "doubt",
    [
        "registered",
        "refused",
        "bumped",
        "calibrated",
        "restarted",
        "gap",
        "patient moved",
        "new check points",
        "touch disagrees",
    ],
)
def test_after_a_doubt_nobody_confirms_before_a_check_point_was_touched(doubt: str) -> None:
    doubted = step(session(State.LIVE), EVENTS[doubt], now_ns=1).session
    if doubt == "refused":
        doubted = replace(doubted, registration=GOOD)
    decision = step(doubted, Confirmed(by=NURSE), now_ns=2)
    assert decision.session.state is State.HOLD
    assert decision.refusal == next(c.words for c in doubted.conditions if c.key == "check_point")
    touched = step(doubted, touch(agrees=True), now_ns=3).session
    assert step(touched, Confirmed(by=NURSE), now_ns=4).session.state is State.LIVE


def test_stopping_forgets_what_was_touched() -> None:
    off = step(session(State.LIVE), Stopped(by=NURSE), now_ns=1).session
    held = step(off, Started(by=NURSE), now_ns=2).session
    assert step(held, Confirmed(by=NURSE), now_ns=3).refusal == "Touch a check point."


@pytest.mark.hazard("H10")
@pytest.mark.parametrize("state", [State.LIVE, State.LOST])
def test_a_check_older_than_the_case_says_ends_live(state: State) -> None:
    old_ns = NEED.max_age_ns
    shown = session(state, heard_ns=old_ns - 1)
    assert step(shown, Tick(), now_ns=old_ns).session.state is state
    held = step(shown, Tick(), now_ns=old_ns + 1).session
    assert (held.state, held.why) == (State.HOLD, "The last check point is older than 30 min: touch one.")


def test_one_landmark_that_disagrees_outweighs_one_that_agrees_until_it_is_touched_again() -> None:
    held = step(session(State.LIVE), touch(agrees=False), now_ns=1).session
    other = step(held, touch(agrees=True, landmark="third"), now_ns=2).session
    assert step(other, Confirmed(by=NURSE), now_ns=3).refusal.endswith("do not use.")
    again = step(other, touch(agrees=True), now_ns=4).session
    assert step(again, Confirmed(by=NURSE), now_ns=5).session.state is State.LIVE


def test_a_case_without_check_points_is_never_live() -> None:
    bare = session(State.HOLD, checks=Checks())
    assert step(bare, Confirmed(by=NURSE), now_ns=1).refusal.startswith("No check points are known for this case")


@pytest.mark.hazard("H10")
@pytest.mark.parametrize("state", State)
def test_after_a_bump_in_any_state_nothing_is_shown_before_a_check_point_was_touched(state: State) -> None:
    bumped = step(session(state), EVENTS["bumped"], now_ns=1).session
    for event in (TrackFresh(), Stopped(by=NURSE), Started(by=NURSE), RegistrationFound(case_id="c1", fact=GOOD)):
        bumped = step(bumped, event, now_ns=2).session
        assert step(bumped, Confirmed(by=NURSE), now_ns=3).session.state is not State.LIVE
    touched = step(bumped, touch(agrees=True), now_ns=4).session
    assert step(touched, Confirmed(by=NURSE), now_ns=5).session.state is State.LIVE


@pytest.mark.hazard("H10")
def test_a_bump_is_told_by_how_much_and_asks_for_a_check_point() -> None:
    after = step(session(State.LIVE), EVENTS["bumped"], now_ns=1).session
    assert (after.state, after.why) == (State.HOLD, EVENTS["bumped"].words)
    asked = next(c.words for c in after.conditions if c.key == "check_point")
    assert asked == "One of the boards was bumped. Touch a check point."
