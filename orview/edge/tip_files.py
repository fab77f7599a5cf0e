"""The tip of a pointer from a file: the JSON that `orview calibrate pivot --json` prints."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.errors import InputError
from orview.track.tip import Tip

LARGEST_BYTES = 1 << 20
FARTHEST_MM = 1000.0
"""No pointer that a hand holds is longer."""

_MEND = "Make it with `orview calibrate pivot swing.jsonl --json > tip.json`."


def read_tip(path: Path) -> Tip:
    """Read a pointer's tip.

    Raises:
        InputError: the file is missing, or it is not the tip of a pointer.
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
    return Tip(position_pointer_mm=position, covariance_mm2=0.5 * (covariance + covariance.T))


def _numbers(document: Any, key: str, shape: tuple[int, ...], path: Path) -> NDArray[np.float64]:
    try:
        values = np.array(document[key], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        values = np.empty(0)
    if values.shape != shape or not np.isfinite(values).all():
        raise InputError(f"{path.name} does not say {key} in finite numbers.", mend=_MEND)
    return values
