"""`orview calibrate pivot`: where the tip of a pointer is, from its board's poses while it is swung about the tip."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orview.cli.output import console, print_json

if TYPE_CHECKING:
    from orview.calibrate.pivot import Pivot


def command(
    poses: Annotated[
        Path, typer.Argument(metavar="POSES", help="Poses of the pointer's board: .csv, .json, or what track printed.")
    ],
    board: Annotated[
        str, typer.Option(metavar="BOARD", help="The pointer's board, where the poses do not say it or are of several.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Find the tip of a pointer that was swung about its resting tip.

    Example: orview track 0 --board pointer.toml --camera room_camera.toml --json-lines > swing.jsonl, then
    orview calibrate pivot swing.jsonl --json > tip.json, which `orview touch` reads
    """
    from orview.calibrate.pivot import calibrate_pivot
    from orview.edge.boards import load_board
    from orview.edge.pose_files import read_poses
    from orview.errors import InputError
    from orview.frames import Frame

    digest = load_board(board).digest if board else ""
    found = read_poses(poses, {"camera_from_board": (Frame.CAMERA, Frame.BOARD)}, board_digest=digest)
    digest = digest or found.board_digest
    if as_json and not digest:
        raise InputError(
            "The poses do not say which board they are of, and a tip belongs to one board.",
            mend="Name the pointer's board with --board.",
        )
    result = calibrate_pivot([row["camera_from_board"] for row in found.rows], noise_known=found.noise_known)
    if as_json:
        print_json({"board_digest": digest, **_document(result)})
        return
    x, y, z = result.tip_in_board_mm.tolist()
    console.print(f"Tip at {x:.2f}, {y:.2f}, {z:.2f} mm of the pointer's board, 95 % within {result.error_mm:.2f} mm.")
    console.print(
        f"  {sum(result.used)} of {len(result.used)} poses agree, swung by {result.swing_deg:.0f} degrees across, "
        f"their tips scatter by {result.rms_mm:.2f} mm."
    )


def _document(result: "Pivot") -> dict[str, object]:
    return {
        "tip_in_board_mm": result.tip_in_board_mm.tolist(),
        "covariance_mm2": result.covariance_mm2.tolist(),
        "error_mm": result.error_mm,
        "pivot_in_camera_mm": result.pivot_in_camera_mm.tolist(),
        "poses": len(result.used),
        "poses_used": sum(result.used),
        "swing_deg": result.swing_deg,
        "rms_mm": result.rms_mm,
    }
