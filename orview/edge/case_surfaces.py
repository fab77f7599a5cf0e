"""The surfaces of a stored case, read back from its finest model."""

from collections.abc import Sequence

import numpy as np

from orview.edge.case_store import CaseStore
from orview.edge.export import surfaces_of
from orview.errors import InputError
from orview.mesh.surface import Surface
from orview.model.case import Case, Level
from orview.segment.anatomy import Kind


def surfaces_of_case(case: Case, store: CaseStore) -> dict[str, Surface]:
    """Return each structure's finest surface, patient mm, by its key.

    Raises:
        StoreError: a model is missing or damaged.
    """
    return surfaces_of(case, case.level(Level.FULL), store)


def bone_of(case: Case, store: CaseStore, *, keys: Sequence[str] = ()) -> Surface:
    """Return the named structures, or every bone, as one surface.

    Raises:
        InputError: the case has no such structure, or no bone.
        StoreError: a model is missing or damaged.
    """
    known = [structure.key for structure in case.structures]
    for key in keys:
        if key not in known:
            raise InputError(f"The case has no structure {key[:40]!r}.", mend=f"It has: {', '.join(known)}.")
    wanted = list(keys) or [structure.key for structure in case.structures if structure.kind is Kind.BONE]
    if not wanted:
        raise InputError("The case has no bone to trace.", mend="Say with --on which structure was traced.")
    surfaces = surfaces_of_case(case, store)
    parts = [surfaces[key] for key in wanted]
    starts = np.cumsum([0, *(len(part.vertices_mm) for part in parts[:-1])])
    return Surface(
        vertices_mm=np.concatenate([part.vertices_mm for part in parts]),
        triangles=np.concatenate(
            [part.triangles + np.int32(start) for part, start in zip(parts, starts, strict=True)]
        ).astype(np.int32),
    )
