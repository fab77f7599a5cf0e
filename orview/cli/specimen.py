"""`orview specimen`: the cut faces of what was removed, touched with the pointer, against the plan."""

from pathlib import Path
from typing import Annotated

import typer

from orview.cli.output import console, print_json


def command(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of a prepared case (see `orview cases`).")],
    touched: Annotated[
        list[str],
        typer.Argument(
            metavar="TOUCHES...",
            help="Files of `orview touch` on the specimen, a cut face each: named after the plane's key, or KEY=FILE.",
        ),
    ],
    board: Annotated[
        str,
        typer.Option(metavar="NAME", help="The board on the specimen: a delivered one, or a TOML definition."),
    ],
    store: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the cases.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Say where a specimen was truly cut, in mm and degrees, and how sure that is. Kept with the case for its reports.

    The specimen carries a board of its own. Register that board first, by landmarks or traced bone of the specimen
    (`orview register CASE --board specimen.toml --landmarks ... --touched ...`), then touch each cut face four times
    or more, or trace it, with the same pointer.

    Example: orview specimen 3f2a9c81 high_cut.csv right_cut.csv --board specimen.toml
    """
    from rich.text import Text

    from orview.edge.case_store import CaseStore, default_store
    from orview.edge.specimens import check_specimen

    document = check_specimen(case, board, touched, store=CaseStore.open(store or default_store()))
    if as_json:
        print_json({"case": case, **document})
        return
    for plane in document["planes"]:
        console.print(Text(plane["words"]), soft_wrap=True)
    if document["not_touched"]:
        console.print(Text(f"Not touched: {', '.join(document['not_touched'])}."), soft_wrap=True)
    console.print("± holds 95 %. Research use only, not a medical device.")
