"""`orview calibrate hand-eye`: where a camera sits on a headset, from the headset's poses and what the camera saw."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from orview.cli.output import console, print_json
from orview.units import deg_from_rad

if TYPE_CHECKING:
    from orview.calibrate.hand_eye import HandEye


def command(
    views: Annotated[
        Path,
        typer.Argument(metavar="VIEWS", help="world_from_headset and camera_from_board of each moment: .csv or .json."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Find headset_from_camera from 15 to 30 views of a resting board, the head turned to all sides.

    Example: orview calibrate hand-eye views.json --json
    """
    from orview.calibrate.hand_eye import HandEyeView, calibrate_hand_eye
    from orview.edge.pose_files import read_poses
    from orview.frames import Frame

    found = read_poses(
        views,
        {"world_from_headset": (Frame.WORLD, Frame.HEADSET), "camera_from_board": (Frame.CAMERA, Frame.BOARD)},
    )
    result = calibrate_hand_eye([HandEyeView(**row) for row in found.rows], noise_known=found.noise_known)
    if as_json:
        print_json(_document(result))
        return
    sigma_deg, sigma_mm = _sigmas(result)
    x, y, z = result.headset_from_camera.transform.translation_mm.tolist()
    console.print(
        f"Camera at {x:.1f}, {y:.1f}, {z:.1f} mm of the headset, ± {sigma_mm:.2f} mm and {sigma_deg:.3f} deg."
    )
    console.print(
        f"  {sum(result.used)} of {len(result.used)} views agree, turned by {result.turn_deg:.0f} degrees about the "
        "second axis."
    )


def _sigmas(result: "HandEye") -> tuple[float, float]:
    """Return the root of the mean variance of turn, deg, and place, mm."""
    variances = np.diag(result.headset_from_camera.covariance)
    return deg_from_rad(float(np.sqrt(variances[:3].mean()))), float(np.sqrt(variances[3:].mean()))


def _document(result: "HandEye") -> dict[str, object]:
    sigma_deg, sigma_mm = _sigmas(result)
    return {
        "headset_from_camera": result.headset_from_camera.transform.matrix.tolist(),
        "headset_from_camera_covariance": result.headset_from_camera.covariance.tolist(),
        "sigma_mm": sigma_mm,
        "sigma_deg": sigma_deg,
        "world_from_board": result.world_from_board.transform.matrix.tolist(),
        "views": len(result.used),
        "views_used": sum(result.used),
        "turn_deg": result.turn_deg,
        "excess": result.excess,
    }
