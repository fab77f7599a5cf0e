"""Every event in every state, who may act, and the words."""

from dataclasses import replace

import pytest

from orview.session.checks import CheckNeed, Checks, Touched
from orview.session.staging import PlanFacts, PlanFound, PlanLocked, StageChosen, StageFacts, Staging
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
from orview.session.time_out import Item, TimeOut
from orview.session.vouching import Identified, RegistrationAccepted, Ticked, TimeOutTold, Unticked
from orview.units import NS_PER_S

NEED = CheckNeed(known=3, max_age_ns=30 * 60 * NS_PER_S)
CASE = CaseFacts(case_id="c1", name="Phantom", digest="d1", checks=NEED)
OTHER = CaseFacts(case_id="c2", name="Other", digest="d2", checks=NEED)
TOUCHED = Checks(need=NEED, touched={"spine": Touched(agrees=True, words="Spine agrees.", at_ns=0)})
ITEM = Item(key="side", words="Right side: left.", fact="f1")
CHANGED = Item(key="side", words="Right side: right.", fact="f2")
UNTRUE = Item(key="board", words="A board was bumped.", fact="f3", ready=False)
HELD = TimeOut(items=(ITEM,), ticked={"side": "f1"})
GOOD = Fact(holds=True, words="Good.")
BAD = Fact(holds=False, words="Bad.")
NURSE = Role.NURSE
PLAN, NEWER = (
    PlanFacts(
        digest=digest,
        version=version,
        stages=(
            StageFacts(key="front", name="From in front", position="supine"),
            StageFacts(key="back", name="From behind", position="prone"),
            StageFacts(key="rebuild", name="Rebuild", position="prone"),
        ),
    )
    for version, digest in ((1, "p1"), (2, "p2"))
)


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
    "identified": Identified(by=NURSE, case_id="c1", kinds=("name", "patient_id")),
    "misidentified": Identified(by=NURSE, case_id="c1", kinds=(), fault="Name does not match this case."),
    "identified for another case": Identified(by=NURSE, case_id="c2", kinds=("name", "patient_id")),
    "accepted": RegistrationAccepted(by=NURSE, verdict="v1"),
    "accepted another": RegistrationAccepted(by=NURSE, verdict="v2"),
    "told": TimeOutTold(items=(ITEM,)),
    "told otherwise": TimeOutTold(items=(CHANGED,)),
    "ticked": Ticked(by=NURSE, item="side", fact="f1"),
    "ticked for another fact": Ticked(by=NURSE, item="side", fact="f2"),
    "ticked no item": Ticked(by=NURSE, item="nothing", fact="f1"),
    "unticked": Unticked(by=NURSE, item="side"),
    "newer plan": PlanFound(case_id="c1", plan=NEWER),
    "plan of another case": PlanFound(case_id="c2", plan=NEWER),
    "locked": PlanLocked(by=NURSE, plan="p1"),
    "locked another": PlanLocked(by=NURSE, plan="p2"),
    "same position": StageChosen(by=NURSE, plan="p1", stage=3),
    "other position": StageChosen(by=NURSE, plan="p1", stage=1),
    "no such stage": StageChosen(by=NURSE, plan="p1", stage=4),
    "stage of another plan": StageChosen(by=NURSE, plan="p2", stage=1),
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
    "identified": ("OFF", "HOLD", "LIVE*", "LOST*"),
    "misidentified": ("OFF", "HOLD", "LIVE*", "LOST*"),
    "identified for another case": ("OFF*", "HOLD*", "LIVE*", "LOST*"),
    "accepted": ("OFF", "HOLD", "LIVE", "LOST"),
    "accepted another": ("OFF*", "HOLD*", "LIVE*", "LOST*"),
    "told": ("OFF", "HOLD", "LIVE", "LOST"),
    "told otherwise": ("OFF", "HOLD", "LIVE", "LOST"),
    "ticked": ("OFF*", "HOLD", "LIVE", "LOST"),
    "ticked for another fact": ("OFF*", "HOLD*", "LIVE*", "LOST*"),
    "ticked no item": ("OFF*", "HOLD*", "LIVE*", "LOST*"),
    "unticked": ("OFF*", "HOLD", "HOLD", "HOLD"),
    "newer plan": ("OFF", "HOLD", "LIVE", "LOST"),
    "plan of another case": ("OFF", "HOLD", "LIVE", "LOST"),
    "locked": ("OFF*", "HOLD*", "LIVE*", "LOST*"),
    "locked another": ("OFF*", "HOLD*", "LIVE*", "LOST*"),
    "same position": ("OFF", "HOLD", "LIVE", "LOST"),
    "other position": ("OFF", "HOLD", "HOLD", "HOLD"),
    "no such stage": ("OFF*", "HOLD*", "LIVE*", "LOST*"),
    "stage of another plan": ("OFF*", "HOLD*", "LIVE*", "LOST*"),
}


def session(state: State, **changes: object) -> Session:
    """A session in which everything holds that can hold in that state."""
    track = BAD if state is State.LOST else GOOD
    whole = Session(
        state=state,
        case=CASE,
        registration=GOOD,
        calibration=GOOD,
        track=track,
        checks=TOUCHED,
        identified_by=("name", "birth_date"),
        verdict="v1",
        accepted="v1",
        time_out=HELD,
        staging=Staging(newest=PLAN, locked=PLAN, stage=2),
        heard_ns=0,
    )
    return replace(whole, **changes)


def vouched(now: Session) -> Session:
    """The session after a person vouched for all again."""
    return replace(
        now,
        identified_by=("name", "birth_date"),
        verdict="v1",
        accepted="v1",
        time_out=HELD,
        registration=GOOD,
        staging=Staging(newest=PLAN, locked=PLAN, stage=2),
    )


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
@pytest.mark.parametrize(
    "name",
    ["select", "start", "confirm", "stop", "identified", "misidentified", "accepted", "ticked", "unticked", "locked"],
)
def test_only_the_nurse_changes_a_session(name: str, state: State, role: Role) -> None:
    event = replace(EVENTS[name], by=role)
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
    assert list(fresh) == [
        *("case", "identity", "calibration", "registration", "accepted", "track", "plan", "check_point", "time_out"),
        "confirmed",
    ]
    assert [condition.key for condition in fresh.values() if condition.holds] == ["plan"]
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
        "other position",
        "new check points",
        "touch disagrees",
    ],
)
def test_after_a_doubt_nobody_confirms_before_a_check_point_was_touched(doubt: str) -> None:
    doubted = step(session(State.LIVE), EVENTS[doubt], now_ns=1).session
    if doubt in ("registered", "refused"):
        doubted = replace(doubted, registration=GOOD, verdict="v2", accepted="v2")
    decision = step(doubted, Confirmed(by=NURSE), now_ns=2)
    assert decision.session.state is State.HOLD
    assert decision.refusal == next(c.words for c in doubted.conditions if c.key == "check_point")
    touched = step(doubted, touch(agrees=True), now_ns=3).session
    assert step(touched, Confirmed(by=NURSE), now_ns=4).session.state is State.LIVE


def test_stopping_forgets_what_was_touched() -> None:
    off = step(session(State.LIVE), Stopped(by=NURSE), now_ns=1).session
    held = vouched(step(off, Started(by=NURSE), now_ns=2).session)
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
    touched = step(vouched(bumped), touch(agrees=True), now_ns=4).session
    assert step(touched, Confirmed(by=NURSE), now_ns=5).session.state is State.LIVE


@pytest.mark.hazard("H10")
def test_a_bump_is_told_by_how_much_and_asks_for_a_check_point() -> None:
    after = step(session(State.LIVE), EVENTS["bumped"], now_ns=1).session
    assert (after.state, after.why) == (State.HOLD, EVENTS["bumped"].words)
    asked = next(c.words for c in after.conditions if c.key == "check_point")
    assert asked == "One of the boards was bumped. Touch a check point."


@pytest.mark.hazard("H03")
@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"identified_by": ()}, "Confirm the patient by two identifiers."),
        ({"identified_by": ("name",)}, "Confirm the patient by two identifiers."),
        ({"identified_by": (), "identity_fault": "Name does not match."}, "Name does not match."),
        ({"accepted": ""}, "Accept the registration."),
        ({"accepted": "v0"}, "Accept the registration."),
        ({"verdict": "", "accepted": ""}, "Accept the registration."),
        ({"time_out": TimeOut(items=(ITEM,))}, "Time-out: 1 of 1 items to tick."),
        ({"time_out": TimeOut()}, "The time-out is still to come."),
    ],
)
def test_nobody_confirms_what_nobody_vouched_for(missing: dict[str, object], words: str) -> None:
    decision = step(session(State.HOLD, **missing), Confirmed(by=NURSE), now_ns=1)
    assert (decision.session.state, decision.refusal) == (State.HOLD, words)


@pytest.mark.hazard("H03")
def test_another_case_and_the_end_of_a_session_void_all_that_was_vouched_for() -> None:
    for state, event in ((State.HOLD, EVENTS["select"]), (State.LIVE, EVENTS["stop"]), (State.OFF, EVENTS["select"])):
        after = step(session(state), event, now_ns=1).session
        assert (after.identified_by, after.accepted, dict(after.time_out.ticked)) == ((), "", {})
        open_keys = {condition.key for condition in after.conditions if not condition.holds}
        assert open_keys >= {"identity", "accepted", "time_out", "confirmed"}


@pytest.mark.hazard("H03")
def test_a_wrong_identifier_voids_the_ones_that_matched_before() -> None:
    held = step(session(State.HOLD), EVENTS["misidentified"], now_ns=1).session
    assert step(held, Confirmed(by=NURSE), now_ns=2).refusal == "Name does not match this case."
    again = step(held, EVENTS["identified"], now_ns=3).session
    words = {condition.key: condition.words for condition in again.conditions}
    assert words["identity"] == "Identified by name and patient ID."
    assert step(again, Confirmed(by=NURSE), now_ns=4).session.state is State.LIVE


def test_only_the_registration_that_was_looked_at_is_accepted() -> None:
    fresh = RegistrationFound(case_id="c1", fact=GOOD, verdict="v2")
    held = step(session(State.HOLD), fresh, now_ns=1).session
    assert not held.is_accepted
    late = step(held, EVENTS["accepted"], now_ns=2)
    assert late.refusal == "The registration is another one now: look at it again."
    taken = step(held, RegistrationAccepted(by=NURSE, verdict="v2"), now_ns=3)
    assert (taken.refusal, taken.session.is_accepted) == ("", True)
    refused = step(held, replace(fresh, fact=BAD), now_ns=4).session
    assert step(refused, RegistrationAccepted(by=NURSE, verdict="v2"), now_ns=5).refusal == "Bad."


def test_the_same_registration_again_stays_accepted() -> None:
    same = RegistrationFound(case_id="c1", fact=GOOD, verdict="v1")
    assert step(session(State.HOLD), same, now_ns=1).session.is_accepted


def test_an_item_whose_fact_changed_is_to_be_ticked_again() -> None:
    held = step(session(State.HOLD), EVENTS["told otherwise"], now_ns=1).session
    back = step(held, EVENTS["told"], now_ns=2).session
    assert step(back, Confirmed(by=NURSE), now_ns=3).refusal == "Time-out: 1 of 1 items to tick."
    ticked = step(back, EVENTS["ticked"], now_ns=4).session
    assert step(ticked, Confirmed(by=NURSE), now_ns=5).session.state is State.LIVE


def test_what_the_host_knows_to_be_untrue_is_not_ticked() -> None:
    held = step(session(State.HOLD), TimeOutTold(items=(ITEM, UNTRUE)), now_ns=1).session
    assert step(held, Ticked(by=NURSE, item="board", fact="f3"), now_ns=2).refusal == "A board was bumped."
    assert step(held, Confirmed(by=NURSE), now_ns=3).refusal == "Time-out: 1 of 2 items to tick."


def test_what_changes_after_the_time_out_is_asked_the_next_time() -> None:
    live = step(session(State.LIVE), EVENTS["told otherwise"], now_ns=1).session
    assert live.state is State.LIVE
    assert all(condition.holds for condition in live.conditions)
    held = step(live, EVENTS["gap"], now_ns=2).session
    assert "Time-out" in next(condition.words for condition in held.conditions if condition.key == "time_out")
    assert not next(condition.holds for condition in held.conditions if condition.key == "time_out")


@pytest.mark.hazard("H03")
def test_a_plan_is_locked_before_the_overlay_is_shown() -> None:
    open_plan = session(State.HOLD, staging=Staging(newest=PLAN))
    assert step(open_plan, Confirmed(by=NURSE), now_ns=1).refusal == "The plan is not locked yet: read it and lock it."
    locked = step(open_plan, PlanLocked(by=NURSE, plan="p1"), now_ns=2).session
    assert (locked.staging.locked, locked.staging.stage) == (PLAN, 1)
    assert step(locked, Confirmed(by=NURSE), now_ns=3).session.state is State.LIVE
    without = session(State.HOLD, staging=Staging())
    assert step(without, Confirmed(by=NURSE), now_ns=1).session.state is State.LIVE


def test_a_newer_plan_leaves_what_is_shown_and_is_to_be_locked_before_it_is_shown_again() -> None:
    live = step(session(State.LIVE), EVENTS["newer plan"], now_ns=1).session
    assert (live.state, live.staging.locked) == (State.LIVE, PLAN)
    covered = step(live, EVENTS["unseen"], now_ns=2).session
    assert step(covered, TrackFresh(), now_ns=3).session.state is State.LIVE
    locked = step(live, PlanLocked(by=NURSE, plan="p2"), now_ns=4).session
    assert (locked.state, locked.staging.locked, locked.staging.stage) == (State.HOLD, NEWER, 2)
    held = step(live, EVENTS["gap"], now_ns=5).session
    touched = step(held, touch(agrees=True), now_ns=6).session
    refusal = step(touched, Confirmed(by=NURSE), now_ns=7).refusal
    assert refusal == "Version 2 of the plan is newer than the locked one: read it and lock it."


@pytest.mark.hazard("H24")
def test_a_patient_who_is_turned_is_checked_and_ticked_again() -> None:
    board = replace(ITEM, key="board", fact="f3")
    ticked = TimeOut(items=(ITEM, board), ticked={"side": "f1", "board": "f3"})
    live = session(State.LIVE, time_out=ticked)
    turned = step(live, EVENTS["other position"], now_ns=1).session
    assert (turned.state, turned.staging.stage) == (State.HOLD, 1)
    assert turned.why == "The patient lies otherwise in this stage: touch a check point."
    assert step(turned, Confirmed(by=NURSE), now_ns=2).refusal == (
        "The patient lies otherwise in this stage. Touch a check point."
    )
    assert turned.time_out.ticked_keys == {"side"}
    kept = step(live, EVENTS["same position"], now_ns=1).session
    assert (kept.state, kept.time_out.ticked_keys) == (State.LIVE, {"side", "board"})


def test_the_surgeon_goes_from_stage_to_stage_and_an_observer_does_not() -> None:
    live = session(State.LIVE)
    assert step(live, replace(EVENTS["same position"], by=Role.SURGEON), now_ns=1).session.staging.stage == 3
    assert step(live, replace(EVENTS["same position"], by=Role.OBSERVER), now_ns=1).refusal
    unlocked = session(State.LIVE, staging=Staging(newest=PLAN))
    assert step(unlocked, EVENTS["same position"], now_ns=1).refusal == "Lock the plan first."


def test_another_case_and_the_end_of_a_session_unlock_the_plan() -> None:
    assert step(session(State.LIVE), Stopped(by=NURSE), now_ns=1).session.staging == Staging(newest=PLAN)
    assert step(session(State.HOLD), EVENTS["select"], now_ns=1).session.staging == Staging()
