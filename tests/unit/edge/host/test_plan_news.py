"""A plan is told as it is, with its stages as they are drawn."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from orview.edge.case_store import StoredPlan
from orview.edge.host.plan_news import facts_of_plan, one_line, plan_message
from orview.plan.roots import ROOTS, Fate
from orview.protocol.codec import decode_from_host, encode
from orview.protocol.planning import MarginVerdict, PatientPosition, StageStyle
from orview.segment.anatomy import Kind, Side
from orview.session.staging import StageFacts
from tests.cases import a_case, a_structure
from tests.plans import LEAST_MM, PLANE, a_plan

CASE = replace(
    a_case(),
    structures=(
        a_structure("sacrum"),
        a_structure("tumour", kind=Kind.TUMOUR),
        replace(a_structure("rectum", kind=Kind.ORGAN), rigid=False),
    ),
)
PLAN = a_plan(CASE)
TOLD = {"planes": [{"key": PLANE.key, "name": PLANE.name, "tumour_least_mm": LEAST_MM}]}


def message(error_mm: float | None = 1.5, told: dict | None = TOLD):
    return plan_message(
        CASE,
        StoredPlan(plan=PLAN, told=told, model=None),
        newest=a_plan(CASE, version=2),
        locked=True,
        expected_error_mm=error_mm,
        model=None,
    )


def test_the_session_knows_digest_version_and_how_the_patient_lies() -> None:
    facts = facts_of_plan(PLAN)
    assert (facts.digest, facts.version) == (PLAN.digest, 1)
    assert facts.stages[:2] == (
        StageFacts(key="front", name="From in front", position="supine"),
        StageFacts(key="back", name="From behind", position="prone"),
    )


def test_all_of_a_plan_is_told_and_crosses_the_wire_whole() -> None:
    told = message()
    assert decode_from_host(encode(told)) == told
    assert (told.digest, told.version, told.newest_version, told.locked) == (PLAN.digest, 1, 2, True)
    (plane,) = told.planes
    assert plane.center_patient_m == pytest.approx((0.0, 0.05, -0.3))
    assert (plane.width_mm, plane.height_mm) == (80.0, 60.0)
    assert [stage.position for stage in told.stages] == [
        PatientPosition.SUPINE,
        PatientPosition.PRONE,
        PatientPosition.PRONE,
    ]
    assert told.stages[0].notes == "Free the rectum. Tie the vessels."
    assert {root.key for root in told.roots if not root.kept} == {"nerve_s3_left"}
    assert (told.lowest_left, told.lowest_right) == ("S2", "S5")
    assert [band.from_mm for band in told.legend] == [None, 0.0, 5.0, 10.0, 15.0]


@pytest.mark.hazard("H35")
def test_what_moves_is_a_ghost_and_what_is_out_is_hidden_in_the_looks_that_are_told() -> None:
    front, back, rebuild = ({look.key: look.style for look in stage.looks} for stage in message().stages)
    assert front["rectum"] is back["rectum"] is rebuild["rectum"] is StageStyle.GHOST
    assert front["tumour"] is back["tumour"] is StageStyle.SOLID
    assert rebuild["tumour"] is StageStyle.HIDDEN


@pytest.mark.parametrize(
    ("error_mm", "verdict"), [(None, MarginVerdict.KEPT), (1.5, MarginVerdict.KEPT), (2.5, MarginVerdict.NOT_SAFE)]
)
def test_a_margin_is_told_with_what_the_registration_may_be_wrong_by(
    error_mm: float | None, verdict: MarginVerdict
) -> None:
    (margin,) = message(error_mm).margins
    assert (margin.least_mm, margin.verdict) == (LEAST_MM, verdict)
    assert ("12.5 mm are safe" in margin.words) is (verdict is MarginVerdict.NOT_SAFE)


def test_of_a_plan_whose_margins_nobody_knows_none_are_told() -> None:
    assert message(told=None).margins == ()


def test_a_side_of_which_no_root_is_kept_has_no_lowest_level() -> None:
    lost = MappingProxyType({root: Fate.SACRIFICE for root in ROOTS if root.side is Side.LEFT})
    plan = replace(PLAN, roots=lost)
    told = plan_message(
        CASE,
        StoredPlan(plan=plan, told=None, model=None),
        newest=plan,
        locked=False,
        expected_error_mm=None,
        model=None,
    )
    assert (told.lowest_left, told.lowest_right) == (None, "S5")


def test_notes_are_told_in_one_line() -> None:
    assert one_line("a\n b\tc ") == "a b c"
    assert len(one_line("x" * 1000)) == 400
