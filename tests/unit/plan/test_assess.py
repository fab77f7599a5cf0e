"""A plan on solids that are known: what each plane cuts, its margin and angles, and what is refused."""

import math
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from orview.errors import RefusedError
from orview.geometry.rigid import rotations_from_vectors
from orview.plan.assess import assess, plane_facts
from orview.plan.cut_plane import CutPlane
from orview.plan.ground import Ground
from orview.plan.plan import Plan
from orview.plan.roots import Fate, Root
from orview.plan.stages import Look, Position, Stage
from orview.segment.anatomy import Kind, Side
from tests.solids import ball, beside, box, cylinder
from tests.unit.plan.test_margins import body

CASE = "ab" * 32
STAGE = Stage(key="back", name="Back", position=Position.PRONE, looks={"tumour": Look.SOLID}, planes=("high",))


@pytest.fixture(scope="module")
def ground() -> Ground:
    """A ball in a block of bone between two hips, with a root through the block on each side and a vessel in front."""
    bodies = [
        body("tumour", Kind.TUMOUR, ball(15.0)),
        body("sacrum", Kind.BONE, box((100.0, 60.0, 110.0), splits=4)),
        *(
            body(f"{name}_{side.value}", kind, solid(sign), side=side)
            for side, sign in ((Side.LEFT, 1.0), (Side.RIGHT, -1.0))
            for name, kind, solid in (
                ("hip", Kind.BONE, lambda sign: box((40.0, 60.0, 90.0), center_mm=beside([sign * 74.0, 0.0, 0.0]))),
                ("femur", Kind.BONE, lambda sign: ball(20.0, center_mm=beside([sign * 100.0, -30.0, -90.0]))),
                ("nerve_s2", Kind.NERVE, lambda sign: cylinder(2.0, 140.0, center_mm=beside([sign * 30.0, 0.0, 0.0]))),
            )
        ),
        body(
            "iliac_vein_left", Kind.VESSEL, cylinder(5.0, 30.0, center_mm=beside([30.0, -50.0, 40.0])), side=Side.LEFT
        ),
    ]
    return Ground.of({one.key: one for one in bodies})


def cut(up_mm: float = 30.0, *, name: str = "High", **changed: object) -> CutPlane:
    return CutPlane.of(
        **{
            "key": "high",
            "name": name,
            "center_mm": beside([0.0, 0.0, up_mm]),
            "kept_normal": [0.0, 0.0, 1.0],
            "along": [1.0, 0.0, 0.0],
            "width_mm": 80.0,
            "height_mm": 70.0,
            **changed,
        }
    )


def plan(*planes: CutPlane, **changed: object) -> Plan:
    given = {"case_digest": CASE, "stages": (STAGE,), "planes": planes or (cut(),)}
    return Plan(**{**given, **changed})


def test_what_a_plane_cuts_and_leaves(ground: Ground) -> None:
    facts = plane_facts(cut(), ground)
    assert [one.body.key for one in facts.cuts] == ["sacrum", "nerve_s2_left", "nerve_s2_right"]
    assert facts.tumour.least_mm == pytest.approx(15.0, abs=0.1)
    (line,) = facts.bone_lines
    assert line.length_mm == pytest.approx(2.0 * 80.0, abs=1e-6)
    assert line.area_mm2 == pytest.approx(80.0 * 60.0, abs=1e-6)
    nerve = facts.cuts[1].line
    assert nerve.area_mm2 == pytest.approx(math.pi * 4.0, rel=0.01)


def test_a_wide_plane_cuts_the_hips_too_and_a_joint_on_each_side(ground: Ground) -> None:
    facts = plane_facts(cut(width_mm=160.0), ground)
    assert {one.body.key for one in facts.cuts} >= {
        *("hip_left", "hip_right"),
        *("sacroiliac_joint_left", "sacroiliac_joint_right"),
    }


@pytest.mark.parametrize("tilt_deg", [0.0, 10.0, 35.0])
def test_angles(ground: Ground, tilt_deg: float) -> None:
    turn = rotations_from_vectors(np.array([[0.0, math.radians(tilt_deg), 0.0]]))[0]
    tilted = cut(kept_normal=turn @ [0.0, 0.0, 1.0], along=turn @ [1.0, 0.0, 0.0])
    facts = plane_facts(tilted, ground)
    assert facts.midline_deg == pytest.approx(90.0 - tilt_deg, abs=1e-6)
    # No L5 in this patient: nothing is said of its end plate.
    assert facts.end_plate_deg is None


@pytest.mark.parametrize(
    ("aside_mm", "side"), [(0.0, Side.NONE), (38.0, Side.LEFT), (-38.0, Side.RIGHT), (-20.0, Side.NONE)]
)
def test_the_side_is_that_of_the_cut_bone(ground: Ground, aside_mm: float, side: Side) -> None:
    facts = plane_facts(cut(center_mm=beside([aside_mm, 0.0, 30.0]), width_mm=60.0), ground)
    assert facts.side is side


def test_a_margin_is_judged_with_what_the_registration_may_be_wrong_by(ground: Ground) -> None:
    roots = {Root(level="S2", side=side): Fate.SACRIFICE for side in (Side.LEFT, Side.RIGHT)}
    roots |= {Root(level=level, side=side): Fate.SACRIFICE for level in ("S3", "S4", "S5") for side in Side if side}
    sure = assess(plan(roots=roots, margin_mm=13.0), ground, case_digest=CASE, expected_error_mm=1.8)
    assert [found.code for found in sure.findings if found.code.startswith("MARGIN")] == []
    unsafe = assess(plan(roots=roots, margin_mm=13.5), ground, case_digest=CASE, expected_error_mm=1.8)
    (found,) = [found for found in unsafe.findings if found.code == "MARGIN_NOT_SAFE"]
    assert "15.3 mm are safe" in found.message
    missed = assess(plan(roots=roots, margin_mm=15.5), ground, case_digest=CASE, expected_error_mm=1.8)
    (found,) = [found for found in missed.findings if found.code == "MARGIN_NOT_KEPT"]
    assert "leaves 15.0 mm" in found.message
    unregistered = assess(plan(roots=roots, margin_mm=14.5), ground, case_digest=CASE)
    assert not [found for found in unregistered.findings if found.code.startswith("MARGIN")]


def test_a_kept_root_that_is_cut_is_told_and_a_sacrificed_one_is_not(ground: Ground) -> None:
    given = plan(roots=MappingProxyType({Root(level="S2", side=Side.LEFT): Fate.SACRIFICE}))
    told = [
        found.message for found in assess(given, ground, case_digest=CASE).findings if found.code == "KEPT_ROOT_CUT"
    ]
    assert told == ["High cuts the root S2 right, which is to be kept."]


def test_a_vessel_that_is_cut_is_told(ground: Ground) -> None:
    found = assess(plan(cut(35.0, height_mm=130.0)), ground, case_digest=CASE).findings
    told = [one.message for one in found if one.code == "VESSEL_CUT"]
    assert told == ["High passes through the vessel iliac vein left."]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda: plan(case_digest="cd" * 32), "drawn on another case"),
        (lambda: plan(cut(60.0)), "High cuts no bone"),
        (lambda: plan(cut(9.0)), "passes through the tumour: the margin would be -6.0 mm"),
        (lambda: plan(cut(kept_normal=[0.0, 0.0, -1.0])), "the tumour on the side that is kept"),
        (lambda: plan(specimen=frozenset({"kidney_left"})), "a structure 'kidney_left' that the case has not"),
        (
            lambda: plan(stages=(replace(STAGE, looks={"tumour": Look.SOLID, "liver": Look.SOLID}),)),
            "a structure 'liver' that the case has not",
        ),
        (lambda: plan(stages=(replace(STAGE, mobilises=frozenset({"colon"})),)), "'colon' that the case has not"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_words(ground: Ground, given, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        assess(given(), ground, case_digest=CASE)


def test_two_plans_swapped_between_cases_are_both_refused(ground: Ground) -> None:
    for of_case, on_case in ((CASE, "cd" * 32), ("cd" * 32, CASE)):
        with pytest.raises(RefusedError, match="another case"):
            assess(plan(case_digest=of_case), ground, case_digest=on_case)


def test_without_a_tumour_there_is_nothing_to_plan() -> None:
    with pytest.raises(RefusedError, match="no tumour"):
        Ground.of({"sacrum": body("sacrum", Kind.BONE, ball(30.0))})
