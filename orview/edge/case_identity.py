"""Whose a case is, as far as the host must know it to compare: proofs, never identifiers; and what is to be done.

What the images' headers say stays in the store's own table and is read here only to be made into proofs. A case
whose images say nothing can be given proofs by a person; they lie in the store under the case's own salt.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from orview.edge.case_store import CaseStore
from orview.errors import StoreError
from orview.protocol.identifying import IdentifierKind, recorded_proofs
from orview.protocol.identity import OperatedSide

_KEYWORDS = {
    IdentifierKind.NAME: "PatientName",
    IdentifierKind.BIRTH_DATE: "PatientBirthDate",
    IdentifierKind.PATIENT_ID: "PatientID",
}
SALT_DIGITS = 32


@dataclass(frozen=True, kw_only=True)
class KnownIdentity:
    """By what the patient of a case can be identified.

    Attributes:
        case_id: which case.
        salt: of its proofs.
        proofs: per kind every proof that matches.
        recorded: the kinds that the images themselves tell.
        shared: for each other patient in the store, the kinds by which the two cannot be told apart; those who
            share none are left out (hazard H03).
    """

    case_id: str
    salt: str
    proofs: Mapping[IdentifierKind, frozenset[str]]
    recorded: frozenset[IdentifierKind]
    shared: frozenset[frozenset[IdentifierKind]] = frozenset()


@dataclass(frozen=True, kw_only=True)
class PlannedProcedure:
    """What is to be done, and where; None and empty where nobody said it."""

    side: OperatedSide | None = None
    procedure: str = ""


class CaseIdentities:
    """The store's proofs and procedures. Safe to use from several threads: every call opens its own connection."""

    def __init__(self, store: CaseStore) -> None:
        self._store = store

    def salt(self, case_id: str) -> str:
        """Return the salt of a case's proofs: the same for ever, and of no use for another case or store."""
        return hmac.new(self._store.secret("identity"), case_id.encode(), "sha256").hexdigest()[:SALT_DIGITS]

    def known(self, case_id: str) -> KnownIdentity:
        """Return by what the patient of a case can be identified.

        Raises:
            StoreError: the store cannot be read.
        """
        salt = self.salt(case_id)
        # All under one salt, so that patients can be compared with each other.
        everybody = {other: _recorded(found, salt) for other, found in self._store.all_identifiers().items()}
        recorded = everybody.pop(case_id, {})
        return KnownIdentity(
            case_id=case_id,
            salt=salt,
            proofs={**self._given(case_id), **recorded},
            recorded=frozenset(recorded),
            shared=frozenset(filter(None, (_shared(recorded, other) for other in everybody.values()))),
        )

    def put(self, case_id: str, proofs: Mapping[IdentifierKind, frozenset[str]]) -> None:
        """Remember the proofs a person gave of a case; replaces those given before.

        Raises:
            StoreError: there is no such case.
        """
        document = json.dumps({kind.value: sorted(found) for kind, found in proofs.items()})
        with self._store.file.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO case_proofs VALUES (?, ?)", (case_id, document))

    def procedure(self, case_id: str) -> PlannedProcedure:
        """Return what is to be done with a case.

        Raises:
            StoreError: the store cannot be read.
        """
        document = self._document("case_procedures", case_id)
        if document is None:
            return PlannedProcedure()
        return PlannedProcedure(side=OperatedSide(document["side"]), procedure=document["procedure"])

    def put_procedure(self, case_id: str, planned: PlannedProcedure) -> None:
        """Remember what is to be done with a case; replaces what was said before.

        Raises:
            StoreError: there is no such case.
        """
        document = json.dumps({"side": planned.side, "procedure": planned.procedure})
        with self._store.file.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO case_procedures VALUES (?, ?)", (case_id, document))

    def _given(self, case_id: str) -> dict[IdentifierKind, frozenset[str]]:
        document = self._document("case_proofs", case_id) or {}
        return {IdentifierKind(kind): frozenset(proofs) for kind, proofs in document.items()}

    def _document(self, table: str, case_id: str) -> dict[str, str] | None:
        with self._store.file.connection() as connection:
            query = f"SELECT document FROM {table} WHERE case_id = ?"  # noqa: S608
            row = connection.execute(query, (case_id,)).fetchone()
        if row is None:
            return None
        try:
            return dict(json.loads(row[0]))
        except ValueError as error:
            raise StoreError("What the store holds of a case's patient is damaged.", mend="Say it again.") from error


def _recorded(identifiers: Mapping[str, str], salt: str) -> dict[IdentifierKind, frozenset[str]]:
    found = {kind: recorded_proofs(kind, identifiers.get(word, ""), salt=salt) for kind, word in _KEYWORDS.items()}
    return {kind: proofs for kind, proofs in found.items() if proofs}


def _shared(
    one: Mapping[IdentifierKind, frozenset[str]], other: Mapping[IdentifierKind, frozenset[str]]
) -> frozenset[IdentifierKind]:
    """Return the kinds two patients have alike; none for one and the same patient."""
    both = one.keys() & other.keys()
    alike = frozenset(kind for kind in both if one[kind] & other[kind])
    return frozenset() if alike == both else alike
