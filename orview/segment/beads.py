"""Radiopaque beads in a CT, found by themselves, each with how well its centre is known.

A bead is a small, bright, round body that stands alone: a ball of the expected size, in air, plastic or skin,
with nothing as dense next to it. Bone, screws and the table fail one of these. The centre is the centroid of
how much of each voxel the ball fills, so it is finer than a voxel wherever slices are no thicker than the ball.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.image.volume import Volume

sitk: Any = SimpleITK  # its functions carry no types

CANDIDATE_HU = 1000.0
"""Where the search starts: above soft tissue and most bone, below any metal, glass or ceramic bead."""

SMALLEST_CONTRAST_HU = 1000.0
"""A bead stands out from what is around it by at least this much."""

SIZE_RANGE = (0.5, 2.5)
"""Volume of a blob over that of a bead, within which it may be one; the plastic seat of a bead counts in part."""

ROUND_RANGE = (0.45, 2.2)
"""Mean square extent of a blob along any direction, over that of a ball, within which it is round."""

CROWDED_HU = 600.0
"""What lies next to a bead is plastic, skin or air. Anything denser, and denser than a tenth of the bead, is
bone or metal that the blob is a part of."""

DIAMETERS_MM = (2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0)
"""Beads that are sold as fiducials."""

USUAL_MM, USUAL_FITS = 4.0, 1.7
"""The usual bead is taken for one where its misfit is no more than so many times the best: seat and blur make a bead
fit a smaller ball nearly as well, and a wrong size draws the centre to one side."""

FLOOR_OF_SPACING = 0.03
"""Systematic error of a centre along an axis, as a part of the voxel spacing, one sigma (docs/accuracy.md)."""

CLIP_GAINS = (1.0, 1.4, 2.0, 2.8, 4.0, 5.6)
"""How much brighter than a scanner can tell (3071 HU in 12 bits) a metal bead may be: titanium to tantalum."""

_STEPS = 8
_SHELL_VOXELS = 2.0
_EDGE_OF_SPACING = 0.15
_MARGIN_OF_SPACING = 0.5
_DIRECTION_SHARPNESS = 8.0
_SUBVOXELS = (np.stack(np.meshgrid(*[np.arange(4)] * 3), axis=-1).reshape(-1, 3) + 0.5) / 4 - 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Bead:
    """A small round radiopaque body found in a CT.

    Attributes:
        position_patient_mm: (3,) its centre.
        covariance_mm2: (3, 3) of the centre's error, patient axes.
        diameter_mm: of the ball with the same excess over its surroundings (a plastic seat adds to it); the expected
            one where voxels are too thick to tell.
        peak_hu: the brightest voxel, Hounsfield units.
    """

    position_patient_mm: NDArray[np.float64]
    covariance_mm2: NDArray[np.float64]
    diameter_mm: float
    peak_hu: float


def find_beads(volume: Volume, *, diameter_mm: float | None = None) -> list[Bead]:
    """Find the radiopaque beads in a CT, brightest first.

    Args:
        volume: a CT in Hounsfield units.
        diameter_mm: of the beads looked for; None for any of `DIAMETERS_MM`, each bead by the one that fits best.

    Raises:
        ContractError: the diameter is not positive.
    """
    if diameter_mm is not None and not (math.isfinite(diameter_mm) and diameter_mm > 0.0):
        raise ContractError("The diameter of a bead is a positive number of mm.")
    diameters_mm = DIAMETERS_MM if diameter_mm is None else (diameter_mm,)
    beads = []
    for start in _candidates(volume, diameter_mm=max(diameters_mm)):
        measured = ((one_mm, _measure(volume, start, radius_mm=0.5 * one_mm)) for one_mm in diameters_mm)
        fits = {one_mm: fit for one_mm, fit in measured if fit is not None}
        if fits:
            beads.append(_best(fits))
    return sorted(_without_twins(beads, apart_mm=0.5 * min(diameters_mm)), key=lambda bead: -bead.peak_hu)


def _best(fits: dict[float, tuple[Bead, float]]) -> Bead:
    """Return the bead of the diameter that fits best, by diameter its bead and relative misfit; the usual one first."""
    best, misfit = min(fits.values(), key=lambda fit: fit[1])
    usual = fits.get(USUAL_MM)
    return usual[0] if usual is not None and usual[1] <= USUAL_FITS * misfit else best


def _candidates(volume: Volume, *, diameter_mm: float) -> list[NDArray[np.float64]]:
    """Return the voxel positions (i, j, k) of bright connected blobs of about the size of a bead."""
    bright = sitk.GetImageFromArray((volume.array >= CANDIDATE_HU).astype(np.uint8))
    labels = sitk.ConnectedComponent(bright, True)
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.ComputeFeretDiameterOff()
    shapes.ComputePerimeterOff()
    shapes.Execute(labels)
    # A blob is at most the ball with half a voxel of blur on every side, in a box of that size.
    largest = np.ceil(diameter_mm / volume.spacing_mm) + 2.0
    most_voxels = math.prod(largest)
    starts = []
    for label in shapes.GetLabels():
        size = np.array(shapes.GetBoundingBox(label)[3:])
        if (size <= largest).all() and shapes.GetNumberOfPixels(label) <= most_voxels:
            starts.append(np.array(shapes.GetCentroid(label)))
    return starts


def _measure(volume: Volume, start: NDArray[np.float64], *, radius_mm: float) -> tuple[Bead, float] | None:
    """Refine one candidate (i, j, k) to a bead and its relative misfit, or return None where it is none.

    The centre is fitted by least squares, so that the voxels on the ball's surface decide and a wrong guess of
    what lies around it weighs little.
    """
    spacing_mm = volume.spacing_mm
    centre = start
    for _ in range(_STEPS):
        seen = _seen_fill(volume, centre, radius_mm=radius_mm)
        if seen is None:
            return None
        filled, arms_mm = seen
        expected, slope = _expected_fill(arms_mm, radius_mm=radius_mm, spacing_mm=spacing_mm)
        expected, slope = min(
            (_clipped(expected, slope, gain=gain) for gain in CLIP_GAINS),
            key=lambda clipped: float(((filled - clipped[0]) ** 2).sum()),
        )
        misfit = filled - expected
        normal = slope.T @ slope
        step_mm = np.linalg.solve(normal, slope.T @ misfit)
        centre = centre + step_mm / spacing_mm
        if np.linalg.norm(step_mm) < 1e-3:
            break
    if np.linalg.norm((centre - start) * spacing_mm) > radius_mm or not _is_ball(
        filled, expected, arms_mm, radius_mm=radius_mm, spacing_mm=spacing_mm
    ):
        return None
    noise = misfit @ misfit / (len(misfit) - 3) * np.linalg.inv(normal)
    along_axes = noise + np.diag((FLOOR_OF_SPACING * spacing_mm) ** 2)
    axes = volume.patient_from_voxel.matrix[:3, :3] / spacing_mm
    i, j, k = np.round(centre).astype(int)
    bead = Bead(
        position_patient_mm=volume.patient_from_voxel.apply(centre),
        covariance_mm2=axes @ along_axes @ axes.T,
        diameter_mm=2.0 * radius_mm * float((filled.sum() / expected.sum()) ** (1 / 3)),
        peak_hu=float(volume.array[k - 1 : k + 2, j - 1 : j + 2, i - 1 : i + 2].max()),
    )
    return bead, float(misfit @ misfit / (expected @ expected))


def _seen_fill(
    volume: Volume, centre: NDArray[np.float64], *, radius_mm: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return how much of each voxel near `centre` (i, j, k) is bead, (N,), and its place, (N, 3) mm from there.

    A voxel partly filled shows a mixture of the bead and of what lies behind it in the same direction: air on
    one side, the plate on the other. So the surroundings are read direction by direction from a shell just
    outside; one threshold for all would draw the centre towards the denser side.

    None where nothing stands out, something dense is next to it, or the volume ends.
    """
    spacing_mm = volume.spacing_mm
    margin_mm = _MARGIN_OF_SPACING * float(spacing_mm.min())
    reach_mm = radius_mm + margin_mm + _SHELL_VOXELS * spacing_mm
    low = np.floor(centre - reach_mm / spacing_mm).astype(int)
    high = np.ceil(centre + reach_mm / spacing_mm).astype(int) + 1
    if (low < 0).any() or (high > volume.array.shape[::-1]).any():
        return None
    hu = volume.array[low[2] : high[2], low[1] : high[1], low[0] : high[0]].astype(np.float64).ravel()
    k, j, i = np.meshgrid(*(np.arange(low[axis], high[axis]) for axis in (2, 1, 0)), indexing="ij")
    arms_mm = (np.stack([i.ravel(), j.ravel(), k.ravel()], axis=-1) - centre) * spacing_mm
    nearest_mm = np.linalg.norm(np.maximum(np.abs(arms_mm) - 0.5 * spacing_mm, 0.0), axis=1)
    farthest_mm = np.linalg.norm(np.abs(arms_mm) + 0.5 * spacing_mm, axis=1)
    touched = nearest_mm < radius_mm + margin_mm
    shell = ~touched & (np.linalg.norm(arms_mm / reach_mm, axis=1) < 1.0)
    inside = farthest_mm < radius_mm
    directions = arms_mm / np.maximum(np.linalg.norm(arms_mm, axis=1, keepdims=True), 1e-9)
    kernel = np.exp(_DIRECTION_SHARPNESS * (directions[touched] @ directions[shell].T - 1.0))
    around_hu = kernel @ hu[shell] / kernel.sum(axis=1)
    if inside.any():
        bead_hu = float(np.median(hu[inside]))
    else:
        # Voxels too thick for one to lie wholly inside: a ball of the expected size must explain all the excess.
        voxels = 4.0 / 3.0 * math.pi * radius_mm**3 / float(np.prod(spacing_mm))
        bead_hu = float(around_hu.mean() + (hu[touched] - around_hu).sum() / voxels)
    if bead_hu - around_hu.max() < SMALLEST_CONTRAST_HU or np.quantile(hu[shell], 0.98) > max(
        CROWDED_HU, 0.1 * bead_hu
    ):
        return None
    return (hu[touched] - around_hu) / (bead_hu - around_hu), arms_mm[touched]


def _expected_fill(
    arms_mm: NDArray[np.float64], *, radius_mm: float, spacing_mm: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how much of the voxels at `arms_mm` (N, 3) a ball fills, (N,), and how that changes as it moves, (N, 3).

    Each voxel is sampled at 4x4x4 places of a ball with a slightly soft edge, so that the answer is smooth.
    """
    places = arms_mm[:, None] + _SUBVOXELS * spacing_mm
    distances = np.maximum(np.linalg.norm(places, axis=-1), 1e-9)
    edge_mm = _EDGE_OF_SPACING * float(spacing_mm.min())
    filled = 0.5 - 0.5 * np.tanh(0.5 * (distances - radius_mm) / edge_mm)
    slope = (filled * (1.0 - filled) / (edge_mm * distances))[..., None] * places
    return filled.mean(axis=1), slope.mean(axis=1)


def _clipped(
    filled: NDArray[np.float64], slope: NDArray[np.float64], *, gain: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return fill and slope as a scanner shows them that clips metal `gain` times as bright as it can tell."""
    return np.minimum(gain * filled, 1.0), gain * slope * (gain * filled < 1.0)[:, None]


def _is_ball(
    filled: NDArray[np.float64],
    expected: NDArray[np.float64],
    arms_mm: NDArray[np.float64],
    *,
    radius_mm: float,
    spacing_mm: NDArray[np.float64],
) -> bool:
    """Say whether what was seen has the volume of the ball and its extent in every direction."""
    total = filled.sum()
    if not SIZE_RANGE[0] <= total / expected.sum() <= SIZE_RANGE[1]:
        return False
    centred = arms_mm - filled @ arms_mm / total
    # A voxel is itself wide; and the coarser the voxels, the less a sum over them knows of a ball's extent.
    extent = (filled[:, None] * centred).T @ centred / total - np.diag(spacing_mm**2) / 12.0
    unsure = np.diag(0.1 * spacing_mm**2)
    of_ball = radius_mm**2 / 5.0
    return bool(
        np.linalg.eigvalsh(extent + unsure)[0] >= ROUND_RANGE[0] * of_ball
        and np.linalg.eigvalsh(extent - unsure)[2] <= ROUND_RANGE[1] * of_ball
    )


def _without_twins(beads: list[Bead], *, apart_mm: float) -> list[Bead]:
    """Drop a bead that two candidate blobs led to."""
    kept: list[Bead] = []
    for bead in beads:
        if all(np.linalg.norm(bead.position_patient_mm - other.position_patient_mm) > apart_mm for other in kept):
            kept.append(bead)
    return kept
