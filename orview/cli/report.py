"""`orview report`: the report of a session, written again from what is on record."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orview.cli.output import console, print_json

if TYPE_CHECKING:
    from orview.edge.case_store import CaseStore

Session = Annotated[str | None, typer.Argument(metavar="SESSION", help="One of the list; without it the newest.")]


def command(
    session: Session = None,
    listed: Annotated[bool, typer.Option("--list", help="List the sessions on record instead.")] = False,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="Folder of the cases.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Write the report of a session: who, what and when, expected errors, check points, events, notes.

    END writes it by itself; this writes it again, as HTML and PDF, into the folder `reports` of the store.

    Example: orview report
    """
    from orview.edge.case_store import CaseStore, default_store

    opened = CaseStore.open(store or default_store())
    if listed:
        _list(opened, as_json=as_json)
        return
    from orview.edge.report.write import write_report

    written = write_report(opened, session)
    if as_json:
        print_json({"session": written.name, "html": str(written.html), "pdf": str(written.pdf)})
        return
    console.print(f"The report of {written.name}:", soft_wrap=True, markup=False)
    for path in (written.html, written.pdf):
        console.print(f"  {path}", soft_wrap=True, markup=False)


def _list(store: "CaseStore", *, as_json: bool) -> None:
    from rich.table import Table

    from orview.edge.report.record import sessions_of

    rows = [
        {
            "session": one.name,
            "began_utc": one.began_utc.isoformat(),
            "ended_utc": one.ended_utc.isoformat() if one.ended else None,
            "case": one.case_id,
        }
        for one in reversed(sessions_of(store))
    ]
    if as_json:
        print_json(rows)
        return
    if not rows:
        console.print("No session is on record yet.")
        return
    table = Table()
    for heading in ("Session", "Began, UTC", "Ended, UTC", "Case"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(str(value or "not ended") for value in row.values()))
    console.print(table)
