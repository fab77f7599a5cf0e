"""Where in a CT a bead could be: small bright blobs that stand alone, at the outside of the patient."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from orview.image.volume import Volume

sitk: Any = SimpleITK  # its functions carry no types

CANDIDATE_HU = 1000.0
"""Where the search starts: above soft tissue and most bone, below any metal, glass or ceramic bead."""

FAINT_HU, FAINT_FROM_MM = 400.0, 1.5
"""In slices thicker than this small beads are fainter, and are looked for from this value on."""

LARGEST_MM = 9.0
"""A bead of 6 mm with the bloom of metal round it."""

AIR_HU, LEAST_AIR = -300.0, 0.08
"""Beads are fixed to the outside: of what is around them this part at least is air or foam, not tissue."""

AIR_REACH_MM = 6.0
_BLOCK_MM = 4.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """A blob that may be a bead.

    Attributes:
        block_hu: (K, J, I) voxels round it.
        first_voxel: (3,) index i, j, k of the block's first voxel.
        centre_mm: (3,) of the blob from the block's first voxel, along the voxel axes.
        radius_mm: of the ball of its volume.
    """

    block_hu: NDArray[np.float64]
    first_voxel: NDArray[np.intp]
    centre_mm: NDArray[np.float64]
    radius_mm: float


def find_candidates(volume: Volume) -> list[Candidate]:
    """Return the blobs of a CT that may be beads, each once."""
    levels = (CANDIDATE_HU, FAINT_HU) if volume.spacing_mm.max() > FAINT_FROM_MM else (CANDIDATE_HU,)
    found: list[Candidate] = []
    places: list[NDArray[np.float64]] = []
    for level_hu in levels:
        for centre, voxels in _blobs(volume, level_hu):
            place_mm = centre * volume.spacing_mm
            if any(np.linalg.norm(place_mm - other) < 2.0 for other in places):
                continue
            candidate = _cut_out(volume, centre, voxels)
            if candidate is not None:
                places.append(place_mm)
                found.append(candidate)
    return found


def _blobs(volume: Volume, level_hu: float) -> list[tuple[NDArray[np.float64], int]]:
    """Return centre (i, j, k) and voxels of the connected blobs no larger than a bead."""
    labels = sitk.ConnectedComponent(sitk.GetImageFromArray((volume.array >= level_hu).astype(np.uint8)), True)
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.ComputeFeretDiameterOff()
    shapes.ComputePerimeterOff()
    shapes.Execute(labels)
    largest = np.ceil(LARGEST_MM / volume.spacing_mm) + 2.0
    return [
        (np.array(shapes.GetCentroid(label)), int(shapes.GetNumberOfPixels(label)))
        for label in shapes.GetLabels()
        if (np.array(shapes.GetBoundingBox(label)[3:]) <= largest).all()
    ]


def _cut_out(volume: Volume, centre: NDArray[np.float64], voxels: int) -> Candidate | None:
    """Return a blob with its surroundings, None at the border of the scan or inside the body."""
    spacing_mm = volume.spacing_mm
    radius_mm = float(np.clip((voxels * math.prod(spacing_mm) * 0.75 / math.pi) ** (1 / 3), 0.8, 3.5))
    shape = np.array(volume.array.shape[::-1])
    nearest_mm = np.minimum(centre, shape - 1 - centre) * spacing_mm
    if (nearest_mm < radius_mm + 0.5 * spacing_mm).any():
        return None
    reach = (radius_mm + _BLOCK_MM) / spacing_mm + 1.0
    low = np.maximum(np.floor(centre - reach).astype(np.intp), 0)
    high = np.minimum(np.ceil(centre + reach).astype(np.intp) + 1, shape)
    block = volume.array[low[2] : high[2], low[1] : high[1], low[0] : high[0]].astype(np.float64)
    k, j, i = np.meshgrid(*(np.arange(count) for count in block.shape), indexing="ij")
    arms_mm = (np.stack([i, j, k], axis=-1) + low - centre) * spacing_mm
    distances_mm = np.linalg.norm(arms_mm, axis=-1)
    shell = (distances_mm > radius_mm + 1.0) & (distances_mm < radius_mm + AIR_REACH_MM)
    if not shell.any() or np.mean(block[shell] < AIR_HU) < LEAST_AIR:
        return None
    return Candidate(block_hu=block, first_voxel=low, centre_mm=(centre - low) * spacing_mm, radius_mm=radius_mm)
