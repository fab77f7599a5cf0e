"""The two femoral heads in a CT: bright balls side by side, by which a pelvis is found and its sides are told."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from orview.segment.coarse import Coarse

sitk: Any = SimpleITK  # its functions carry no types

RADII_MM = (20.0, 22.0, 24.0, 26.0, 28.0)
"""Radii that edges vote for: a femoral head (adults: 20 to 27 mm) and the cup around it, about one centre."""

APART_MM = (130.0, 225.0)
"""Distance of the two centres from side to side."""

ASKEW_MM = 35.0
"""The two lie at one height and one depth within this; no patient lies more askew."""

EDGE_HU_PER_MM = 15.0
"""Slope of the grey values at the surface of a head."""

LEAST_SEEN = 0.45
"""Least part of a ball's surface that shows an edge, for it to be a head."""

CUP_BIAS_MM = (2.5, 0.0, -1.5)
"""Measured on phantoms: the cup draws the centre this far medially and upwards (lateral, posterior, superior)."""

_MOST_EDGES = 60_000
_VOTE_SIGMA_MM = 3.5
_PEAKS = 24
_PEAK_APART_MM = 15.0
_STRAY_MM = 8.0
_FACING = 0.85
_WIDTHS_MM = (4.0, 3.0, 3.0, 2.5)

Points = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class FemoralHead:
    """A ball: its centre (3,) patient mm, and the part of its surface that shows an edge, 0 to 1."""

    centre_mm: Points
    seen: float


def find_femoral_heads(
    coarse: Coarse, body: NDArray[np.bool_], *, soft_hu: float
) -> tuple[FemoralHead, FemoralHead] | None:
    """Return the left and the right femoral head (the patient's own sides), None where no two are seen.

    Every bright edge votes for the centres it may lie around (Hough 1962; for balls Ballard 1981), peaks are
    refined by least squares, and the pair that shows most of its surfaces at about one height wins.

    Args:
        coarse: CT on blocks of about 3 mm.
        body: (K, J, I) the patient in it.
        soft_hu: grey level of soft tissue.
    """
    grey = np.asarray(np.clip(coarse.array, soft_hu - 50.0, soft_hu + 350.0), dtype=np.float64)
    if min(grey.shape) < 4:
        return None
    slopes = np.stack([np.gradient(grey, step, axis=n) for n, step in enumerate(coarse.spacing_mm)], axis=-1)
    steep = np.sqrt((slopes * slopes).sum(axis=-1))
    edges = np.argwhere((steep > EDGE_HU_PER_MM) & body)
    edges = edges[:: max(1, len(edges) // _MOST_EDGES)]
    if len(edges) == 0:
        return None
    where = tuple(edges.T)
    inwards = slopes[where] / steep[where][:, None]
    places = edges * coarse.spacing_mm
    heads = []
    for peak in _peaks(places, inwards, coarse):
        ball = _refined(peak, places, inwards)
        if ball is not None and ball[1] >= LEAST_SEEN:
            centre = coarse.patient_from_voxel.apply((ball[0] / coarse.spacing_mm)[::-1])
            heads.append(FemoralHead(centre_mm=centre, seen=ball[1]))
    return _best_pair(heads)


def _best_pair(heads: list[FemoralHead]) -> tuple[FemoralHead, FemoralHead] | None:
    best, best_score = None, -np.inf
    for pair in combinations(heads, 2):
        apart = np.abs(pair[0].centre_mm - pair[1].centre_mm)
        if not APART_MM[0] <= apart[0] <= APART_MM[1] or apart[1:].max() > ASKEW_MM:
            continue
        score = min(head.seen for head in pair) - 0.005 * float(apart[1:].sum())
        if score > best_score:
            best, best_score = pair, score
    if best is None:
        return None
    right, left = sorted(best, key=lambda head: float(head.centre_mm[0]))
    lateral = np.array(CUP_BIAS_MM)
    return (
        FemoralHead(centre_mm=left.centre_mm + lateral, seen=left.seen),
        FemoralHead(centre_mm=right.centre_mm + lateral * (-1.0, 1.0, 1.0), seen=right.seen),
    )


def _peaks(places: Points, inwards: Points, coarse: Coarse) -> list[Points]:
    """Return where most votes (k, j, i order, mm) fall, strongest first."""
    shape = coarse.array.shape
    votes = np.zeros(coarse.array.size)
    for radius_mm in RADII_MM:
        at = np.rint((places + radius_mm * inwards) / coarse.spacing_mm).astype(np.int64)
        at = at[((at >= 0) & (at < shape)).all(axis=1)]
        votes += np.bincount(np.ravel_multi_index(tuple(at.T), shape), minlength=votes.size)
    image = sitk.GetImageFromArray(votes.reshape(shape).astype(np.float32))
    image.SetSpacing(coarse.spacing_mm[::-1].tolist())
    smooth = sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(image, _VOTE_SIGMA_MM))
    strongest = np.argpartition(smooth, -min(20_000, smooth.size), axis=None)[-min(20_000, smooth.size) :]
    strongest = strongest[np.argsort(-smooth.ravel()[strongest], kind="stable")]
    candidates = np.stack(np.unravel_index(strongest, shape), axis=-1) * coarse.spacing_mm
    kept: list[Points] = []
    while len(candidates) and len(kept) < _PEAKS:
        kept.append(candidates[0])
        candidates = candidates[np.linalg.norm(candidates - candidates[0], axis=1) > _PEAK_APART_MM]
    return kept


def _refined(peak: Points, places: Points, inwards: Points) -> tuple[Points, float] | None:
    """Return the centre of a ball near a peak and how much of its surface is seen; None where it strays."""
    close = np.linalg.norm(places - peak, axis=1) < RADII_MM[-1] + _STRAY_MM + _WIDTHS_MM[0]
    places, inwards = places[close], inwards[close]
    middle, radius_mm = peak, 24.0
    for width_mm in _WIDTHS_MM:
        arms = places - middle
        distance = np.linalg.norm(arms, axis=1)
        shell = np.abs(distance - radius_mm) < width_mm
        unit = arms[shell] / distance[shell][:, None]
        faces = (unit * inwards[shell]).sum(axis=1) < -_FACING
        unit, off = unit[faces], distance[shell][faces] - radius_mm
        if len(unit) < 50:
            return None
        typical = float(np.median(off))
        damping = 0.3 * len(unit) * np.eye(3)
        middle = middle + np.linalg.solve(unit.T @ unit + damping, unit.T @ (off - typical))
        radius_mm = float(np.clip(radius_mm + typical, 22.0, 26.0))
    if np.linalg.norm(middle - peak) > _STRAY_MM:
        return None
    return middle, _seen_part(unit)


def _seen_part(directions: Points) -> float:
    """Return the part of all directions, in 96 tiles of a cube's faces, that (N, 3) unit vectors fall into."""
    axis = np.abs(directions).argmax(axis=1)
    rows = np.arange(len(directions))
    along = directions[rows, axis]
    tile = 2 * axis + (along > 0)
    for turn in (1, 2):
        across = directions[rows, (axis + turn) % 3] / np.abs(along)
        tile = 4 * tile + np.clip(((across + 1.0) * 2.0).astype(int), 0, 3)
    return len(np.unique(tile)) / 96.0
