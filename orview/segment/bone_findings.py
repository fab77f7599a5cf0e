"""What is doubtful about bones found without anybody's labels, in words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from orview.findings import Finding, Severity
from orview.image.volume import Volume
from orview.segment.anatomy import Anatomy
from orview.segment.bone_names import NamedBones
from orview.segment.bone_seeds import VERTEBRAE
from orview.segment.coarse import Coarse
from orview.segment.morphology import dilated
from orview.segment.osseous import STREAK_MM

WEAK_ABOVE_SOFT_HU = 120.0
"""A bone whose middle voxel is less than this above soft tissue is weak: its marrow is fat, its cortex thin."""

Solids = Sequence[tuple[Anatomy, NDArray[np.bool_]]]


def no_bone() -> Finding:
    """Return the finding of a CT without bone."""
    return Finding(
        code="NO_BONE",
        severity=Severity.WARNING,
        message="A CT without bone: nothing in the body is as bright as bone, so only the skin is shown.",
    )


def about_names(named: NamedBones | str, *, rest_ml: float) -> list[Finding]:
    """Return how the bones got their names, or why they have none, and what was left over."""
    if isinstance(named, str):
        return [
            Finding(
                code="BONES_NOT_NAMED",
                severity=Severity.WARNING,
                message=f"No labels, and the bones could not be told apart: {named}. All that is as bright as bone "
                "is shown as bone, without names and sides; contrast medium counts as bone.",
            )
        ]
    top = VERTEBRAE[named.vertebrae - 1].removeprefix("vertebra_").upper() if named.vertebrae else ""
    counted = f" Vertebrae are counted upwards from the sacrum, L5 to {top}." if top else ""
    findings = [
        Finding(
            code="BONES_NAMED_BY_SHAPE",
            severity=Severity.WARNING,
            message="No labels: bones were found by their brightness and named by the places of the femoral heads "
            f"and of the discs.{counted} Check the names; where bones touch, their border may be off by some mm.",
        )
    ]
    if rest_ml > 0.0:
        findings.append(
            Finding(
                code="BONE_LEFT_OVER",
                severity=Severity.INFO,
                message=f"{rest_ml:.0f} ml as bright as bone belong to no named bone (ribs, calcifications, "
                "contrast medium) and are shown as bone.",
                where="bone",
            )
        )
    return findings


def about_solids(
    solids: Solids, coarse: Coarse, metal: NDArray[np.bool_] | None, *, volume: Volume, soft_hu: float
) -> list[Finding]:
    """Return which bones are weak, beside metal, or cut off by the image's end.

    Args:
        solids: what was found, (K, J, I) each.
        coarse: the blocks they are given on.
        metal: (K, J, I) blocks with metal, None where there is no implant.
        volume: the whole image.
        soft_hu: grey level of soft tissue.
    """
    findings = []
    weak = [one for one, solid in solids if np.median(coarse.array[solid]) < soft_hu + WEAK_ABOVE_SOFT_HU]
    if weak:
        findings.append(
            Finding(
                code="BONE_WEAK",
                severity=Severity.WARNING,
                message=f"Weak bone (osteopenia): {_names(weak)} hardly brighter than soft tissue. Where the cortex "
                "cannot be seen, marrow may be shown as a hollow.",
                where=weak[0].key,
            )
        )
    if metal is not None:
        near = dilated(metal, coarse.radius(STREAK_MM))
        beside = [one for one, solid in solids if (solid & near).any()]
        findings.append(
            Finding(
                code="METAL_APART",
                severity=Severity.WARNING,
                message="Metal is shown by itself and is in no bone."
                + (f" Within {STREAK_MM:.0f} mm of it the surface of {_names(beside)} uncertain." if beside else ""),
                where="implant",
            )
        )
    cut = [one for one, solid in solids if _at_end(solid, coarse, volume)]
    if cut:
        findings.append(
            Finding(
                code="BONE_CUT_OFF",
                severity=Severity.INFO,
                message=f"The image ends before the bone does: {_names(cut)} cut off flat.",
                where=cut[0].key,
            )
        )
    return findings


def _at_end(solid: NDArray[np.bool_], coarse: Coarse, volume: Volume) -> bool:
    """Say whether a solid reaches a first or last voxel of the image."""
    where = np.nonzero(solid)
    for axis in range(3):
        first = coarse.start[axis] + int(where[axis].min()) * coarse.blocks[axis]
        last = coarse.start[axis] + (int(where[axis].max()) + 1) * coarse.blocks[axis]
        if first <= 0 or last >= volume.array.shape[axis]:
            return True
    return False


def _names(some: Sequence[Anatomy]) -> str:
    words = [one.name for one in some]
    verb = "is" if len(words) == 1 else "are"
    return f"{', '.join(words[:-1])} and {words[-1]} {verb}" if len(words) > 1 else f"{words[0]} {verb}"
