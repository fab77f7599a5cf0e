"""`orview landmarks`: the landmarks of a case that the nurse has touched with the tracked pointer to register it."""

from pathlib import Path
from typing import Annotated

import typer

from orview.cli.output import console, print_json


def command(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of a prepared case (see `orview cases`).")],
    points: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Points of 3D Slicer (.mrk.json, .fcsv) or CSV; without it, list them."),
    ] = None,
    sigma_mm: Annotated[
        float | None,
        typer.Option(min=0.1, max=5.0, help="How well they were marked in the CT, where the file does not say: 0.7."),
    ] = None,
    frame: Annotated[str | None, typer.Option(help="LPS or RAS, of a CSV that does not say it itself.")] = None,
    store: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the cases.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Give a case the landmarks that are touched to register it on the nurse's console.

    Example: orview landmarks 3f2a9c81 landmarks.mrk.json
    """
    from rich.text import Text

    from orview.edge.case_store import CaseStore, default_store
    from orview.edge.check_plans import store_landmarks

    case_store = CaseStore.open(store or default_store())
    if points is not None:
        store_landmarks(case, points, store=case_store, sigma_mm=sigma_mm, frame=frame)
    known = case_store.landmarks(case_store.case(case).id).landmarks
    if as_json:
        places = [{"name": one.name, "position_patient_mm": one.position_patient_mm.tolist()} for one in known]
        print_json({"case": case, "landmarks": places})
        return
    if not known:
        console.print("This case has no landmarks: it can be registered by its beads, or give it some with a file.")
        return
    console.print("These can be touched on the nurse's console to register the case:")
    for landmark in known:
        console.print(Text(f"  {landmark.name}"))
