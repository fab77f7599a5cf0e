"""A stage is drawn as the plan says, but for what has come loose or is out."""

from dataclasses import replace

import pytest

from orview.edge.stage_looks import looks_of
from orview.plan.stages import Look
from tests.cases import a_case, a_structure
from tests.planned_case import LOOKS, solid_plan


@pytest.mark.hazard("H35")
def test_what_moves_is_a_ghost_once_it_came_loose_and_what_is_out_is_hidden() -> None:
    rectum = replace(a_structure("rectum"), rigid=False)
    case = replace(a_case(), structures=(*(a_structure(key) for key in LOOKS if key != "rectum"), rectum))
    plan = solid_plan(case)
    assert [looks_of(plan, case, number)["rectum"] for number in range(3)] == [Look.GHOST] * 3
    assert [looks_of(plan, case, number)["tumour"] for number in range(3)] == [Look.SOLID, Look.SOLID, Look.HIDDEN]
    still = replace(case, structures=tuple(a_structure(key) for key in LOOKS))
    assert looks_of(plan, still, 0) == LOOKS
