"""Surfaces as bytes and back, without loss and without running anything that lies in the bytes."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.mesh.levels import Thinned
from orview.mesh.parts import Parts
from orview.mesh.surface import Surface


def pack(levels: Sequence[Thinned]) -> bytes:
    """Return the levels of one structure as bytes, every number as it is."""
    arrays: dict[str, NDArray[Any]] = {}
    for n, level in enumerate(levels):
        pieces = level.pieces
        arrays[f"vertices_mm_{n}"] = pieces.surface.vertices_mm
        arrays[f"triangles_{n}"] = pieces.surface.triangles
        arrays[f"vertex_starts_{n}"] = pieces.vertex_starts
        arrays[f"triangle_starts_{n}"] = pieces.triangle_starts
    arrays["errors_mm"] = np.array([(level.rms_mm, level.hausdorff_mm) for level in levels], dtype=np.float64)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpack(data: bytes) -> tuple[Thinned, ...]:
    """Return the levels that `pack` wrote.

    Raises:
        ContractError: the bytes are no such levels.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return tuple(
                Thinned(
                    pieces=Parts(
                        surface=Surface(vertices_mm=arrays[f"vertices_mm_{n}"], triangles=arrays[f"triangles_{n}"]),
                        vertex_starts=arrays[f"vertex_starts_{n}"],
                        triangle_starts=arrays[f"triangle_starts_{n}"],
                    ),
                    rms_mm=float(rms_mm),
                    hausdorff_mm=float(hausdorff_mm),
                )
                for n, (rms_mm, hausdorff_mm) in enumerate(arrays["errors_mm"])
            )
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise ContractError("The bytes hold no levels of a structure.") from error
