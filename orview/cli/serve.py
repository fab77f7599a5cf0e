"""`orview serve`: the host in the room, until Ctrl-C."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orview.cli.browser import open_page
from orview.cli.output import console, one_of, print_json
from orview.cli.watching import watch
from orview.errors import StoreError

if TYPE_CHECKING:
    from orview.edge.host.config import HostConfig
    from orview.edge.host.host import HostAddresses
    from orview.edge.host.running import RunningHost

DEFAULT_BOARD = "patient_flat"
ROOM = "Operating room"


def command(
    store: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the cases.")] = None,
    camera: Annotated[
        str,
        typer.Option(
            help="The room camera: its number (0@1280x720 sets a size), a video, or slot:PATH; "
            "without it the one chosen last on the console, or the first."
        ),
    ] = "",
    profile: Annotated[
        Path | None,
        typer.Option(help="The camera's profile; without it the newest of this camera in the store's `calibrations`."),
    ] = None,
    board: Annotated[str, typer.Option(help="The patient's board: a delivered name or a TOML file.")] = DEFAULT_BOARD,
    second_board: Annotated[
        str, typer.Option(metavar="BOARD", help="A second board on the patient: the two watch each other for bumps.")
    ] = "",
    pointer: Annotated[
        str, typer.Option(metavar="BOARD", help="The board on a pointer, which touches check points and landmarks.")
    ] = "",
    tip: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="That pointer's tip: what `orview calibrate pivot --json` printed."),
    ] = None,
    headset_board: Annotated[
        list[str] | None,
        typer.Option(metavar="BOARD", help="A board worn on a headset for the room camera; one for each such headset."),
    ] = None,
    cert: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="This machine's certificate by the hospital, PEM with its chain."),
    ] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its private key, PEM.")] = None,
    name: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A further name this machine is reached by.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="TLS port for headsets.")] = 8443,
    loopback_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the console on this machine, without TLS.")
    ] = 8080,
    local: Annotated[bool, typer.Option("--local", help="Serve this machine alone, and announce nothing.")] = False,
    room: Annotated[str, typer.Option(metavar="NAME", help="Name of the room; the whole network reads it.")] = ROOM,
    recording: Annotated[
        bool, typer.Option("--recording/--no-recording", help="Record each session in the store.")
    ] = True,
    log_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The host's log; without it `logs/host.jsonl` in the store."),
    ] = None,
    log_level: Annotated[
        str, typer.Option(metavar="LEVEL", help="What is logged: debug, info or warning and above.")
    ] = "info",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the console in this machine's browser.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the addresses as one JSON document when headsets can come in.")
    ] = False,
) -> None:
    """Serve the room: headsets join, the nurse starts, poses are streamed. Ctrl-C ends it.

    Example: orview serve --camera 0@1280x720 --profile room_camera.toml --room "OR 3"

    With a pointer: the same with  --pointer pointer.toml --tip tip.json
    """
    from orview.edge.case_store import default_store
    from orview.edge.host.logbook import LogLevel
    from orview.edge.host.running import RunningHost

    folder = store or default_store()
    changes: dict[str, Any] = {
        "camera": camera,
        "board": board,
        "second_board": second_board,
        "pointer": pointer,
        "tip": tip,
        "headset_boards": tuple(headset_board or ()),
        "room_name": room,
        "certificate": cert,
        "key": key,
        "names": tuple(name or ()),
        "address": "127.0.0.1" if local else "0.0.0.0",  # noqa: S104
        "port": port,
        "loopback_port": loopback_port,
        "announce": not local,
        "record": recording,
        "log_level": one_of(LogLevel, log_level, option="--log-level"),
    }
    given = {"profile": profile, "log_file": log_file}
    config = usual_config(folder, **changes, **{key: value for key, value in given.items() if value is not None})
    with RunningHost(folder) as place:
        if not place.take():
            raise StoreError(
                "A host of this store runs already.", mend="Open its console with `orview`, or stop it first."
            )
        run_host(config, place, browser=browser, as_json=as_json)


def usual_config(folder: Path, **changes: Any) -> "HostConfig":
    """Return the configuration of a room's host on a store, with changes."""
    from orview.edge.host.config import HostConfig
    from orview.edge.host.logbook import FILE, FOLDER

    usual: dict[str, Any] = {
        "store": folder,
        "camera": "",
        "profile": folder / "calibrations",
        "board": DEFAULT_BOARD,
        "room_name": ROOM,
        "address": "0.0.0.0",  # noqa: S104
        "log_file": folder / FOLDER / FILE,
    }
    return HostConfig(**(usual | changes))


def run_host(config: "HostConfig", place: "RunningHost", *, browser: bool, as_json: bool = False) -> None:
    """Run a host until Ctrl-C: show how it is reached, and open its console where that is wanted.

    Raises:
        NetworkError: a port is taken, there is no network, or the host did not get ready.
        StoreError: the store cannot be used.
        InputError: the profile, a board or the pointer's tip cannot be used.
    """
    from orview.edge.host.host import Host

    end_when_asked()
    try:
        with Host(config) as host:
            addresses = host.wait_ready()
            place.open_to(addresses.console_url)
            if as_json:
                print_json(addresses_document(addresses))
            else:
                show_addresses(addresses)
            if browser:
                open_page(addresses.console_url)
            watch(host)
    except KeyboardInterrupt:
        console.print("Stopped.")


def end_when_asked() -> None:
    """End in order on Ctrl-C and on a polite kill, also where a shell started this process with both switched off."""
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.default_int_handler)


def show_addresses(addresses: "HostAddresses") -> None:
    """Print how headsets and the nurse come in, with a QR code for headsets."""
    import io

    import segno

    qr_code = io.StringIO()
    segno.make(addresses.headset_url, micro=False).terminal(out=qr_code, compact=True)
    console.print(qr_code.getvalue(), highlight=False, soft_wrap=True)
    console.print(f"On a headset      {addresses.headset_url}", soft_wrap=True)
    code = f"{addresses.code[:3]} {addresses.code[3:]}"
    console.print(f"                  or the code {code} there (two minutes, one device; the console makes new ones)")
    console.print(f"On this machine   {addresses.local_headset_url}", soft_wrap=True)
    console.print(f"Nurse's console   {addresses.console_url}", soft_wrap=True)
    console.print("For research use only. Not a medical device.")


def addresses_document(addresses: "HostAddresses") -> dict[str, object]:
    """Return the addresses as plain values for JSON."""
    return {
        "headset_url": addresses.headset_url,
        "local_headset_url": addresses.local_headset_url,
        "console_url": addresses.console_url,
        "code": addresses.code,
        "fingerprint": addresses.fingerprint,
        "port": addresses.port,
        "loopback_port": addresses.loopback_port,
        "addresses": list(addresses.addresses),
    }
