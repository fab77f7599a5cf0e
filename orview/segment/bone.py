"""Bone and skin of a CT nobody has outlined."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.errors import RefusedError
from orview.findings import Finding, Severity
from orview.image.volume import Volume
from orview.segment.anatomy import BONE, Anatomy
from orview.segment.band_field import band_field
from orview.segment.body import find_body, skin_outline
from orview.segment.bone_names import NamedBones, name_bones
from orview.segment.coarse import Coarse, box_of, carried, coarse_of
from orview.segment.osseous import METAL_HU, pieces, soft_tissue_hu, solid_bone, weak_bone
from orview.segment.outline import Outline

STEP_MM = 2.2
"""Bone is told from what is around it on a grid about this coarse; its surface follows the full grid."""

SURFACE_ABOVE_SOFT_HU = 110.0
"""Grey level of a bone's surface above soft tissue: between a weak cortex and what lies around it."""

SMALLEST_REST_ML = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Segmented:
    """What was found in an image without anybody's labels.

    Attributes:
        outlines: bones, then the skin.
        findings: what is doubtful about them.
    """

    outlines: list[Outline]
    findings: list[Finding]


def segment_without_weights(volume: Volume) -> Segmented:
    """Return the bones and the skin of a CT; only the skin, and a finding, where there is no bone.

    Args:
        volume: CT, Hounsfield units.

    Raises:
        RefusedError: the image is no CT, its numbers are no Hounsfield units, or it shows no body.
    """
    if volume.provenance.modality not in ("CT", ""):
        raise RefusedError(
            f"Without labels only a CT can be prepared, and this is {volume.provenance.modality}: "
            "its grey levels are no Hounsfield units, so no threshold holds.",
            mend="Give a label map.",
        )
    body_image, body = find_body(volume)
    skin = skin_outline(body_image, body)
    soft_hu = soft_tissue_hu(body_image, body)
    if soft_hu is None:
        raise RefusedError(
            "The grey levels of this image are no Hounsfield units: no soft tissue lies where it must.",
            mend="Export the CT with its rescale slope and intercept, or give a label map.",
        )
    coarse = coarse_of(volume, step_mm=STEP_MM)
    inside = carried(body, body_image, coarse)
    metal = inside & (coarse.array > METAL_HU)
    bone = weak_bone(coarse, inside, metal, soft_hu)
    if not bone.any():
        finding = Finding(
            code="NO_BONE",
            severity=Severity.WARNING,
            message="A CT without bone: nothing in the body is as bright as bone, so only the skin is shown.",
        )
        return Segmented(outlines=[skin], findings=[finding])
    box = box_of(bone, margin=3)
    coarse, bone, metal = coarse.cut(box), bone[box], metal[box]
    named = name_bones(volume, coarse, bone, body_image=body_image, body=body, soft_hu=soft_hu)
    solids = [] if isinstance(named, str) else named.solids
    rest = _rest(bone, solids, coarse)
    if rest.any():
        solids = [*solids, (BONE, solid_bone(coarse, rest))]
    level_hu = soft_hu + SURFACE_ABOVE_SOFT_HU
    outlines = [
        Outline(
            anatomy=anatomy,
            field=band_field(
                volume,
                coarse,
                solid & ~metal,
                level_hu=level_hu,
                neighbours=[other for n, (_, other) in enumerate(solids) if n != position],
            ),
        )
        for position, (anatomy, solid) in enumerate(solids)
    ]
    return Segmented(outlines=[*outlines, skin], findings=_findings(named, rest, coarse))


def _rest(
    bone: NDArray[np.bool_], solids: list[tuple[Anatomy, NDArray[np.bool_]]], coarse: Coarse
) -> NDArray[np.bool_]:
    """Return the bone that is of no named part, in pieces not too small."""
    rest = bone.copy()
    for _, solid in solids:
        rest &= ~solid
    labels = pieces(rest)
    kept = np.bincount(labels.ravel()) * coarse.voxel_ml >= SMALLEST_REST_ML
    kept[0] = False
    return np.asarray(kept[labels])


def _findings(named: NamedBones | str, rest: NDArray[np.bool_], coarse: Coarse) -> list[Finding]:
    return []
