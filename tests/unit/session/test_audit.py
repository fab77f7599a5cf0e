"""The chain of the audit log: whatever is done to it afterwards is seen."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from orview.errors import ContractError
from orview.session.audit import KEY_BYTES, MOST_PROBLEMS, AuditEntry, AuditHead, look_through, next_entry

KEY = bytes(range(KEY_BYTES))


def log(count: int, *, key: bytes = KEY) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for n in range(count):
        after = entries[-1].head if entries else None
        utc = f"2026-01-01T00:00:{n % 60:02d}.000+00:00"
        entries.append(next_entry(after, key=key, utc=utc, kind="STARTED", by="nurse", facts={"case": "ab12", "n": n}))
    return entries


def test_a_log_as_it_was_written_is_whole() -> None:
    entries = log(40)
    verdict = look_through(entries, key=KEY, heads=[entries[6].head, entries[-1].head])
    assert verdict.whole
    assert (verdict.entries, verdict.head) == (40, entries[-1].head)


def test_an_empty_log_is_whole() -> None:
    verdict = look_through([], key=KEY)
    assert verdict.whole
    assert (verdict.entries, verdict.head) == (0, None)


@pytest.mark.parametrize(
    "changed",
    [
        lambda entry: replace(entry, by="surgeon"),
        lambda entry: replace(entry, kind="STOPPED"),
        lambda entry: replace(entry, utc="2026-01-01T00:01:00.000+00:00"),
        lambda entry: replace(entry, facts={**entry.facts, "n": 99}),
        lambda entry: replace(entry, facts={}),
        lambda entry: replace(entry, link="0" * 64),
    ],
)
@pytest.mark.parametrize("at", [0, 7, 19])
def test_an_entry_that_was_changed_is_named(changed: Callable[[AuditEntry], AuditEntry], at: int) -> None:
    entries = log(20)
    entries[at] = changed(entries[at])
    verdict = look_through(entries, key=KEY)
    assert any(f"Entry {at + 1} " in problem for problem in verdict.problems)


def test_an_entry_that_was_left_out_is_named() -> None:
    entries = log(20)
    del entries[9]
    assert "entry 10 should be" in " ".join(look_through(entries, key=KEY).problems)


def test_left_out_and_numbered_anew_is_seen_too() -> None:
    entries = log(20)
    del entries[9]
    numbered = [replace(entry, sequence=n + 1) for n, entry in enumerate(entries)]
    assert not look_through(numbered, key=KEY).whole


def test_two_that_changed_places_are_seen() -> None:
    entries = log(20)
    entries[4], entries[5] = entries[5], entries[4]
    assert not look_through(entries, key=KEY).whole


def test_a_tail_that_was_cut_off_is_seen_by_whoever_was_handed_a_head() -> None:
    entries = log(20)
    assert look_through(entries[:15], key=KEY).whole
    verdict = look_through(entries[:15], key=KEY, heads=[entries[17].head])
    assert verdict.problems == ("A client remembers entry 18, which is not there.",)


def test_a_chain_written_anew_by_whoever_has_the_key_is_seen_by_a_head() -> None:
    short = AuditHead(sequence=12, link=log(20)[11].link[:12])
    forged: list[AuditEntry] = []
    for entry in log(20):
        after = forged[-1].head if forged else None
        forged.append(next_entry(after, key=KEY, utc=entry.utc, kind="NOTHING", by=entry.by, facts=entry.facts))
    assert look_through(forged, key=KEY).whole
    assert look_through(forged, key=KEY, heads=[short]).problems == ("A client remembers another entry 12.",)
    assert look_through(log(20), key=KEY, heads=[short]).whole


def test_another_key_fits_nothing_and_the_list_of_problems_ends() -> None:
    verdict = look_through(log(50), key=bytes(KEY_BYTES))
    assert len(verdict.problems) == MOST_PROBLEMS


def test_a_short_key_and_a_fact_that_is_no_number_are_refused() -> None:
    with pytest.raises(ContractError):
        next_entry(None, key=b"short", utc="", kind="X", by="nurse", facts={})
    with pytest.raises(ContractError):
        next_entry(None, key=KEY, utc="", kind="X", by="nurse", facts={"n": float("nan")})
