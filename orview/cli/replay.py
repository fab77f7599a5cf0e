"""`orview replay`: a recorded session again, with headsets, marked as a replay everywhere."""

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orview.cli.output import console, print_json

if TYPE_CHECKING:
    from orview.edge.host.replay import Progress
    from orview.edge.host.replay_host import ReplayConfig

REFRESH_S = 0.5


def command(
    recording: Annotated[
        str, typer.Argument(metavar="NAME|FILE", help="As `orview recording list` has it, or a file.")
    ],
    store: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the cases.")] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=10.0, help="2 plays in half the time.")] = 1.0,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Begin at once, and end with the recording; else with the first headset.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="TLS port for headsets.")] = 8443,
    loopback_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the console on this machine.")] = 8080,
    local: Annotated[bool, typer.Option("--local", help="Serve this machine alone, and announce nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the addresses as one JSON document.")] = False,
) -> None:
    """Play a recorded session again. Every view says REPLAY; nothing is written to the store. Ctrl-C ends it.

    Takes a recording of the store, or the MCAP file that `orview recording export` wrote.

    Example: orview replay 20260101T100000Z_4f2a1b --local
    """
    from orview.cli.serve import end_when_asked
    from orview.edge.case_store import CaseStore, default_store
    from orview.edge.host.replay_host import ReplayConfig
    from orview.edge.recording.shelf import recording_named

    folder = CaseStore.open(store or default_store()).folder
    config = ReplayConfig(
        store=folder,
        file=recording_named(recording, folder),
        address="127.0.0.1" if local else "0.0.0.0",  # noqa: S104
        port=port,
        loopback_port=loopback_port,
        announce=not local,
        speed=speed,
        at_once=at_once,
    )
    end_when_asked()
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_play(config, as_json=as_json))
    console.print("Stopped.")


async def _play(config: "ReplayConfig", *, as_json: bool) -> None:
    from orview.cli.serve import addresses_document, show_addresses
    from orview.edge.host.replay_host import running

    async with running(config) as (replay, addresses):
        if as_json:
            print_json(addresses_document(addresses))
        else:
            show_addresses(addresses)
        told = ""
        status = console.status("") if console.is_terminal else contextlib.nullcontext()
        with status as line:
            while not (config.at_once and replay.progress.ended):
                if replay.failure is not None:
                    raise replay.failure
                words = progress_words(replay.progress)
                if line is not None:
                    line.update(words)
                elif words.partition(",")[0] != told:
                    told = words.partition(",")[0]
                    console.print(told, markup=False)
                await asyncio.sleep(REFRESH_S)


def progress_words(progress: "Progress") -> str:
    """Return how far a replay is, in words."""
    clients = f"{progress.clients} {'client' if progress.clients == 1 else 'clients'}"
    if progress.ended:
        return f"The REPLAY is over; START on the console begins it again, {clients}"
    if not progress.playing:
        return f"The REPLAY waits for the first headset, {clients}"
    return f"REPLAY is playing, {progress.played_s:.0f} s, {clients}"
