"""`orview` alone: the host with its defaults and the console in the browser; or the console of the host that runs."""

import socket
from pathlib import Path

from orview.cli.browser import open_page
from orview.cli.output import console
from orview.cli.serve import run_host, usual_config

PORT, LOOPBACK_PORT = 8443, 8080


def command(store: Path | None, *, browser: bool) -> None:
    """Start the room's host and open its console; where it runs already, only open the console.

    Raises:
        NetworkError: the host did not get ready.
        StoreError: the store cannot be used.
    """
    from orview.edge.case_store import default_store
    from orview.edge.host.running import RunningHost

    folder = store or default_store()
    with RunningHost(folder) as place:
        if not place.take():
            _open_other(place.console_url(), browser=browser)
            return
        config = usual_config(
            folder,
            wait_for_network=True,
            port=_free_or_any("", PORT),
            loopback_port=_free_or_any("127.0.0.1", LOOPBACK_PORT),
        )
        run_host(config, place, browser=browser)


def _open_other(console_url: str | None, *, browser: bool) -> None:
    if console_url is None:
        console.print("A host of this store runs already, but does not say where its console is. Stop it first.")
        return
    console.print("The host runs already.")
    console.print(f"Nurse's console   {console_url}", soft_wrap=True)
    if browser:
        open_page(console_url)


def _free_or_any(address: str, port: int) -> int:
    """Return a port if nobody listens there, else 0 for any: whoever starts the host by a click chooses none."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return 0
    return port
