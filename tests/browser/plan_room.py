"""A room with a case that is planned: a ball of a tumour in a ball of a sacrum, and a host that keeps the draft.

What the host says of a plane is the analytic truth of two balls, so that what the page shows can be compared with it.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from orview.model.slices_file import write_slices
from orview.plan.margins import BANDS_MM
from orview.protocol import messages
from orview.protocol.drafting import (
    NO_DRAFT,
    ClosePlan,
    CutTold,
    DraftStage,
    DraftState,
    NearTumour,
    OpenPlan,
    PlanDraft,
    PlaneTold,
    PlaneTried,
    PlanFinding,
    RedoPlan,
    RemovePlane,
    RemoveStage,
    SetMargin,
    SetPlane,
    SetRoot,
    SetStage,
    SetStageLook,
    StorePlan,
    TryPlane,
    UndoPlan,
)
from orview.protocol.fields import BodySide, NoticeWeight
from orview.protocol.planning import (
    NO_PLAN,
    MarginBand,
    MarginVerdict,
    PatientPosition,
    Plan,
    PlaneMargin,
    PlanPlane,
    PlanRoot,
    PlanStage,
    Published,
    StageLook,
    StageStyle,
)
from orview.protocol.slices import Slices
from orview.segment.anatomy import STANDARD
from orview.segment.slices import Slices as Volume
from tests.browser import fixtures
from tests.browser.fixtures import DIGEST
from tests.browser.room_server import RoomServer, off_session
from tests.wire.messages import HOST_MESSAGES

TUMOUR_MM, TUMOUR_RADIUS_MM = np.array([4.0, 40.0, -380.0]), 14.0
SACRUM_MM, SACRUM_RADIUS_MM = np.array([0.0, 36.0, -366.0]), 42.0
RECTUM_MM = np.array([0.0, 2.0, -385.0])
ROOTS_MM = {"nerve_s2_left": np.array([26.0, 30.0, -352.0]), "nerve_s2_right": np.array([-26.0, 30.0, -352.0])}
KEYS = ("tumour", *ROOTS_MM, "sacrum", "rectum")
SPACING_MM, SHAPE = 2.0, (72, 64, 72)
CORNER_MM = (-71.0, -30.0, -440.0)
EXPECTED_ERROR_MM = 1.4
PIECES = 48

HIGH = PlanPlane(
    key="high_cut",
    name="High cut",
    center_patient_m=(0.002, 0.036, -0.3535),
    kept_normal=(0.0, 0.0, 1.0),
    along=(1.0, 0.0, 0.0),
    width_mm=92.0,
    height_mm=70.0,
)
RIGHT = PlanPlane(
    key="right_cut",
    name="Right cut",
    center_patient_m=(-0.0165, 0.038, -0.382),
    kept_normal=(-1.0, 0.0, 0.0),
    along=(0.0, 0.0, -1.0),
    width_mm=58.0,
    height_mm=66.0,
)
LOOKS = tuple(
    StageLook(key=key, style=style)
    for key, style in (
        ("tumour", StageStyle.SOLID),
        ("nerve_s2_left", StageStyle.SOLID),
        ("nerve_s2_right", StageStyle.SOLID),
        ("sacrum", StageStyle.SEE_THROUGH),
        ("rectum", StageStyle.OUTLINE),
    )
)
STAGES = (
    DraftStage(
        key="front",
        name="From in front",
        position=PatientPosition.SUPINE,
        looks=LOOKS,
        planes=("high_cut",),
        mobilises=("rectum",),
        releases_specimen=False,
        notes="Free the rectum, mark the high cut on the bone.",
    ),
    DraftStage(
        key="back",
        name="From behind",
        position=PatientPosition.PRONE,
        looks=LOOKS,
        planes=("high_cut", "right_cut"),
        mobilises=(),
        releases_specimen=True,
        notes="Tie the roots that are given up, make both cuts.",
    ),
)
ZOCCALI = "Zoccali C et al., Eur Spine J 2016;25:3925 (doi 10.1007/s00586-016-4450-3), review of 244 patients"
PUBLISHED = Published(
    group="one S2 spared", bladder_percent=25.0, bowel_percent=None, walking_percent=None, source=ZOCCALI
)
LEGEND = tuple(
    MarginBand(from_mm=from_mm, color_srgb=color, words=words)
    for from_mm, color, words in (
        (None, (0.6, 0.1, 0.4), "beyond the cut"),
        (BANDS_MM[0], (0.85, 0.2, 0.15), "0 to 5 mm"),
        (BANDS_MM[1], (0.95, 0.6, 0.1), "5 to 10 mm"),
        (BANDS_MM[2], (0.95, 0.9, 0.5), "10 to 15 mm"),
        (BANDS_MM[3], (0.3, 0.6, 0.9), "15 mm and more"),
    )
)
PLANNED = off_session(
    case_id="case-1",
    case_name="Phantom 1",
    structures=tuple(fixtures.entry(STANDARD[key]) for key in KEYS),
    target_key="tumour",
    expected_error_mm=EXPECTED_ERROR_MM,
)
FIRST = replace(
    NO_DRAFT,
    state=DraftState.READY,
    case_id="case-1",
    base_version=2,
    margin_mm=10.0,
    safe_margin_mm=10.0 + EXPECTED_ERROR_MM,
    planes=(HIGH, RIGHT),
    stages=STAGES,
    roots=(PlanRoot(key="nerve_s2_left", name="S2 left", kept=False),),
    specimen=("tumour",),
)


def told(plane: PlanPlane, margin_mm: float) -> PlaneTold:
    """What a plane means between the two balls, as if it were unbounded."""
    center, normal, along = (np.array(part) for part in (plane.center_patient_m, plane.kept_normal, plane.along))
    center = center * 1000.0
    least_mm = float((center - TUMOUR_MM) @ normal) - TUMOUR_RADIUS_MM
    off_mm = float((center - SACRUM_MM) @ normal)
    missed = abs(off_mm) >= SACRUM_RADIUS_MM
    radius_mm = math.sqrt(max(0.0, SACRUM_RADIUS_MM**2 - off_mm**2))
    turn = np.linspace(0.0, 2.0 * np.pi, PIECES + 1)[:, None]
    ring = SACRUM_MM + off_mm * normal + radius_mm * (np.cos(turn) * along + np.sin(turn) * np.cross(normal, along))
    pieces = np.concatenate([ring[:-1], ring[1:]], axis=1).ravel() / 1000.0
    cut = CutTold(key="sacrum", name="Sacrum", length_mm=2.0 * math.pi * radius_mm, area_mm2=math.pi * radius_mm**2)
    if least_mm < margin_mm:
        verdict = MarginVerdict.NOT_KEPT
    elif least_mm < margin_mm + EXPECTED_ERROR_MM:
        verdict = MarginVerdict.NOT_SAFE
    else:
        verdict = MarginVerdict.KEPT
    refusal = f"{plane.name} cuts no bone." if missed else ""
    return PlaneTold(
        key=plane.key,
        least_mm=least_mm,
        mean_mm=least_mm + TUMOUR_RADIUS_MM if least_mm > -TUMOUR_RADIUS_MM else 0.0,
        verdict=verdict,
        end_plate_deg=_angle_deg(normal, np.array([0.0, 0.0, 1.0])),
        midline_deg=_angle_deg(normal, np.array([1.0, 0.0, 0.0])),
        side=BodySide.NONE if abs(normal[0]) < 0.5 else BodySide.RIGHT,
        cuts=() if missed else (cut,),
        line_m=() if missed else tuple(float(value) for value in pieces),
        refusal=refusal,
    )


def measured(draft: PlanDraft) -> PlanDraft:
    """The draft with what it means."""
    facts = tuple(told(plane, draft.margin_mm) for plane in draft.planes)
    findings = tuple(
        PlanFinding(
            code="MARGIN_NOT_KEPT",
            weight=NoticeWeight.WARNING,
            message=f"{plane.name} leaves {one.least_mm:.1f} mm to the tumour; {draft.margin_mm:.1f} mm are asked for.",
            where=plane.key,
        )
        for plane, one in zip(draft.planes, facts, strict=True)
        if one.verdict is MarginVerdict.NOT_KEPT
    )
    lost = {root.key for root in draft.roots if not root.kept}
    return replace(
        draft,
        facts=facts,
        findings=findings,
        safe_margin_mm=draft.margin_mm + EXPECTED_ERROR_MM,
        near=(
            NearTumour(
                key="nerve_s2_left", name="Nerve root S2 left", least_mm=6.2, at_patient_m=(0.026, 0.03, -0.352)
            ),
            NearTumour(key="rectum", name="Rectum", least_mm=12.4, at_patient_m=(0.0, 0.02, -0.38)),
        ),
        lowest_left="S1" if "nerve_s2_left" in lost else "S5",
        lowest_right="S1" if "nerve_s2_right" in lost else "S5",
        published=(PUBLISHED,) if lost else (),
        refusal=next((one.refusal for one in facts if one.refusal), ""),
    )


class Drafting:
    """Keeps the draft as a host does, every step of it, and answers what a hand asks.

    Attributes:
        stored: how many versions were stored here.
    """

    def __init__(self, host: RoomServer) -> None:
        self._steps: list[PlanDraft] = [FIRST]
        self._at = 0
        self._open = False
        self._saved = FIRST
        self.stored = 0
        self._furnish(host)

    def _furnish(self, host: RoomServer) -> None:
        bone = fixtures.ball(SACRUM_MM, SACRUM_RADIUS_MM)
        parts = {
            "tumour": fixtures.ball(TUMOUR_MM, TUMOUR_RADIUS_MM),
            "sacrum": bone,
            "rectum": fixtures.ball(RECTUM_MM, 13.0, rows=12),
            **{key: fixtures.ball(at, 5.0, rows=12) for key, at in ROOTS_MM.items()},
        }
        glb = fixtures.model(*((STANDARD[key], surface) for key, surface in parts.items()))
        self.session = replace(PLANNED, model=host.add_model(glb, digest=DIGEST))
        host.tell(HOST_MESSAGES["wheel"])
        host.tell(Slices(image=host.add_slices(write_slices(volume()))))
        host.tell(plan_of(FIRST, version=2))
        host.tell(NO_DRAFT)
        host.tell(self.session)

    @property
    def draft(self) -> PlanDraft:
        """The draft as it stands."""
        return self._steps[self._at]

    def __call__(self, host: RoomServer, message: messages.ClientMessage) -> None:
        """Act on what a nurse sent."""
        draft = self.draft
        match message:
            case OpenPlan():
                self._open = True
            case TryPlane(number=number, plane=plane):
                host.tell_once(PlaneTried(number=number, facts=told(plane, draft.margin_mm)))
                return
            case SetPlane(plane=plane):
                kept = {one.key: one for one in draft.planes}
                self._step(replace(draft, planes=tuple((kept | {plane.key: plane}).values())))
            case RemovePlane(key=key):
                stages = tuple(
                    replace(one, planes=tuple(plane for plane in one.planes if plane != key)) for one in draft.stages
                )
                planes = tuple(one for one in draft.planes if one.key != key)
                self._step(replace(draft, planes=planes, stages=stages))
            case SetRoot(root=root, kept=kept_root):
                others = tuple(one for one in draft.roots if one.key != root)
                self._step(replace(draft, roots=(*others, PlanRoot(key=root, name=root, kept=kept_root))))
            case SetMargin(margin_mm=margin_mm):
                self._step(replace(draft, margin_mm=margin_mm))
            case SetStage(stage=sketch):
                before = {one.key: one for one in draft.stages}
                last = draft.stages[-1]
                old = before.get(sketch.key, replace(last, mobilises=()))
                fields = {name: getattr(sketch, name) for name in sketch.__dataclass_fields__}
                self._step(replace(draft, stages=tuple((before | {sketch.key: replace(old, **fields)}).values())))
            case SetStageLook():
                self._step(replace(draft, stages=tuple(_dressed(one, message) for one in draft.stages)))
            case RemoveStage(key=key):
                self._step(replace(draft, stages=tuple(one for one in draft.stages if one.key != key)))
            case UndoPlan():
                self._at = max(0, self._at - 1)
            case RedoPlan():
                self._at = min(len(self._steps) - 1, self._at + 1)
            case StorePlan():
                self.stored += 1
                self._saved = draft
                host.tell(plan_of(draft, version=FIRST.base_version + self.stored))
            case ClosePlan():
                self._open = False
                self._steps, self._at = [self._saved], 0
            case _:
                return
        self.tell(host)

    def tell(self, host: RoomServer) -> None:
        """Tell the draft as it stands."""
        if not self._open:
            host.tell(NO_DRAFT)
            return
        told_draft = replace(
            measured(self.draft),
            base_version=FIRST.base_version + self.stored,
            changed=self.draft is not self._saved,
            can_undo=self._at > 0,
            can_redo=self._at + 1 < len(self._steps),
        )
        host.tell(told_draft)

    def _step(self, draft: PlanDraft) -> None:
        self._steps = [*self._steps[: self._at + 1], draft]
        self._at += 1


def plan_of(draft: PlanDraft, *, version: int, locked: bool = False, newest: int | None = None) -> Plan:
    """The plan that a draft becomes when it is stored."""
    facts = [told(plane, draft.margin_mm) for plane in draft.planes]
    return replace(
        NO_PLAN,
        digest=f"{version:064x}",
        version=version,
        newest_digest=f"{newest or version:064x}",
        newest_version=newest or version,
        locked=locked,
        margin_mm=draft.margin_mm,
        expected_error_mm=EXPECTED_ERROR_MM,
        planes=draft.planes,
        margins=tuple(
            PlaneMargin(key=one.key, least_mm=max(0.0, one.least_mm), verdict=one.verdict, words="") for one in facts
        ),
        stages=tuple(
            PlanStage(**{name: getattr(stage, name) for name in stage.__dataclass_fields__}) for stage in draft.stages
        ),
        roots=draft.roots,
        specimen=draft.specimen,
        lowest_left="S1",
        lowest_right="S5",
        published=(PUBLISHED,),
        legend=LEGEND,
    )


def volume() -> Volume:
    """The image of the two balls: bone bright, tumour darker."""
    k, j, i = np.mgrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    places = SPACING_MM * np.stack([i, j, k], axis=-1) + np.array(CORNER_MM)
    labels = np.zeros(SHAPE, dtype=np.uint8)
    grey = np.full(SHAPE, 70, dtype=np.uint8)

    def fill(key: str, centre_mm: NDArray[np.float64], radius_mm: float, value: int) -> None:
        inside = np.linalg.norm(places - centre_mm, axis=-1) < radius_mm
        labels[inside] = KEYS.index(key) + 1
        grey[inside] = value

    fill("rectum", RECTUM_MM, 13.0, 55)
    fill("sacrum", SACRUM_MM, SACRUM_RADIUS_MM, 190)
    for key, at in ROOTS_MM.items():
        fill(key, at, 5.0, 90)
    fill("tumour", TUMOUR_MM, TUMOUR_RADIUS_MM, 110)
    return Volume(
        grey=grey, labels=labels, keys=KEYS, origin_patient_mm=CORNER_MM, spacing_mm=SPACING_MM, window=(-250.0, 770.0)
    )


def _dressed(stage: DraftStage, change: SetStageLook) -> DraftStage:
    if stage.key != change.stage:
        return stage
    looks = {look.key: look for look in stage.looks} | {
        change.structure: StageLook(key=change.structure, style=change.style)
    }
    loose = set(stage.mobilises) - {change.structure} | ({change.structure} if change.mobilised else set())
    return replace(stage, looks=tuple(looks.values()), mobilises=tuple(sorted(loose)))


def _angle_deg(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return math.degrees(math.acos(min(1.0, abs(float(a @ b)))))
