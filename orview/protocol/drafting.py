"""The messages with which a plan is drawn on the nurse's console: a draft at the host, changed in small steps.

One draft at a time, of the selected case. It outlives the page; it becomes a version of the plan when it is stored.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias

from orview.protocol.fields import (
    BodySide,
    CaseId,
    Count,
    Key,
    Millimetres,
    Name,
    NoticeWeight,
    Point,
    RefusalCode,
    Sentence,
    ShortText,
)
from orview.protocol.planning import (
    MOST_PLANES,
    MOST_PUBLISHED,
    MOST_ROOTS,
    MOST_STAGES,
    MarginVerdict,
    PatientPosition,
    PlaneKeys,
    PlanPlane,
    PlanRoot,
    PlanStage,
    Published,
    StageStyle,
)
from orview.protocol.schema import Items, Number

MOST_LINE_NUMBERS = 2400
"""Of a cut line: so many numbers make 400 pieces. A longer one is told with fewer, longer pieces."""


class DraftState(StrEnum):
    """Whether a draft can be changed."""

    CLOSED = "closed"
    LOADING = "loading"
    READY = "ready"


@dataclass(frozen=True, kw_only=True)
class OpenPlan:
    """Begin to draw: the newest version of the selected case's plan becomes a draft, or the first draft of all."""

    TYPE: ClassVar[str] = "open_plan"


@dataclass(frozen=True, kw_only=True)
class TryPlane:
    """Tell what a plane would mean, without taking it: for dragging. Only the newest is answered."""

    TYPE: ClassVar[str] = "try_plane"
    number: Count
    plane: PlanPlane


@dataclass(frozen=True, kw_only=True)
class SetPlane:
    """Take a plane in place of the one of its key, or as a new one."""

    TYPE: ClassVar[str] = "set_plane"
    plane: PlanPlane


@dataclass(frozen=True, kw_only=True)
class RemovePlane:
    """Take a plane away, out of its stages too."""

    TYPE: ClassVar[str] = "remove_plane"
    key: Key


@dataclass(frozen=True, kw_only=True)
class SetRoot:
    """Keep a nerve root or give it up."""

    TYPE: ClassVar[str] = "set_root"
    root: Key
    kept: bool


@dataclass(frozen=True, kw_only=True)
class SetMargin:
    """Ask for this margin of healthy tissue."""

    TYPE: ClassVar[str] = "set_margin"
    margin_mm: Millimetres


@dataclass(frozen=True, kw_only=True)
class StageSketch:
    """A stage without its looks."""

    key: Key
    name: Name
    position: PatientPosition
    planes: PlaneKeys
    releases_specimen: bool
    notes: Sentence


@dataclass(frozen=True, kw_only=True)
class SetStage:
    """Take a stage in place of the one of its key, or as a new last one, which looks like the one before it."""

    TYPE: ClassVar[str] = "set_stage"
    stage: StageSketch


@dataclass(frozen=True, kw_only=True)
class SetStageLook:
    """Draw a structure so in a stage (not as a ghost), and say whether the stage takes it from its place."""

    TYPE: ClassVar[str] = "set_stage_look"
    stage: Key
    structure: Key
    style: StageStyle
    mobilised: bool


@dataclass(frozen=True, kw_only=True)
class RemoveStage:
    """Take a stage away."""

    TYPE: ClassVar[str] = "remove_stage"
    key: Key


@dataclass(frozen=True, kw_only=True)
class UndoPlan:
    """Take the last change back."""

    TYPE: ClassVar[str] = "undo_plan"


@dataclass(frozen=True, kw_only=True)
class RedoPlan:
    """Make the change that was taken back again."""

    TYPE: ClassVar[str] = "redo_plan"


@dataclass(frozen=True, kw_only=True)
class StorePlan:
    """Store the draft as a new version of the plan; refused where it cannot be."""

    TYPE: ClassVar[str] = "store_plan"


@dataclass(frozen=True, kw_only=True)
class ClosePlan:
    """Let the draft go; what was not stored is lost."""

    TYPE: ClassVar[str] = "close_plan"


DraftChange: TypeAlias = (
    SetPlane | RemovePlane | SetRoot | SetMargin | SetStage | SetStageLook | RemoveStage | UndoPlan | RedoPlan
)
"""What changes a draft."""
DraftAsk: TypeAlias = OpenPlan | TryPlane | DraftChange | StorePlan | ClosePlan
"""All that a console asks of a draft."""


@dataclass(frozen=True, kw_only=True)
class CutTold:
    """One structure a plane cuts: length of the line on its surface, area that is opened."""

    key: Key
    name: Name
    length_mm: Annotated[float, Number(0.0, 1e5)]
    area_mm2: Annotated[float, Number(0.0, 1e7)]


@dataclass(frozen=True, kw_only=True)
class PlaneTold:
    """What one plane means. `refusal` says why it cannot be, and is empty where it can.

    `line_m` is its line on bone: pieces one after the other, x y z of both ends, patient metres.
    """

    key: Key
    least_mm: Annotated[float, Number(-1000.0, 1000.0)]
    mean_mm: Millimetres
    verdict: MarginVerdict
    end_plate_deg: Annotated[float, Number(0.0, 90.0)] | None
    midline_deg: Annotated[float, Number(0.0, 90.0)] | None
    side: BodySide
    cuts: Annotated[tuple[CutTold, ...], Items(256)]
    line_m: Annotated[tuple[Annotated[float, Number(-1000.0, 1000.0)], ...], Items(MOST_LINE_NUMBERS)]
    refusal: Sentence


@dataclass(frozen=True, kw_only=True)
class PlaneTried:
    """The answer to `try_plane`, with its number."""

    TYPE: ClassVar[str] = "plane_tried"
    number: Count
    facts: PlaneTold


@dataclass(frozen=True, kw_only=True)
class PlanFinding:
    """Something that must be said of a draft; `where` is the key of a plane, a root or a structure, or empty."""

    code: RefusalCode
    weight: NoticeWeight
    message: Sentence
    where: ShortText


@dataclass(frozen=True, kw_only=True)
class NearTumour:
    """How near a structure comes to the tumour; below zero where it lies in it."""

    key: Key
    name: Name
    least_mm: Annotated[float, Number(-1000.0, 1000.0)]
    at_patient_m: Point


@dataclass(frozen=True, kw_only=True)
class DraftStage(PlanStage):
    """One stage of a draft, with the looks as they are planned."""


@dataclass(frozen=True, kw_only=True)
class PlanDraft:
    """The draft as it stands, and what it means; all empty unless `state` is `ready`."""

    TYPE: ClassVar[str] = "plan_draft"
    state: DraftState
    words: Sentence
    case_id: CaseId | None
    base_version: Count
    changed: bool
    can_undo: bool
    can_redo: bool
    margin_mm: Millimetres
    safe_margin_mm: Millimetres | None
    planes: Annotated[tuple[PlanPlane, ...], Items(MOST_PLANES)]
    stages: Annotated[tuple[DraftStage, ...], Items(MOST_STAGES)]
    roots: Annotated[tuple[PlanRoot, ...], Items(MOST_ROOTS)]
    specimen: Annotated[tuple[Key, ...], Items(256)]
    facts: Annotated[tuple[PlaneTold, ...], Items(MOST_PLANES)]
    findings: Annotated[tuple[PlanFinding, ...], Items(64)]
    near: Annotated[tuple[NearTumour, ...], Items(64)]
    lowest_left: ShortText | None
    lowest_right: ShortText | None
    published: Annotated[tuple[Published, ...], Items(MOST_PUBLISHED)]
    refusal: Sentence


NO_DRAFT = PlanDraft(
    state=DraftState.CLOSED,
    words="",
    case_id=None,
    base_version=0,
    changed=False,
    can_undo=False,
    can_redo=False,
    margin_mm=0.0,
    safe_margin_mm=None,
    planes=(),
    stages=(),
    roots=(),
    specimen=(),
    facts=(),
    findings=(),
    near=(),
    lowest_left=None,
    lowest_right=None,
    published=(),
    refusal="",
)
"""What is told while nobody draws."""
