"""100 pairs of patients who are easily taken for each other: nothing given for one counts for the other."""

from dataclasses import dataclass

import pytest

from orview.edge.case_store import CaseStore
from orview.model.case import Case
from orview.session.record import encode, restore
from orview.session.state import State
from tests.unit.edge.ward import NAME, PATIENT_ID, Ward, Wristband, add_patient, choices, plain_case, similar_patients

PAIRS = [pytest.param(number, alike, id=f"{number}-{alike}") for number, (alike, _, _) in enumerate(similar_patients())]
NAMES_DIFFER = ("number", "birth date", "a letter", "digits")
PAUSE_NS = 31 * 10**9
"""After five wrong tries."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two cases of a store, and what the wristbands of their patients say."""

    store: CaseStore
    one: Case
    one_wears: Wristband
    other: Case
    other_wears: Wristband


@pytest.fixture(scope="module")
def hospitals(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    """All of them, ten pairs to a store."""
    pairs: list[Pair] = []
    for n, (_, one, other) in enumerate(similar_patients()):
        if n % 10 == 0:
            store = CaseStore.open(tmp_path_factory.mktemp("store"))
            plain = plain_case(store)
        pairs.append(
            Pair(
                store=store,
                one=add_patient(store, plain, 2 * n + 1, one, acquired="2026-10-01"),
                one_wears=one,
                other=add_patient(store, plain, 2 * n + 2, other, acquired="2026-11-20"),
                other_wears=other,
            )
        )
    return pairs


def test_there_are_a_hundred_pairs() -> None:
    assert len(PAIRS) == 100


@pytest.mark.hazard("H03")
@pytest.mark.parametrize(("number", "alike"), PAIRS)
def test_none_is_live_unconfirmed(hospitals: list[Pair], number: int, alike: str) -> None:
    pair = hospitals[number]
    ward = Ward(pair.store)
    # The right patient, with everything vouched for: the road to LIVE is open.
    ward.open(pair.one)
    assert ward.identify(pair.one_wears) == ""
    assert ward.set_procedure() == ""
    assert ward.accept() == ""
    ward.tick_all()
    stale = ward.keeper.session
    assert ward.confirm() == ""

    # The similar case, chosen by mistake after it: nothing of the first one counts.
    ward.open(pair.other)
    assert ward.confirm() == "Confirm the patient by two identifiers."
    assert ward.identify(pair.one_wears, case_id=pair.one.id) == "Another case is chosen now: look at it again."
    assert "another one now" in ward.accept(stale.verdict)
    for item in stale.time_out.items:
        assert ward.tick(item.key, item.fact) != ""
    assert ward.confirm() == "Confirm the patient by two identifiers."
    with_record = restore(encode(stale), case=stale.case, plan=None, now_ns=ward.now_ns)
    assert with_record.state is not State.LIVE

    # The first patient's wristband held to the similar case, whichever identifiers are read off it.
    same_patient = alike.startswith("all")
    for given in choices(pair.one_wears):
        assert (ward.identify(given) == "") is same_patient
        assert ward.confirm() != ""
    if alike in NAMES_DIFFER:
        mixed = {NAME: pair.one_wears[NAME], PATIENT_ID: pair.other_wears[PATIENT_ID]}
        assert ward.identify(mixed) != ""
        assert ward.confirm() != ""
    ward.now_ns += PAUSE_NS

    # Its own wristband does it, and the time-out names the day of its own images.
    assert ward.identify(pair.other_wears) == ""
    assert ward.confirm() == "Accept the registration."
    assert "2026-11-20, 10 days old" in ward.words("images")
