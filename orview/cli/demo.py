"""`orview demo`: the whole product with a simulated patient, camera and nurse."""

import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orview.cli.output import console, print_json, progress_bars
from orview.cli.serve import addresses_document, end_when_asked, show_addresses
from orview.cli.watching import watch

if TYPE_CHECKING:
    from orview.edge.demo.case import DemoCase
    from orview.edge.demo.check import DemoReport
    from orview.edge.demo.room import DemoRoom

EVERYWHERE = "0.0.0.0"  # noqa: S104
LOOPBACK = "127.0.0.1"


def command(
    check: Annotated[
        bool, typer.Option("--check", help="Run without a person, measure, print JSON; exit 0 only if all held.")
    ] = False,
    local: Annotated[bool, typer.Option("--local", help="Serve this machine only, no headsets.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="TLS port for headsets; 0 takes a free one.")] = 8443,
    loopback_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Plain port for this machine; 0 takes a free one.")
    ] = 8080,
    seconds: Annotated[
        float, typer.Option(min=1.0, max=600.0, help="With --check: how long poses are measured.")
    ] = 6.0,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another synthetic patient.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document on stdout; --check always does.")
    ] = False,
) -> None:
    """Show the whole product with a SIMULATED patient and camera.

    Example: orview demo            (then open the address it prints; Ctrl-C ends it)

    Example: orview demo --check    (measures itself and says what held)
    """
    from orview.edge.case_store import CaseStore
    from orview.edge.demo.case import prepare_demo
    from orview.edge.demo.room import DemoRoom
    from orview.edge.host.host import check_can_serve

    end_when_asked()
    address = LOOPBACK if check or local else EVERYWHERE
    if not check:
        # A port that is taken, or no network, is told before a minute of work and not after it.
        check_can_serve(address, port=port, loopback_port=loopback_port)
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="orview-demo-")))
        store_folder = folder / "store"
        with progress_bars() as progress:
            store = CaseStore.open(store_folder)
            demo = prepare_demo(folder, store, seed=seed, progress=progress)
        # The check needs no other machine: it keeps to this one, on free ports.
        room = closing.enter_context(
            DemoRoom(
                demo,
                folder=folder,
                store=store_folder,
                seed=seed,
                address=address,
                port=0 if check else port,
                loopback_port=0 if check else loopback_port,
            )
        )
        if check:
            _check(demo, room, seconds=seconds)
        else:
            _show(demo, room, as_json=as_json)


def _check(demo: "DemoCase", room: "DemoRoom", *, seconds: float) -> None:
    from orview.edge.demo.check import check_demo

    with progress_bars() as progress:
        report = check_demo(demo, room, seconds=seconds, progress=progress)
    print_json(report.to_json())
    _say(report)
    if report.failed:
        raise typer.Exit(1)


def _show(demo: "DemoCase", room: "DemoRoom", *, as_json: bool) -> None:
    """Let the simulated nurse go live, print the addresses, and run until interrupted."""
    from orview.edge.demo.simulated_hand import SimulatedHand
    from orview.edge.demo.simulated_nurse import start_session

    with console.status("The simulated nurse starts the session ..."):
        asyncio.run(start_session(room.addresses, demo.case.id, hand=SimulatedHand(room.truth)))
    if as_json:
        print_json(addresses_document(room.addresses))
    else:
        show_addresses(room.addresses)
        console.print(
            f"A worn headset    orview headset --host 127.0.0.1:{room.addresses.port} --code CODE "
            f"--look {room.truth_file}",
            soft_wrap=True,
        )
        console.print("[bold]Patient, camera, nurse and touching hand are SIMULATED.[/] Ctrl-C ends the demonstration.")
        console.print("Ask for a touch with the pointer on the console: a simulated hand does what it says.")
    try:
        watch(room.host)
    except KeyboardInterrupt:
        console.print("Stopped.")


def _say(report: "DemoReport") -> None:
    for words in report.failed:
        console.print(f"[bold red]did not hold:[/] {words}")
    if not report.failed:
        console.print("[bold green]Everything held.[/]")
