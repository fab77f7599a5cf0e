"""What the stream process is handed, the same after every restart."""

import socket
from dataclasses import dataclass

from orview.edge.host.config import HostConfig, RunFolder
from orview.edge.network.certificates import ServerCertificate

CONSOLE_NAME = "Console"
VIEWER_NAME = "This machine"


@dataclass(frozen=True, kw_only=True)
class StreamStart:
    """Everything the stream process is handed; the same after every restart.

    Attributes:
        config: the host's.
        run: where the processes meet.
        plain: listening socket of the loopback interface.
        secure: listening socket for TLS.
        certificate: for TLS.
        addresses: told by mDNS.
        hosts: `Host` headers that are ours; `origins` the pages that may open the socket.
        join_url: the headset page as other machines reach it.
        host_name: what people call this machine.
        console_secret: randomness of the token of this machine's console, so that a restart keeps it.
        viewer_secret: the same for the headset page in this machine's own browser.
        room_frame_id: of the poses.
        wakeups: readable when a slot or an outcome is new.
        plan_waker: wakes the plan process.
    """

    config: HostConfig
    run: RunFolder
    plain: socket.socket
    secure: socket.socket
    certificate: ServerCertificate
    addresses: tuple[str, ...]
    hosts: frozenset[str]
    origins: tuple[str, ...]
    join_url: str
    host_name: str
    console_secret: bytes
    viewer_secret: bytes
    room_frame_id: int
    wakeups: socket.socket
    plan_waker: socket.socket
