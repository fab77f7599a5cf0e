"""`orview register`: the beads in a case's CT against a board, and how far to trust the result."""

from pathlib import Path
from typing import Annotated

import typer

from orview.cli.output import console, print_json
from orview.register.verdict import DEFAULT_LIMIT_MM, Verdict


def command(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of a prepared case (see `orview cases`).")],
    board: Annotated[str, typer.Option(metavar="NAME", help="Name of a delivered board, or a TOML definition.")],
    store: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the cases.")] = None,
    limit_mm: Annotated[
        float, typer.Option(min=0.1, max=20.0, help="Largest expected error at the target, 95 %, that is accepted.")
    ] = DEFAULT_LIMIT_MM,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Find the board in a case's CT by its beads, and say how far to trust it.

    Stores the verdict with the case. Exits 1 where the registration is refused.

    Example: orview register 3f2a9c81 --board patient_flat
    """
    from orview.edge.case_store import CaseStore, default_store
    from orview.edge.registration import register_with_board

    verdict = register_with_board(case, board, store=CaseStore.open(store or default_store()), limit_mm=limit_mm)
    if as_json:
        print_json({"case": case, "board": board, **verdict.to_document()})
    else:
        _print(verdict)
    if not verdict.accepted:
        raise typer.Exit(1)


def _print(verdict: Verdict) -> None:
    from rich.table import Table
    from rich.text import Text

    console.print("Accepted." if verdict.accepted else "Refused: the overlay must not be used with this registration.")
    for line in (*verdict.reasons, *verdict.advice):
        console.print(Text(f"  {line}"))
    if not verdict.expected_error_mm:
        return
    table = Table()
    table.add_column("Structure")
    table.add_column("Expected error, 95 %", justify="right")
    for key, error_mm in sorted(verdict.expected_error_mm.items(), key=lambda item: item[0] != verdict.target_key):
        name = key.replace("_", " ") + (" (target)" if key == verdict.target_key else "")
        table.add_row(Text(name), f"{error_mm:.1f} mm")
    console.print(table)
