"""Bone and skin of a CT nobody has outlined."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.errors import RefusedError
from orview.findings import Finding, Severity
from orview.image.field import Field
from orview.image.volume import Volume, shifted
from orview.segment.anatomy import BONE, Anatomy
from orview.segment.body import find_body, skin_outline
from orview.segment.coarse import Coarse, carried, coarse_of
from orview.segment.masks import label_boxes
from orview.segment.osseous import ABOVE_SOFT_HU, METAL_HU, soft_tissue_hu, solid_bone, weak_bone
from orview.segment.outline import Outline

STEP_MM = 2.2
"""Bone is told from what is around it on a grid about this coarse; its surface follows the full grid."""

CONTRAST_HU = 300.0
"""Grey values are followed this far above and below a threshold; beyond, inside is inside."""


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
    metal = coarse.array > METAL_HU
    bone = weak_bone(coarse, inside, metal, soft_hu)
    if not bone.any():
        finding = Finding(
            code="NO_BONE",
            severity=Severity.WARNING,
            message="A CT without bone: nothing in the body is as bright as bone, so only the skin is shown.",
        )
        return Segmented(outlines=[skin], findings=[finding])
    outline = _grey_outline(BONE, volume, coarse, solid_bone(coarse, bone), soft_hu + ABOVE_SOFT_HU)
    return Segmented(outlines=[outline, skin], findings=[])


def _grey_outline(anatomy: Anatomy, volume: Volume, coarse: Coarse, solid: NDArray[np.bool_], level: float) -> Outline:
    box, _ = label_boxes(solid.astype(np.uint16))[1]
    low = np.maximum(coarse.start + (np.array(box.start) - 1) * coarse.blocks, 0)
    high = np.minimum(coarse.start + (np.array(box.stop) + 1) * coarse.blocks, volume.array.shape)
    fine = solid[coarse.fine_index(low, high)]
    outside, inside = level - CONTRAST_HU, level + CONTRAST_HU
    k, j, i = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    grey = np.clip(volume.array[k, j, i], outside, inside).astype(np.float32)
    grey[fine & (grey <= level)] = inside
    grey[~fine & (grey > level)] = outside
    patient_from_box = shifted(volume.patient_from_voxel, (int(low[2]), int(low[1]), int(low[0])))
    return Outline(
        anatomy=anatomy, field=Field(array=grey, level=level, outside=outside, patient_from_voxel=patient_from_box)
    )
