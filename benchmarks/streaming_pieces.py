"""What the streaming scenes are made of: servers told by lines what to do, C clients, and goals told as they came out.

Servers run on the first core, clients on the second, both before ordinary processes where the system allows it, so
that neither is measured by what else the machine does.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PEERS = HERE / "peers"
PEER_PYTHON = HERE / ".peers" / "bin" / "python"
SEND_NS_AT = 24
FOXGLOVE_HEAD_BYTES = 13
OURS, OURS_TLS, FLOOR, BROADCAST, FOXGLOVE = (
    "orview",
    "orview, TLS",
    "C floor",
    "websockets.broadcast()",
    "foxglove-sdk",
)
_SERVERS = {
    OURS: [sys.executable, "-m", "benchmarks.streaming_room", "orview"],
    OURS_TLS: [sys.executable, "-m", "benchmarks.streaming_room", "orview-tls"],
    BROADCAST: [sys.executable, "-m", "benchmarks.streaming_room", "broadcast"],
    FOXGLOVE: [str(PEER_PYTHON), str(PEERS / "fan.py")],
}
_SUBSCRIBE = '{"op":"subscribe","subscriptions":[{"id":1,"channelId":1}]}'


class NotMeasuredError(Exception):
    """A scene cannot be played on this machine; the words say why."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One line of the table.

    Attributes:
        name: what is asked for.
        asked, reached: as they are to be read.
        met: whether it is; None where it was not measured.
    """

    name: str
    asked: str
    reached: str
    met: bool | None

    def line(self) -> str:
        """Return it as a line of text."""
        mark = {True: "met   ", False: "MISSED", None: "not measured"}[self.met]
        return f"  {mark} {self.name}: {self.reached} (asked: {self.asked})"


@cache
def compiled(name: str) -> Path:
    """Compile a C program of the peers into a folder of this run.

    Raises:
        NotMeasuredError: there is no compiler.
    """
    folder = tempfile.TemporaryDirectory()
    compiled.__dict__.setdefault("folders", []).append(folder)
    program = Path(folder.name) / name
    tls = ["-DWITH_TLS", "-lssl", "-lcrypto"] if Path("/usr/include/openssl/ssl.h").exists() else []
    command = ["gcc", "-O2", "-o", str(program), str(PEERS / f"{name}.c"), *(tls if name == "reader" else [])]
    try:
        subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotMeasuredError("a C compiler (gcc) is needed for the floor and the clients") from error
    return program


def ahead_on(core: int) -> Callable[[], None]:
    """Return what pins a new process to a core and lets it run before ordinary ones."""

    def begin() -> None:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {core % (os.cpu_count() or 1)})
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))

    return begin


class Spoken:
    """A process that is told one line and answers by one line of JSON."""

    def __init__(self, command: list[str], *, core: int, ahead: bool = True) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            preexec_fn=ahead_on(core) if ahead else None,
            env=os.environ | {"PYTHONPATH": str(HERE.parent)},
        )

    def say(self, line: str) -> None:
        """Tell it something."""
        assert self.process.stdin is not None
        print(line, file=self.process.stdin, flush=True)

    def hear(self) -> dict[str, Any]:
        """Wait for its answer.

        Raises:
            SystemExit: it ended.
        """
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args} ended")
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer

    def ask(self, line: str) -> dict[str, Any]:
        """Tell it something and wait for the answer."""
        self.say(line)
        return self.hear()

    def end(self) -> None:
        """Let it end."""
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run of a server came to.

    Attributes:
        cpu_us: of the server's whole process per message that arrived.
        p50_us, p99_us: from sending to parsed in the client.
        rate_hz: of the slowest client.
        lost: clients whose connection ended.
        grown_mib: of the server's memory.
        late_p99_us: from when a tick was due until it was all handed to the sockets; 0 where the server does not say.
    """

    cpu_us: float
    p50_us: float
    p99_us: float
    rate_hz: float
    lost: int
    grown_mib: float
    late_p99_us: float


class Pair:
    """A server and its clients."""

    def __init__(self, way: str, payload_bytes: int) -> None:
        if way == FOXGLOVE and not PEER_PYTHON.exists():
            raise NotMeasuredError("foxglove-sdk is not there; `make bench` installs it")
        self._bytes = payload_bytes
        self._server = Spoken([str(compiled("floor"))] if way == FLOOR else _SERVERS[way], core=0)
        port = self._server.hear()["port"]
        at, length = SEND_NS_AT, payload_bytes
        talk = ["", ""]
        if way == FOXGLOVE:
            at, length, talk = at + FOXGLOVE_HEAD_BYTES, length + FOXGLOVE_HEAD_BYTES, ["foxglove.sdk.v1", _SUBSCRIBE]
        tls = ["tls"] if way == OURS_TLS else []
        self._reader = Spoken([str(compiled("reader")), str(port), str(at), str(length), *talk, *tls], core=1)
        self.clients = 0

    def add(self, count: int, *, stuck: bool = False) -> None:
        """Connect more clients, or such that never read."""
        added = self._reader.ask(f"{'stuck' if stuck else 'add'} {count}")["added"]
        if added != count:
            raise SystemExit(f"only {added} of {count} clients could connect")
        self.clients += 0 if stuck else count

    def run(self, seconds: float, *, rate_hz: float = 90.0) -> Run:
        """Send and count for so long."""
        self._server.say(f"{seconds + 0.4} {rate_hz} {self._bytes}")
        # The first fifth of a second is to get going, the last for what is on its way.
        told = self._reader.ask(f"take {seconds + 1.0}")
        sent = self._server.hear()
        messages = max(told["messages"], 1)
        return Run(
            cpu_us=sent["cpu_s"] * 1e6 / messages,
            p50_us=told["p50_us"],
            p99_us=told["p99_us"],
            rate_hz=told["slowest"] / (seconds + 0.4),
            lost=told["lost"],
            grown_mib=sent.get("grown_bytes", 0) / (1 << 20),
            late_p99_us=sent.get("late_p99_us", 0.0),
        )

    def end(self) -> None:
        """End both."""
        self._reader.end()
        self._server.end()


@contextlib.contextmanager
def pair(way: str, *, clients: int, payload_bytes: int) -> Iterator[Pair]:
    """Have a server of one way with so many clients."""
    both = Pair(way, payload_bytes)
    try:
        both.add(clients)
        yield both
    finally:
        both.end()
