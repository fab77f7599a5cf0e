"""A bad link between a host and a client, each in a network namespace of its own, with the kernel's TCP over it."""

import contextlib
import os
import subprocess
from collections.abc import Iterator

from benchmarks.streaming_pieces import NotMeasuredError, Spoken, compiled

HOST_ADDRESS, CLIENT_ADDRESS = "10.77.0.1", "10.77.0.2"


class Link:
    """Told to be worse, to break, and to come back."""

    def __init__(self, wire: Spoken, spaces: tuple[str, str]) -> None:
        self._wire = wire
        self._host, self._client = spaces

    def be(
        self, *, mbit: float, delay_ms: float, jitter_ms: float = 0.0, loss: float = 0.0, queue: int = 1 << 20
    ) -> None:
        """Carry so much, so late, both ways."""
        self._wire.ask(f"set {mbit} {delay_ms} {jitter_ms} {loss} {queue}")

    def break_off(self) -> int:
        """Lose everything from now on; returns when that began (ns, CLOCK_MONOTONIC)."""
        return int(self._wire.ask("down")["at_ns"])

    def come_back(self) -> int:
        """Carry again; returns since when."""
        return int(self._wire.ask("up")["at_ns"])

    def at_host(self, command: list[str]) -> Spoken:
        """Start a process at the host's end."""
        return Spoken(["ip", "netns", "exec", self._host, *command], core=0)

    def at_client(self, command: list[str]) -> Spoken:
        """Start a process at the client's end."""
        return Spoken(["ip", "netns", "exec", self._client, *command], core=1)


@contextlib.contextmanager
def link() -> Iterator[Link]:
    """Make namespaces with a link between them, and take them away again.

    Raises:
        NotMeasuredError: this needs Linux and its administrator.
    """
    spaces = (f"orview-host-{os.getpid()}", f"orview-client-{os.getpid()}")
    made = []
    try:
        for space in spaces:
            _ip("netns", "add", space)
            made.append(space)
        wire = Spoken([str(compiled("link")), *spaces], core=1)
        try:
            wire.hear()
            for space, address in zip(spaces, (HOST_ADDRESS, CLIENT_ADDRESS), strict=True):
                _ip("-n", space, "addr", "add", f"{address}/24", "dev", "wire")
                _ip("-n", space, "link", "set", "wire", "up")
                _ip("-n", space, "link", "set", "lo", "up")
            yield Link(wire, spaces)
        finally:
            wire.end()
    finally:
        for space in made:
            _ip("netns", "del", space)


def _ip(*words: str) -> None:
    try:
        subprocess.run(["ip", *words], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotMeasuredError("network namespaces need Linux and its administrator (root)") from error
