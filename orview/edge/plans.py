"""The plan of a stored case: stored only when it can be, each change a version of its own."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orview.edge.case_store import CaseStore
from orview.edge.plan_files import plan_text, read_plan_file
from orview.edge.plan_ground import ground_of
from orview.edge.private_file import write_private
from orview.errors import InputError
from orview.plan.assess import assess
from orview.plan.document import assessment_document
from orview.plan.margins import nearby
from orview.plan.plan import Plan
from orview.register.verdict import Verdict


@dataclass(frozen=True, kw_only=True, eq=False)
class PlanOnCase:
    """A plan and what it means on its case, as plain values."""

    plan: Plan
    document: dict[str, Any]


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
    told = _told(plan, case_id, store)
    store.put_plan(case.id, plan)
    return told


def told_plan(case_id: str, *, store: CaseStore) -> PlanOnCase:
    """Tell what the stored plan of a case means.

    Raises:
        StoreError: there is no such case, or a model of it is missing.
        InputError: it has no plan.
        RefusedError: the case changed since.
    """
    case = store.case(case_id)
    plan = store.plan(case.id)
    if plan is None:
        raise InputError("The case has no plan.", mend="Give one: orview plan CASE plan.toml (docs/planning.md).")
    return _told(plan, case_id, store)


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan as a TOML file, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        write_private(path, plan_text(plan).encode())
    except OSError as error:
        raise InputError(f"{path.name} cannot be written: {error.strerror}.", mend="Choose another place.") from error


def _told(plan: Plan, case_id: str, store: CaseStore) -> PlanOnCase:
    case = store.case(case_id)
    ground = ground_of(case, store)
    error_mm = _expected_error_mm(case.id, store)
    assessment = assess(plan, ground, case_digest=case.digest, expected_error_mm=error_mm)
    return PlanOnCase(
        plan=plan, document=assessment_document(plan, assessment, nearby(ground), expected_error_mm=error_mm)
    )


def _expected_error_mm(case_id: str, store: CaseStore) -> float | None:
    """Return the largest expected error at the target of the case's accepted registrations, None without one."""
    verdicts = [Verdict.from_json(text) for text in store.registrations(case_id)]
    errors_mm = [verdict.expected_error_at_target_mm for verdict in verdicts if verdict.accepted]
    return max((error for error in errors_mm if error is not None), default=None)
