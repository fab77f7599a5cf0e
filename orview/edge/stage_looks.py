"""How each structure of a case is drawn in a stage of its plan: the plan says it, the case says what moves."""

from orview.model.case import Case
from orview.plan.plan import Plan
from orview.plan.stages import Look, looks_in


def looks_of(plan: Plan, case: Case, number: int) -> dict[str, Look]:
    """Return the look of each structure that a stage, counted from 0, names; the rest is hidden."""
    moving = frozenset(structure.key for structure in case.structures if not structure.rigid)
    return looks_in(plan.stages, number, moving=moving, specimen=plan.specimen)
