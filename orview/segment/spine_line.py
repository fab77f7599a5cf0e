"""The pelvis's own axes in a CT, the line through the vertebral bodies, and the discs along it."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from orview.image.volume import Volume
from orview.segment.femoral_heads import FemoralHead

sitk: Any = SimpleITK  # its functions carry no types

HIPS_APART_MM = 177.0
"""Distance of the femoral heads of the pelvis that all other lengths are stated for; a patient's are scaled to it."""

LUMBOSACRAL_MM, LUMBOSACRAL_RAD = 110.0, math.radians(40.0)
"""Where the disc L5/S1 lies: its distance from the axis of the hips, and how far it leans forwards when lying.

Distance: "pelvic thickness", 100 to 115 mm in adults (Duval-Beaupere 1992)."""
LUMBOSACRAL_SPREAD = (12.0, math.radians(14.0))

MOST_DOUBT = 1.8
"""How far from its usual place, in spreads, a disc may lie to be taken for L5/S1."""

LEAST_LUMBOSACRAL_HU = 60.0
"""The disc L5/S1 is this much darker than the end plates beside it."""

DISC_GAP_MM = (24.0, 50.0)
"""Distance of neighbouring discs."""

LEAST_DISC_HU = 40.0
"""A disc is darker than the end plates beside it by this much."""

STEP_MM = 2.0
_LOW_MM = (-24.0, -45.0, 25.0)
_HIGH_MM = (24.0, 110.0, 400.0)
_HALF_WIDTH_MM = 16.0
_SLOPE_PRICE = 3.0
_DISC_HALF_MM = 3.0 * STEP_MM
_TILTS_RAD = np.radians([-24.0, -16.0, -8.0, 0.0, 8.0, 16.0, 24.0])

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class PelvicAxes:
    """Axes of the pelvis: x to the patient's left, y backwards, z upwards, from midway between the femoral heads.

    Attributes:
        axes: (3, 3) columns are the unit axes in the patient.
        origin_mm: (3,) patient mm.
        scale: this patient's lengths over those of the standard pelvis.
    """

    axes: Numbers
    origin_mm: Numbers
    scale: float

    @classmethod
    def through(cls, left: FemoralHead, right: FemoralHead) -> "PelvicAxes":
        """Return the axes of two femoral heads; upwards is as near to the patient's as they allow."""
        across = left.centre_mm - right.centre_mm
        apart = float(np.linalg.norm(across))
        x = across / apart
        z = np.array([0.0, 0.0, 1.0]) - x * x[2]
        z /= np.linalg.norm(z)
        middle = 0.5 * (left.centre_mm + right.centre_mm)
        return cls(axes=np.stack([x, np.cross(z, x), z], axis=1), origin_mm=middle, scale=apart / HIPS_APART_MM)

    def standard_from_patient(self, points_mm: Numbers) -> Numbers:
        """Carry points (..., 3) patient mm to where they lie in the standard pelvis, mm."""
        return np.asarray((points_mm - self.origin_mm) @ self.axes / self.scale)


@dataclass(frozen=True, kw_only=True, eq=False)
class Disc:
    """A disc between two vertebral bodies in the mid-plane of the standard pelvis.

    Attributes:
        y_mm, z_mm: its middle.
        lean_rad: of its plane, forwards and down.
        depth_hu: how much darker than the end plates beside it.
    """

    y_mm: float
    z_mm: float
    lean_rad: float
    depth_hu: float

    def above_mm(self, points_mm: Numbers) -> Numbers:
        """Return how far points (..., 3) of the standard pelvis lie above the disc's plane."""
        y, z = points_mm[..., 1] - self.y_mm, points_mm[..., 2] - self.z_mm
        return np.asarray(z * math.cos(self.lean_rad) - y * math.sin(self.lean_rad))

    def behind_mm(self, points_mm: Numbers) -> Numbers:
        """Return how far points (..., 3) lie behind the disc's middle, along its plane."""
        y, z = points_mm[..., 1] - self.y_mm, points_mm[..., 2] - self.z_mm
        return np.asarray(y * math.cos(self.lean_rad) + z * math.sin(self.lean_rad))


@dataclass(frozen=True, kw_only=True, eq=False)
class SpineLine:
    """The line through the bodies of sacrum and lumbar vertebrae, and the discs it crosses.

    Attributes:
        line_mm: (N, 2) y and z in the mid-plane of the standard pelvis, rising.
        discs: from L5/S1 upwards, none left out.
        doubt: how unusual the place of L5/S1 is; 0 is the usual one, 1 one spread off.
    """

    line_mm: Numbers
    discs: tuple[Disc, ...]
    doubt: float


def find_spine(volume: Volume, axes: PelvicAxes, *, soft_hu: float) -> SpineLine | None:
    """Follow the vertebral bodies upwards from the sacrum; None where no disc L5/S1 is seen.

    Args:
        volume: CT, Hounsfield units.
        axes: of its pelvis.
        soft_hu: grey level of soft tissue.
    """
    slab = _slab(volume, axes)
    if slab is None:
        return None
    above_soft = np.clip(slab - soft_hu, -100.0, 300.0)
    middle = slab.shape[2] // 2
    half = round(_HALF_WIDTH_MM / STEP_MM)
    wide = np.clip(above_soft[:, :, middle - half : middle + half + 1], -50.0, 150.0).mean(axis=2)
    line = _smooth_line(_best_line(_blurred(wide, (13.0, 4.0))))
    discs = _dark_planes(above_soft[:, :, middle - 5 : middle + 6].mean(axis=2), line, axes.scale)
    doubts = [
        math.inf
        if disc.depth_hu < LEAST_LUMBOSACRAL_HU
        else math.hypot(
            (math.hypot(disc.y_mm, disc.z_mm) - LUMBOSACRAL_MM) / LUMBOSACRAL_SPREAD[0],
            (disc.lean_rad - LUMBOSACRAL_RAD) / LUMBOSACRAL_SPREAD[1],
        )
        for disc in discs
    ]
    first = int(np.argmin(doubts)) if doubts else 0
    if not doubts or doubts[first] > MOST_DOUBT:
        return None
    rows = np.arange(len(line))
    return SpineLine(line_mm=_standard_mm(line, rows, axes.scale), discs=_chain(discs[first:]), doubt=doubts[first])


def _chain(discs: list[Disc]) -> tuple[Disc, ...]:
    """Return the first disc and those above it, each the darkest within reach of the one below."""
    chain = [discs[0]]
    while True:
        last = chain[-1]
        within = [
            disc
            for disc in discs
            if disc.z_mm > last.z_mm
            and DISC_GAP_MM[0] <= math.hypot(disc.y_mm - last.y_mm, disc.z_mm - last.z_mm) <= DISC_GAP_MM[1]
        ]
        if not within:
            return tuple(chain)
        chain.append(max(within, key=lambda disc: disc.depth_hu))


def _slab(volume: Volume, axes: PelvicAxes) -> NDArray[np.float32] | None:
    """Return the grey values (Z, Y, X) of a slab around the mid-plane of the pelvis, every `STEP_MM`."""
    size = np.array(volume.array.shape[::-1]) - 1
    corners = np.array([[a, b, c] for a in (0, size[0]) for b in (0, size[1]) for c in (0, size[2])], dtype=np.float64)
    top = float(((volume.patient_from_voxel.apply(corners) - axes.origin_mm) @ axes.axes)[:, 2].max())
    high = np.array([*_HIGH_MM[:2], min(_HIGH_MM[2], top)])
    counts = np.floor((high - _LOW_MM) / STEP_MM).astype(int) + 1
    if counts[2] < 2 * round(DISC_GAP_MM[0] / STEP_MM):
        return None
    voxel_from_patient = volume.patient_from_voxel.inverse()
    transform = sitk.AffineTransform(3)
    transform.SetMatrix((voxel_from_patient.matrix[:3, :3] @ axes.axes).ravel().tolist())
    transform.SetTranslation(voxel_from_patient.apply(axes.origin_mm).tolist())
    slab = sitk.Resample(
        sitk.GetImageFromArray(volume.array),
        [int(count) for count in counts],
        transform,
        sitk.sitkLinear,
        list(_LOW_MM),
        [STEP_MM] * 3,
        np.eye(3).ravel().tolist(),
        -1000.0,
        sitk.sitkFloat32,
    )
    return np.asarray(sitk.GetArrayFromImage(slab))


def _best_line(bright: NDArray[np.float32]) -> Numbers:
    """Return the column of each row (Z, Y) on the brightest line from bottom to top (dynamic programming)."""
    rows, columns = bright.shape
    came_from = np.zeros((rows, columns), dtype=np.int64)
    total = bright[0].astype(np.float64)
    steps = (-2, -1, 0, 1, 2)
    for row in range(1, rows):
        padded = np.pad(total, 2, constant_values=-np.inf)
        options = np.stack([padded[2 - d : 2 - d + columns] - _SLOPE_PRICE * abs(d) for d in steps])
        choice = options.argmax(axis=0)
        came_from[row] = np.arange(columns) - np.array(steps)[choice]
        total = options.max(axis=0) + bright[row]
    line = np.empty(rows, dtype=np.int64)
    line[-1] = total.argmax()
    for row in range(rows - 1, 0, -1):
        line[row - 1] = came_from[row, line[row]]
    return line.astype(np.float64)


def _smooth_line(line: Numbers, sigma: float = 6.0) -> Numbers:
    reach = round(2.0 * sigma)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.convolve(np.pad(line, reach, mode="edge"), weights / weights.sum(), mode="valid")


def _blurred(image: NDArray[np.float32], size_mm: tuple[float, float]) -> NDArray[np.float32]:
    """Return an image (Z, Y) blurred by what a vertebral body measures (half depth, half height)."""
    return np.asarray(
        sitk.GetArrayFromImage(
            sitk.SmoothingRecursiveGaussian(
                sitk.GetImageFromArray(image), [size_mm[0] / STEP_MM, 2.0 * size_mm[1] / STEP_MM]
            )
        )
    )


def _standard_mm(line: Numbers, rows: Numbers | NDArray[np.int64], scale: float) -> Numbers:
    return np.stack([_LOW_MM[1] + STEP_MM * line, _LOW_MM[2] + STEP_MM * rows], axis=-1) / scale


def _dark_planes(plane: NDArray[np.float32], line: Numbers, scale: float) -> list[Disc]:
    """Return where short planes across the line are darker than those 6 mm above and below: discs, not mid-bodies."""
    rows = np.arange(len(line), dtype=np.float64)
    along = np.arctan(-np.gradient(_smooth_line(line, 8.0)))
    depth, lean = np.full(len(line), -np.inf), np.zeros(len(line))
    arm = np.arange(-5.0, 6.0)
    for tilt in _TILTS_RAD:
        angle = along + tilt
        sine, cosine = np.sin(angle), np.cos(angle)
        level = []
        for off in (-_DISC_HALF_MM / STEP_MM, 0.0, _DISC_HALF_MM / STEP_MM):
            across_z = (rows + off * cosine)[:, None] + arm * sine[:, None]
            across_y = (line - off * sine)[:, None] + arm * cosine[:, None]
            level.append(_bilinear(plane, across_z, across_y).mean(axis=1))
        below, here, above = level
        here = np.minimum(0.5 * (below + above), np.minimum(below, above) + LEAST_DISC_HU) - here
        better = here > depth
        depth[better], lean[better] = here[better], angle[better]
    discs = []
    places = _standard_mm(line, rows, scale)
    for row in range(3, len(line) - 3):
        if depth[row] >= LEAST_DISC_HU and depth[row] == depth[max(0, row - 5) : row + 6].max():
            y, z = places[row]
            discs.append(Disc(y_mm=float(y), z_mm=float(z), lean_rad=float(lean[row]), depth_hu=float(depth[row])))
    return discs


def _bilinear(plane: NDArray[np.float32], z: Numbers, y: Numbers) -> Numbers:
    z = np.clip(z, 0.0, plane.shape[0] - 1.001)
    y = np.clip(y, 0.0, plane.shape[1] - 1.001)
    low_z, low_y = z.astype(np.int64), y.astype(np.int64)
    part_z, part_y = z - low_z, y - low_y
    below = plane[low_z, low_y] * (1.0 - part_y) + plane[low_z, low_y + 1] * part_y
    above = plane[low_z + 1, low_y] * (1.0 - part_y) + plane[low_z + 1, low_y + 1] * part_y
    return np.asarray(below * (1.0 - part_z) + above * part_z)
