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
from orview.model.scene import Scene
from orview.segment.anatomy import Kind

WIDTH, HEIGHT = 640, 480
FIRST_WIDTH, FIRST_HEIGHT = 320, 240
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
    faint = _see_through(surfaces, {key: case.structure(key).kind for key in surfaces}, target_key=case.target_key)
    shown = [
        Shown(surface=surface, color_srgb=case.structure(key).color_srgb, see_through=key in faint)
        for key, surface in surfaces.items()
    ]
    return _png(render(shown, width=WIDTH, height=HEIGHT, mark="SYNTHETIC" if case.source.synthetic else ""))


def first_look_of(scene: Scene) -> bytes:
    """Return a small PNG of a provisional scene, at least one structure, with the words that it is a first look.

    Seen as the case's own picture will be, as far as can be told before volumes are known.
    """
    surfaces = {part.anatomy.key: part.surface for part in scene.parts}
    kinds = {part.anatomy.key: part.anatomy.kind for part in scene.parts}
    bones = [key for key, kind in kinds.items() if kind is Kind.BONE]
    target_key = next((key for key in ("tumour", "sacrum", *bones) if key in surfaces), next(iter(surfaces)))
    faint = _see_through(surfaces, kinds, target_key=target_key)
    shown = [
        Shown(surface=part.surface, color_srgb=part.anatomy.color_srgb, see_through=part.anatomy.key in faint)
        for part in scene.parts
    ]
    mark = "SYNTHETIC FIRST LOOK" if scene.synthetic else "FIRST LOOK"
    return _png(render(shown, width=FIRST_WIDTH, height=FIRST_HEIGHT, mark=mark))


def _png(picture: NDArray[np.uint8]) -> bytes:
    _, png = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))
    return png.tobytes()


def _see_through(surfaces: Mapping[str, Surface], kinds: Mapping[str, Kind], *, target_key: str) -> set[str]:
    """Return the keys of the structures drawn see-through."""
    faint = {key for key, kind in kinds.items() if kind in _COVERS}
    yielding = [key for key, kind in kinds.items() if kind in _MAY_YIELD and key != target_key]
    hidden = shares_hidden(surfaces[target_key], [surfaces[key] for key in yielding])
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
