"""The picture of a case: what a person recognises it by in a list."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.mesh.render import Shown, render, shares_hidden
from orview.mesh.surface import Surface
from orview.model.case import Case, Level
from orview.model.glb_reader import read_glb
from orview.segment.anatomy import Kind

WIDTH, HEIGHT = 640, 480
HIDES_TOO_MUCH = 0.08
"""Soft tissue before more of the target than this is drawn see-through."""
_COVERS = frozenset({Kind.SKIN, Kind.MUSCLE})
_MAY_YIELD = frozenset({Kind.ORGAN, Kind.OTHER})


def thumbnail_of(case: Case, blobs: Mapping[str, bytes]) -> bytes:
    """Return a PNG of a case: skin and muscle see-through, and whatever soft hides the target.

    Args:
        case: with its full level, which draws each structure by itself.
        blobs: sha256 (hex) to bytes.
    """
    surfaces = {mesh.name: mesh.surface for mesh in read_glb(blobs[case.level(Level.FULL).plain_sha256])}
    faint = _see_through(case, surfaces)
    shown = [
        Shown(surface=surface, color_srgb=case.structure(key).color_srgb, see_through=key in faint)
        for key, surface in surfaces.items()
    ]
    picture = render(shown, width=WIDTH, height=HEIGHT, mark="SYNTHETIC" if case.source.synthetic else "")
    _, png = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))
    return png.tobytes()


def _see_through(case: Case, surfaces: Mapping[str, Surface]) -> set[str]:
    """Return the keys of the structures drawn see-through."""
    kinds = {key: case.structure(key).kind for key in surfaces}
    faint = {key for key, kind in kinds.items() if kind in _COVERS}
    yielding = [key for key, kind in kinds.items() if kind in _MAY_YIELD and key != case.target_key]
    hidden = shares_hidden(surfaces[case.target_key], [surfaces[key] for key in yielding])
    faint |= {key for key, share in zip(yielding, hidden, strict=True) if share > HIDES_TOO_MUCH}
    # Something has to be solid, or there is nothing to see.
    return faint if faint < set(surfaces) else set()


def small_pixels(png: bytes, *, columns: int) -> NDArray[np.uint8]:
    """Return a PNG made small, (rows, columns, 3) of red, green, blue with an even number of rows.

    Raises:
        ContractError: the bytes are no picture.
    """
    picture = cv2.imdecode(np.frombuffer(png, dtype=np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ContractError("These bytes are no picture.")
    rows = round(picture.shape[0] / picture.shape[1] * columns / 2.0) * 2
    return np.ascontiguousarray(cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)[..., ::-1])
