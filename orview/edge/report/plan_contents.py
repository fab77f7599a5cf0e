"""From a plan and what it means to the sections of its report. Every number in it is one of the assessment's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orview import __version__
from orview.edge.report.document import Document, Picture, Section, Table
from orview.edge.report.words import NO_NUMBER, SPACE, lying, mm, when
from orview.edge.stage_looks import looks_of
from orview.model.case import Case
from orview.plan.plan import Plan
from orview.plan.roots import LEVELS, ROOTS, Fate
from orview.plan.stages import Look, Stage
from orview.segment.anatomy import Side

RESEARCH_USE = "For research use only. Not a medical device. A plan is a drawing, and no advice."
SYNTHETIC = "SYNTHETIC: the case was made by a program, not of a patient."
NOT_KEPT, NOT_SAFE = "NOT KEPT", "kept in the image, NOT SAFE with this registration"
KEPT, KEPT_SO_FAR = "kept, also with this registration", "kept in the image, not registered yet"
ROUNDED = (
    "Distances are to 0.1 mm, angles to 1 degree, lengths of cuts to 1 mm, opened areas to 0.1 cm² or 1 mm². They are "
    "those of the image; what a registration adds is told as the expected error (95 % of errors are smaller)."
)
PUBLISHED = "Published function after as much was kept"
_VERDICTS = {"MARGIN_NOT_KEPT": NOT_KEPT, "MARGIN_NOT_SAFE": NOT_SAFE}
_LOOKS = {
    Look.SOLID: "Solid",
    Look.SEE_THROUGH: "See-through",
    Look.OUTLINE: "Outline",
    Look.GHOST: "Ghost (may lie elsewhere)",
}
_SMALL_MM2 = 100.0


@dataclass(frozen=True, kw_only=True, eq=False)
class PlanVersion:
    """One version of a plan, and when it was stored (ISO 8601), None where nobody knows."""

    plan: Plan
    stored_utc: str | None


@dataclass(frozen=True, kw_only=True, eq=False)
class PlanRecord:
    """All that a report of a plan is made of.

    Attributes:
        case: the plan's.
        plan: its newest version.
        assessment: what it means (`plan.document`).
        versions: of the plan, oldest first.
        pictures: of it.
        checks: of the specimen, as `edge.specimen_checks` keeps them, newest last.
        written: when.
    """

    case: Case
    plan: Plan
    assessment: Mapping[str, Any]
    versions: Sequence[PlanVersion]
    pictures: tuple[Picture, ...]
    checks: Sequence[Mapping[str, Any]]
    written: datetime


def plan_contents_of(record: PlanRecord) -> Document:
    """Return the report of a plan."""
    return Document(
        title=f"Plan of {record.case.name}, version {record.plan.version}",
        marks=(RESEARCH_USE, *((SYNTHETIC,) if record.case.source.synthetic else ())),
        sections=tuple(_sections(record)),
    )


def _sections(record: PlanRecord) -> Iterator[Section]:
    yield _summary(record)
    yield _findings(record.assessment["findings"])
    if record.pictures:
        yield Section(title="Pictures", pictures=record.pictures)
    yield _planes(record.assessment)
    yield _cuts(record)
    yield _roots(record)
    yield _published(record.assessment["roots"]["published"])
    yield _near(record.assessment["near_the_tumour"])
    yield from (_stage(record, number) for number in range(len(record.plan.stages)))
    yield from (specimen_section(check, record.plan) for check in record.checks)
    yield _versions(record)
    yield _software(record)


def _summary(record: PlanRecord) -> Section:
    plan, told = record.plan, record.assessment
    error_mm = told["expected_error_mm"]
    rows = [
        ("Case", f"{record.case.name} ({record.case.id})"),
        ("Leaves the patient", ", ".join(_names(record.case, sorted(plan.specimen)))),
        ("Margin asked for", mm(told["margin_mm"])),
        (
            "Expected error of the registration at the tumour",
            f"{mm(error_mm)} (95{SPACE}%)" if error_mm is not None else "not known: the case is not registered yet",
        ),
        ("Safe margin", mm(told["safe_margin_mm"]) if error_mm is not None else "not known before registration"),
        ("Roots kept down to", _lowest(told["roots"]["lowest_kept"])),
        ("Stages", ", then ".join(f"{stage.name} ({lying(stage.position)})" for stage in plan.stages)),
        ("Written", when(record.written)),
    ]
    return Section(title="In short", table=Table(head=("", ""), rows=tuple(rows)))


def _findings(findings: Sequence[Mapping[str, str]]) -> Section:
    lines = tuple(f"{finding['severity'].upper()}: {finding['message']}" for finding in findings)
    return Section(title="What must be looked at", lines=lines or ("Nothing was found.",))


def _planes(told: Mapping[str, Any]) -> Section:
    kept = KEPT_SO_FAR if told["expected_error_mm"] is None else KEPT
    verdicts = {one["where"]: _VERDICTS[one["code"]] for one in told["findings"] if one["code"] in _VERDICTS}
    rows = [
        (
            str(n),
            plane["name"],
            mm(plane["tumour_least_mm"]),
            mm(plane["tumour_mean_mm"]),
            verdicts.get(plane["key"], kept),
            _degrees(plane["end_plate_deg"]),
            _degrees(plane["midline_deg"]),
            _side(plane),
        )
        for n, plane in enumerate(told["planes"], start=1)
    ]
    head = ("", "Plane", "Tumour, least", "mean", "Margin", "S1 end plate", "Midline", "Side")
    return Section(title="Planes", lines=() if rows else ("None is drawn.",), table=_table(head, rows))


def _side(plane: Mapping[str, Any]) -> str:
    if plane["side"] != Side.NONE:
        return str(plane["side"])
    return "not known" if plane["midline_deg"] is None else "both"


def _cuts(record: PlanRecord) -> Section:
    outlined = {structure.key for structure in record.case.structures}
    given_up = set(record.assessment["roots"]["sacrificed"])
    rows = [
        (
            str(n),
            plane["name"],
            f"{cut['name']} (given up)" if cut["key"] in given_up else cut["name"],
            _whole_mm(cut["length_mm"]),
            # A joint that is found between two bones is a piece of surface: it has no inside to be opened.
            _area(cut["area_mm2"]) if cut["key"] in outlined else NO_NUMBER,
        )
        for n, plane in enumerate(record.assessment["planes"], start=1)
        for cut in plane["cuts"]
    ]
    head = ("", "Plane", "Cuts", "Line on its surface", "Opened")
    return Section(title="What is cut", lines=() if rows else ("Nothing.",), table=_table(head, rows))


def _roots(record: PlanRecord) -> Section:
    words = {Fate.KEEP: "kept", Fate.SACRIFICE: "GIVEN UP"}
    fates = {(root.level, root.side): words[record.plan.roots.get(root, Fate.KEEP)] for root in ROOTS}
    rows = [(level, fates[level, Side.LEFT], fates[level, Side.RIGHT]) for level in LEVELS]
    line = f"Every root is kept down to {_lowest(record.assessment['roots']['lowest_kept'])}."
    return Section(title="Nerve roots", lines=(line,), table=_table(("Root", "Left", "Right"), rows))


def _published(rows: Sequence[Mapping[str, Any]]) -> Section:
    told = [
        (
            row["group"],
            *(_percent(row[f"normal_{what}_percent"]) for what in ("bladder", "bowel", "walking")),
            row["source"],
        )
        for row in rows
    ]
    lines = (
        "Shares of patients in small series who kept as much; no forecast for one patient."
        if told
        else "No root is given up, or nobody has published what follows.",
    )
    head = ("Patients with", "Bladder normal", "Bowel normal", "Walking normal", "Source")
    return Section(title=PUBLISHED, lines=lines, table=_table(head, told))


def _near(near: Sequence[Mapping[str, Any]]) -> Section:
    rows = [
        (one["name"], mm(one["least_mm"]) if one["least_mm"] >= 0.0 else f"inside it by {mm(-one['least_mm'])}")
        for one in near
    ]
    lines = () if rows else ("The case outlines no nerve, vessel or organ.",)
    return Section(title="What is near the tumour", lines=lines, table=_table(("Structure", "Distance"), rows))


def _stage(record: PlanRecord, number: int) -> Section:
    plan, case = record.plan, record.case
    stage = plan.stages[number]
    looks = looks_of(plan, case, number)
    names = {plane.key: plane.name for plane in plan.planes}
    gone = any(before.releases_specimen for before in plan.stages[:number])
    rows = [
        ("Position", lying(stage.position)),
        *(
            (words, ", ".join(_names(case, [key for key, drawn in looks.items() if drawn is look])))
            for look, words in _LOOKS.items()
            if look in looks.values()
        ),
        ("Planes", ", ".join(names[key] for key in stage.planes) or "none"),
        ("Comes loose", ", ".join(_names(case, sorted(stage.mobilises))) or "nothing"),
        ("Specimen", _specimen(stage, gone=gone)),
        *((("Notes", stage.notes),) if stage.notes else ()),
    ]
    return Section(title=f"Stage {number + 1}: {stage.name}", table=Table(head=("", ""), rows=tuple(rows)))


def _specimen(stage: Stage, *, gone: bool) -> str:
    if gone:
        return "out"
    return "taken out at the end of this stage" if stage.releases_specimen else "in place"


def specimen_section(check: Mapping[str, Any], plan: Plan | None) -> Section:
    """Return a check of the specimen as a section.

    Args:
        check: as `edge.specimen_checks` keeps it.
        plan: to which it is told; None for the one it was made against.
    """
    rows = [
        (
            one["name"],
            _signed_mm(one["offset_mm"], one["offset_95_mm"]),
            f"{one['tilt_deg']:.1f}° ± {one['tilt_95_deg']:.1f}°",
            mm(one["farthest_mm"]),
            mm(one["flatness_mm"]),
            f"{mm(one['tumour_least_mm'])} ({mm(one['planned_least_mm'])})",
            str(one["touches"]),
        )
        for one in check["planes"]
    ]
    other = plan is not None and plan.digest != check["plan_digest"]
    lines = (
        f"Touched on {when(check['utc'])} against version {check['plan_version']} of the plan"
        f"{', NOT the version of this report' if other else ''}; ± holds 95{SPACE}%. An offset is the face's from the "
        "plan: plus where more of the patient was taken than planned.",
    )
    head = ("Plane", "Offset", "Tilt", "Farthest touch", "Roughness", "Tumour (planned)", "Touches")
    return Section(title="Specimen, as it was cut", lines=lines, table=_table(head, rows))


def _versions(record: PlanRecord) -> Section:
    rows = [
        (
            str(one.plan.version),
            "not known" if one.stored_utc is None else when(one.stored_utc),
            mm(one.plan.margin_mm),
            str(len(one.plan.planes)),
            str(len(one.plan.stages)),
            one.plan.digest,
        )
        for one in record.versions
    ]
    head = ("Version", "Stored", "Margin", "Planes", "Stages", "SHA-256")
    return Section(title="Versions of this plan", table=_table(head, rows))


def _software(record: PlanRecord) -> Section:
    rows = [
        ("Plan, SHA-256", record.plan.digest),
        ("Case, SHA-256", record.case.digest),
        ("Image, SHA-256", record.case.source.digest),
        ("Software", f"orview {__version__}"),
    ]
    return Section(title="How it was made", lines=(ROUNDED,), table=Table(head=("", ""), rows=tuple(rows)))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Table | None:
    kept = tuple(rows)
    return Table(head=head, rows=kept) if kept else None


def _names(case: Case, keys: Iterable[str]) -> list[str]:
    names = {structure.key: structure.name for structure in case.structures}
    return [names.get(key, key) for key in keys]


def _lowest(kept: Mapping[str, str]) -> str:
    return ", ".join(f"{kept[side] or 'none'} {side}" for side in ("left", "right"))


def _signed_mm(value: float, within: float) -> str:
    return f"{value:+.1f} ± {within:.1f}{SPACE}mm"


def _whole_mm(value: float) -> str:
    return f"{value:.0f}{SPACE}mm"


def _area(area_mm2: float) -> str:
    return f"{area_mm2 / 100.0:.1f}{SPACE}cm²" if area_mm2 >= _SMALL_MM2 else f"{area_mm2:.0f}{SPACE}mm²"


def _degrees(value: float | None) -> str:
    return "not known" if value is None else f"{value:.0f}°"


def _percent(value: float | None) -> str:
    return NO_NUMBER if value is None else f"{value:g}{SPACE}%"
