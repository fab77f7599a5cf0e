"""`orview doctor`: what this machine lacks, and what to do about it."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from orview.cli.output import console, print_json


def command(
    store: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the cases.")] = None,
    camera: Annotated[str, typer.Option(help="The room camera: its number, a video, or slot:PATH.")] = "0",
    port: Annotated[int, typer.Option(min=1, max=65535, help="TLS port for headsets.")] = 8443,
    loopback_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the console on this machine.")] = 8080,
    cert: Annotated[Path | None, typer.Option(metavar="FILE", help="The hospital's certificate, as for serve.")] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its private key.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Check libraries, store, ports, network, firewall, certificate, clock, disk and camera of this machine.

    Exits 1 where something is missing that a host cannot run without.

    Example: orview doctor --camera 2
    """
    from rich.text import Text

    from orview.edge.case_store import default_store
    from orview.edge.host.checkup import check_machine

    given = None if cert is None or key is None else (cert, key)
    checks = list(
        check_machine(
            store=store or default_store(), port=port, loopback_port=loopback_port, camera=camera, given=given
        )
    )
    fit = all(check.passed for check in checks if check.needed)
    if as_json:
        print_json({"fit": fit, "checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            mark, style = (
                ("ok  ", "green") if check.passed else (("NO  ", "red") if check.needed else ("--  ", "yellow"))
            )
            console.print(Text.assemble((mark, style), check.words), soft_wrap=True)
            if check.mend:
                console.print(Text(f"    {check.mend}"), soft_wrap=True)
        console.print("This machine can be a host." if fit else "This machine cannot be a host yet.")
    if not fit:
        raise typer.Exit(1)
