"""Bones, metal and skin of a CT nobody has outlined.

Bone is what is brighter than this patient's own soft tissue, so that weak bone is kept; it is split at joints and
discs and named by where it lies about the femoral heads and the spine. Where that is not sure it is "Bone".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.errors import RefusedError
from orview.findings import Finding
from orview.image.volume import Volume
from orview.segment import bone_findings
from orview.segment.anatomy import BONE
from orview.segment.band_field import band_field
from orview.segment.body import find_body, skin_outline
from orview.segment.bone_names import name_bones
from orview.segment.coarse import Coarse, box_of, carried, coarse_of, quiet
from orview.segment.metal import metal_outline
from orview.segment.osseous import metal_blocks, pieces, soft_tissue_hu, solid_bone, weak_bone
from orview.segment.outline import Outline

STEP_MM = 2.3
"""Bone is told from what is around it on a grid about this coarse; its surface follows the full grid."""

FAT_HU, LEAST_FAT_PART = -40.0, 0.001
"""Every trunk has fat, and air around or in it; where nothing is this dark the numbers are no Hounsfield units."""

MOST_NOISE_HU = 24.0
"""Blocks noisier than this are averaged with their neighbours: bone begins three times as far above soft tissue."""

SURFACE_ABOVE_SOFT_HU = 110.0
"""Grey level of a bone's surface above soft tissue: between a weak cortex and what lies around it."""

SMALLEST_REST_ML = 1.0
"""What is left over of named bones in smaller pieces is not shown."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Segmented:
    """What was found in an image without anybody's labels.

    Attributes:
        outlines: bones, what is like bone but has no name, metal, the skin; the most important first.
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
    body_image = quiet(body_image, body, most_noise_hu=MOST_NOISE_HU)
    soft_hu = soft_tissue_hu(body_image, body)
    if soft_hu is None or np.count_nonzero(body_image.array < FAT_HU) < LEAST_FAT_PART * body_image.array.size:
        raise RefusedError(
            "The grey levels of this image are no Hounsfield units: fat and soft tissue are not where they must be.",
            mend="Export the CT with its rescale slope and intercept, or give a label map.",
        )
    coarse = coarse_of(volume, step_mm=STEP_MM)
    inside = carried(body, body_image, coarse)
    coarse = quiet(coarse, inside, most_noise_hu=MOST_NOISE_HU)
    metal = metal_blocks(coarse, inside)
    bone = weak_bone(coarse, inside, metal, soft_hu)
    if not bone.any():
        return Segmented(outlines=[skin], findings=[bone_findings.no_bone()])
    box = box_of(bone | metal, margin=3)
    coarse, bone, metal = coarse.cut(box), bone[box], metal[box]
    named = name_bones(volume, coarse, bone, body_image=body_image, body=body, soft_hu=soft_hu)
    solids = [] if isinstance(named, str) else named.solids
    rest = _rest(bone, [solid for _, solid in solids], coarse)
    if rest.any():
        solids = [*solids, (BONE, solid_bone(coarse, rest))]
    outlines = [
        Outline(
            anatomy=anatomy,
            field=band_field(
                volume,
                coarse,
                solid & ~metal,
                level_hu=soft_hu + SURFACE_ABOVE_SOFT_HU,
                neighbours=[metal, *(other for n, (_, other) in enumerate(solids) if n != position)],
            ),
        )
        for position, (anatomy, solid) in enumerate(solids)
    ]
    implant = metal_outline(volume, coarse, metal)
    findings = [
        *bone_findings.about_names(named, rest_ml=float(np.count_nonzero(rest)) * coarse.voxel_ml),
        *bone_findings.about_solids(solids, coarse, metal if implant else None, volume=volume, soft_hu=soft_hu),
    ]
    return Segmented(outlines=[*outlines, *([implant] if implant else []), skin], findings=findings)


def _rest(bone: NDArray[np.bool_], solids: list[NDArray[np.bool_]], coarse: Coarse) -> NDArray[np.bool_]:
    """Return the bone that is of no named part, in pieces not too small."""
    rest = bone.copy()
    for solid in solids:
        rest &= ~solid
    labels = pieces(rest)
    kept = np.bincount(labels.ravel()) * coarse.voxel_ml >= SMALLEST_REST_ML
    kept[0] = False
    return np.asarray(kept[labels])
