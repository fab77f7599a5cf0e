"""Radiopaque beads in a CT, found by themselves, each with how well its centre is known.

A bead is a small, bright, round body that stands alone at the outside of the patient. Bright blobs are fitted with a
ball as a scanner shows it (`orview.segment.bead_fit`); what is not as round, bright, large or alone as a bead is none.
All balls of a scan share its blur, and beads their size: what the best of them tell is used for all.

What shape cannot tell apart is left to the constellation (`orview.register.constellation`): a ball-headed electrode
stud without its ring, a metal ball of another purpose, a round shot in the skin.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.image.volume import Volume
from orview.segment.bead_candidates import Candidate, find_candidates
from orview.segment.bead_fit import BallFit, fit_ball
from orview.segment.bead_priors import Alike

SMALLEST_BRIGHT_HU = 1700.0
"""A bead is brighter than what is around it by this much; calcified tissue is not."""

RADIUS_RANGE_MM = (0.75, 3.4)
"""Beads are 2 to 6 mm; the smallest and brightest are told a little too small, or too large."""

LARGEST_MISFIT = 0.085
"""Root mean square of what a ball leaves unexplained, as a part of what it shows."""

THICK_FROM_MM, LARGEST_MISFIT_THICK = 1.5, 0.075
"""In slices farther apart than the first few voxels tell a ball: what misfits more than the second may be far off."""

VERY_THICK_MM, LEAST_CLAIM_MM = 3.5, 0.53
"""Slices as thick as the first, as told by the balls or by their distance, leave a centre across them no better known
than the second (one sigma: 1 mm and more at 95 %), whatever the fit claims: it rests on the scanner's slice profile."""

SURE_MISFIT, SURE_BRIGHT_HU = 0.05, 3000.0
"""What is less round or less bright than this is a bead only where it is like the others of the scan."""

ALIKE_RADIUS, ALIKE_BRIGHT = 1.25, 1.45
"""Beads of one scan are of one size and material: they differ by no more than these factors."""

CROWDED_HU = 600.0
"""What lies next to a bead is plastic, skin or air. Anything denser is bone or metal that the blob is a part of."""

CROWDED_FROM_MM, CROWDED_TO_MM = 1.0, 2.0
"""Beyond the ball and its blur, where nothing dense may be."""

LEAST_KNOWN_MM = 0.5
"""A centre known no better than this (one sigma, worst direction) is no fiducial."""

LONGEST_VOXEL_MM, WIDEST_VOXEL_MM = 4.0, 2.5
"""In longer voxels than the first a bead may lie in one slice alone, and nothing tells where in it; in wider ones than
the second it is a voxel or two, and a splinter of bone looks alike."""

FEWEST_TO_TELL = 3
MOST_TO_TELL = 6
APART_MM = 1.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Bead:
    """A small round radiopaque body found in a CT.

    Attributes:
        position_patient_mm: (3,) its centre.
        covariance_mm2: (3, 3) of the centre's error, patient axes.
        diameter_mm: of the ball that fits; close to the expected one where that was told.
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
        diameter_mm: of the beads looked for; None for any of 2 to 6 mm.

    Raises:
        ContractError: the diameter is not positive.
    """
    if diameter_mm is not None and not (math.isfinite(diameter_mm) and diameter_mm > 0.0):
        raise ContractError("The diameter of a bead is a positive number of mm.")
    if volume.spacing_mm.max() > LONGEST_VOXEL_MM or volume.spacing_mm[:2].max() > WIDEST_VOXEL_MM:
        return []
    radius_mm = None if diameter_mm is None else 0.5 * diameter_mm
    spacing_mm = volume.spacing_mm
    highest_hu = _highest_hu(volume)

    def fitted(candidate: Candidate, alike: Alike | None) -> BallFit | None:
        fit = fit_ball(
            candidate.block_hu,
            spacing_mm,
            candidate.centre_mm,
            highest_hu=highest_hu,
            radius_mm=radius_mm,
            guess_mm=candidate.radius_mm if radius_mm is None else radius_mm,
            alike=alike,
        )
        return fit if fit is not None and _stands_alone(candidate, fit, spacing_mm) else None

    fits = [(candidate, fitted(candidate, None)) for candidate in find_candidates(volume)]
    likely = [(candidate, fit) for candidate, fit in fits if fit is not None and fit.misfit < 2.0 * LARGEST_MISFIT]
    alike = _told([fit for _, fit in likely])
    if alike is not None:
        fits = [(candidate, fitted(candidate, alike)) for candidate, _ in likely]
    largest_misfit = LARGEST_MISFIT_THICK if spacing_mm.max() > THICK_FROM_MM else LARGEST_MISFIT
    balls = [
        (candidate, fit)
        for candidate, fit in fits
        if fit is not None and _is_bead(fit) and fit.misfit <= largest_misfit
    ]
    best = _best([fit for _, fit in balls])
    beads = [_bead(volume, candidate, fit) for candidate, fit in balls if _is_sure(fit) or _is_alike(fit, best)]
    return sorted(_without_twins(beads), key=lambda bead: -bead.peak_hu)


def _highest_hu(volume: Volume) -> float:
    """Return where the scanner's scale ends, infinite where nothing in the scan reaches it."""
    highest = float(volume.array.max())
    # Noise never repeats its largest value by chance as often as a flat top does.
    return highest if highest > CROWDED_HU and np.count_nonzero(volume.array == highest) > 3 else math.inf


def _best(fits: list[BallFit]) -> list[BallFit]:
    """Return the balls with the least misfit, at most half of them; none where there are too few."""
    best = sorted((fit for fit in fits if _is_bead(fit)), key=lambda fit: fit.misfit)
    best = best[: min(MOST_TO_TELL, max(FEWEST_TO_TELL, len(best) // 2))]
    return best if len(best) >= FEWEST_TO_TELL else []


def _told(fits: list[BallFit]) -> Alike | None:
    """Return what the best balls tell of all, None where there are too few."""
    best = _best(fits)
    if not best:
        return None
    return Alike(
        blur_mm=float(np.median([fit.blur_mm for fit in best])),
        thickness_mm=float(np.median([fit.thickness_mm for fit in best])),
        radius_mm=float(np.median([fit.radius_mm for fit in best])),
        bright_hu=float(np.median([fit.bright_hu for fit in best])),
    )


def _is_sure(fit: BallFit) -> bool:
    return fit.misfit <= SURE_MISFIT and fit.bright_hu >= SURE_BRIGHT_HU


def _is_alike(fit: BallFit, best: list[BallFit]) -> bool:
    """Say whether a ball is of the size and brightness of the best ones, true where those are too few."""
    if not best:
        return True
    radius = math.log(fit.radius_mm / float(np.median([one.radius_mm for one in best])))
    bright = math.log(fit.bright_hu / float(np.median([one.bright_hu for one in best])))
    return abs(radius) <= math.log(ALIKE_RADIUS) and abs(bright) <= math.log(ALIKE_BRIGHT)


def _is_bead(fit: BallFit) -> bool:
    return (
        fit.misfit <= LARGEST_MISFIT
        and fit.bright_hu >= SMALLEST_BRIGHT_HU
        and RADIUS_RANGE_MM[0] <= fit.radius_mm <= RADIUS_RANGE_MM[1]
        and float(np.linalg.eigvalsh(fit.covariance_mm2)[2]) <= LEAST_KNOWN_MM**2
    )


def _stands_alone(candidate: Candidate, fit: BallFit, spacing_mm: NDArray[np.float64]) -> bool:
    """Say whether nothing dense lies round the ball."""
    k, j, i = np.meshgrid(*(np.arange(count) for count in candidate.block_hu.shape), indexing="ij")
    arms_mm = np.abs(np.stack([i, j, k], axis=-1) * spacing_mm - fit.centre_mm)
    blurred_mm = np.array([2.5 * fit.blur_mm, 2.5 * fit.blur_mm, 0.5 * fit.thickness_mm + 0.5])
    nearest = np.linalg.norm(arms_mm / (fit.radius_mm + blurred_mm + CROWDED_FROM_MM), axis=-1)
    farthest = np.linalg.norm(arms_mm / (fit.radius_mm + blurred_mm + CROWDED_TO_MM), axis=-1)
    shell = candidate.block_hu[(nearest > 1.0) & (farthest < 1.0)]
    return not shell.size or float(np.quantile(shell, 0.98)) < CROWDED_HU


def _bead(volume: Volume, candidate: Candidate, fit: BallFit) -> Bead:
    centre = candidate.first_voxel + fit.centre_mm / volume.spacing_mm
    axes = volume.patient_from_voxel.matrix[:3, :3] / volume.spacing_mm
    covariance = fit.covariance_mm2.copy()
    if max(fit.thickness_mm, float(volume.spacing_mm[2])) >= VERY_THICK_MM:
        covariance[2, 2] = max(covariance[2, 2], LEAST_CLAIM_MM**2)
    i, j, k = np.clip(np.round(centre).astype(int), 1, np.array(volume.array.shape[::-1]) - 2)
    return Bead(
        position_patient_mm=volume.patient_from_voxel.apply(centre),
        covariance_mm2=axes @ covariance @ axes.T,
        diameter_mm=2.0 * fit.radius_mm,
        peak_hu=float(volume.array[k - 1 : k + 2, j - 1 : j + 2, i - 1 : i + 2].max()),
    )


def _without_twins(beads: list[Bead]) -> list[Bead]:
    """Drop a bead that two candidate blobs led to."""
    kept: list[Bead] = []
    for bead in beads:
        if all(np.linalg.norm(bead.position_patient_mm - other.position_patient_mm) > APART_MM for other in kept):
            kept.append(bead)
    return kept
