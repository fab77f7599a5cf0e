"""Everything a host says while a session is on, byte for byte: to clients, network and watchers, and as a replay."""

import asyncio
import contextlib
import socket
import struct
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from orview.edge.host.host import Host
from orview.edge.host.logbook import FILE, FOLDER, LogLevel
from orview.edge.host.replay_host import ReplayConfig, running
from orview.edge.recording.shelf import recordings_in
from orview.protocol.binary import PictureMessage, PoseMessage
from orview.protocol.codec import encode
from orview.protocol.identifying import IdentifierKind, typed_proofs
from orview.protocol.identity import IdentifierProof, Identify, Identity
from orview.protocol.messages import Role, SelectCase, Start
from tests.integration.small_room import FilmedBoard, RawClient, console, host_config, joined

MDNS = ("224.0.0.251", 5353)
LOOPBACK = "127.0.0.1"


class Multicast:
    """Every mDNS packet on the loopback interface."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._socket.bind(("", MDNS[1]))
        membership = struct.pack("4s4s", socket.inet_aton(MDNS[0]), socket.inet_aton(LOOPBACK))
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        self._socket.settimeout(0.2)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> "Multicast":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                self.packets.append(self._socket.recv(9000))


async def heard_by(client: RawClient, seconds: float) -> bytes:
    """Every byte of every message that comes in so long."""
    heard: list[bytes] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                data = await client.link.recv()
                heard.append(data.encode() if isinstance(data, str) else data)
    return b"\n".join(heard)


async def identify(nurse: RawClient, wristband: Mapping[IdentifierKind, str]) -> None:
    """Give an identifier that is wrong, then those of the wristband; the host must know them."""
    told = await nurse.until(lambda m: isinstance(m, Identity) and m.case_id is not None)
    assert isinstance(told, Identity)
    assert told.case_id is not None
    assert told.salt is not None
    for given in ({**wristband, IdentifierKind.NAME: "Somebody Else"}, wristband):
        proofs = tuple(
            IdentifierProof(kind=kind, any_of=typed_proofs(kind, text, salt=told.salt)) for kind, text in given.items()
        )
        await nurse.say(Identify(case_id=told.case_id, proofs=proofs))
    await nurse.until(lambda m: isinstance(m, Identity) and set(m.matched) == set(wristband))


def session_overheard(
    folder: Path, store: Path, case_id: str, *, wristband: Mapping[IdentifierKind, str]
) -> dict[str, bytes]:
    """Hold a session on a case of a store, and then its replay; returns all that was said, by who heard it.

    Args:
        folder: for what the host needs.
        store: of the case.
        case_id: which.
        wristband: what the patient's identifiers are.
    """
    found: dict[str, bytes] = {}

    async def hold(host: Host) -> None:
        addresses = host.wait_ready()
        async with joined(addresses, role=Role.SURGEON, code=addresses.code) as surgeon, console(addresses) as nurse:
            await nurse.say(SelectCase(case_id=case_id))
            await nurse.say(Start())
            await identify(nurse, wristband)
            before = "\n".join(encode(m) for m in nurse.history if not isinstance(m, PoseMessage | PictureMessage))
            found["surgeon"], heard = await asyncio.gather(heard_by(surgeon, 2.5), heard_by(nurse, 2.5))
            found["nurse"] = before.encode() + heard
        for path in ("/health", "/metrics", "/"):
            url = f"http://{LOOPBACK}:{addresses.loopback_port}{path}"
            try:
                with urllib.request.urlopen(url, timeout=10) as answer:
                    found[path] = answer.read()
            except urllib.error.HTTPError as error:
                found[path] = error.read()

    async def replay(file: Path) -> None:
        async with (
            running(
                ReplayConfig(
                    store=store, file=file, port=0, loopback_port=0, announce_interfaces=(LOOPBACK,), speed=4.0
                )
            ) as (_, addresses),
            joined(addresses, role=Role.SURGEON, code=addresses.code) as surgeon,
        ):
            found["replay"] = await heard_by(surgeon, 2.0)

    config = host_config(
        folder,
        f"slot:{folder / 'overheard.slot'}",
        store=store,
        announce=True,
        announce_interfaces=(LOOPBACK,),
        simulated=False,
        log_file=store / FOLDER / FILE,
        log_level=LogLevel.DEBUG,
    )
    with Multicast() as network:
        with FilmedBoard(folder / "overheard.slot"), Host(config) as host:
            asyncio.run(hold(host))
        asyncio.run(replay(recordings_in(store)[0].path))
        found["mdns"] = b"\n".join(network.packets)
    return found
