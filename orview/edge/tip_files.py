"""The tip of a pointer from a file: the JSON that `orview calibrate pivot --json` prints."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.errors import InputError
from orview.markers.board import Board
from orview.track.tip_sight import Tip

LARGEST_BYTES = 1 << 20
FARTHEST_MM = 1000.0
"""No pointer that a hand holds is longer."""

_MEND = "Make it with `orview calibrate pivot swing.jsonl --board POINTER --json > tip.json`."


def read_tip(path: Path, pointer: Board) -> Tip:
    """Read the tip of a pointer.

    Args:
        path: of the file.
        pointer: the board on that pointer, as it was when the tip was found: the tip lies in its frame.

    Raises:
        InputError: the file is missing, it is not the tip of a pointer, or it is that of another one or does not say.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"{path.name} is no file of a pointer's tip.", mend=_MEND)
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"The tip of the pointer cannot be read from {path}.", mend=_MEND) from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path.name} is no JSON document.", mend=_MEND) from error
    position = _numbers(document, "tip_in_board_mm", (3,), path)
    covariance = _numbers(document, "covariance_mm2", (3, 3), path)
    if float(np.linalg.norm(position)) > FARTHEST_MM:
        raise InputError(f"{path.name}: the tip lies more than a metre from the pointer's board.", mend=_MEND)
    even = np.allclose(covariance, covariance.T, rtol=1e-6, atol=1e-12)
    if not even or np.linalg.eigvalsh(covariance)[0] < -1e-9:
        raise InputError(f"{path.name}: covariance_mm2 is no covariance.", mend=_MEND)
    digest = document.get("board_digest")
    if not digest:
        raise InputError(f"{path.name} does not say which pointer it is the tip of (board_digest).", mend=_MEND)
    if digest != pointer.digest:
        raise InputError(
            f"{path.name} is the tip of another pointer, or of this one before its print was measured again, and not "
            f"of the board {pointer.name!r}.",
            mend=f"Give its own tip. {_MEND}",
        )
    return Tip(position_pointer_mm=position, covariance_mm2=0.5 * (covariance + covariance.T))


def _numbers(document: Any, key: str, shape: tuple[int, ...], path: Path) -> NDArray[np.float64]:
    try:
        values = np.array(document[key], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        values = np.empty(0)
    if values.shape != shape or not np.isfinite(values).all():
        raise InputError(f"{path.name} does not say {key} in finite numbers.", mend=_MEND)
    return values
