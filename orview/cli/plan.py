"""`orview plan`: the staged resection of a case: planes, margins, roots, stages, and what must be said of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orview.cli.output import console, print_json

if TYPE_CHECKING:
    from orview.edge.plans import PlanOnCase


def command(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of a prepared case (see `orview cases`).")],
    plan: Annotated[
        Path | None, typer.Argument(metavar="FILE.toml", help="A plan to store; without it, tell the stored one.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.toml", help="Write the stored plan to this file.")] = None,
    store: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the cases.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Store or tell the plan of a case. A plan that cannot be is refused, and nothing is stored.

    Example: orview plan 3f2a9c81 plan.toml

    To change it: orview plan 3f2a9c81 --out plan.toml, edit the file, and store it again.
    """
    from orview.edge.case_store import CaseStore, default_store
    from orview.edge.plans import store_plan, told_plan, write_plan

    case_store = CaseStore.open(store or default_store())
    told = told_plan(case, store=case_store) if plan is None else store_plan(case, plan, store=case_store)
    if out is not None:
        write_plan(told.plan, out)
    if as_json:
        print_json({"case": case, **told.document})
    else:
        _print(told)


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
