"""`orview headset`: a headset without a display that joins a room and measures what it gets."""

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orview.cli.output import console, print_json

if TYPE_CHECKING:
    from rich.table import Table

    from orview.edge.demo.simulated_eyes import SimulatedEyes
    from orview.edge.headset.config import HeadsetConfig, HeadsetStatus
    from orview.edge.headset.crowd import CrowdReport
    from orview.edge.headset.reference import ReferenceHeadset
    from orview.edge.headset.report import HeadsetReport, Percentiles

DEFAULT_LOAD_S = 10.0
MOST_ROWS = 20
"""Headsets listed one by one; the table's first row is of all."""


def command(
    host: Annotated[
        str | None,
        typer.Option(metavar="ADDR", help="Address, address:port or joining link; without it the network is searched."),
    ] = None,
    code: Annotated[str | None, typer.Option(help="The six digits of the nurse's console.")] = None,
    fingerprint: Annotated[
        str | None, typer.Option(help="SHA-256 of the host's certificate, as the console shows it.")
    ] = None,
    observer: Annotated[bool, typer.Option("--observer", help="Join as observer, not as surgeon.")] = False,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="How long to stay; without it until interrupted.")
    ] = None,
    interface: Annotated[
        list[str] | None, typer.Option(help="Address of an interface to search on; may be given several times.")
    ] = None,
    name: Annotated[str, typer.Option(help="What the console shows this headset as.")] = "Reference headset",
    announce: Annotated[
        bool, typer.Option("--announce/--no-announce", help="Let the nurse see that this headset is here.")
    ] = True,
    count: Annotated[
        int, typer.Option(min=1, max=4096, help="So many headsets at once, to load a host; they draw nothing.")
    ] = 1,
    look: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Send pictures of the board in a running `orview demo`, as a worn headset would; FILE is named there.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout at the end.")] = False,
) -> None:
    """Join a room as a headset without a display, and report poses, delays and gaps.

    Example: orview headset --code 123456 --seconds 20

    Example: orview headset --code 123456 --count 64 --seconds 20
    """
    from orview.edge.headset.config import HeadsetConfig
    from orview.edge.headset.reference import ReferenceHeadset
    from orview.protocol.messages import Role

    config = HeadsetConfig(
        host=host,
        code=_digits(code),
        fingerprint=_plain_fingerprint(fingerprint),
        role=Role.OBSERVER if observer else Role.SURGEON,
        device_name=name,
        interfaces=None if interface is None else tuple(interface),
        announce=announce,
        pictures=None if look is None else _simulated_eyes(look),
    )
    if count > 1:
        _load(config, count, seconds or DEFAULT_LOAD_S, as_json=as_json)
        return
    try:
        report = asyncio.run(_follow(ReferenceHeadset(config), seconds))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    if as_json:
        print_json(report.to_json())
    else:
        _print_report(report)


def _load(config: "HeadsetConfig", count: int, seconds: float, *, as_json: bool) -> None:
    from orview.edge.headset.crowd import follow_as_many

    with console.status("Looking for a host ...") as line:

        def tell(members: int) -> None:
            line.update(f"{members} of {count} headsets are in; measured for {seconds:.0f} s when all are.")

        report = asyncio.run(follow_as_many(config, count, seconds=seconds, told=tell))
    if as_json:
        print_json(report.to_json())
    else:
        console.print(load_table(report))
        for words in dict.fromkeys(report.refused):
            console.print(f"Not let in: {words}", markup=False)


def load_table(report: "CrowdReport") -> "Table":
    """Return what a crowd of headsets got, the worst of them first, as a table."""
    from rich.table import Table

    table = Table(caption="Age: from sending to arrival, by the host's clock as each headset knows it.")
    for heading in ("Headset", "Poses", "Poses/s", "Never came", "Age 50 %", "99 %", "Worst, ms", "Ended"):
        table.add_column(heading, justify="left" if heading in ("Headset", "Ended") else "right")
    rates = sorted(member.rate_hz for member in report.members)
    gaps, poses = sum(member.gaps for member in report.members), sum(member.poses for member in report.members)
    table.add_row(
        f"all {len(report.members)} of {report.wanted}",
        str(poses),
        f"{rates[0]:.1f} to {rates[-1]:.1f}",
        str(gaps),
        *_ages(report.age_ms),
        "",
        end_section=True,
    )
    worst_first = sorted(report.members, key=lambda member: member.age_ms.p99 if member.age_ms else 0.0, reverse=True)
    for member in worst_first[:MOST_ROWS]:
        table.add_row(
            str(member.number),
            str(member.poses),
            f"{member.rate_hz:.1f}",
            str(member.gaps),
            *_ages(member.age_ms),
            member.ended,
        )
    return table


def _ages(age_ms: "Percentiles | None") -> tuple[str, str, str]:
    if age_ms is None:
        return "–", "–", "–"
    return f"{age_ms.p50:.2f}", f"{age_ms.p99:.2f}", f"{age_ms.worst:.2f}"


async def _follow(headset: "ReferenceHeadset", seconds: float | None) -> "HeadsetReport":
    """Run a headset with a live line on stderr. Interrupted once it is in, it ends with its report."""
    following = asyncio.current_task()
    assert following is not None

    def interrupt() -> None:
        if headset.status.connected:
            headset.stop()
        else:
            following.cancel()

    with contextlib.suppress(NotImplementedError):  # Windows has no handlers of this kind.
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
    with console.status("Looking for a host ...") as line:

        async def show() -> None:
            while True:
                await asyncio.sleep(0.25)
                if headset.status.connected:
                    line.update(_status_line(headset.status))

        showing = asyncio.create_task(show())
        try:
            return await headset.run(seconds=seconds)
        finally:
            showing.cancel()


def _status_line(status: "HeadsetStatus") -> str:
    shown = "shown" if status.shown else f"hidden ({status.why})"
    latency = "" if status.latency_ms is None else f", {status.latency_ms:.0f} ms old on arrival"
    error = "" if status.expected_error_mm is None else f", expected error {status.expected_error_mm:.1f} mm"
    return f"{status.state}: {shown}, {status.poses} poses{latency}{error}. {status.words} {status.world}".rstrip()


def _print_report(report: "HeadsetReport") -> None:
    found = "" if report.discovered_s is None else f", found in {1000 * report.discovered_s:.0f} ms"
    simulated = " (SIMULATED)" if report.simulated else ""
    console.print(f"[bold]{report.room_name}[/]{simulated} on {report.host_name}{found}: {report.state}.")
    if report.model_digest is not None and report.model_s is not None:
        console.print(f"Model: {report.model_bytes / 1e6:.1f} MB in {report.model_s:.2f} s, verified.")
    console.print(f"Poses: {report.live_poses} live at {report.pose_rate_hz:.1f} Hz, {report.gaps} never came.")
    if report.latency_ms is not None:
        console.print(f"Exposure to arrival: {report.latency_ms.p50:.1f} ms (99 %: {report.latency_ms.p99:.1f} ms).")
    if report.log_head:
        console.print(f"Newest entry of the host's log: {report.log_head}")
    if report.frames:
        console.print(f"Drawn in {100.0 * report.shown_frames / report.frames:.0f} % of the frames.")
    if report.hidden_after_ms is not None:
        console.print(f"Hidden {len(report.hides)} times, at the latest {report.hidden_after_ms:.0f} ms after a pose.")


def _simulated_eyes(truth_file: Path) -> "SimulatedEyes":
    from orview.edge.demo.room import standing_by_the_table
    from orview.edge.demo.simulated_eyes import SimulatedEyes
    from orview.edge.demo.simulated_room import RoomTruth

    truth = RoomTruth.read(truth_file)
    return SimulatedEyes(truth, standing_by_the_table(truth))


def _digits(code: str | None) -> str | None:
    if code is None:
        return None
    digits = "".join(character for character in code if character not in " -")
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        raise typer.BadParameter("a joining code has six digits", param_hint="--code")
    return digits


def _plain_fingerprint(fingerprint: str | None) -> str | None:
    if fingerprint is None:
        return None
    plain = fingerprint.replace(":", "").lower()
    if len(plain) != 64 or any(character not in "0123456789abcdef" for character in plain):
        raise typer.BadParameter("a fingerprint has 64 hexadecimal digits", param_hint="--fingerprint")
    return plain
