"""What the store knows of a case's patient, as proofs; and what is to be done."""

from pathlib import Path

import pytest

from orview.edge.case_identity import CaseIdentities, PlannedProcedure
from orview.edge.case_store import CaseStore
from orview.errors import StoreError
from orview.protocol.identifying import recorded_proofs, typed_proofs
from orview.protocol.identity import OperatedSide
from tests.unit.edge.ward import BIRTH_DATE, NAME, PATIENT_ID, Wristband, add_patient, plain_case, wristband

ANNA = wristband("M\u00fcller^Anna", "19610402", "4001 0017")


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    return CaseStore.open(tmp_path / "store")


def test_the_images_own_identifiers_become_proofs_under_the_cases_salt(store: CaseStore) -> None:
    case = add_patient(store, plain_case(store), 1, ANNA, acquired="2026-10-01")
    known = CaseIdentities(store).known(case.id)
    assert known.recorded == known.proofs.keys() == {NAME, BIRTH_DATE, PATIENT_ID}
    assert known.proofs[NAME] >= set(typed_proofs(NAME, "Anna M\u00fcller", salt=known.salt))
    assert CaseIdentities(store).salt(case.id) == known.salt
    other = add_patient(
        store, plain_case(CaseStore.open(store.folder.parent / "other")), 2, ANNA, acquired="2026-10-01"
    )
    assert CaseIdentities(store).salt(other.id) != known.salt


def test_identifiers_that_say_nothing_are_none(store: CaseStore) -> None:
    case = add_patient(store, plain_case(store), 1, wristband("^", "1961", " - "), acquired="2026-10-01")
    known = CaseIdentities(store).known(case.id)
    assert (dict(known.proofs), known.recorded) == ({}, frozenset())


def test_given_proofs_are_kept_and_never_outvote_the_images(store: CaseStore) -> None:
    identities = CaseIdentities(store)
    case = add_patient(store, plain_case(store), 1, {PATIENT_ID: "123"}, acquired="2026-10-01")
    given = frozenset({"ab" * 32})
    identities.put(case.id, {NAME: given, PATIENT_ID: given})
    known = CaseIdentities(CaseStore.open(store.folder)).known(case.id)
    assert known.proofs == {NAME: given, PATIENT_ID: recorded_proofs(PATIENT_ID, "123", salt=known.salt)}
    assert known.recorded == {PATIENT_ID}
    store.remove(case.id)
    assert dict(identities.known(case.id).proofs) == {}
    with pytest.raises(StoreError):
        identities.put(case.id, {NAME: given})


@pytest.mark.hazard("H03")
@pytest.mark.parametrize(
    ("other", "shared"),
    [
        (wristband("MUELLER^ANNA", "19610402", "9"), {NAME, BIRTH_DATE}),
        (wristband("Huber^Anna", "19610402", "4001-0017"), {BIRTH_DATE, PATIENT_ID}),
        (wristband("Huber^Anna", "19620402", "9"), None),
        (ANNA, None),
        ({NAME: "M\u00fcller^Anna"}, None),
        ({NAME: "M\u00fcller^Anna", PATIENT_ID: "9"}, {NAME}),
        ({}, None),
    ],
)
def test_other_patients_who_are_alike_are_known(store: CaseStore, other: Wristband, shared: set[object] | None) -> None:
    plain = plain_case(store)
    case = add_patient(store, plain, 1, ANNA, acquired="2026-10-01")
    add_patient(store, plain, 2, other, acquired="2026-10-01")
    assert CaseIdentities(store).known(case.id).shared == ({frozenset(shared)} if shared else frozenset())


def test_what_is_to_be_done_is_kept_with_the_case(store: CaseStore) -> None:
    identities, case = CaseIdentities(store), plain_case(store)
    assert identities.procedure(case.id) == PlannedProcedure()
    planned = PlannedProcedure(side=OperatedSide.BOTH, procedure="R\u00e9section, 手術")
    identities.put_procedure(case.id, planned)
    assert CaseIdentities(CaseStore.open(store.folder)).procedure(case.id) == planned
