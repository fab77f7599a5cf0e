"""Does the model stand where the patient stands, the right way round and in the right size?

These are the last looks before a case is stored. They do not trust the code that made the model: the file is
read back as a client reads it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.findings import Finding, Severity
from orview.mesh.measure import open_edges, part_of_vertex, volume_mm3
from orview.mesh.surface import Surface
from orview.model.case import CaseStructure
from orview.model.glb_reader import read_glb
from orview.model.scene import Scene, draws
from orview.segment.anatomy import Side

PLACE_TOLERANCE_MM = 0.05
"""How far a vertex may stand from where the scene has it: the 16-bit positions of a 1.5 m body move 0.02 mm."""

SIZES_MM = {
    "sacrum": (60.0, 180.0),
    "hip_left": (120.0, 320.0),
    "hip_right": (120.0, 320.0),
    "skin": (100.0, 2300.0),
}
"""Longest side of the box around a whole bone of an adult or a child of school age (hazard H05)."""


def check_glb(glb: bytes, scene: Scene) -> None:
    """Read a GLB back and compare it with the scene it was made of.

    Raises:
        ContractError: a structure is missing, moved, mirrored, torn, in other units or has lost a part.
    """
    drawn = draws(scene)
    meshes = read_glb(glb)
    if [mesh.name for mesh in meshes] != [draw.name for draw in drawn]:
        raise ContractError("The model does not hold the structures it was made of.")
    for mesh, draw in zip(meshes, drawn, strict=True):
        surface = mesh.surface
        if len(surface.triangles) != len(draw.surface.triangles):
            raise ContractError(f"The model lost triangles of {draw.name}.")
        apart = np.abs(_extremes(surface.vertices_mm) - _extremes(draw.surface.vertices_mm)).max()
        # Signed: a mirrored or turned-out surface has the wrong sign.
        volume, expected = volume_mm3(surface), volume_mm3(draw.surface)
        moved = np.abs(surface.vertices_mm.mean(axis=0) - draw.surface.vertices_mm[_used(draw.surface)].mean(axis=0))
        if max(apart, moved.max()) > PLACE_TOLERANCE_MM or abs(volume - expected) > 1.0 + 0.01 * abs(expected):
            raise ContractError(f"The model does not stand where the patient stands: {draw.name}.")
        if open_edges(surface) or part_of_vertex(surface).max() != part_of_vertex(draw.surface).max():
            raise ContractError(f"The model of {draw.name} is torn.")


def check_structures(
    structures: Sequence[CaseStructure], longest_mm: dict[str, float], whole: dict[str, bool]
) -> list[Finding]:
    """Return what cannot be true of the structures of one patient.

    Args:
        structures: of the case.
        longest_mm: longest side of the box around each, by key.
        whole: whether each lies inside the image, not cut by its border, by key.

    Returns:
        Findings of severity ERROR: left and right exchanged (hazard H04), or a bone of an impossible size (H05).
    """
    findings = []
    by_key = {structure.key: structure for structure in structures}
    for structure in structures:
        if structure.side is not Side.LEFT:
            continue
        other = by_key.get(structure.key.removesuffix("left") + "right")
        if other is None or not structure.key.endswith("left"):
            continue
        # +x is the patient's left.
        if structure.centroid_patient_mm[0] <= other.centroid_patient_mm[0]:
            findings.append(
                Finding(
                    code="SIDES_EXCHANGED",
                    severity=Severity.ERROR,
                    message=f"{structure.name} lies to the right of {other.name}: image or labels are mirrored.",
                    where=structure.key,
                )
            )
    for key, (smallest, largest) in SIZES_MM.items():
        if key not in longest_mm:
            continue
        too_small = whole[key] and longest_mm[key] < smallest
        if too_small or longest_mm[key] > largest:
            findings.append(
                Finding(
                    code="SIZE_IMPOSSIBLE",
                    severity=Severity.ERROR,
                    message=f"{by_key[key].name} is {longest_mm[key]:.0f} mm long; "
                    f"{smallest:.0f} to {largest:.0f} mm is possible. Check the unit of the image.",
                    where=key,
                )
            )
    return findings


def _extremes(vertices_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([vertices_mm.min(axis=0), vertices_mm.max(axis=0)])


def _used(surface: Surface) -> NDArray[np.bool_]:
    """Return which vertices (N,) a triangle uses."""
    return np.bincount(surface.triangles.ravel(), minlength=len(surface.vertices_mm)) > 0
