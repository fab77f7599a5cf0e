"""Poses from files, for the calibration of what is held or worn: JSON, JSON lines (as `orview track` prints) and CSV.

JSON: a list of objects, or an object with the list under "views"; JSON lines: one object a line. An object has one
(4, 4) matrix for each link by its name ("camera_from_board"), mm, last row 0 0 0 1, and may have its covariance (6, 6)
under the name with "_covariance" added (rad and mm, left, see `orview.geometry.uncertain`), or "sigma_mm" and
"sigma_deg". Objects whose "state" is not "tracked" are passed over. "board_digest" says which board a pose is of.

CSV: a header, and for each link the columns NAME_x_mm, NAME_y_mm, NAME_z_mm, NAME_qx, NAME_qy, NAME_qz, NAME_qw and, if
known, NAME_sigma_mm and NAME_sigma_deg.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.errors import InputError, NotRigidError, OrviewError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, skew
from orview.geometry.uncertain import UncertainPose
from orview.units import rad_from_deg

GUESSED_SIGMA_MM, GUESSED_SIGMA_DEG = 0.5, 0.1
"""Of poses that do not say their own."""

LARGEST_BYTES = 64 << 20


@dataclass(frozen=True, kw_only=True, eq=False)
class PoseRows:
    """Poses of a file.

    Attributes:
        rows: for each moment the pose of every link by name.
        noise_known: whether each pose said how uncertain it is.
        board_digest: of the board the poses say they are of, empty where none says it.
    """

    rows: tuple[Mapping[str, UncertainPose], ...]
    noise_known: bool
    board_digest: str = ""


def read_poses(path: Path, links: Mapping[str, tuple[Frame, Frame]], *, board_digest: str = "") -> PoseRows:
    """Read the poses of some links.

    Args:
        path: of the file.
        links: by name the frames they lead to and from.
        board_digest: of the board that is asked for: poses that say they are of another are passed over.

    Raises:
        InputError: the file cannot be read, has another form, misses a link, a pose is none, or there are poses of
            several boards and none is asked for.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError("The file of poses is larger than 64 MB.", mend="Take fewer poses; 30 are enough.")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("The file of poses cannot be read.", mend=f"Check {path}.") from error
    tables = _from_csv(text, links) if path.suffix.lower() == ".csv" else _from_json(text)
    rows, known, boards = [], True, set[str]()
    for number, table in enumerate(tables, start=1):
        if not isinstance(table, dict):
            raise InputError(f"Entry {number} of the poses is no object with named poses.")
        if str(table.get("state", "tracked")) != "tracked":
            continue
        said_board = str(table.get("board_digest", ""))
        if board_digest and said_board not in ("", board_digest):
            continue
        boards.add(said_board)
        row = {}
        for name, (to_frame, from_frame) in links.items():
            try:
                row[name], said = _pose(table, name, to_frame, from_frame)
            except (KeyError, TypeError, ValueError, OrviewError) as error:
                what = error.message if isinstance(error, NotRigidError) else f"{name} is missing or no pose"
                raise InputError(
                    f"Entry {number} of the poses cannot be used: {what}.".replace("..", "."),
                    mend="calibration/README.md shows the format.",
                ) from error
            known = known and said
        rows.append(row)
    if not rows:
        whose = " of that board" if board_digest else ""
        raise InputError(f"The file holds no poses{whose}.", mend="calibration/README.md shows the format.")
    if len(boards) > 1:
        raise InputError("The file holds poses of several boards.", mend="Name the one that is meant with --board.")
    return PoseRows(rows=tuple(rows), noise_known=known, board_digest=boards.pop())


def _from_json(text: str) -> list[Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError:
        try:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        except json.JSONDecodeError as error:
            raise InputError(
                "The file of poses is neither JSON nor JSON lines.", mend="calibration/README.md shows the format."
            ) from error
    if isinstance(document, dict):
        document = document.get("views", [document])
    if not isinstance(document, list):
        raise InputError("The poses are a list of objects.", mend="calibration/README.md shows the format.")
    return document


def _from_csv(text: str, links: Mapping[str, tuple[Frame, Frame]]) -> list[Any]:
    tables = []
    for line in csv.DictReader(text.splitlines()):
        table: dict[str, Any] = {}
        for name, (to_frame, from_frame) in links.items():
            try:
                place = [float(line[f"{name}_{axis}_mm"]) for axis in "xyz"]
                quat = [float(line[f"{name}_q{axis}"]) for axis in "xyzw"]
                pose = RigidTransform.from_quaternion(to_frame, from_frame, quat, place)
            except (KeyError, TypeError, ValueError, NotRigidError):
                continue
            table[name] = pose.matrix.tolist()
            for sigma in ("sigma_mm", "sigma_deg"):
                if line.get(f"{name}_{sigma}"):
                    table[f"{name}_{sigma}"] = line[f"{name}_{sigma}"]
        tables.append(table)
    return tables


def _pose(table: dict[str, Any], name: str, to_frame: Frame, from_frame: Frame) -> tuple[UncertainPose, bool]:
    """Return one pose, and whether it says its own uncertainty."""
    pose = RigidTransform.from_matrix(to_frame, from_frame, np.array(table[name], dtype=np.float64))
    if f"{name}_covariance" in table:
        return UncertainPose(pose, np.array(table[f"{name}_covariance"], dtype=np.float64)), True
    sigma_mm = table.get(f"{name}_sigma_mm", table.get("sigma_mm"))
    sigma_deg = table.get(f"{name}_sigma_deg", table.get("sigma_deg"))
    if sigma_mm is None or sigma_deg is None:
        return UncertainPose(pose, _round_covariance(pose, GUESSED_SIGMA_MM, rad_from_deg(GUESSED_SIGMA_DEG))), False
    return UncertainPose(pose, _round_covariance(pose, float(sigma_mm), rad_from_deg(float(sigma_deg)))), True


def _round_covariance(pose: RigidTransform, sigma_mm: float, sigma_rad: float) -> NDArray[np.float64]:
    """Return the covariance (6, 6) of equal sigmas: a turn about the origin of the placed frame, and a shift."""
    # A turn about that origin is one about the camera's with a shift that brings it back.
    back = skew(pose.translation_mm)
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = sigma_rad**2 * np.eye(3)
    covariance[3:, :3] = sigma_rad**2 * back
    covariance[:3, 3:] = sigma_rad**2 * back.T
    covariance[3:, 3:] = sigma_mm**2 * np.eye(3) + sigma_rad**2 * back @ back.T
    return covariance
