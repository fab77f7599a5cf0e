"""A coarser grid to look at a CT with: what shape decides needs no finer voxels and takes a tenth of the time."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.volume import Volume, shifted, spacing_mm

_NEIGHBOUR_WEIGHT = 0.2


@dataclass(frozen=True, kw_only=True, eq=False)
class Coarse:
    """A volume, or a box of it, averaged over blocks of voxels.

    Attributes:
        array: (K, J, I) float32, mean of each block.
        patient_from_voxel: of the blocks' centres.
        blocks: (3,) voxels of the volume in a block along k, j, i.
        start: (3,) first voxel of the volume along k, j, i.
    """

    array: NDArray[np.float32]
    patient_from_voxel: AffineTransform
    blocks: NDArray[np.int64]
    start: NDArray[np.int64]

    @property
    def spacing_mm(self) -> NDArray[np.float64]:
        """Distance between neighbouring blocks along k, j, i (array order): (3,) mm."""
        return spacing_mm(self.patient_from_voxel)[::-1]

    @property
    def voxel_ml(self) -> float:
        """Volume of a block."""
        return abs(self.patient_from_voxel.determinant) / 1000.0

    def radius(self, mm: float) -> list[int]:
        """Return how many blocks a length is along i, j, k, as SimpleITK's kernels want it."""
        return [round(mm / float(step)) for step in self.spacing_mm[::-1]]

    def cut(self, box: tuple[slice, slice, slice]) -> "Coarse":
        """Return a box of it (slices along k, j, i with both ends)."""
        first = np.array([one.start for one in box], dtype=np.int64)
        k, j, i = (int(n) for n in first)
        return Coarse(
            array=self.array[box],
            patient_from_voxel=shifted(self.patient_from_voxel, (i, j, k)),
            blocks=self.blocks,
            start=np.asarray(self.start + first * self.blocks, dtype=np.int64),
        )

    def fine_index(self, low: NDArray[np.int64], high: NDArray[np.int64]) -> tuple[NDArray[np.intp], ...]:
        """Return, for voxels `low` to `high` (k, j, i) of the volume, the block each lies in, as `np.ix_` does."""
        return np.ix_(
            *(
                np.clip((np.arange(a, b) - first) // block, 0, size - 1)
                for a, b, first, block, size in zip(low, high, self.start, self.blocks, self.array.shape, strict=True)
            )
        )


def quiet(coarse: Coarse, inside: NDArray[np.bool_], *, most_noise_hu: float) -> Coarse:
    """Return it averaged with its neighbours where it is noisier than `most_noise_hu` inside (K, J, I).

    Noise is told by how much neighbours along i differ (median, so that edges do not count).
    """
    pairs = inside[:, :, 1:] & inside[:, :, :-1]
    if not pairs.any():
        return coarse
    steps = np.abs(np.diff(coarse.array, axis=2)[pairs])
    noise_hu = float(np.median(steps)) / (0.6745 * math.sqrt(2.0))
    return replace(coarse, array=softened(coarse.array)) if noise_hu > most_noise_hu else coarse


def coarse_of(volume: Volume, *, step_mm: float) -> Coarse:
    """Return a volume averaged over whole voxels, to blocks of at most `step_mm` where its voxels are smaller."""
    blocks = np.maximum(np.floor(step_mm / volume.spacing_mm[::-1] + 1e-6), 1).astype(np.int64)
    matrix = volume.patient_from_voxel.matrix.copy()
    matrix[:3, 3] = volume.patient_from_voxel.apply((blocks[::-1] - 1) / 2.0)
    matrix[:3, :3] *= blocks[::-1]
    return Coarse(
        array=_block_means(volume.array, blocks),
        patient_from_voxel=AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix),
        blocks=blocks,
        start=np.zeros(3, dtype=np.int64),
    )


def box_of(mask: NDArray[np.bool_], *, margin: int = 0) -> tuple[slice, slice, slice]:
    """Return the smallest box that holds a mask (K, J, I), which is not empty, and `margin` voxels around it."""
    box = []
    for axis in range(3):
        rows = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        box.append(slice(max(int(rows[0]) - margin, 0), min(int(rows[-1]) + 1 + margin, mask.shape[axis])))
    return box[0], box[1], box[2]


def softened(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return values (K, J, I) averaged with their neighbours along each axis in turn."""
    soft = values.copy()
    for axis in range(3):
        inner, before, after = (
            tuple(cut if one == axis else slice(None) for one in range(3))
            for cut in (slice(1, -1), slice(None, -2), slice(2, None))
        )
        sides = soft[before] + soft[after]
        soft *= 1.0 - 2.0 * _NEIGHBOUR_WEIGHT
        soft[inner] += _NEIGHBOUR_WEIGHT * sides
        # At the ends there is one neighbour less.
        for end in (0, -1):
            ends = tuple(end if one == axis else slice(None) for one in range(3))
            soft[ends] /= 1.0 - 2.0 * _NEIGHBOUR_WEIGHT
    return soft


def carried(mask: NDArray[np.bool_], from_coarse: Coarse, to_coarse: Coarse) -> NDArray[np.bool_]:
    """Return a mask on one coarse grid of a volume on another of the same volume, nearest block by nearest block."""
    index = []
    for axis in range(3):
        middles = to_coarse.start[axis] + (np.arange(to_coarse.array.shape[axis]) + 0.5) * to_coarse.blocks[axis]
        blocks = (middles - from_coarse.start[axis]) // from_coarse.blocks[axis]
        index.append(np.clip(blocks.astype(np.intp), 0, mask.shape[axis] - 1))
    return np.asarray(mask[np.ix_(*index)])


def _block_means(array: NDArray[np.int16] | NDArray[np.float32], blocks: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the mean of every block of voxels; blocks at the end repeat the last voxel."""
    k_block, j_block, i_block = (int(block) for block in blocks)
    shape = [-(-size // int(block)) for size, block in zip(array.shape, blocks, strict=True)]
    means = np.zeros(shape, dtype=np.float32)
    planes = np.arange(shape[0])
    for dk in range(k_block):
        source = array[np.minimum(planes * k_block + dk, array.shape[0] - 1)]
        padding = [(0, 0), (0, -source.shape[1] % j_block), (0, -source.shape[2] % i_block)]
        if any(after for _, after in padding):
            source = np.pad(source, padding, mode="edge")
        for dj in range(j_block):
            for di in range(i_block):
                means += source[:, dj::j_block, di::i_block]
    means /= float(k_block * j_block * i_block)
    return means
