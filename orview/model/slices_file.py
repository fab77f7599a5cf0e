"""Slices as bytes: gzip over a line of JSON that says how the voxels lie, the greys, and the labels.

    {"format":1,"shape_kji":[K,J,I],"origin_patient_mm":[x,y,z],"spacing_mm":s,"window":[low,high],"keys":[..]}
    a line's end
    K*J*I bytes of grey, i fastest
    K*J*I bytes of labels, i fastest

The same slices give the same bytes. Nothing in them names a patient, but they show one: who may have them is guarded.
"""

import gzip
import json

import numpy as np
from numpy.typing import NDArray

from orview.errors import InputError
from orview.segment.slices import Slices

FORMAT = 1
_LEVEL = 4


def write_slices(slices: Slices) -> bytes:
    """Return slices as bytes."""
    head = {
        "format": FORMAT,
        "shape_kji": list(slices.grey.shape),
        "origin_patient_mm": [round(mm, 6) for mm in slices.origin_patient_mm],
        "spacing_mm": slices.spacing_mm,
        "window": list(slices.window),
        "keys": list(slices.keys),
    }
    body = json.dumps(head, separators=(",", ":")).encode() + b"\n" + slices.grey.tobytes() + slices.labels.tobytes()
    return gzip.compress(body, compresslevel=_LEVEL, mtime=0)


def read_slices(data: bytes) -> Slices:
    """Rebuild slices written by `write_slices`.

    Raises:
        InputError: these are none, or a newer orview wrote them.
    """
    try:
        line, _, voxels = gzip.decompress(data).partition(b"\n")
        head = json.loads(line)
        if head["format"] > FORMAT:
            raise InputError("The slices were written by a newer orview.", mend="Update orview on this machine.")
        k, j, i = (int(n) for n in head["shape_kji"])
        x, y, z = (float(mm) for mm in head["origin_patient_mm"])
        low, high = (float(value) for value in head["window"])
        return Slices(
            grey=_volume(voxels[: k * j * i], (k, j, i)),
            labels=_volume(voxels[k * j * i :], (k, j, i)),
            keys=tuple(str(key) for key in head["keys"]),
            origin_patient_mm=(x, y, z),
            spacing_mm=float(head["spacing_mm"]),
            window=(low, high),
        )
    except (OSError, EOFError, KeyError, TypeError, ValueError) as error:
        raise InputError("The slices cannot be read: they are damaged.", mend="Prepare the case again.") from error


def _volume(data: bytes, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)
