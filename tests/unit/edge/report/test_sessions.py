"""Where sessions begin and end in a log, whose they are, and what a host that died left unended."""

import pytest

from orview.edge.report.sessions import session_named, sessions_in
from orview.errors import InputError
from orview.session.audit import AuditEntry


def log(*lines: tuple[str, dict[str, object]]) -> list[AuditEntry]:
    return [
        AuditEntry(
            sequence=n,
            utc=f"2026-01-11T09:{n:02d}:00.000+00:00",
            kind=kind,
            by="nurse",
            facts=facts,  # type: ignore[arg-type]
            link="0" * 64,
        )
        for n, (kind, facts) in enumerate(lines, start=1)
    ]


OPENED = ("STARTED", {"from": "OFF", "to": "HOLD"})
AGAIN = ("STARTED", {})
ENDED = ("STOPPED", {"from": "LIVE", "to": "OFF"})
NOT_ON = ("STOPPED", {})


def chosen(case_id: str, **facts: object) -> tuple[str, dict[str, object]]:
    return ("CASE_SELECTED", {"case_id": case_id} | facts)


def joined(device: str) -> tuple[str, dict[str, object]]:
    return ("DEVICE_JOINED", {"device": device})


def host(state: str) -> tuple[str, dict[str, object]]:
    return ("HOST_STARTED", {"state": state})


def test_a_session_runs_from_its_opening_to_its_end_and_is_of_the_case_chosen_last() -> None:
    found = sessions_in(
        log(
            host("OFF"), chosen("a"), OPENED, AGAIN, chosen("b"), chosen("c", refused="Not now."), ENDED, NOT_ON, OPENED
        )
    )
    assert [(one.case_id, one.ended, len(one.entries)) for one in found] == [("b", True, 5), ("b", False, 1)]
    assert [one.name for one in found] == ["20260111T090300Z_3", "20260111T090900Z_9"]
    assert (found[0].began_utc.minute, found[0].ended_utc.minute) == (3, 7)


def test_who_came_in_since_the_host_was_started_was_there_from_the_first() -> None:
    (first, second) = sessions_in(
        log(host("OFF"), joined("old"), host("OFF"), joined("a1"), OPENED, joined("b2"), ENDED, OPENED)
    )
    assert [entry.facts["device"] for entry in first.before] == ["a1"]
    assert [entry.facts["device"] for entry in second.before] == ["a1", "b2"]


def test_a_host_that_comes_back_goes_on_with_its_session_or_has_lost_it() -> None:
    (one,) = sessions_in(log(OPENED, host("HOLD"), ENDED))
    assert (len(one.entries), one.ended) == (3, True)
    (lost, next_one) = sessions_in(log(OPENED, host("OFF"), OPENED, ENDED))
    assert (len(lost.entries), lost.ended, next_one.ended) == (1, False, True)
    (cut, other) = sessions_in(log(OPENED, OPENED, ENDED))
    assert (cut.ended, other.ended) == (False, True)


def test_a_session_is_found_by_its_name_and_the_newest_without_one() -> None:
    sessions = sessions_in(log(OPENED, ENDED, OPENED, ENDED))
    assert session_named(None, sessions) is sessions[1]
    assert session_named(sessions[0].name, sessions) is sessions[0]
    with pytest.raises(InputError, match="no session x"):
        session_named("x", sessions)
    with pytest.raises(InputError, match="No session"):
        session_named(None, [])
