"""The messages about the plan of a staged resection: what is planned, its stages, and which one everybody is in.

The plan is told to everybody, whole, whenever something of it changes. It may be drawn only while it is the one that
poses carry (`pose.plan_prefix` and `pose.stage`): see `orview.protocol.overlay`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias

from orview.protocol.fields import Count, Key, Millimetres, ModelUrl, Name, Point, Sentence, Sha256, ShortText
from orview.protocol.schema import Items, Number, Whole

MOST_PLANES, MOST_STAGES, MOST_ROOTS, MOST_BANDS, MOST_PUBLISHED = 16, 12, 12, 8, 8

Direction: TypeAlias = Annotated[tuple[Annotated[float, Number(-1.0, 1.0)], ...], Items(3, 3)]
PlaneKeys: TypeAlias = Annotated[tuple[Key, ...], Items(MOST_PLANES)]
StageNumber: TypeAlias = Annotated[int, Whole(1, MOST_STAGES)]
Color: TypeAlias = Annotated[tuple[Annotated[float, Number(0.0, 1.0)], ...], Items(3, 3)]


class PatientPosition(StrEnum):
    """How the patient lies on the table."""

    SUPINE = "supine"
    PRONE = "prone"
    LEFT_SIDE = "left_side"
    RIGHT_SIDE = "right_side"


class StageStyle(StrEnum):
    """How a structure is drawn in a stage. A ghost may lie elsewhere, and says so (hazard H35)."""

    SOLID = "solid"
    SEE_THROUGH = "see_through"
    OUTLINE = "outline"
    HIDDEN = "hidden"
    GHOST = "ghost"


class MarginVerdict(StrEnum):
    """Whether a plane keeps the margin asked for, and also with what the registration may be wrong by (95 %)."""

    KEPT = "kept"
    NOT_SAFE = "not_safe"
    NOT_KEPT = "not_kept"


@dataclass(frozen=True, kw_only=True)
class PlanPlane:
    """One osteotomy plane, a rectangle. `kept_normal` points from the specimen to what stays in the patient.

    `along` is the direction of the width, in the plane; the height goes along `kept_normal` x `along`.
    """

    key: Key
    name: Name
    center_patient_m: Point
    kept_normal: Direction
    along: Direction
    width_mm: Millimetres
    height_mm: Millimetres


@dataclass(frozen=True, kw_only=True)
class PlaneMargin:
    """How near a plane comes to the tumour, in the image, and what is to be said of it."""

    key: Key
    least_mm: Millimetres
    verdict: MarginVerdict
    words: Sentence


@dataclass(frozen=True, kw_only=True)
class StageLook:
    """How one structure is drawn in a stage."""

    key: Key
    style: StageStyle


@dataclass(frozen=True, kw_only=True)
class PlanStage:
    """One stage. `looks` are as drawn, with ghosts of what has moved, without what is out; not named is hidden."""

    key: Key
    name: Name
    position: PatientPosition
    looks: Annotated[tuple[StageLook, ...], Items(256)]
    planes: PlaneKeys
    mobilises: Annotated[tuple[Key, ...], Items(256)]
    releases_specimen: bool
    notes: Sentence


@dataclass(frozen=True, kw_only=True)
class PlanRoot:
    """One nerve root, and whether it is to be kept."""

    key: Key
    name: ShortText
    kept: bool


@dataclass(frozen=True, kw_only=True)
class Published:
    """What was published of patients who kept as many roots; null where a source says nothing of it."""

    group: Sentence
    bladder_percent: Annotated[float, Number(0.0, 100.0)] | None
    bowel_percent: Annotated[float, Number(0.0, 100.0)] | None
    walking_percent: Annotated[float, Number(0.0, 100.0)] | None
    source: Sentence


@dataclass(frozen=True, kw_only=True)
class MarginBand:
    """One colour of the margin map, for distances from `from_mm` on up to the next band; null: below every other."""

    from_mm: Millimetres | None
    color_srgb: Color
    words: ShortText


@dataclass(frozen=True, kw_only=True)
class PlanModel:
    """Cut lines and margin map as GLB: GET `url` from the host; the body's SHA-256 must be `sha256`."""

    sha256: Sha256
    bytes: Count
    url: ModelUrl


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The plan of the session's case: the one that is locked, else the newest. `digest` is null where there is none."""

    TYPE: ClassVar[str] = "plan"
    digest: Sha256 | None
    version: Count
    newest_digest: Sha256 | None
    newest_version: Count
    locked: bool
    margin_mm: Millimetres
    expected_error_mm: Millimetres | None
    planes: Annotated[tuple[PlanPlane, ...], Items(MOST_PLANES)]
    margins: Annotated[tuple[PlaneMargin, ...], Items(MOST_PLANES)]
    stages: Annotated[tuple[PlanStage, ...], Items(MOST_STAGES)]
    specimen: Annotated[tuple[Key, ...], Items(256)]
    roots: Annotated[tuple[PlanRoot, ...], Items(MOST_ROOTS)]
    lowest_left: ShortText | None
    lowest_right: ShortText | None
    published: Annotated[tuple[Published, ...], Items(MOST_PUBLISHED)]
    legend: Annotated[tuple[MarginBand, ...], Items(MOST_BANDS)]
    model: PlanModel | None


NO_PLAN = Plan(
    digest=None,
    version=0,
    newest_digest=None,
    newest_version=0,
    locked=False,
    margin_mm=0.0,
    expected_error_mm=None,
    planes=(),
    margins=(),
    stages=(),
    specimen=(),
    roots=(),
    lowest_left=None,
    lowest_right=None,
    published=(),
    legend=(),
    model=None,
)
"""What is told of a case without a plan."""


@dataclass(frozen=True, kw_only=True)
class LockPlan:
    """Take the newest version of the plan for this operation: its digest is what was read."""

    TYPE: ClassVar[str] = "lock_plan"
    digest: Sha256


@dataclass(frozen=True, kw_only=True)
class GoToStage:
    """Go to a stage of the locked plan, counted from 1. Another position of the patient ends LIVE."""

    TYPE: ClassVar[str] = "go_to_stage"
    plan: Sha256
    stage: StageNumber
