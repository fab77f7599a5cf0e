"""Tells systemd how a service is (sd_notify(3)), where systemd started it; elsewhere nothing happens."""

import contextlib
import os
import socket


def notify(**told: str) -> None:
    """Tell systemd, for one `notify(READY="1", STATUS="...")`; what it does not take is lost."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address or not hasattr(socket, "AF_UNIX"):
        return
    # An abstract address begins with a zero byte, which no variable can hold.
    place = "\0" + address[1:] if address.startswith("@") else address
    text = "\n".join(f"{name}={words}" for name, words in told.items())
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.sendto(text.encode(), place)
