"""Canonical forms and proofs of identifiers: what is written alike by hand and by scanners meets, nothing else does."""

import pytest

from orview.protocol.identifying import (
    DateFault,
    IdentifierKind,
    date_form,
    identifier_form,
    proof_of,
    recorded_names,
    recorded_proofs,
    typed_names,
    typed_proofs,
)
from tests.wire.identifiers import DATES, PATIENT_IDS, PROOFS, SALT, TYPED_NAMES

NAME, BIRTH_DATE, PATIENT_ID = IdentifierKind


@pytest.mark.hazard("H03")
@pytest.mark.parametrize(("typed", "forms"), TYPED_NAMES.items())
def test_names_have_the_forms_written_by_hand(typed: str, forms: list[str]) -> None:
    assert list(typed_names(typed)) == forms
    assert all(typed_names(form)[-1] == form for form in forms)


@pytest.mark.parametrize(("typed", "form"), PATIENT_IDS.items())
def test_numbers_lose_blanks_and_hyphens_alone(typed: str, form: str) -> None:
    assert identifier_form(typed) == form


@pytest.mark.hazard("H03")
@pytest.mark.parametrize(("typed", "language", "day"), DATES)
def test_days_are_read_or_refused_never_guessed(typed: str, language: str, day: str) -> None:
    found = date_form(typed, language=language)
    assert found == day
    assert isinstance(found, DateFault) is not day.isdigit()


@pytest.mark.parametrize(("kind", "form", "proof"), PROOFS)
def test_proofs_are_those_another_program_makes(kind: str, form: str, proof: str) -> None:
    assert proof_of(IdentifierKind(kind), form, salt=SALT) == proof


@pytest.mark.hazard("H03")
@pytest.mark.parametrize(
    ("recorded", "typed", "matches"),
    [
        ("MUELLER^JOERG", "Jörg Müller", True),
        ("Müller^Jörg", "Mueller, Joerg", True),
        ("MULLER^JORG", "Müller Jörg", True),
        ("MUELLER^JOERG", "Muller Jorg", False),
        ("Müller^Jörg^Maria^Dr.", "Jörg Müller", True),
        ("Müller^Jörg^Maria^Dr.", "Jörg Maria Müller", True),
        ("Müller^Jörg^Maria^Dr.", "Dr. Jörg Maria Müller", True),
        ("Müller^Jörg^Maria^Dr.", "Maria Müller", False),
        ("Müller^Jörg", "Müller", False),
        ("Müller^Jörg", "", False),
        ("^", " ", False),
        ("Joerg Mueller", "Müller, Jörg", True),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "山田太郎", True),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "山田　太郎", True),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "ヤマダ タロウ", True),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "TAROU YAMADA", True),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "山田次郎", False),
        ("Hong^Gildong=洪^吉洞=홍^길동", "홍길동", True),
        ("أحمد^محمد", "محمد احمد", True),
        ("Bauer^Anna", "Anna Baur", False),
        ("Weiß^Anna", "Anna Weiss", True),
        ("राम^शर्मा", "रमा शर्मा", False),
        ("Doe^John", "John Doe ^", True),
        ("Doe^John", "Jon Doe", False),
    ],
)
def test_what_a_file_says_matches_what_a_person_writes(recorded: str, typed: str, matches: bool) -> None:
    assert bool(recorded_names(recorded) & set(typed_names(typed))) is matches
    proofs = recorded_proofs(NAME, recorded, salt=SALT)
    assert bool(proofs & set(typed_proofs(NAME, typed, salt=SALT))) is matches


def test_proofs_of_another_kind_or_salt_are_others() -> None:
    proofs = {proof_of(kind, "19610402", salt=salt) for kind in IdentifierKind for salt in (SALT, "aa" * 16)}
    assert len(proofs) == 6


def test_the_page_language_decides_for_typed_days_only() -> None:
    (day,) = typed_proofs(BIRTH_DATE, "2/4/1961", salt=SALT, language="de")
    assert recorded_proofs(BIRTH_DATE, "19610402", salt=SALT) == {day}
    assert typed_proofs(BIRTH_DATE, "2/4/1961", salt=SALT) == ()
    assert typed_proofs(PATIENT_ID, "- ", salt=SALT) == ()
