"""`orview track`: where boards are, picture by picture."""

import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orview.cli.output import console
from orview.cli.pictures import pictures_of

if TYPE_CHECKING:
    from orview.edge.cameras.watch import Silent
    from orview.markers.board import Board
    from orview.track.follow import TrackedPose

Lines = list[dict[str, Any]]


def command(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A camera's number, a video, a folder of pictures, or slot:PATH.")
    ],
    board: Annotated[
        list[str], typer.Option(help="A board to follow: a delivered name or a TOML file. Repeat for several.")
    ],
    camera: Annotated[Path, typer.Option(help="The camera's profile, made by `orview calibrate`.")],
    json_lines: Annotated[
        bool, typer.Option("--json-lines", help="Print one JSON object a board and picture on stdout.")
    ] = False,
    no_follow: Annotated[bool, typer.Option("--no-follow", help="Let each picture stand alone.")] = False,
    moving_camera: Annotated[
        bool,
        typer.Option("--moving-camera", help="The camera does not rest in the room: what is behind the boards moves."),
    ] = False,
    apart: Annotated[
        bool,
        typer.Option("--apart", help="The boards are not fixed to one patient: they may move against each other."),
    ] = False,
    frames: Annotated[int | None, typer.Option(min=1, help="Stop after so many pictures.")] = None,
) -> None:
    """Follow boards through a camera's pictures.

    Several boards watch each other: when one was bumped, that is said and no pose is told any more.

    Example: orview track 0@1280x720 --board patient_flat --camera room_camera.toml --json-lines
    """
    from orview.edge.boards import load_boards
    from orview.edge.camera import Picture, open_camera
    from orview.edge.profiles import read_profile
    from orview.errors import RefusedError
    from orview.track.follow import Tracker
    from orview.track.together import Together
    from orview.track.warm import warm

    boards, profile = load_boards(*board), read_profile(camera)
    warm()
    opened = open_camera(source)
    resting = not (moving_camera or opened.moving)
    tracker = Tracker(boards, profile, follow=not no_follow, resting=resting)
    together = Together(() if apart else boards)
    counts: Counter[str] = Counter()
    frame = 0
    with _shown(json_lines) as show:
        for event in pictures_of(opened, source, profile):
            started = time.perf_counter()
            if isinstance(event, Picture):
                answers = tracker.step(event.image, taken_ns=event.taken_ns)
                ms = 1e3 * (time.perf_counter() - started)
                bumped = together.take(answers)
                lines = [_line(frame, *told, ms=ms, bumped=bumped) for told in zip(boards, answers, strict=True)]
                frame += 1
            else:
                lines = [_silent_line(frame, definition, event) for definition in boards]
            counts.update(line["state"] for line in lines)
            show(lines)
            if frame == frames:
                break
    summary = ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "no pictures"
    console.print(f"{frame} pictures: {summary}.")
    if refusal := tracker.refusal or together.reason:
        raise RefusedError(refusal)


@contextmanager
def _shown(json_lines: bool) -> Iterator[Callable[[Lines], None]]:
    """Yield what shows the lines of a picture: JSON on stdout, or on a terminal one line a board that stays."""
    if json_lines:
        yield _print
    elif not console.is_terminal:
        yield lambda _: None
    else:
        from rich.live import Live

        with Live(console=console, auto_refresh=False, transient=True) as live:
            yield lambda lines: live.update("\n".join(_words(line) for line in lines), refresh=True)


def _print(lines: Lines) -> None:
    for line in lines:
        sys.stdout.write(json.dumps(line, allow_nan=False) + "\n")
    sys.stdout.flush()


def _words(line: dict[str, Any]) -> str:
    if line["camera_from_board"] is None:
        return f"{line['board']}: [yellow]{line['state']}[/] {line['reason']}"
    x, y, z = (row[3] for row in line["camera_from_board"][:3])
    return (
        f"{line['board']}: [green]{line['state']}[/] {x:8.1f} {y:8.1f} {z:8.1f} mm  ± {line['sigma_mm']:.2f} mm, "
        f"{line['sigma_deg']:.2f}°  {line['ms']:.0f} ms"
    )


def _line(frame: int, board: "Board", tracked: "TrackedPose", *, ms: float, bumped: str) -> dict[str, Any]:
    """Return what one picture says as plain values; sigma_mm is that of the middle of the pattern.

    Boards of which one was bumped are lost, with the reason `bumped`.
    """
    import numpy as np

    from orview.units import deg_from_rad

    state, reason = ("lost", bumped) if bumped else (str(tracked.state), tracked.reason)
    line = _empty_line(frame, board, t_ns=tracked.taken_ns, state=state, reason=reason)
    line["rms_px"] = tracked.rms_px if math.isfinite(tracked.rms_px) else None
    line["corners"] = tracked.corner_count
    line["ms"] = round(ms, 3)
    pose = tracked.camera_from_board
    if pose is not None and not bumped:
        middle = (*(np.array(board.pattern_origin_mm) + np.array(board.pattern_mm) / 2.0), 0.0)
        line["camera_from_board"] = pose.transform.matrix.tolist()
        line["sigma_mm"] = math.sqrt(float(np.trace(pose.covariance_at(middle))))
        line["sigma_deg"] = deg_from_rad(math.sqrt(float(np.trace(pose.covariance[:3, :3]))))
    return line


def _silent_line(frame: int, board: "Board", event: "Silent") -> dict[str, Any]:
    return _empty_line(frame, board, t_ns=time.monotonic_ns(), state="lost", reason=event.words)


def _empty_line(frame: int, board: "Board", *, t_ns: int, state: str, reason: str) -> dict[str, Any]:
    return {
        "frame": frame,
        "board": board.name,
        "board_digest": board.digest,
        "t_ns": t_ns,
        "state": state,
        "reason": reason,
        "camera_from_board": None,
        "sigma_mm": None,
        "sigma_deg": None,
        "rms_px": None,
        "corners": 0,
        "ms": 0.0,
    }
