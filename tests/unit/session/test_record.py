"""What outlives a crash never comes back LIVE, and comes back whole or not at all."""

import hashlib
import json
from dataclasses import replace

import pytest

from orview.errors import RefusedError
from orview.session.record import case_id_of, encode, plan_digest_of, restore
from orview.session.staging import PlanFacts, StageFacts, Staging
from orview.session.state import CaseFacts, Fact, RegistrationFound, Session, State, step
from orview.session.time_out import Item, TimeOut
from orview.session.vouching import TimeOutTold

CASE = CaseFacts(case_id="c1", name="Phantom", digest="d1")
SIDE, BOARD = Item(key="side", words="Left.", fact="f1"), Item(key="board", words="Fixed.", fact="f2")
STAGES = tuple(StageFacts(key=key, name=key, position="prone") for key in ("front", "back"))
PLAN = PlanFacts(digest="p1", version=3, stages=STAGES)
GOOD = Fact(holds=True, words="Good.")


def session(state: State) -> Session:
    return Session(
        state=state,
        case=CASE,
        registration=GOOD,
        calibration=GOOD,
        track=GOOD,
        identified_by=("name", "birth_date"),
        verdict="v1",
        accepted="v1",
        time_out=TimeOut(items=(SIDE, BOARD), ticked={"side": "f1", "board": "f2"}),
        staging=Staging(newest=PLAN, locked=PLAN, stage=2),
    )


@pytest.mark.hazard("H22")
@pytest.mark.parametrize("state", State)
def test_restored_session_is_held_or_off_never_live(state: State) -> None:
    record = encode(session(state))
    assert case_id_of(record) == "c1"
    back = restore(record, case=CASE, plan=PLAN, now_ns=5)
    assert back.state is (State.OFF if state is State.OFF else State.HOLD)
    assert back.case == CASE
    assert not back.registration.holds
    assert not back.calibration.holds
    assert not back.track.holds


def test_session_without_a_case_comes_back_empty() -> None:
    record = encode(Session())
    assert case_id_of(record) is None
    assert restore(record, case=None, plan=None, now_ns=5) == Session()


def test_held_session_says_why() -> None:
    assert (
        restore(encode(session(State.LIVE)), case=CASE, plan=PLAN, now_ns=5).why
        == "The host was restarted: confirm again."
    )


@pytest.mark.parametrize("now", [None, CaseFacts(case_id="c1", name="Phantom", digest="changed")])
def test_case_that_is_gone_or_changed_is_refused(now: CaseFacts | None) -> None:
    with pytest.raises(RefusedError):
        restore(encode(session(State.LIVE)), case=now, plan=PLAN, now_ns=5)


@pytest.mark.hazard("H23")
@pytest.mark.parametrize("field", json.loads(encode(session(State.LIVE))))
@pytest.mark.parametrize("change", ["dropped", None, "x", 1, 3, [], {}, ["name"], True])
def test_every_field_dropped_or_changed_is_refused(field: str, change: object) -> None:
    body = json.loads(encode(session(State.LIVE)))
    if change == "dropped":
        del body[field]
    elif body[field] is change:
        body[field] = not change
    else:
        body[field] = change
    with pytest.raises(RefusedError):
        restore(json.dumps(body), case=CASE, plan=PLAN, now_ns=5)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"schema": 1}'])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        case_id_of(text)


@pytest.mark.hazard("H22")
def test_what_people_vouched_for_comes_back_where_it_is_still_the_same() -> None:
    back = restore(encode(session(State.LIVE)), case=CASE, plan=PLAN, now_ns=5)
    assert (back.identified_by, back.accepted, back.is_accepted) == (("name", "birth_date"), "v1", False)
    same = step(back, RegistrationFound(case_id="c1", fact=GOOD, verdict="v1"), now_ns=6).session
    assert same.is_accepted
    other = step(back, RegistrationFound(case_id="c1", fact=GOOD, verdict="v2"), now_ns=6).session
    assert not other.is_accepted
    told = step(same, TimeOutTold(items=(SIDE, replace(BOARD, fact="f3"))), now_ns=7).session
    assert dict(told.time_out.ticked) == {"side": "f1"}


@pytest.mark.hazard("H23")
@pytest.mark.parametrize("on", [True, False])
def test_a_record_of_the_first_schema_is_read_and_nothing_in_it_was_vouched_for(on: bool) -> None:
    body = {"schema": 1, "on": on, "case_id": "c1", "case_digest": "d1"}
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    back = restore(json.dumps(body | {"digest": digest}), case=CASE, plan=PLAN, now_ns=5)
    assert back.state is (State.HOLD if on else State.OFF)
    assert (back.case, back.identified_by, back.accepted, dict(back.time_out.ticked)) == (CASE, (), "", {})
    with pytest.raises(RefusedError):
        restore(json.dumps(body | {"digest": digest, "accepted": "v1"}), case=CASE, plan=PLAN, now_ns=5)


def test_plan_and_stage_come_back_where_the_store_still_has_them() -> None:
    record = encode(session(State.LIVE))
    assert plan_digest_of(record) == "p1"
    assert restore(record, case=CASE, plan=PLAN, now_ns=5).staging == Staging(newest=PLAN, locked=PLAN, stage=2)
    for other in (None, replace(PLAN, digest="p2"), replace(PLAN, stages=STAGES[:1])):
        assert restore(record, case=CASE, plan=other, now_ns=5).staging == Staging()


@pytest.mark.hazard("H23")
def test_a_record_of_the_second_schema_is_read_and_has_no_plan() -> None:
    body = {name: value for name, value in json.loads(encode(session(State.LIVE))).items() if name != "digest"}
    body = {name: value for name, value in body.items() if name not in ("plan_digest", "stage")} | {"schema": 2}
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    record = json.dumps(body | {"digest": digest})
    assert plan_digest_of(record) is None
    back = restore(record, case=CASE, plan=None, now_ns=5)
    assert (back.state, back.accepted, back.staging) == (State.HOLD, "v1", Staging())
