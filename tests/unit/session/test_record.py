"""What outlives a crash never comes back LIVE, and comes back whole or not at all."""

import json

import pytest

from orview.errors import RefusedError
from orview.session.record import case_id_of, encode, restore
from orview.session.state import CaseFacts, Fact, Session, State

CASE = CaseFacts(case_id="c1", name="Phantom", digest="d1")
GOOD = Fact(holds=True, words="Good.")


def session(state: State) -> Session:
    return Session(state=state, case=CASE, registration=GOOD, calibration=GOOD, track=GOOD)


@pytest.mark.hazard("H22")
@pytest.mark.parametrize("state", State)
def test_restored_session_is_held_or_off_never_live(state: State) -> None:
    record = encode(session(state))
    assert case_id_of(record) == "c1"
    back = restore(record, case=CASE, now_ns=5)
    assert back.state is (State.OFF if state is State.OFF else State.HOLD)
    assert back.case == CASE
    assert not back.registration.holds
    assert not back.calibration.holds
    assert not back.track.holds


def test_session_without_a_case_comes_back_empty() -> None:
    record = encode(Session())
    assert case_id_of(record) is None
    assert restore(record, case=None, now_ns=5) == Session()


def test_held_session_says_why() -> None:
    assert restore(encode(session(State.LIVE)), case=CASE, now_ns=5).why == "The host was restarted: confirm again."


@pytest.mark.parametrize("now", [None, CaseFacts(case_id="c1", name="Phantom", digest="changed")])
def test_case_that_is_gone_or_changed_is_refused(now: CaseFacts | None) -> None:
    with pytest.raises(RefusedError):
        restore(encode(session(State.LIVE)), case=now, now_ns=5)


@pytest.mark.hazard("H23")
@pytest.mark.parametrize("field", ["schema", "on", "case_id", "case_digest", "digest"])
@pytest.mark.parametrize("change", ["dropped", None, "x", 2, [], True])
def test_every_field_dropped_or_changed_is_refused(field: str, change: object) -> None:
    body = json.loads(encode(session(State.LIVE)))
    if change == "dropped":
        del body[field]
    elif body[field] is change:
        body[field] = not change
    else:
        body[field] = change
    with pytest.raises(RefusedError):
        restore(json.dumps(body), case=CASE, now_ns=5)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"schema": 1}'])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        case_id_of(text)
