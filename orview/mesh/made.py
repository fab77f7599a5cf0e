"""The surface of one structure and its levels of detail, remembered by the content of its field.

Both depend on nothing but the field and the numbers of triangles asked for (`mesh.refine`, `mesh.levels`), so what was
made once is never made again, and a change of one label makes one structure anew.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from orview.image.field import Field
from orview.mesh.levels import Thinned, thin
from orview.mesh.measure import centroid_mm
from orview.mesh.packed import pack, unpack
from orview.mesh.refine import Refined, refine
from orview.mesh.simplify import need

VERSION = 11
"""Raised whenever the same field comes to give other surfaces, so that what was kept before is not taken for them."""


class Cache(Protocol):
    """Where bytes are kept by name. What was put may be gone at any time, but never changed."""

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, None where it is not there."""

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a structure's surface without having it at hand.

    Attributes:
        triangles: of the finest surface; 0 where there is nothing.
        parts: connected parts.
        bodies: those of them that are no walls of hollows.
        dust: parts that were left out as noise.
        need: triangles it needs relative to others at the same error (`mesh.simplify.need`).
        area_mm2: of all parts.
        volume_mm3: enclosed.
        centroid_mm: centre of mass, patient mm.
        low_mm, high_mm: corners of its box, patient mm.
    """

    triangles: int
    parts: int
    bodies: int
    dust: int
    need: float
    area_mm2: float
    volume_mm3: float
    centroid_mm: tuple[float, float, float]
    low_mm: tuple[float, float, float]
    high_mm: tuple[float, float, float]

    @property
    def length_mm(self) -> float:
        """The longest side of its box."""
        return max(high - low for low, high in zip(self.low_mm, self.high_mm, strict=True))

    @property
    def tube_mm(self) -> float:
        """The diameter of the long tube that encloses as much with as much area."""
        return 4.0 * self.volume_mm3 / max(self.area_mm2, 1e-9)

    def to_json(self) -> bytes:
        """Return the facts so that `from_json` gives back the very same numbers."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "Facts":
        """Return the facts `to_json` wrote."""
        values = json.loads(data)
        for name in ("centroid_mm", "low_mm", "high_mm"):
            values[name] = tuple(values[name])
        return cls(**values)


class Made:
    """One structure's surface; what the cache does not hold is computed when it is asked for.

    Args:
        field: where the structure is.
        cache: asked first; None computes everything.
    """

    def __init__(self, field: Field, *, cache: Cache | None = None) -> None:
        self._field = field
        self._cache = cache
        # No cached_property: before Python 3.12 it lets one thread at a time compute for all instances.
        self._refined: Refined | None = None
        self._facts: Facts | None = None
        self._digest = ""

    @property
    def voxels(self) -> int:
        """Of its field: about how long its surface takes."""
        return self._field.array.size

    @property
    def refined(self) -> Refined:
        """The finest surface; always computed, once."""
        if self._refined is None:
            self._refined = refine(self._field)
        return self._refined

    @property
    def facts(self) -> Facts:
        """What is known of the finest surface."""
        if self._facts is None:
            kept = self._kept("facts")
            self._facts = _facts_of(self.refined) if kept is None else Facts.from_json(kept)
            if kept is None:
                self._keep("facts", self._facts.to_json())
        return self._facts

    def levels(self, targets: Sequence[int]) -> tuple[Thinned, ...]:
        """Return the structure with about as many triangles as each target says, falling (`mesh.levels.thin`)."""
        name = "levels " + " ".join(str(target) for target in targets)
        kept = self._kept(name)
        if kept is not None:
            return unpack(kept)
        levels = thin(self.refined, targets)
        if self._cache is not None:
            self._keep(name, pack(levels))
        return levels

    def _kept(self, name: str) -> bytes | None:
        return None if self._cache is None else self._cache.get(self._key(name))

    def _keep(self, name: str, data: bytes) -> None:
        if self._cache is not None:
            self._cache.put(self._key(name), data)

    def _key(self, name: str) -> str:
        if not self._digest:
            field = self._field
            told = hashlib.sha256()
            numbers = (field.level, field.outside, field.doubt)
            told.update(repr((VERSION, field.array.dtype.str, field.array.shape, *numbers)).encode())
            told.update(np.ascontiguousarray(field.patient_from_voxel.matrix).data)
            told.update(np.ascontiguousarray(field.array).data)
            self._digest = told.hexdigest()
        return f"{self._digest} {name}"


def _facts_of(refined: Refined) -> Facts:
    surface, _pieces = refined.finest, refined.pieces
    if len(surface.triangles) == 0:
        nowhere = (0.0, 0.0, 0.0)
        return Facts(
            triangles=0,
            parts=0,
            bodies=0,
            dust=refined.dust,
            need=0.0,
            area_mm2=0.0,
            volume_mm3=0.0,
            centroid_mm=nowhere,
            low_mm=nowhere,
            high_mm=nowhere,
        )
    return Facts(
        triangles=len(surface.triangles),
        parts=refined.parts,
        bodies=int(np.count_nonzero(refined.volumes_mm3 > 0.0)),
        dust=refined.dust,
        need=float(need(refined.areas_mm2, refined.volumes_mm3).sum()),
        area_mm2=float(refined.areas_mm2.sum()),
        volume_mm3=float(refined.volumes_mm3.sum()),
        centroid_mm=_triple(centroid_mm(surface)),
        low_mm=_triple(surface.vertices_mm.min(axis=0)),
        high_mm=_triple(surface.vertices_mm.max(axis=0)),
    )


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z
