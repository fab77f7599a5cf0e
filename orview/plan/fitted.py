"""Osteotomy planes through points that a person set: the plane of least squares, as large as the points reach."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import InputError
from orview.geometry.fit import COLLINEAR_RATIO
from orview.plan.cut_plane import LEAST_SIDE_MM, CutPlane

Floats = NDArray[np.float64]

FEWEST = 3
FLAT_MM = 2.0
"""So far a point may stand off the plane of all: a saw cuts flat, and who draws farther off did not mean one cut."""


def plane_through(points_mm: ArrayLike, *, key: str, name: str) -> CutPlane:
    """Return the plane of least squares through points (N, 3), its rectangle along their longest direction.

    Which side is kept is not known yet (`facing`).

    Raises:
        InputError: too few points, all on one line, or not flat.
    """
    points = np.asarray(points_mm, dtype=np.float64)
    if len(points) < FEWEST:
        raise InputError(f"{name} has {len(points)} points.", mend=f"Set {FEWEST} or more.")
    middle = points.mean(axis=0)
    _, spreads, axes = np.linalg.svd(points - middle, full_matrices=False)
    if spreads[1] < max(COLLINEAR_RATIO * float(spreads[0]), 1e-9):
        raise InputError(f"The points of {name} lie on one line.", mend="Set them all round the cut.")
    along, normal = (axis * np.sign(axis[np.abs(axis).argmax()]) for axis in (axes[0], axes[2]))
    off_mm = float(np.abs((points - middle) @ normal).max())
    if off_mm > FLAT_MM:
        raise InputError(
            f"{name} is not flat: a point stands {off_mm:.1f} mm off its plane, {FLAT_MM:g} mm are allowed.",
            mend="Draw each cut as a list of its own, or move that point.",
        )
    upward = np.cross(normal, along)
    reach = [(points - middle) @ axis for axis in (along, upward)]
    (low_u, high_u), (low_v, high_v) = ((float(one.min()), float(one.max())) for one in reach)
    return CutPlane.of(
        key=key,
        name=name,
        center_mm=middle + 0.5 * (low_u + high_u) * along + 0.5 * (low_v + high_v) * upward,
        kept_normal=normal,
        along=along,
        width_mm=max(high_u - low_u, LEAST_SIDE_MM),
        height_mm=max(high_v - low_v, LEAST_SIDE_MM),
    )


def facing(plane: CutPlane, tumour_mm: Floats) -> CutPlane:
    """Return a plane that has the tumour, points (N, 3), on the side of the specimen."""
    if float(np.median(plane.heights_mm(tumour_mm))) <= 0.0:
        return plane
    return replace(plane, kept_normal=-plane.kept_normal)
