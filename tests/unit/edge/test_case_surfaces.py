"""Surfaces come back from a stored case; several bones are one, and what is not there is told."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orview.edge.case_store import CaseStore
from orview.edge.case_surfaces import bone_of, surfaces_of_case
from orview.errors import InputError
from orview.mesh.measure import volume_mm3
from orview.segment.anatomy import Kind
from tests.bony import bony, bony_case, surface_of


def test_bones_alone_are_traced_unless_others_are_named(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    bone = surface_of(bony)
    case = bony_case(store, bone)
    surfaces = surfaces_of_case(case, store)
    assert surfaces.keys() == {"sacrum", "tumour"}
    np.testing.assert_allclose(
        np.sort(surfaces["sacrum"].vertices_mm, axis=0), np.sort(bone.vertices_mm, axis=0), atol=1e-3
    )
    assert volume_mm3(bone_of(case, store)) == pytest.approx(volume_mm3(bone), rel=1e-5)
    both = bone_of(case, store, keys=("sacrum", "tumour"))
    assert volume_mm3(both) == pytest.approx(sum(volume_mm3(one) for one in surfaces.values()), rel=1e-9)


def test_structures_and_bones_that_are_not_there_are_told(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    case = bony_case(store, surface_of(bony))
    with pytest.raises(InputError, match="no structure 'skull'"):
        bone_of(case, store, keys=("skull",))
    boneless = replace(case, structures=tuple(replace(one, kind=Kind.TUMOUR) for one in case.structures))
    with pytest.raises(InputError, match="no bone to trace"):
        bone_of(boneless, store)
