"""`orview track`: where a board is, picture by picture."""

import json
import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orview.cli.output import console

if TYPE_CHECKING:
    from orview.markers.board import Board
    from orview.track.follow import TrackedPose

READ_TIMEOUT_S = 2.0


def command(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A camera's number, a video, a folder of pictures, or slot:PATH.")
    ],
    board: Annotated[str, typer.Option(help="The board to follow: a delivered name or a TOML file.")],
    camera: Annotated[Path, typer.Option(help="The camera's profile, made by `orview calibrate`.")],
    json_lines: Annotated[
        bool, typer.Option("--json-lines", help="Print one JSON object a picture on stdout.")
    ] = False,
    frames: Annotated[int | None, typer.Option(min=1, help="Stop after so many pictures.")] = None,
) -> None:
    """Follow a board through a camera's pictures.

    Example: orview track 0@1280x720 --board patient_flat --camera room_camera.toml --json-lines
    """
    from orview.edge.boards import load_board
    from orview.edge.camera import open_camera
    from orview.edge.profiles import read_profile
    from orview.track.follow import Follower

    definition, profile = load_board(board), read_profile(camera)
    follower = Follower(definition, profile)
    counts: dict[str, int] = {}
    with open_camera(source) as pictures:
        profile.require_camera(camera=pictures.name, mode=pictures.mode, serial=pictures.serial)
        frame = 0
        while frame != frames and (picture := pictures.read(timeout_s=READ_TIMEOUT_S)) is not None:
            started = time.perf_counter()
            tracked = follower.step(picture.image, taken_ns=picture.taken_ns)
            line = _line(frame, tracked, definition, ms=1e3 * (time.perf_counter() - started))
            if json_lines:
                sys.stdout.write(json.dumps(line, allow_nan=False) + "\n")
                sys.stdout.flush()
            counts[tracked.state] = counts.get(tracked.state, 0) + 1
            frame += 1
    summary = ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "no pictures"
    console.print(f"{frame} pictures: {summary}.")


def _line(frame: int, tracked: "TrackedPose", board: "Board", *, ms: float) -> dict[str, object]:
    """Return what one picture says as plain values; sigma_mm is that of the middle of the pattern."""
    import numpy as np

    from orview.units import deg_from_rad

    line: dict[str, object] = {
        "frame": frame,
        "t_ns": tracked.taken_ns,
        "state": str(tracked.state),
        "camera_from_board": None,
        "sigma_mm": None,
        "sigma_deg": None,
        "rms_px": tracked.rms_px if math.isfinite(tracked.rms_px) else None,
        "corners": tracked.corner_count,
        "ms": round(ms, 3),
    }
    pose = tracked.camera_from_board
    if pose is not None:
        middle = (*(np.array(board.pattern_origin_mm) + np.array(board.pattern_mm) / 2.0), 0.0)
        line["camera_from_board"] = pose.transform.matrix.tolist()
        line["sigma_mm"] = math.sqrt(float(np.trace(pose.covariance_at(middle))))
        line["sigma_deg"] = deg_from_rad(math.sqrt(float(np.trace(pose.covariance[:3, :3]))))
    return line
