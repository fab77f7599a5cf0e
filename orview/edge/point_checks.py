"""What every file of points must be: small, text, with points that are apart, near, and not all on one line."""

from pathlib import Path

import numpy as np

from orview.edge.point_rows import PointRow
from orview.errors import InputError
from orview.geometry.fit import COLLINEAR_RATIO

LARGEST_BYTES = 8 << 20
SAME_PLACE_MM = 0.01
"""Points nearer than this to one another are one point written twice."""

FARTHEST_MM = 10_000.0
"""No point of a patient is farther from the origin of a CT, or from the board on the patient, than this."""


def text_of(path: Path) -> str:
    """Return the text of a file of points.

    Raises:
        InputError: it is missing, empty, too large or no text.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"{path.name} is larger than 8 MB.", mend="A file of points is small: check which it is.")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is not text in UTF-8.", mend="Save it again from 3D Slicer, or as CSV in UTF-8."
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} cannot be read.", mend="Check that the file is there.") from error
    if not text.strip():
        raise InputError(f"{path.name} is empty.", mend="Save the points again; the file holds none.")
    return text


def check_count(rows: list[PointRow], name: str, *, most: int) -> None:
    """Refuse more points than `most`.

    Raises:
        InputError: there are more.
    """
    if len(rows) > most:
        raise InputError(f"{name} holds {len(rows)} points, more than {most}.", mend="Keep the points that count.")


def check_near(rows: list[PointRow], name: str) -> None:
    """Refuse points that lie farther than any patient reaches.

    Raises:
        InputError: one does.
    """
    for row in rows:
        if np.abs(row.position_mm).max() > FARTHEST_MM:
            raise InputError(
                f"{name}, {row.where}: {row.name} is {np.abs(row.position_mm).max() / 1000.0:.0f} m away.",
                mend="Write the points in millimetres.",
            )


def check_named_once(rows: list[PointRow], name: str) -> None:
    """Refuse a name that stands twice.

    Raises:
        InputError: one does.
    """
    first: dict[str, PointRow] = {}
    for row in rows:
        other = first.setdefault(row.name, row)
        if other is not row:
            raise InputError(
                f"{name}, {row.where}: the name {row.name!r} stands there a second time, first in {other.where}.",
                mend="Give every point its own name.",
            )


def check_apart(rows: list[PointRow], name: str, *, apart_mm: float = SAME_PLACE_MM) -> None:
    """Refuse two points at one place.

    Raises:
        InputError: two are nearer than `apart_mm`.
    """
    positions = np.array([row.position_mm for row in rows]).reshape(-1, 3)
    # Sorted along one axis only neighbours can coincide: thousands of points stay cheap.
    order = np.argsort(positions[:, 0], kind="stable")
    for at, index in enumerate(order):
        for other in order[at + 1 :]:
            if positions[other, 0] - positions[index, 0] >= apart_mm:
                break
            if np.linalg.norm(positions[other] - positions[index]) < apart_mm:
                one, two = sorted((rows[index], rows[other]), key=lambda row: row.number)
                raise InputError(
                    f"{name}, {two.where}: {two.name} lies where {one.name} does ({one.where}).",
                    mend="Remove one of the two points.",
                )


def check_spread(rows: list[PointRow], name: str) -> None:
    """Refuse three points or more that lie on one line.

    Raises:
        InputError: they do.
    """
    if len(rows) < 3:
        return
    positions = np.array([row.position_mm for row in rows])
    spread = np.linalg.svd(positions - positions.mean(axis=0), compute_uv=False)
    if spread[1] < COLLINEAR_RATIO * spread[0]:
        raise InputError(
            f"{name}: all {len(rows)} points lie on one line.",
            mend="Take a point well beside that line; a line leaves a turn about itself free.",
        )
