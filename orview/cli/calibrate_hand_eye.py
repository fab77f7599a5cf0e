"""`orview calibrate hand-eye`: where a camera or a board sits on a headset, from its poses and what a camera saw."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from orview.cli.output import console, print_json
from orview.units import deg_from_rad

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orview.calibrate.hand_eye import HandEye
    from orview.geometry.uncertain import UncertainPose


def command(
    views: Annotated[
        Path,
        typer.Argument(metavar="VIEWS", help="world_from_headset and camera_from_board of each moment: .csv or .json."),
    ],
    worn: Annotated[
        bool, typer.Option("--worn", help="The board is worn on the headset, and the camera rests in the room.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Find headset_from_camera from 15 to 30 views of a resting board, the head turned to all sides.

    Example: orview calibrate hand-eye views.json --json

    A board worn on the headset, seen by the room camera:  orview calibrate hand-eye views.json --worn --json
    """
    from orview.calibrate.hand_eye import HandEyeView, calibrate_hand_eye
    from orview.edge.pose_files import read_poses
    from orview.frames import Frame

    found = read_poses(
        views,
        {"world_from_headset": (Frame.WORLD, Frame.HEADSET), "camera_from_board": (Frame.CAMERA, Frame.BOARD)},
    )
    views_found = [HandEyeView(**(_swapped(row) if worn else row)) for row in found.rows]
    result = calibrate_hand_eye(views_found, noise_known=found.noise_known)
    if as_json:
        print_json(_document(result, worn=worn))
        return
    sigma_deg, sigma_mm = _sigmas(result)
    x, y, z = result.headset_from_camera.transform.translation_mm.tolist()
    console.print(
        f"{'Board' if worn else 'Camera'} at {x:.1f}, {y:.1f}, {z:.1f} mm of the headset, ± {sigma_mm:.2f} mm and "
        f"{sigma_deg:.3f} deg."
    )
    console.print(
        f"  {sum(result.used)} of {len(result.used)} views agree, turned by {result.turn_deg:.0f} degrees about the "
        "second axis."
    )


def _swapped(row: "Mapping[str, UncertainPose]") -> "dict[str, UncertainPose]":
    """Return a view of a worn board as one of a camera on the headset: both sit there, and what each sees rests.

    `world_from_headset @ headset_from_board @ board_from_camera` is where the room's camera rests.
    """
    from orview.frames import Frame
    from orview.geometry.rigid import RigidTransform
    from orview.geometry.uncertain import UncertainPose

    seen = row["camera_from_board"].inverse()
    turned = RigidTransform(Frame.CAMERA, Frame.BOARD, seen.transform.rotation, seen.transform.translation_mm)
    return {**row, "camera_from_board": UncertainPose(turned, seen.covariance)}


def _sigmas(result: "HandEye") -> tuple[float, float]:
    """Return the root of the mean variance of turn, deg, and place, mm."""
    variances = np.diag(result.headset_from_camera.covariance)
    return deg_from_rad(float(np.sqrt(variances[:3].mean()))), float(np.sqrt(variances[3:].mean()))


def _document(result: "HandEye", *, worn: bool) -> dict[str, object]:
    found, rests = ("headset_from_board", "world_from_camera") if worn else ("headset_from_camera", "world_from_board")
    sigma_deg, sigma_mm = _sigmas(result)
    return {
        found: result.headset_from_camera.transform.matrix.tolist(),
        f"{found}_covariance": result.headset_from_camera.covariance.tolist(),
        "sigma_mm": sigma_mm,
        "sigma_deg": sigma_deg,
        rests: result.world_from_board.transform.matrix.tolist(),
        "views": len(result.used),
        "views_used": sum(result.used),
        "turn_deg": result.turn_deg,
        "excess": result.excess,
    }
