"""How a running host is doing, for whoever looks at its terminal: one live line, or a line at each change in a pipe."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from orview.cli.output import console
from orview.edge.systemd import notify

if TYPE_CHECKING:
    from rich.text import Text

    from orview.edge.host.host import Host
    from orview.edge.slots.statuses import StreamStatus

REFRESH_S = 0.5
SILENT_AFTER_S = 4.0
_STYLES = {"LIVE": "bold green", "LOST": "bold red", "HOLD": "bold yellow"}
_TROUBLES = {
    "tracking_silent": "the tracking says nothing",
    "loop_late": "this machine is too busy",
    "audit_not_written": "the log is not on disk",
}
_RECORDING = {"on": "recording", "stopped": "NOT RECORDING: the disk is full"}


def watch(host: "Host") -> None:
    """Show how the host is doing until interrupted."""
    if console.is_terminal:
        _watch_live(host)
    _watch_changes(host)


def _watch_live(host: "Host") -> None:
    from rich.live import Live

    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            if (status := host.status()) is not None:
                live.update(live_line(status, host.restarts(), now_ns=time.monotonic_ns()), refresh=True)
            time.sleep(REFRESH_S)


def _watch_changes(host: "Host") -> None:
    told = ""
    heard = Heard()
    while True:
        if (status := host.status()) is not None:
            if (line := changed_line(status, host.restarts())) != told:
                told = line
                console.print(line, soft_wrap=True, markup=False)
                notify(READY="1", STATUS=line)
            if heard.anew(status, now_s=time.monotonic()):
                notify(WATCHDOG="1")
        time.sleep(REFRESH_S)


class Heard:
    """Tells whether the process that sends poses still lives, by its own word: it says how it is once a second."""

    def __init__(self) -> None:
        self._said_ns = -1
        self._at_s = 0.0

    def anew(self, status: "StreamStatus", *, now_s: float) -> bool:
        """Return whether it said something within the last seconds."""
        if status.said_ns != self._said_ns:
            self._said_ns, self._at_s = status.said_ns, now_s
        return now_s - self._at_s < SILENT_AFTER_S


def live_line(status: "StreamStatus", restarts: Mapping[str, int], *, now_ns: int) -> "Text":
    """Return the line of a terminal; `now_ns` is the host's monotonic clock."""
    from rich.text import Text

    parts = [_count(status.clients, "client")]
    if status.pose_age_ms is not None:
        parts.append(f"{status.poses_hz:.0f} poses/s, {status.pose_age_ms:.1f} ms old when sent")
    if status.recording in _RECORDING:
        parts.append(f"{_RECORDING[status.recording]} ({status.recording_bytes / 1e6:.1f} MB)")
    if status.code is not None and status.code_expires_ns is not None:
        left_s = max(0, (status.code_expires_ns - now_ns) // 1_000_000_000)
        parts.append(f"code {status.code} for {left_s} s")
    parts += _oddities(status, restarts)
    why = f"  {status.why}" if status.why else ""
    waits = f" (waits for {_named(status.missing)})" if status.missing else ""
    return Text.assemble(
        (status.state, _STYLES.get(status.state, "bold")), f"{why}{waits}  ", (" · ".join(parts), "dim")
    )


def changed_line(status: "StreamStatus", restarts: Mapping[str, int]) -> str:
    """Return the line of a pipe or a journal: nothing that changes all the time, and no name of a case."""
    parts = [_count(status.clients, "client")]
    if status.recording in _RECORDING:
        parts.append(_RECORDING[status.recording])
    if status.missing:
        parts.append(f"waits for {_named(status.missing)}")
    return " · ".join([status.state, *parts, *_oddities(status, restarts)])


def _oddities(status: "StreamStatus", restarts: Mapping[str, int]) -> list[str]:
    odd = [_TROUBLES.get(trouble, trouble) for trouble in status.troubles]
    odd += [f"ANOTHER HOST on this network: {other}" for other in status.other_hosts]
    odd += [f"{name} restarted {count}x" for name, count in restarts.items() if count]
    return odd


def _named(keys: list[str]) -> str:
    return ", ".join(key.replace("_", " ") for key in keys)


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
