"""Which bone a voxel surely belongs to, from where it lies in the standard pelvis; near joints nothing is said.

All lengths are of the standard pelvis (`spine_line.HIPS_APART_MM`), which each patient is scaled to. Where the
joints lie was measured on one real pelvis and two drawn ones, which agree within 6 mm; the seeds keep clear of that.
"""

import numpy as np
from numpy.typing import NDArray

from orview.segment.anatomy import STANDARD, Anatomy
from orview.segment.spine_line import HIPS_APART_MM, Disc, SpineLine

SACRUM, HIP_LEFT, HIP_RIGHT, FEMUR_LEFT, FEMUR_RIGHT, FIRST_VERTEBRA = 1, 2, 3, 4, 5, 6
"""Numbers of the parts; vertebrae are counted from L5 upwards."""

VERTEBRAE = tuple(f"vertebra_l{n}" for n in range(5, 0, -1)) + tuple(f"vertebra_t{n}" for n in range(12, 0, -1))

_HEAD_X_MM = 0.5 * HIPS_APART_MM
_HEAD_SEED_MM = 18.0
_CUP_MM = (30.0, 44.0)
_CUP_OPENING = np.array([0.78, -0.30, -0.55]) / np.linalg.norm([0.78, -0.30, -0.55])
"""Where the acetabulum looks: laterally, forwards, down (Murray 1993)."""

_BODY_RADIUS_MM = 14.0
_DISC_CLEARANCE_MM = 3.5
_JOINT_CLEARANCE_MM = 6.0

Points = NDArray[np.float64]


def part_anatomies(spine: SpineLine) -> dict[int, Anatomy]:
    """Return what the parts are, by number: those that `seeds` may give and have names."""
    keys = {
        SACRUM: "sacrum",
        HIP_LEFT: "hip_left",
        HIP_RIGHT: "hip_right",
        FEMUR_LEFT: "femur_left",
        FEMUR_RIGHT: "femur_right",
    }
    keys |= {FIRST_VERTEBRA + n: VERTEBRAE[n] for n in range(len(spine.discs))}
    return {number: STANDARD[key] for number, key in keys.items()}


def seeds(points_mm: Points, spine: SpineLine) -> NDArray[np.int16]:
    """Return the part (N,) that each point (N, 3) of the standard pelvis surely belongs to, 0 where none is sure."""
    labels = np.zeros(len(points_mm), dtype=np.int16)
    lumbosacral = spine.discs[0]
    y, z = points_mm[:, 1:].T
    x = points_mm[:, 0] - _middle_x(points_mm, lumbosacral)
    below, behind = -lumbosacral.above_mm(points_mm), lumbosacral.behind_mm(points_mm)
    near_line = _distance_to_line(points_mm, spine)
    middle = np.abs(x)

    labels[(below > 4.0) & (middle < 18.0) & (near_line < 13.0)] = SACRUM
    labels[(z < 42.0) & (middle < 22.0) & (y > 52.0)] = SACRUM
    for n, disc in enumerate(spine.discs):
        body = (disc.above_mm(points_mm) > _DISC_CLEARANCE_MM) & (near_line < _BODY_RADIUS_MM) & (middle < 20.0)
        if n + 1 < len(spine.discs):
            body &= spine.discs[n + 1].above_mm(points_mm) < -_DISC_CLEARANCE_MM
        else:
            body &= disc.above_mm(points_mm) < 20.0
        labels[body] = FIRST_VERTEBRA + n
    # The spine of L5 lies as low as the disc below it; that of S1 lower.
    spinous = (middle < 8.0) & (behind > 30.0) & (behind < 60.0)
    labels[spinous & (below < 6.0) & (below > -6.0)] = FIRST_VERTEBRA
    labels[spinous & (below > 20.0)] = SACRUM
    # What lies higher than one vertebra above the last disc is of no part.
    unnamed = FIRST_VERTEBRA + len(spine.discs)
    labels[spine.discs[-1].above_mm(points_mm) > 45.0] = unnamed

    joint = 60.0 - 0.35 * np.maximum(below - 15.0, 0.0) - 0.45 * np.maximum(behind, 0.0)
    beside = (below > 0.0) & (below < 75.0) & (behind > -25.0) & (behind < 45.0) & (z > 25.0)
    ala = beside & (middle < joint - _JOINT_CLEARANCE_MM) & (below > 4.0) & (behind < 12.0 + below)
    labels[ala & (labels == 0)] = SACRUM
    for side, hip, femur in ((1.0, HIP_LEFT, FEMUR_LEFT), (-1.0, HIP_RIGHT, FEMUR_RIGHT)):
        lateral = side * x
        from_head = np.stack([lateral - _HEAD_X_MM, y, z], axis=-1)
        distance = np.linalg.norm(from_head, axis=-1)
        cup = (distance > _CUP_MM[0]) & (distance < _CUP_MM[1]) & (from_head @ _CUP_OPENING < 0.1 * distance)
        labels[(lateral > 70.0) & (z > 40.0) & (z < 150.0)] = hip
        labels[beside & (below < 45.0) & (lateral > joint + 1.5 * _JOINT_CLEARANCE_MM)] = hip
        labels[(lateral > 0.0) & (lateral < _HEAD_X_MM - 33.0) & (z < 5.0) & (y < 45.0)] = hip
        labels[(lateral > 0.0) & (lateral < 75.0) & (z < -45.0)] = hip
        labels[cup & (lateral > 30.0)] = hip
        labels[(lateral > _HEAD_X_MM + 34.0) & (z < 8.0)] = femur
        labels[(lateral > 97.0) & (z < -38.0)] = femur
        labels[distance < _HEAD_SEED_MM] = femur
        labels[(lateral > 45.0) & (lateral < 95.0) & (z < 12.0) & (y < _groin_y_mm(z))] = unnamed
    # In front of sacrum and spine, within the bony ring, run vessels (bright with contrast medium) and bowel.
    ahead = np.interp(z, spine.line_mm[:, 1], spine.line_mm[:, 0]) - y
    reach = np.where(below > 0.0, 36.0, 50.0)
    labels[(middle < reach) & (z > 15.0) & (ahead > 42.0)] = unnamed
    return labels


def _groin_y_mm(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return in front of what depth (N,) no bone lies in the groin, at heights (N,)."""
    return np.full_like(z, -60.0)


def _middle_x(points_mm: Points, lumbosacral: Disc) -> NDArray[np.float64]:
    """Return where the middle of the sacrum lies, for points (N,): none in the height of the hips, full above them.

    The two femoral heads are known to a few mm, and a spine is seldom straight: half the width of S1 tells better.
    """
    below, behind = -lumbosacral.above_mm(points_mm), lumbosacral.behind_mm(points_mm)
    first_sacral = (below > 2.0) & (below < 30.0) & (np.abs(behind) < 14.0) & (np.abs(points_mm[:, 0]) < 32.0)
    shift = float(np.clip(points_mm[first_sacral, 0].mean(), -10, 10))
    return np.asarray(shift * np.clip((points_mm[:, 2] - 20.0) / 40.0, 0.0, 1.0))


def _distance_to_line(points_mm: Points, spine: SpineLine) -> NDArray[np.float64]:
    """Return the distance (N,) in the mid-plane to the spine's line; far from the mid-plane it is infinite."""
    distance = np.full(len(points_mm), np.inf)
    near = np.abs(points_mm[:, 0]) < 22.0
    line = spine.line_mm[::2]
    squared = ((points_mm[near, None, 1:] - line) ** 2).sum(axis=-1)
    distance[near] = np.sqrt(squared.min(axis=1))
    return distance
