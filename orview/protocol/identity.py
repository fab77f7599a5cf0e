"""The messages about who the patient is, and what is to be done: proofs of identifiers, side and procedure.

Identifiers never cross the wire: `identifying` says what a proof is.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from orview.protocol.fields import CaseId, Salt, Sentence, Sha256
from orview.protocol.identifying import IdentifierKind
from orview.protocol.schema import Items, Text


class OperatedSide(StrEnum):
    """Where on the patient the procedure is."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    MIDLINE = "midline"


@dataclass(frozen=True, kw_only=True)
class IdentifierProof:
    """One identifier as a person gave it: the proof of each form of it."""

    kind: IdentifierKind
    any_of: Annotated[tuple[Sha256, ...], Items(4, 1)]


@dataclass(frozen=True, kw_only=True)
class Identify:
    """A person gave identifiers of the patient: they must be those of the chosen case."""

    TYPE: ClassVar[str] = "identify"
    case_id: CaseId
    proofs: Annotated[tuple[IdentifierProof, ...], Items(3, 2)]


@dataclass(frozen=True, kw_only=True)
class SetIdentity:
    """A person says whose case this is, where its images do not: to be identified by it afterwards."""

    TYPE: ClassVar[str] = "set_identity"
    case_id: CaseId
    proofs: Annotated[tuple[IdentifierProof, ...], Items(3, 2)]


@dataclass(frozen=True, kw_only=True)
class SetProcedure:
    """A person says what is to be done, and on which side."""

    TYPE: ClassVar[str] = "set_procedure"
    case_id: CaseId
    side: OperatedSide
    procedure: Annotated[str, Text(120, 1)]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """By what the patient of the chosen case can be identified, and by what that was done."""

    TYPE: ClassVar[str] = "identity"
    case_id: CaseId | None
    salt: Salt | None
    kinds: Annotated[tuple[IdentifierKind, ...], Items(3)]
    matched: Annotated[tuple[IdentifierKind, ...], Items(3)]
    settable: bool
    locked: bool
    words: Sentence


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """What is to be done with the chosen case, as it was said; null where nobody said it."""

    TYPE: ClassVar[str] = "procedure"
    side: OperatedSide | None
    procedure: Annotated[str, Text(120)]
