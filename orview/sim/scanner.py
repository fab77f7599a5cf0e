"""What a CT scanner makes of solids: blurred in the slice, averaged across its thickness, noisy, clipped.

Solids are sampled finely only near details; elsewhere a voxel knows the few large solids it lies in. The blur is a
Gaussian in the slice, sharpened as edge-enhancing kernels do, and across slices a box of their thickness with soft
ends. Values are clipped where the scanner's 12 bits end, after the blur: metal shows as a flat top with wide flanks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from orview.sim.shapes import Box, Shape
from orview.sim.voxels import AIR_HU, blurred

FINE_MM = 0.25
"""Details are sampled at least this finely before they are blurred."""

REACH_SIGMAS = 3.0
_STREAK_CORE_MM = 2.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Solid:
    """A body of one radiodensity, perhaps with a denser rind.

    Attributes:
        shape: where it is, mm.
        hu: its inside.
        shell_hu: of a rind, `shell_mm` thick; None for none.
        shell_mm: thickness of the rind.
        detail: small or sharp enough that it is sampled finely.
        streaks_hu: how strong the streaks are that it casts in its slices, at its surface.
    """

    shape: Shape
    hu: float
    shell_hu: float | None = None
    shell_mm: float = 0.0
    detail: bool = False
    streaks_hu: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """How a scan is made.

    Attributes:
        spacing_mm: between voxel centres in the slice.
        increment_mm: between slices.
        thickness_mm: of a slice; more than the increment where slices overlap.
        blur_mm: sigma of the blur in the slice.
        blur_across_mm: sigma of the softness of a slice's faces.
        edge: how much of a twice as wide blur is taken away (0 for a smooth kernel, 0.1 for a sharp one).
        noise_hu: sigma.
        highest_hu: where the scale ends.
    """

    spacing_mm: float
    increment_mm: float
    thickness_mm: float
    blur_mm: float = 0.5
    blur_across_mm: float = 0.2
    edge: float = 0.0
    noise_hu: float = 20.0
    highest_hu: float = 3071.0
    noise_blur_voxel: float = field(default=0.45)

    def scan(
        self, solids: Sequence[Solid], size_mm: tuple[float, float, float], rng: np.random.Generator
    ) -> NDArray[np.int16]:
        """Return the picture (K, J, I), HU, of solids in air; voxel (0, 0, 0) lies at (0, 0, 0) mm.

        Args:
            solids: laid over one another in this order.
            size_mm: of the volume along x, y, z.
            rng: draws noise and streaks.
        """
        steps = (self.spacing_mm, self.spacing_mm, self.increment_mm)
        counts = [math.ceil(size / step) for size, step in zip(size_mm, steps, strict=True)]
        axes = [
            np.arange(count, dtype=np.float32) * np.float32(step) for count, step in zip(counts, steps, strict=True)
        ]
        hu = _painted([solid for solid in solids if not solid.detail], axes, soft_mm=2.5 * self.blur_mm)
        for solid in solids:
            if solid.detail:
                box = solid.shape.box
                self._draw(hu, solids, Box(box.low_mm - self._reach_mm, box.high_mm + self._reach_mm), counts, steps)
        for solid in solids:
            if solid.streaks_hu > 0.0:
                _add_streaks(hu, axes, solid, rng)
        noise = blurred(rng.standard_normal(hu.shape, dtype=np.float32), sigma_voxel=self.noise_blur_voxel)
        hu += noise * (self.noise_hu / float(noise[:: max(1, len(noise) // 16)].std()))
        return np.rint(np.clip(hu, -1024.0, self.highest_hu)).astype(np.int16)

    @property
    def _reach_mm(self) -> tuple[float, float, float]:
        across = 0.5 * self.thickness_mm + REACH_SIGMAS * self.blur_across_mm
        within = REACH_SIGMAS * self.blur_mm * (2.0 if self.edge else 1.0)
        return within, within, across

    def _draw(
        self,
        hu: NDArray[np.float32],
        solids: Sequence[Solid],
        box: Box,
        counts: Sequence[int],
        steps: Sequence[float],
    ) -> None:
        """Draw the voxels (K, J, I) of `hu` in a box from fine samples of all solids."""
        fine, weights, where = [], [], []
        for axis, reach_mm in enumerate(self._reach_mm):
            first = max(0, math.ceil(box.low_mm[axis] / steps[axis]))
            last = min(counts[axis] - 1, math.floor(box.high_mm[axis] / steps[axis]))
            if last < first:
                return
            centres = np.arange(first, last + 1) * steps[axis]
            samples = np.arange(centres[0] - reach_mm, centres[-1] + reach_mm + FINE_MM, FINE_MM)
            fine.append(samples.astype(np.float32))
            weights.append(self._weights(centres[:, None] - samples, across=axis == 2))
            where.append(slice(first, last + 1))
        near = [
            s
            for s in solids
            if (s.shape.box.low_mm <= [f[-1] for f in fine]).all()
            and (s.shape.box.high_mm >= [f[0] for f in fine]).all()
        ]
        dense = _painted(near, fine, soft_mm=FINE_MM)
        x, y, z = where
        for side, strength in enumerate((1.0 + self.edge, -self.edge)):
            if strength == 0.0:
                continue
            wx, wy, wz = (pair[side] for pair in weights)
            part = np.tensordot(wz, dense, axes=(1, 0))
            part = np.einsum("kyx,jy->kjx", part, wy, optimize=True) @ wx.T
            if strength > 0.0:
                hu[z, y, x] = 0.0
            hu[z, y, x] += np.float32(strength) * part

    def _weights(
        self, offsets_mm: NDArray[np.float64], *, across: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return how much fine samples (M) at offsets (N, M) add to voxels, (N, M), sharp and twice as wide."""
        made = []
        for wide in (1.0, 2.0):
            if across:
                half, soft = 0.5 * self.thickness_mm, self.blur_across_mm
                weights = 0.5 * (np.tanh((offsets_mm + half) / soft) - np.tanh((offsets_mm - half) / soft))
            else:
                weights = np.exp(-0.5 * (offsets_mm / (wide * self.blur_mm)) ** 2)
            made.append((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))
        return made[0], made[1]


def _painted(solids: Sequence[Solid], axes: Sequence[NDArray[np.float32]], *, soft_mm: float) -> NDArray[np.float32]:
    """Return HU (K, J, I) at the points of an open grid (x, y, z), edges `soft_mm` wide."""
    x, y, z = axes[0][None, None, :], axes[1][None, :, None], axes[2][:, None, None]
    hu = np.full((len(axes[2]), len(axes[1]), len(axes[0])), AIR_HU, dtype=np.float32)
    for solid in solids:
        box = solid.shape.box.grown(soft_mm)
        i, j, k = (
            slice(*np.searchsorted(axis, [low, high]))
            for axis, low, high in zip(axes, box.low_mm, box.high_mm, strict=True)
        )
        view = hu[k, j, i]
        if not view.size:
            continue
        depth = np.broadcast_to(solid.shape.distance_mm(x[:, :, i], y[:, j], z[k]), view.shape) * np.float32(
            -1.0 / soft_mm
        )
        value: NDArray[np.float32] | float = solid.hu
        if solid.shell_hu is not None:
            rind = np.clip(0.5 - depth + np.float32(solid.shell_mm / soft_mm), 0.0, 1.0)
            value = solid.hu + np.float32(solid.shell_hu - solid.hu) * rind
        view += np.clip(0.5 + depth, 0.0, 1.0) * (value - view)
    return hu


def _add_streaks(
    hu: NDArray[np.float32], axes: Sequence[NDArray[np.float32]], solid: Solid, rng: np.random.Generator
) -> None:
    """Lay bright and dark rays round a piece of metal, in its slices, fading with the distance."""
    box = solid.shape.box
    k = slice(*np.searchsorted(axes[2], [box.low_mm[2], box.high_mm[2]]))
    middle = 0.5 * (box.low_mm + box.high_mm)
    across, along = axes[0][None, :] - np.float32(middle[0]), axes[1][:, None] - np.float32(middle[1])
    distance = np.hypot(across, along)
    angle = np.arctan2(along, across)
    rays = np.zeros_like(distance)
    for _ in range(4):
        rays += rng.normal() * np.exp(rng.uniform(4.0, 30.0) * (np.cos(2.0 * (angle - rng.uniform(0.0, np.pi))) - 1.0))
    radius_mm = 0.5 * float((box.high_mm - box.low_mm)[:2].min())
    outside = np.clip((distance - radius_mm) / 0.5, 0.0, 1.0)
    fading = _STREAK_CORE_MM / (_STREAK_CORE_MM + np.maximum(distance - radius_mm, 0.0))
    hu[k] += np.float32(solid.streaks_hu) * (rays - rays.mean()) * outside * fading
