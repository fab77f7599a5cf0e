"""`orview audit`: the log of what was done in the room, and whether it is whole."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orview.cli.output import console, print_json

if TYPE_CHECKING:
    from orview.edge.audit_log import AuditLog
    from orview.session.audit import AuditHead

group = typer.Typer(
    help="The log of what was done in the room: read it, and see whether it is whole.", no_args_is_help=True
)

Store = Annotated[Path | None, typer.Option("--store", metavar="DIR", help="Folder of the cases.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@group.command()
def show(
    last: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many of the newest entries.")] = 50,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """List the newest entries, oldest first: who did what, and when.

    Example: orview audit show --last 20
    """
    from collections import deque

    from rich.table import Table
    from rich.text import Text

    entries = deque(_log(store).entries(), maxlen=last)
    if as_json:
        print_json(
            [
                {"sequence": one.sequence, "utc": one.utc, "kind": one.kind, "by": one.by, "facts": dict(one.facts)}
                for one in entries
            ]
        )
        return
    if not entries:
        console.print("The log is empty: nothing was done in this store's room yet.")
        return
    table = Table()
    for heading in ("No.", "UTC", "What", "By", "More"):
        table.add_column(heading, overflow="fold")
    for one in entries:
        more = ", ".join(f"{name} {value}" for name, value in one.facts.items())
        table.add_row(*(Text(cell) for cell in (str(one.sequence), one.utc, one.kind, one.by, more)))
    console.print(table)


@group.command()
def verify(
    heads: Annotated[
        list[str] | None,
        typer.Option("--head", metavar="NUMBER:LINK", help="What a client was handed; can be given several times."),
    ] = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Check that no entry was changed, left out or put in since it was written. Exits 1 where one was.

    The last entries could be cut off unseen: give a head that a headset or the console shows, and they cannot.

    Example: orview audit verify --head 214:9f31c2a07b4e
    """
    verdict = _log(store).verified(heads=[_head(text) for text in heads or ()])
    if as_json:
        newest = None if verdict.head is None else {"sequence": verdict.head.sequence, "link": verdict.head.link}
        print_json(
            {"whole": verdict.whole, "entries": verdict.entries, "head": newest, "problems": list(verdict.problems)}
        )
    elif verdict.whole:
        end = "" if verdict.head is None else f" Its head is {verdict.head.sequence}:{verdict.head.link}."
        console.print(f"The log is whole: {verdict.entries} entries.{end}", soft_wrap=True)
    else:
        console.print("[bold red]The log is not whole.[/]")
        for problem in verdict.problems:
            console.print(f"  {problem}", soft_wrap=True, markup=False)
    if not verdict.whole:
        raise typer.Exit(1)


def _log(store: Path | None) -> "AuditLog":
    from orview.edge.audit_log import AuditLog
    from orview.edge.case_store import CaseStore, default_store

    return AuditLog(CaseStore.open(store or default_store()).folder)


def _head(text: str) -> "AuditHead":
    from orview.session.audit import SHORT_LINK_DIGITS, AuditHead

    number, _, link = text.partition(":")
    shaped = number.isdecimal() and SHORT_LINK_DIGITS <= len(link) <= 64 and not set(link) - set("0123456789abcdef")
    if not shaped:
        raise typer.BadParameter(
            f"A head is a number, a colon and at least {SHORT_LINK_DIGITS} hex digits.", param_hint="--head"
        )
    return AuditHead(sequence=int(number), link=link)
