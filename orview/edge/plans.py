"""The plan of a stored case: stored only when it can be, each change a version of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from orview.edge.case_store import CaseStore
from orview.edge.plan_files import plan_text, read_plan_file
from orview.edge.plan_ground import ground_of
from orview.edge.plan_model import drawn_tumour, plan_model
from orview.edge.private_file import write_private
from orview.edge.specimen_checks import checks_of
from orview.errors import InputError
from orview.plan.assess import PlaneFacts, assess
from orview.plan.document import assessment_document
from orview.plan.ground import Ground
from orview.plan.margins import Nearby, nearby
from orview.plan.plan import Plan
from orview.register.verdict import Verdict

_NOTHING_KNOWN: Mapping[str, PlaneFacts] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, eq=False)
class PlanOnCase:
    """A plan and what it means on its case, as plain values."""

    plan: Plan
    document: dict[str, Any]


class PlannedCase:
    """A case with all its plans are judged by, read once.

    Args:
        case_id: of the store.
        store: of the cases.

    Raises:
        StoreError: there is no such case, or a model of it is missing.
        RefusedError: it has no tumour to plan for.
    """

    def __init__(self, case_id: str, store: CaseStore) -> None:
        self._store = store
        self.case = store.case(case_id)
        self.ground: Ground = ground_of(self.case, store)

    @cached_property
    def near(self) -> tuple[Nearby, ...]:
        """What lies near the tumour."""
        return nearby(self.ground)

    def expected_error_mm(self) -> float | None:
        """Return the largest expected error at the target of the case's accepted registrations, None without one."""
        verdicts = [Verdict.from_json(text) for text in self._store.registrations(self.case.id)]
        # A board that was on the specimen says nothing of the patient.
        elsewhere = {check["board_digest"] for check in checks_of(self.case.id, store=self._store)}
        errors_mm = [
            verdict.expected_error_at_target_mm
            for verdict in verdicts
            if verdict.accepted and verdict.board_digest not in elsewhere
        ]
        return max((error for error in errors_mm if error is not None), default=None)

    def told(
        self, plan: Plan, *, expected_error_mm: float | None, known: Mapping[str, PlaneFacts] = _NOTHING_KNOWN
    ) -> dict[str, Any]:
        """Return what a plan means, as plain values.

        Args:
            plan: the plan.
            expected_error_mm: of the registration at the tumour, 95 %.
            known: facts of its planes that were measured before, by key.

        Raises:
            RefusedError: the plan cannot be, or the case changed since.
        """
        assessment = assess(
            plan, self.ground, case_digest=self.case.digest, expected_error_mm=expected_error_mm, known=known
        )
        return assessment_document(plan, assessment, self.near, expected_error_mm=expected_error_mm)

    def keep(
        self, plan: Plan, *, known: Mapping[str, PlaneFacts] = _NOTHING_KNOWN, anew: bool = True
    ) -> Mapping[str, PlaneFacts]:
        """Store a plan of this case with its model and what it means; returns what was measured of its planes.

        Args:
            plan: the plan.
            known: facts of its planes that were measured before, by key.
            anew: it is stored now; of one that lay there already nobody knows since when.

        Raises:
            RefusedError: the plan cannot be; nothing is stored then.
            StoreError: the case has another plan of its version, or the disk refuses.
        """
        assessment = assess(plan, self.ground, case_digest=self.case.digest, known=known)
        model = plan_model(
            assessment.planes,
            self.ground,
            drawn_tumour(self.case, self._store),
            synthetic=self.case.source.synthetic,
        )
        told = assessment_document(plan, assessment, self.near, expected_error_mm=None)
        if anew:
            told["stored_utc"] = datetime.now(UTC).isoformat(timespec="seconds")
        self._store.put_plan(self.case.id, plan, model=model, told=told)
        return assessment.planes


def store_plan(case_id: str, path: Path, *, store: CaseStore) -> PlanOnCase:
    """Read a plan from a file, store it as the newest version of its case, and tell what it means.

    Raises:
        StoreError: there is no such case, or a model of it is missing.
        InputError: the file makes no plan.
        RefusedError: the plan cannot be; nothing is stored then.
    """
    return put_plan(case_id, read_plan_file(path, case_digest=store.case(case_id).digest), store=store)


def put_plan(case_id: str, given: Plan, *, store: CaseStore) -> PlanOnCase:
    """Store a plan as the newest version of its case, whatever version it says, and tell what it means.

    Raises:
        StoreError: there is no such case, or a model of it is missing.
        RefusedError: the plan cannot be; nothing is stored then.
    """
    case = store.case(case_id)
    before = store.plan(case.id)
    plan = replace(given, version=1 if before is None else before.version + 1)
    planned = PlannedCase(case_id, store)
    return _told(plan, planned, known=planned.keep(plan))


def told_plan(case_id: str, *, store: CaseStore) -> PlanOnCase:
    """Tell what the stored plan of a case means; one that an earlier orview stored gets its model.

    Raises:
        StoreError: there is no such case, or a model of it is missing.
        InputError: it has no plan.
        RefusedError: the case changed since.
    """
    stored = store.stored_plan(store.case(case_id).id)
    if stored is None:
        raise InputError("The case has no plan.", mend="Give one: orview plan CASE plan.toml (docs/planning.md).")
    planned = PlannedCase(case_id, store)
    known = planned.keep(stored.plan, anew=False) if stored.model is None else _NOTHING_KNOWN
    return _told(stored.plan, planned, known=known)


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan as a TOML file, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        write_private(path, plan_text(plan).encode())
    except OSError as error:
        raise InputError(f"{path.name} cannot be written: {error.strerror}.", mend="Choose another place.") from error


def _told(plan: Plan, planned: PlannedCase, *, known: Mapping[str, PlaneFacts]) -> PlanOnCase:
    error_mm = planned.expected_error_mm()
    return PlanOnCase(plan=plan, document=planned.told(plan, expected_error_mm=error_mm, known=known))
