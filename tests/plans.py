"""A plan of two stages for a case, and what is kept beside it, made by hand."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from orview.edge.case_store import CaseStore
from orview.model.case import Case
from orview.plan.cut_plane import CutPlane
from orview.plan.plan import Plan
from orview.plan.roots import ROOT_OF_KEY, Fate
from orview.plan.stages import Look, Position, Stage

LEAST_MM = 12.0
GLB = b"glTF of a plan"
PLANE = CutPlane.of(
    key="high_cut",
    name="High cut",
    center_mm=(0.0, 50.0, -300.0),
    kept_normal=(0.0, 0.0, 1.0),
    along=(1.0, 0.0, 0.0),
    width_mm=80.0,
    height_mm=60.0,
)


def a_plan(case: Case, *, version: int = 1) -> Plan:
    """A plan on all structures of a case: supine with all of them mobilised, prone, and rebuilt."""
    looks = MappingProxyType({structure.key: Look.SOLID for structure in case.structures})
    front = Stage(
        key="front",
        name="From in front",
        position=Position.SUPINE,
        looks=looks,
        mobilises=frozenset(looks),
        notes="Free the rectum.\nTie the vessels.",
    )
    back = replace(
        front,
        key="back",
        name="From behind",
        position=Position.PRONE,
        planes=(PLANE.key,),
        mobilises=frozenset(),
        releases_specimen=True,
        notes="",
    )
    rebuild = replace(back, key="rebuild", name="Rebuild", planes=(), releases_specimen=False)
    return Plan(
        case_digest=case.digest,
        version=version,
        stages=(front, back, rebuild),
        planes=(PLANE,),
        roots=MappingProxyType({ROOT_OF_KEY["nerve_s3_left"]: Fate.SACRIFICE}),
        specimen=frozenset({"tumour"}),
    )


def put_plan(store: CaseStore, case: Case, *, version: int = 1) -> Plan:
    """Store such a plan with what would be told of it."""
    plan = a_plan(case, version=version)
    told: dict[str, Any] = {"planes": [{"key": PLANE.key, "name": PLANE.name, "tumour_least_mm": LEAST_MM}]}
    store.put_plan(case.id, plan, model=GLB, told=told)
    return plan
