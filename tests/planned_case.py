"""A case of solids with a plan of three stages, in a store: every number of it is known."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from types import MappingProxyType

from orview.edge.case_store import CaseStore
from orview.edge.plan_files import plan_text
from orview.edge.plans import PlanOnCase, store_plan
from orview.model.case import Case
from orview.plan.cut_plane import CutPlane
from orview.plan.plan import Plan
from orview.plan.roots import ROOT_OF_KEY, Fate
from orview.plan.stages import Look, Position, Stage
from tests.bony import stored_case
from tests.solids import ball, beside, box, cylinder

HIGH_MM, SIDE_MM, TUMOUR_MM, MARGIN_MM = 30.0, 28.0, 15.0, 10.0
"""How far the planes stand from the tumour's middle, its radius, and the margin asked for."""
LOOKS = {"sacrum": Look.SEE_THROUGH, "tumour": Look.SOLID, "rectum": Look.OUTLINE, "nerve_s2_left": Look.SOLID}


def solid_case(store: CaseStore) -> Case:
    """Store a sacrum of 100 x 60 x 110 mm round a tumour of 15 mm radius, a nerve in it, a rectum before it."""
    return stored_case(
        store,
        {
            "tumour": ball(TUMOUR_MM, steps=40),
            "sacrum": box((100.0, 60.0, 110.0), splits=2),
            "rectum": cylinder(10.0, 50.0, center_mm=beside([0.0, -50.0, 0.0])),
            "nerve_s2_left": cylinder(2.0, 100.0, center_mm=beside([30.0, 0.0, 0.0])),
        },
    )


def high_cut(up_mm: float = HIGH_MM) -> CutPlane:
    """A cut right across, above the tumour."""
    return CutPlane.of(
        key="high_cut",
        name="High cut",
        center_mm=beside([0.0, 0.0, up_mm]),
        kept_normal=[0.0, 0.0, 1.0],
        along=[1.0, 0.0, 0.0],
        width_mm=110.0,
        height_mm=70.0,
    )


def side_cut() -> CutPlane:
    """A cut from the one above down to the bone's end, on the patient's right."""
    return CutPlane.of(
        key="side_cut",
        name="Side cut",
        center_mm=beside([-SIDE_MM, 0.0, -12.5]),
        kept_normal=[-1.0, 0.0, 0.0],
        along=[0.0, 1.0, 0.0],
        width_mm=70.0,
        height_mm=90.0,
    )


def solid_plan(case: Case) -> Plan:
    """Return a plan of that case: rectum freed and high cut from in front, specimen out from behind, rebuilt."""
    return Plan(
        case_digest=case.digest,
        margin_mm=MARGIN_MM,
        stages=(
            Stage(
                key="front",
                name="From in front",
                position=Position.SUPINE,
                looks=MappingProxyType(LOOKS),
                planes=("high_cut",),
                mobilises=frozenset({"rectum"}),
                notes="Free the rectum <first>.",
            ),
            Stage(
                key="back",
                name="From behind",
                position=Position.PRONE,
                looks=MappingProxyType(LOOKS),
                planes=("high_cut", "side_cut"),
                releases_specimen=True,
            ),
            Stage(key="rebuild", name="Rebuild", position=Position.PRONE, looks=MappingProxyType(LOOKS)),
        ),
        planes=(high_cut(), side_cut()),
        roots=MappingProxyType({ROOT_OF_KEY["nerve_s3_left"]: Fate.SACRIFICE}),
    )


def planned_case(folder: Path) -> tuple[CaseStore, Case, PlanOnCase]:
    """Put a store with the case and its plan into a folder; it is made once, then copied."""
    made, case, told = _made()
    shutil.copytree(made, folder / "store")
    return CaseStore.open(folder / "store"), case, told


@cache
def _made() -> tuple[Path, Case, PlanOnCase]:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = CaseStore.open(folder / "store")
    case = solid_case(store)
    path = folder / "plan.toml"
    path.write_text(plan_text(solid_plan(case)), encoding="utf-8")
    return store.folder, case, store_plan(case.id, path, store=store)
