"""`orview plan`: the staged resection of a case: planes, margins, roots, stages, and what must be said of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orview.cli.output import console, one_of, print_json

if TYPE_CHECKING:
    from orview.edge.case_store import CaseStore
    from orview.edge.plans import PlanOnCase
    from orview.findings import Finding


def command(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of a prepared case (see `orview cases`).")],
    plan: Annotated[
        Path | None, typer.Argument(metavar="FILE.toml", help="A plan to store; without it, tell the stored one.")
    ] = None,
    planes: Annotated[
        list[Path] | None,
        typer.Option(
            "--import",
            metavar="FILE.mrk.json",
            help="Planes, flat curves or points of 3D Slicer to take into the plan; may be given more than once.",
        ),
    ] = None,
    position: Annotated[
        str | None,
        typer.Option(
            metavar="supine|prone|left_side|right_side", help="With --import into a case without a plan: how it lies."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml|FILE.mrk.json", help="Write the stored plan to this file, or its planes for 3D Slicer."
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE.pdf|FILE.html|DIR", help="Write a report: on paper, as a page, or both."),
    ] = None,
    store: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the cases.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Store or tell the plan of a case. A plan that cannot be is refused, and nothing is stored.

    Example: orview plan 3f2a9c81 plan.toml

    To change it: orview plan 3f2a9c81 --out plan.toml, edit the file, and store it again.

    Planes from 3D Slicer: orview plan 3f2a9c81 --import high_cut.mrk.json

    For the meeting: orview plan 3f2a9c81 --report plan.pdf
    """
    from orview.edge.case_store import CaseStore, default_store
    from orview.edge.plan_imports import write_planes
    from orview.edge.report.plan_report import report_files, write_plan_report

    if report is not None:
        report_files(report, case)
    case_store = CaseStore.open(store or default_store())
    told, said = _stored(case, plan, planes or [], position, case_store)
    if out is not None:
        write_planes(told.plan, out)
    reports: tuple[Path, ...] = () if report is None else write_plan_report(case, told, report, store=case_store)
    if as_json:
        more: dict[str, object] = {"reports": [str(path) for path in reports]} if reports else {}
        more |= {"import_findings": [finding.to_json() for finding in said]} if planes else {}
        print_json({"case": case, **told.document, **more})
        return
    for finding in said:
        console.print(finding.message, soft_wrap=True, markup=False)
    _print(told)
    for path in reports:
        console.print(f"Report: {path}", soft_wrap=True, markup=False)


def _stored(
    case: str, plan: Path | None, planes: list[Path], position: str | None, store: "CaseStore"
) -> "tuple[PlanOnCase, tuple[Finding, ...]]":
    """Return the plan of a case once what was given is stored, and what was said of imported files."""
    from orview.edge.plan_imports import import_planes
    from orview.edge.plans import store_plan, told_plan
    from orview.errors import InputError
    from orview.plan.stages import Position

    if plan is not None and planes:
        raise InputError("A plan is given and planes are to be imported.", mend="Do one after the other.")
    if position is not None and not planes:
        raise InputError("--position is for a first plan of imported planes.", mend="Give planes with --import.")
    if planes:
        lies = None if position is None else one_of(Position, position, option="--position")
        imported = import_planes(case, planes, store=store, position=lies)
        return imported.told, imported.findings
    return (told_plan(case, store=store) if plan is None else store_plan(case, plan, store=store)), ()


def _print(told: "PlanOnCase") -> None:
    from rich.table import Table
    from rich.text import Text

    document = told.document
    console.print(Text(f"Plan, version {document['version']}; margin asked for: {document['margin_mm']:.1f} mm"))
    if document["safe_margin_mm"] is not None:
        console.print(
            Text(
                f"Safe with this registration: {document['safe_margin_mm']:.1f} mm "
                f"(it may be wrong by {document['expected_error_mm']:.1f} mm)"
            )
        )
    stages = " > ".join(f"{stage['name']} ({stage['position'].replace('_', ' ')})" for stage in document["stages"])
    console.print(Text(f"Stages: {stages}"))
    table = Table(box=None, pad_edge=False)
    for column in ("Plane", "To the tumour", "S1 end plate", "Midline", "Cuts"):
        table.add_column(column)
    for plane in document["planes"]:
        table.add_row(
            Text(plane["name"]),
            f"{plane['tumour_least_mm']:.1f} mm (mean {plane['tumour_mean_mm']:.1f})",
            _degrees(plane["end_plate_deg"]),
            _degrees(plane["midline_deg"]),
            Text(", ".join(cut["name"] for cut in plane["cuts"])),
        )
    console.print(table)
    roots = document["roots"]
    left, right = (roots["lowest_kept"][side] or "none" for side in ("left", "right"))
    console.print(Text(f"Roots kept down to: left {left}, right {right}"))
    for row in roots["published"]:
        shares = [
            f"{what} {row[key]:.0f} %"
            for what, key in (
                ("bladder", "normal_bladder_percent"),
                ("bowel", "normal_bowel_percent"),
                ("walking", "normal_walking_percent"),
            )
            if row[key] is not None
        ]
        console.print(Text(f"  Normal function ({row['group']}): {', '.join(shares)}. {row['source']}"))
    for one in document["near_the_tumour"][:5]:
        console.print(Text(f"  {one['name']}: {one['least_mm']:.1f} mm from the tumour"))
    for finding in document["findings"]:
        console.print(Text(f"{finding['severity'].upper()}: {finding['message']}", style="yellow"))
    console.print("Research use only, not a medical device.")


def _degrees(angle_deg: float | None) -> str:
    return "not known" if angle_deg is None else f"{angle_deg:.0f} deg"
