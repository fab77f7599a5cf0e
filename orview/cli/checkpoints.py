"""`orview checkpoints`: the landmarks of a case that are touched to see whether the overlay is where it says."""

from pathlib import Path
from typing import Annotated

import typer

from orview.cli.output import console, print_json
from orview.register.check_points import DEFAULT_LANDMARK_SIGMA_MM, DEFAULT_MAX_AGE_MIN


def command(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of a prepared case (see `orview cases`).")],
    points: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Points of 3D Slicer (.mrk.json, .fcsv) or CSV; without it, list them."),
    ] = None,
    max_age_min: Annotated[
        float, typer.Option(min=1.0, max=1440.0, help="Minutes after which one must be touched again.")
    ] = DEFAULT_MAX_AGE_MIN,
    sigma_mm: Annotated[
        float, typer.Option(min=0.1, max=5.0, help="How well they were picked in the CT, 1 sigma along each axis.")
    ] = DEFAULT_LANDMARK_SIGMA_MM,
    frame: Annotated[str | None, typer.Option(help="LPS or RAS, of a CSV that does not say it itself.")] = None,
    store: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the cases.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Give a case its check points: landmarks that are touched before the overlay is shown, and not for registering.

    Example: orview checkpoints 3f2a9c81 check.mrk.json
    """
    from rich.text import Text

    from orview.edge.case_store import CaseStore, default_store
    from orview.edge.check_plans import store_check_plan

    case_store = CaseStore.open(store or default_store())
    if points is not None:
        store_check_plan(case, points, store=case_store, max_age_min=max_age_min, sigma_mm=sigma_mm, frame=frame)
    plan = case_store.check_plan(case_store.case(case).id)
    if as_json:
        names = [{"name": one.name, "position_patient_mm": one.position_patient_mm.tolist()} for one in plan.landmarks]
        print_json({"case": case, "max_age_min": plan.max_age_min, "check_points": names})
        return
    if not plan.landmarks:
        console.print("This case has no check points: it cannot be shown. Give it some with a file of points.")
        return
    console.print(f"One of these is touched before LIVE, and again every {plan.max_age_min:.0f} min:")
    for landmark in plan.landmarks:
        console.print(Text(f"  {landmark.name}"))
