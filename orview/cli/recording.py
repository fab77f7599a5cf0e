"""`orview recording`: what was recorded in the room, and as a file for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from orview.cli.output import console, print_json, progress_bars

group = typer.Typer(help="What was recorded in the room: list it, write it as MCAP.", no_args_is_help=True)

Store = Annotated[Path | None, typer.Option("--store", metavar="DIR", help="Folder of the cases.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@group.command("list")
def list_recordings(store: Store = None, as_json: AsJson = False) -> None:
    """List the recordings, newest first.

    Example: orview recording list
    """
    from rich.table import Table
    from rich.text import Text

    from orview.edge.case_store import CaseStore, default_store
    from orview.edge.recording.shelf import recordings_in

    found = recordings_in(CaseStore.open(store or default_store()).folder)
    if as_json:
        print_json(
            [
                {
                    "recording": one.name,
                    "file": str(one.path),
                    "started_utc": one.started_utc,
                    "bytes": one.bytes,
                    "trouble": one.trouble,
                }
                for one in found
            ]
        )
        return
    if not found:
        console.print("Nothing is recorded yet: a host records each session while it runs.")
        return
    table = Table()
    for heading in ("Recording", "Began, UTC", "MB", "Trouble"):
        table.add_column(heading, overflow="fold")
    for one in found:
        row = (one.name, one.started_utc, f"{one.bytes / 1e6:.1f}", one.trouble)
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


@group.command()
def export(
    recording: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A recording of the list, or a file.")],
    out: Annotated[Path, typer.Option(metavar="FILE.mcap", help="Where to write; not there yet.")],
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Write a recording as MCAP, which Foxglove and other programs open.

    Example: orview recording export 20260101T100000Z_4f2a1b --out session.mcap
    """
    from orview.edge.case_store import CaseStore, default_store
    from orview.edge.recording.mcap_file import write_mcap
    from orview.edge.recording.shelf import recording_named

    path = recording_named(recording, CaseStore.open(store or default_store()).folder)
    with progress_bars() as report:
        counts = write_mcap(path, out, progress=lambda fraction: report("Writing", fraction))
    if as_json:
        print_json({"recording": str(path), "out": str(out), "messages": counts})
    else:
        console.print(f"{sum(counts.values())} messages are in {out}.", soft_wrap=True, markup=False)
