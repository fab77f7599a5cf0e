"""`orview cases`: what is in the store, and putting a case out of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orview.cli.output import console, print_json

if TYPE_CHECKING:
    from orview.edge.case_store import CaseStore


def command(
    store: Annotated[Path | None, typer.Option(help="Folder of the cases.")] = None,
    remove: Annotated[str | None, typer.Option(metavar="CASE", help="Delete this case for good.")] = None,
    picture: Annotated[
        str | None, typer.Option(metavar="CASE", help="Write this case's picture to the file --out names.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Where --picture writes.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """List the prepared cases, newest first; or write the picture of one.

    Example: orview cases --picture 4f2a81c09b3d --out picture.png
    """
    from rich.table import Table
    from rich.text import Text

    from orview.edge.case_store import CaseStore, default_store

    case_store = CaseStore.open(store or default_store())
    if picture is not None or out is not None:
        _write_picture(case_store, picture, out, as_json=as_json)
        return
    if remove is not None:
        case_store.remove(remove)
        console.print(Text(f"Case {remove} is deleted."))
    cases = case_store.cases()
    if as_json:
        print_json(
            [
                {
                    "case": case.id,
                    "name": case.name,
                    "created_utc": case.created_utc,
                    "acquired": case.source.acquired,
                    "series": case.source.series_text,
                    "slices": case.source.slices,
                    "synthetic": case.source.synthetic,
                    "structures": len(case.structures),
                    "target": case.target_key,
                    "fiducials": len(case.fiducials),
                    "digest": case.digest,
                    "findings": len(case.findings),
                    "thumbnail": thumbnail_path(case_store, case.id),
                }
                for case in cases
            ]
        )
        return
    if not cases:
        console.print("No cases yet. Make one with: orview prepare SOURCE")
        return
    table = Table()
    for heading in ("Case", "Name", "Made", "Image", "Structures", "Beads", "Target"):
        table.add_column(heading, overflow="fold")
    for case in cases:
        image = f"{case.source.acquired or 'no date'}, {case.source.slices} slices {case.source.series_text}"
        if case.source.synthetic:
            image = f"SYNTHETIC, {case.source.slices} slices"
        counts = (str(len(case.structures)), str(len(case.fiducials)))
        row = (case.id, case.name, case.created_utc[:10], image, *counts, case.target_key)
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def _write_picture(store: "CaseStore", case_id: str | None, out: Path | None, *, as_json: bool) -> None:
    from orview.edge.export import export_picture
    from orview.errors import InputError

    if case_id is None or out is None:
        raise InputError(
            "A picture needs a case and a file.", mend="Say both: orview cases --picture CASE --out FILE.png"
        )
    export_picture(case_id, store=store, out=out)
    if as_json:
        print_json({"case": case_id, "picture": str(out)})
    else:
        console.print(f"The picture is in {out}.", soft_wrap=True, markup=False)


def thumbnail_path(store: "CaseStore", case_id: str) -> str | None:
    """Return where a case's picture lies, None where it has none."""
    sha256 = store.thumbnail(case_id)
    return None if sha256 is None else str(store.blob_path(sha256))
