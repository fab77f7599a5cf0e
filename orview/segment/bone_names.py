"""Naming the bones of a pelvis without anybody's labels: which parts there are, and how sure that is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.image.volume import Volume
from orview.segment.anatomy import Anatomy
from orview.segment.bone_parts import split
from orview.segment.bone_seeds import (
    FEMUR_LEFT,
    FEMUR_RIGHT,
    FIRST_VERTEBRA,
    HIP_LEFT,
    HIP_RIGHT,
    SACRUM,
    part_anatomies,
    seeds,
)
from orview.segment.coarse import Coarse
from orview.segment.femoral_heads import find_femoral_heads
from orview.segment.morphology import brightest_near, dilated
from orview.segment.osseous import CRACK_MM, pieces, solid_bone
from orview.segment.spine_line import PelvicAxes, SpineLine, find_spine

HIP_RATIO = (0.7, 1.4)
"""Volume of the left hip bone over that of the right; more unlike each other they are not in one patient."""

SACRUM_OVER_HIP = (0.25, 1.0)
"""Volume of the sacrum over the mean of both hip bones."""

LEAST_PART_ML = 2.0
BRIGHT_REACH_MM = 4.0
VERTEBRA_CRACK_MM = 3.0
"""A vertebra's own holes are narrow, so less is closed."""

_GAP_MM = 12.0


@dataclass(frozen=True, kw_only=True, eq=False)
class NamedBones:
    """The bones of a pelvis.

    Attributes:
        solids: (K, J, I) of each, marrow filled, most important first.
        vertebrae: how many are named, from L5 upwards.
    """

    solids: list[tuple[Anatomy, NDArray[np.bool_]]]
    vertebrae: int


def name_bones(
    volume: Volume,
    coarse: Coarse,
    bone: NDArray[np.bool_],
    *,
    body_image: Coarse,
    body: NDArray[np.bool_],
    soft_hu: float,
) -> NamedBones | str:
    """Split bone at its joints and name the parts, or say in words why they cannot be named.

    Args:
        volume: CT, Hounsfield units.
        coarse: blocks of it, cut around the bone.
        bone: (K, J, I) bone on these blocks, without its marrow.
        body_image: coarser blocks of the whole.
        body: (K, J, I) the patient in them.
        soft_hu: grey level of soft tissue.
    """
    heads = find_femoral_heads(body_image, body, soft_hu=soft_hu)
    if heads is None:
        return "two femoral heads were not seen"
    axes = PelvicAxes.through(*heads)
    spine = find_spine(volume, axes, soft_hu=soft_hu)
    if spine is None:
        return "the disc between L5 and the sacrum was not seen"
    where = np.nonzero(bone)
    points = coarse.patient_from_voxel.apply(np.stack(where[::-1], axis=-1).astype(np.float64))
    sure = np.zeros(bone.shape, dtype=np.int16)
    sure[where] = seeds(axes.standard_from_patient(points), spine)
    labels = split(bone, _brightness(coarse, soft_hu), sure, spacing_mm=coarse.spacing_mm)
    solids = _solids(labels, coarse, spine)
    unlikely = _unlikely(solids, coarse, axes)
    if unlikely:
        return unlikely
    anatomies = part_anatomies(spine)
    named = [(anatomies[number], solid) for number, solid in solids.items()]
    return NamedBones(solids=named, vertebrae=sum(number >= FIRST_VERTEBRA for number in solids))


def _brightness(coarse: Coarse, soft_hu: float) -> NDArray[np.float32]:
    """Return how bright each voxel is against the brightest near it, 0 to 1: low in joints and discs."""
    radius = [max(1, r) for r in coarse.radius(BRIGHT_REACH_MM)]
    around = brightest_near(coarse.array, radius)
    return np.asarray(np.clip((coarse.array - soft_hu) / np.clip(around - soft_hu, 1.0, 400.0), 0.0, 1.0))


def _solids(labels: NDArray[np.int16], coarse: Coarse, spine: SpineLine) -> dict[int, NDArray[np.bool_]]:
    """Return the parts as solid bodies by number; what is closed into two at once stays with the first."""
    solids: dict[int, NDArray[np.bool_]] = {}
    taken = np.zeros(labels.shape, dtype=bool)
    for number in part_anatomies(spine):
        part = _in_one_piece(labels == number, coarse, gaps=number == SACRUM)
        if np.count_nonzero(part) * coarse.voxel_ml < LEAST_PART_ML:
            continue
        crack_mm = CRACK_MM if number < FIRST_VERTEBRA else VERTEBRA_CRACK_MM
        solid = (solid_bone(coarse, part, crack_mm=crack_mm) & ~taken & ((labels == number) | (labels == 0))) | part
        solids[number] = solid
        taken |= solid
    return solids


def _in_one_piece(part: NDArray[np.bool_], coarse: Coarse, *, gaps: bool) -> NDArray[np.bool_]:
    """Return the largest piece of a part; with `gaps`, also what lies close to it (the coccyx, below its disc)."""
    joined = part
    if gaps:
        radius = [max(1, r) for r in coarse.radius(0.5 * _GAP_MM)]
        joined = dilated(part, radius)
    labels = pieces(joined)
    sizes = np.bincount(labels[part], minlength=2)
    sizes[0] = 0
    return np.asarray(part & (labels == int(sizes.argmax())))


def _unlikely(solids: dict[int, NDArray[np.bool_]], coarse: Coarse, axes: PelvicAxes) -> str:
    """Return what about the parts together no pelvis has, or nothing."""
    ml = {number: float(np.count_nonzero(solid)) * coarse.voxel_ml for number, solid in solids.items()}
    if not {SACRUM, HIP_LEFT, HIP_RIGHT} <= ml.keys():
        return "sacrum and both hip bones were not all found"
    hips = (ml[HIP_LEFT], ml[HIP_RIGHT])
    if not HIP_RATIO[0] <= hips[0] / hips[1] <= HIP_RATIO[1]:
        return "what was taken for the hip bones differs too much in size"
    if not SACRUM_OVER_HIP[0] <= 2.0 * ml[SACRUM] / sum(hips) <= SACRUM_OVER_HIP[1]:
        return "what was taken for the sacrum is too large or too small for it"
    middle = {}
    for number in (SACRUM, HIP_LEFT, HIP_RIGHT, FEMUR_LEFT, FEMUR_RIGHT):
        if number in solids:
            k, j, i = (float(one.mean()) for one in np.nonzero(solids[number]))
            middle[number] = axes.standard_from_patient(coarse.patient_from_voxel.apply((i, j, k)))
    if abs(middle[SACRUM][0]) > 15.0 or middle[HIP_LEFT][0] < 40.0 or middle[HIP_RIGHT][0] > -40.0:
        return "what was taken for sacrum and hip bones does not lie side by side"
    return ""
