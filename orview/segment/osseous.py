"""Which voxels of a CT are bone: by grey level relative to this patient's soft tissue, metal taken out first."""

from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from orview.segment.coarse import Coarse, box_of
from orview.segment.morphology import closed, dilated
from orview.segment.solid import filled, filled_sagittally

sitk: Any = SimpleITK  # its functions carry no types

METAL_HU = 2300.0
"""Denser than any cortex; voxels of implants, beads and leads."""

METAL_EDGE_HU = 1700.0
"""About half-way between bone and what a scanner shows of metal, which it often clips at 3071 HU."""

STREAK_MM, STREAK_HU = 15.0, 250.0
"""This near to metal only what is brighter than its streaks is taken for bone, above soft tissue."""

ABOVE_SOFT_HU = 70.0
"""Weak bone begins this far above soft tissue."""

STRONG_ABOVE_SOFT_HU = 150.0
"""A bone has some voxels this far above soft tissue."""

STRONG_PART = 0.1
"""Least part of a piece that is strong bone, or it is none (contrast medium in the bowel, stool)."""

SMALLEST_BONE_ML = 0.5
"""Smaller bright spots by themselves are not called bone (beads, calcified vessels, bolts)."""

CRACK_MM = 4.6
"""Gaps in a cortex narrower than this are closed before the marrow is filled."""

SOFT_RANGE_HU = (-30.0, 130.0)
"""Where the grey level of muscle and organs is looked for; the width allows for a scanner 30 HU off."""


def soft_tissue_hu(coarse: Coarse, body: NDArray[np.bool_]) -> float | None:
    """Return the grey level most soft tissue of the body has (between fat and bone), None where there is no peak."""
    low, high = SOFT_RANGE_HU
    counts, edges = np.histogram(coarse.array[body], bins=int((high - low) / 5.0), range=SOFT_RANGE_HU)
    smooth = np.convolve(counts, (1, 2, 3, 2, 1), mode="same")
    best = int(smooth.argmax())
    if counts.sum() == 0 or best in (0, len(smooth) - 1):
        return None
    return float(0.5 * (edges[best] + edges[best + 1]))


def metal_blocks(coarse: Coarse, body: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the blocks (K, J, I) of a body with metal in them: what hangs together with denser than any cortex."""
    labels = pieces((coarse.array > METAL_EDGE_HU) & body)
    kept = np.bincount(labels[coarse.array > METAL_HU], minlength=int(labels.max()) + 1) > 0
    kept[0] = False
    return np.asarray(kept[labels])


def weak_bone(coarse: Coarse, body: NDArray[np.bool_], metal: NDArray[np.bool_], soft_hu: float) -> NDArray[np.bool_]:
    """Return the voxels (K, J, I) brighter than soft tissue, in pieces that hold some strong bone; without marrow."""
    bright = (coarse.array > soft_hu + ABOVE_SOFT_HU) & body & ~metal
    if metal.any():
        bright &= (coarse.array > soft_hu + STREAK_HU) | ~dilated(metal, coarse.radius(STREAK_MM))
    labels = pieces(bright)
    sizes = np.bincount(labels.ravel())
    strong = np.bincount(labels[coarse.array > soft_hu + STRONG_ABOVE_SOFT_HU], minlength=len(sizes))
    kept = (sizes * coarse.voxel_ml >= SMALLEST_BONE_ML) & (strong >= STRONG_PART * sizes)
    kept[0] = False
    return np.asarray(kept[labels])


def solid_bone(coarse: Coarse, bone: NDArray[np.bool_], *, crack_mm: float = CRACK_MM) -> NDArray[np.bool_]:
    """Return bone (K, J, I) with cracks in its cortex closed and the marrow within filled."""
    solid = np.zeros_like(bone)
    radius = [max(1, r) for r in coarse.radius(crack_mm)]
    box = box_of(bone)
    solid[box] = filled_sagittally(filled(closed(bone[box], radius)), coarse.patient_from_voxel)
    return solid


def pieces(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the number (K, J, I) of the connected piece each voxel of a mask lies in, 0 outside."""
    return np.asarray(sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray(mask.astype(np.uint8)))))
