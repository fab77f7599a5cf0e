"""The desk of the patient: what is taken for the patient, what is not, and who waits."""

from pathlib import Path

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.patient_desk import LOCKED_NS, MOST_WRONG
from orview.model.case import Case
from orview.protocol.identity import OperatedSide, Procedure
from orview.session.state import State
from tests.unit.edge.ward import BIRTH_DATE, NAME, PATIENT_ID, Ward, add_patient, plain_case, wristband

ANNA = wristband("M\u00fcller^Anna", "19610402", "40010017")
TYPED = {NAME: "Mueller, Anna", BIRTH_DATE: "02.04.1961"}
WRONG = {**TYPED, BIRTH_DATE: "03.04.1961"}


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    return CaseStore.open(tmp_path)


@pytest.fixture
def anna(store: CaseStore) -> Case:
    return add_patient(store, plain_case(store), 1, ANNA, acquired="2026-10-01")


@pytest.fixture
def ward(store: CaseStore, anna: Case) -> Ward:
    ward = Ward(store)
    ward.open(anna)
    return ward


def identity_words(ward: Ward) -> str:
    return ward.patient.identity(now_ns=ward.now_ns).words


def test_two_identifiers_as_people_write_them_are_enough(ward: Ward) -> None:
    told = ward.patient.identity(now_ns=ward.now_ns)
    assert (told.kinds, told.matched, told.settable, told.locked) == ((NAME, BIRTH_DATE, PATIENT_ID), (), False, False)
    assert ward.identify(TYPED) == ""
    assert ward.patient.identity(now_ns=ward.now_ns).matched == (NAME, BIRTH_DATE)
    assert identity_words(ward) == "Identified by name and date of birth."


@pytest.mark.hazard("H03")
def test_one_that_does_not_match_outweighs_those_that_do(ward: Ward) -> None:
    assert ward.identify(TYPED) == ""
    words = "Date of birth does not match this case: is this the right patient?"
    assert ward.identify({**WRONG, PATIENT_ID: "4001-0017"}) == words
    assert identity_words(ward) == words
    assert ward.patient.identity(now_ns=ward.now_ns).matched == ()
    assert ward.identify({NAME: "Huber", PATIENT_ID: "1"}).startswith("Name and patient ID do not match")


@pytest.mark.hazard("H03")
def test_five_wrong_tries_lock_for_half_a_minute(ward: Ward) -> None:
    for _ in range(MOST_WRONG - 1):
        assert "does not match" in ward.identify(WRONG)
    assert ward.identify(TYPED) == ""
    for _ in range(MOST_WRONG):
        assert "does not match" in ward.identify(WRONG)
    assert ward.identify(TYPED) == "Too many wrong tries: wait 30 s and try again."
    told = ward.patient.identity(now_ns=ward.now_ns)
    assert (told.locked, told.words) == (True, "Too many wrong tries: wait half a minute.")
    ward.now_ns += LOCKED_NS // 2
    assert ward.identify(TYPED) == "Too many wrong tries: wait 15 s and try again."
    ward.now_ns += LOCKED_NS // 2
    assert not ward.patient.identity(now_ns=ward.now_ns).locked
    assert ward.identify(TYPED) == ""


@pytest.mark.hazard("H03")
def test_another_patient_who_is_alike_asks_for_the_third(store: CaseStore, anna: Case) -> None:
    add_patient(store, anna, 2, wristband("Mueller^Anna", "19610402", "99"), acquired="2026-10-01")
    ward = Ward(store)
    ward.open(anna)
    words = "Another patient here has the same name and date of birth: give the patient ID too."
    assert ward.identify(TYPED) == words
    assert ward.confirm() == words
    assert ward.identify({**TYPED, PATIENT_ID: "4001 0017"}) == ""


def test_what_the_case_does_not_have_and_what_is_given_twice_is_refused_and_not_counted(store: CaseStore) -> None:
    case = add_patient(store, plain_case(store), 1, {NAME: "A^B", PATIENT_ID: "7"}, acquired="2026-10-01")
    ward = Ward(store)
    ward.open(case)
    for _ in range(2 * MOST_WRONG):
        assert ward.identify({NAME: "A B", BIRTH_DATE: "1961-04-02"}) == (
            "This case has no date of birth: use another identifier."
        )
    assert ward.identify({NAME: "A B", PATIENT_ID: "7"}) == ""


@pytest.mark.hazard("H03")
def test_a_case_without_identifiers_is_told_whose_it_is_and_then_asks_once_more(store: CaseStore) -> None:
    ward = Ward(store)
    ward.open(plain_case(store))
    told = ward.patient.identity(now_ns=ward.now_ns)
    assert (told.kinds, told.settable) == ((), True)
    assert "enter two identifiers" in told.words
    assert "has no name and date of birth" in ward.identify(TYPED)
    assert ward.set_identity(TYPED) == ""
    assert "from the wristband" in ward.confirm()
    assert "does not match" in ward.identify(WRONG)
    assert ward.identify(TYPED) == ""
    # A slip is mended by saying it again, and that is to be confirmed again.
    assert ward.set_identity(WRONG) == ""
    assert ward.patient.identity(now_ns=ward.now_ns).matched == ()
    assert "does not match" in ward.identify(TYPED)
    assert ward.identify(WRONG) == ""


@pytest.mark.hazard("H03")
def test_what_the_images_say_is_not_said_otherwise(store: CaseStore, ward: Ward) -> None:
    assert "say whose they are" in ward.set_identity(TYPED)
    case = add_patient(
        store, plain_case(CaseStore.open(store.folder / "x")), 3, {PATIENT_ID: "7"}, acquired="2026-10-01"
    )
    ward.open(case)
    assert "Patient ID does not match" in ward.set_identity({NAME: "A B", PATIENT_ID: "8"})
    assert ward.set_identity({NAME: "A B", PATIENT_ID: "7"}) == ""
    assert ward.identify({NAME: "b, a", PATIENT_ID: "7"}) == ""


def test_side_and_procedure_are_kept_and_not_changed_while_the_overlay_stands(ward: Ward) -> None:
    assert ward.patient.procedure() == Procedure(side=None, procedure="")
    assert ward.set_procedure(procedure="  ") == "Say what is to be done."
    assert ward.set_procedure(OperatedSide.BOTH, " Resection ") == ""
    assert ward.patient.procedure() == Procedure(side=OperatedSide.BOTH, procedure="Resection")
    assert ward.identify(TYPED) == ""
    assert ward.accept() == ""
    ward.tick_all()
    assert ward.confirm() == ""
    assert ward.set_procedure() == "Stop the session before changing side or procedure."
    assert ward.set_identity(TYPED) != ""
    assert ward.identify(WRONG) == "Stop the session before identifying the patient anew."
    assert ward.keeper.session.state is State.LIVE


@pytest.mark.hazard("H21")
def test_no_message_and_no_event_holds_an_identifier(ward: Ward) -> None:
    heard: list[str] = []
    ward.keeper.witness = lambda before, event, decision: heard.append(f"{event!r} {decision.refusal}")
    for given in (TYPED, WRONG, ANNA):
        ward.identify(given)
        heard += [repr(ward.patient.identity(now_ns=ward.now_ns)), repr(ward.time_out.message())]
    assert len(heard) > 6
    secrets = ("ller", "anna", "1961-04", "19610402", "02.04", "40010017")
    assert not [line for line in heard for secret in secrets if secret in line.lower()]
