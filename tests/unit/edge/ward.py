"""Patients who are easily taken for each other, and a room in which all but what people vouch for is ready."""

import asyncio
import itertools
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import SimpleNamespace
from typing import Any

from orview.edge.case_identity import CaseIdentities
from orview.edge.case_store import CaseStore
from orview.edge.host.keeper import Keeper
from orview.edge.host.patient_desk import PatientDesk
from orview.edge.host.time_out_desk import TimeOutDesk
from orview.edge.host.time_out_items import WornHeadset
from orview.model.case import Case
from orview.protocol.identifying import IdentifierKind, typed_proofs
from orview.protocol.identity import IdentifierProof, Identify, OperatedSide, SetIdentity, SetProcedure
from orview.session.checks import CheckNeed
from orview.session.state import (
    CalibrationChecked,
    CheckPointTouched,
    Confirmed,
    Fact,
    Role,
    Session,
    Started,
    State,
    Stopped,
)
from orview.session.vouching import RegistrationAccepted, Ticked
from tests.integration.small_room import MODEL, MODEL_NAME, add_case, verdict
from tests.unit.edge.host.test_keeper import BOARD_DIGEST, MS, T0, sight

NAME, BIRTH_DATE, PATIENT_ID = IdentifierKind
KEYWORDS = {NAME: "PatientName", BIRTH_DATE: "PatientBirthDate", PATIENT_ID: "PatientID"}
TODAY = date(2026, 11, 30)

Wristband = Mapping[IdentifierKind, str]


def wristband(name: str, born: str, number: str) -> Wristband:
    """What a DICOM header has, and a wristband too."""
    return {NAME: name, BIRTH_DATE: born, PATIENT_ID: number}


def similar_patients() -> Iterator[tuple[str, Wristband, Wristband]]:
    """100 pairs: in what they are alike, and both."""
    for n in range(10):
        tail = "abcdefghij"[n] * 2
        name, other_name = f"Meyer{tail}^Anna", f"Meyer{tail}^Anja"
        born, other_born = f"19{50 + n}0402", f"19{50 + n}1123"
        number, other_number = f"40010{n}7", f"88020{n}3"
        yield "name", wristband(name, born, number), wristband(name, other_born, other_number)
        yield (
            "name and birth date",
            wristband(f"B{name}", born, f"1{number}"),
            wristband(f"B{name}", born, f"2{number}"),
        )
        yield "number", wristband(f"C{name}", born, f"3{number}"), wristband(f"C{other_name}", other_born, f"3{number}")
        yield "birth date", wristband(f"D{name}", born, f"4{number}"), wristband(f"E{name}", born, f"5{number}")
        yield (
            "umlaut",
            wristband(f"Gr\u00fcn{tail}^Eva", born, f"6{number}"),
            wristband(f"Grun{tail}^Eva", born, f"7{number}"),
        )
        yield (
            "a letter",
            wristband(f"Bauer{tail}^Jo", born, f"8{number}"),
            wristband(f"Baur{tail}^Jo", born, f"8{number}"),
        )
        yield (
            "order",
            wristband(f"Paul{tail}^Simon{tail}", born, f"9{number}"),
            wristband(f"Simon{tail}^Paul{tail}", born, f"10{number}"),
        )
        day_month = f"19{50 + n}0204"
        yield (
            "day and month",
            wristband(f"F{name}", born, f"11{number}"),
            wristband(f"F{name}", day_month, f"12{number}"),
        )
        yield "digits", wristband(f"G{name}", born, f"1234{n}"), wristband(f"H{other_name}", other_born, f"1243{n}")
        yield (
            "all: another series",
            wristband(f"I{name}", born, f"13{number}"),
            wristband(f"I{name}", born, f"13{number}"),
        )


def add_patient(store: CaseStore, plain: Case, number: int, identifiers: Wristband, *, acquired: str) -> Case:
    """Store a case of a patient."""
    case = replace(
        plain,
        id=f"{number:016x}",
        name=f"Case {number}",
        source=replace(plain.source, acquired=acquired, digest=f"{number:064x}"),
    )
    words = {KEYWORDS[kind]: text for kind, text in identifiers.items()}
    store.add(case, {MODEL_NAME: MODEL}, identifiers=words)
    return case


def plain_case(store: CaseStore) -> Case:
    """A case nobody's headers are known of."""
    return add_case(store, registered=False)


@dataclass
class Ward:
    """A session whose case is registered, board seen and check point touched, and the desks of who vouches for it."""

    store: CaseStore
    keeper: Keeper = field(
        default_factory=lambda: Keeper(session=Session(), board_digest=BOARD_DIGEST, room_frame_id=1)
    )
    now_ns: int = T0
    moved: str = ""
    headsets: tuple[WornHeadset, ...] = ()
    today: date = TODAY

    def __post_init__(self) -> None:
        self.patient = PatientDesk(self.keeper, CaseIdentities(self.store))
        camera: Any = SimpleNamespace(moved=lambda: self.moved)
        self.time_out = TimeOutDesk(
            self.keeper, self.patient, camera, headsets=lambda: self.headsets, today=lambda: self.today
        )

    def open(self, case: Case) -> None:
        """Choose a case and open its session, with all that no person vouches for."""
        keeper = self.keeper
        self.do(Stopped(by=Role.NURSE))
        assert not keeper.select(case, by=Role.NURSE, checks=CheckNeed(known=1), now_ns=self.later()).refusal
        self.run(self.patient.look_up())
        keeper.take_verdict(case.id, verdict(BOARD_DIGEST), now_ns=self.later())
        self.do(Started(by=Role.NURSE))
        self.ready()

    def ready(self) -> str:
        """Have camera, board and check point as they should be."""
        assert self.keeper.case is not None
        self.do(CalibrationChecked(fact=Fact(holds=True, words="Good.")))
        self.keeper.take_record(sight(self.now_ns), now_ns=self.later())
        touched = CheckPointTouched(
            by=Role.NURSE, case_id=self.keeper.case.id, landmark="Tip", agrees=True, words="Agrees."
        )
        refusal = self.do(touched)
        self.keep_up()
        return refusal

    def refuse_registration(self) -> None:
        """Have the chosen case registered anew, and refused."""
        assert self.keeper.case is not None
        self.keeper.take_verdict(self.keeper.case.id, verdict(BOARD_DIGEST, accepted=False), now_ns=self.later())

    @staticmethod
    def run(work: Coroutine[Any, Any, Any]) -> Any:
        """Wait for what reads the store."""
        return asyncio.run(work)

    def proofs(self, given: Wristband) -> tuple[IdentifierProof, ...]:
        """The proofs of what somebody types or scans, under the salt of the chosen case."""
        salt = self.patient.identity(now_ns=self.now_ns).salt
        assert salt is not None
        return tuple(
            IdentifierProof(kind=kind, any_of=typed_proofs(kind, text, salt=salt)) for kind, text in given.items()
        )

    def identify(self, given: Wristband, *, case_id: str | None = None) -> str:
        """Give identifiers for the chosen case; returns why they are not taken."""
        assert self.keeper.case is not None
        message = Identify(case_id=case_id or self.keeper.case.id, proofs=self.proofs(given))
        refusal = self.patient.identify(message, by=Role.NURSE, now_ns=self.later())
        self.keep_up()
        return refusal

    def set_identity(self, given: Wristband) -> str:
        """Say whose the chosen case is; returns why that is not taken."""
        assert self.keeper.case is not None
        message = SetIdentity(case_id=self.keeper.case.id, proofs=self.proofs(given))
        refusal = self.run(self.patient.set_identity(message, by=Role.NURSE, now_ns=self.later()))
        self.keep_up()
        return refusal

    def set_procedure(self, side: OperatedSide = OperatedSide.LEFT, procedure: str = "Resection") -> str:
        """Say what is to be done; returns why that is not taken."""
        assert self.keeper.case is not None
        message = SetProcedure(case_id=self.keeper.case.id, side=side, procedure=procedure)
        refusal = self.run(self.patient.set_procedure(message))
        self.keep_up()
        return refusal

    def accept(self, digest: str | None = None) -> str:
        """Accept a registration, the one that stands unless told otherwise."""
        refusal = self.do(RegistrationAccepted(by=Role.NURSE, verdict=digest or self.keeper.session.verdict))
        self.keep_up()
        return refusal

    def tick(self, key: str, fact: str | None = None) -> str:
        """Tick an item of the time-out, for its fact of now unless told otherwise."""
        item = next(item for item in self.keeper.session.time_out.items if item.key == key)
        return self.do(Ticked(by=Role.NURSE, item=key, fact=fact or item.fact))

    def tick_all(self) -> None:
        """Hold the time-out."""
        for item in self.keeper.session.time_out.items:
            assert self.tick(item.key) == ""

    def confirm(self) -> str:
        """Press START; returns why nothing is shown."""
        refusal = self.do(Confirmed(by=Role.NURSE))
        assert bool(refusal) is (self.keeper.session.state is not State.LIVE)
        return refusal

    def words(self, key: str) -> str:
        """What an item of the time-out asks."""
        return next(item.words for item in self.keeper.session.time_out.items if item.key == key)

    def keep_up(self) -> None:
        """Let the time-out hear what the host knows."""
        self.time_out.keep_up(now_ns=self.later())

    def do(self, event: Any) -> str:
        """Let something happen to the session; returns why not."""
        return self.keeper.apply(event, now_ns=self.later()).refusal

    def later(self) -> int:
        """A moment later."""
        self.now_ns += MS // 100
        return self.now_ns


def choices(given: Wristband) -> Iterator[Wristband]:
    """Every choice of two or three of the identifiers."""
    for count in (2, 3):
        for kinds in itertools.combinations(given, count):
            yield {kind: given[kind] for kind in kinds}
