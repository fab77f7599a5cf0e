"""The simulated nurse vouches for what is due, once, and again where nothing came of it."""

from pathlib import Path

from orview.edge.case_store import CaseStore
from orview.edge.demo.nurse_acts import NurseActs
from orview.protocol.identity import Identify, SetIdentity, SetProcedure
from orview.protocol.registering import AcceptRegistration
from orview.protocol.time_out import TickItem
from tests.unit.edge.ward import BIRTH_DATE, NAME, PATIENT_ID, Ward, add_patient, plain_case, wristband

ANNA = wristband("M\u00fcller^Anna", "19610402", "40010017")


def kinds_due(ward: Ward, acts: NurseActs, *, now_s: float) -> list[type]:
    """Tell the nurse how the ward stands, and what she says then."""
    for message in (
        ward.keeper.session_message(),
        ward.patient.identity(now_ns=ward.now_ns),
        ward.patient.procedure(),
        ward.keeper.registration_message(),
        ward.time_out.message(),
    ):
        acts.hear(message)
    return [type(act) for act in acts.due(now_s=now_s)]


def test_everything_that_is_due_is_said_once_and_again_after_a_second(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    case = add_patient(store, plain_case(store), 1, ANNA, acquired="2026-10-01")
    ward, acts = Ward(store), NurseActs("0" * 15 + "1", {NAME: "Anna Mueller", BIRTH_DATE: "1961-04-02"})
    assert acts.due(now_s=0.0) == []
    ward.open(case)
    first = kinds_due(ward, acts, now_s=0.0)
    assert first[:3] == [Identify, SetProcedure, AcceptRegistration]
    assert set(first[3:]) == {TickItem}
    assert kinds_due(ward, acts, now_s=0.5) == []
    assert kinds_due(ward, acts, now_s=1.0) == first


def test_what_she_says_leads_to_live_and_then_nothing_is_due(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    ward = Ward(store)
    ward.open(plain_case(store))
    assert ward.keeper.case is not None
    acts = NurseActs(ward.keeper.case.id)
    assert kinds_due(ward, acts, now_s=0.0)[0] is SetIdentity
    given = {NAME: "Phantom, Synthetic", BIRTH_DATE: "1970-01-01"}
    ward.set_identity(given)
    assert kinds_due(ward, acts, now_s=0.1)[0] is Identify
    ward.identify(given)
    ward.set_procedure()
    ward.accept()
    ward.tick_all()
    assert kinds_due(ward, acts, now_s=5.0) == []
    assert ward.confirm() == ""
    assert PATIENT_ID not in ward.patient.identity(now_ns=ward.now_ns).kinds
