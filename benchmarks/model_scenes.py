"""Scenes whose truth is known: a pelvis of eight labels, bones of other shapes, and thin and small parts.

`pelvis` is what speed is measured on. `held_out` and `thin` hold other shapes on other grids.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

from benchmarks.model_truth import Piece, Solid
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.geometry.rigid import rotation_from_vector
from orview.image.volume import Provenance, SourceKind, Volume
from orview.segment.masks import LabelMap
from orview.sim import bones
from orview.sim.curves import tube_points
from orview.sim.pelvis import build_pelvis
from orview.sim.shapes import Blend, Box, Ellipsoid, Floats, Mirrored, Shape, Tube, Without, sheet

ROOT_RADIUS_MM = 1.1
RAMP_MM = 1.6
"""Width over which a voxel's grey goes from outside to inside."""

NOISE_HU = 18.0
BONE = ("sacrum", "hip_left", "hip_right", "vertebra", "femur", "rib", "scapula")


@dataclass(frozen=True, kw_only=True, eq=False)
class KnownScene:
    """A label map and the solids it was drawn from; label n is the n-th solid, counted from 1."""

    name: str
    labels: LabelMap
    solids: tuple[Solid, ...]

    @property
    def by_name(self) -> Mapping[str, Solid]:
        """The solids by their label's name."""
        return {solid.name: solid for solid in self.solids}

    @property
    def bones(self) -> tuple[Solid, ...]:
        """Those that are bone."""
        return tuple(solid for solid in self.solids if solid.name.startswith(BONE))


def pelvis(*, slices: int = 300) -> KnownScene:
    """Return the pelvis: 512 x 512 voxels of 0.78 mm over 300 mm of height, eight labels.

    Args:
        slices: 300 are 1 mm apart; more lie closer.
    """
    solids, origin_mm = _pelvis_solids()
    matrix = np.diag([0.78, 0.78, 300.0 / slices, 1.0])
    matrix[:3, 3] = np.add(origin_mm, (-199.3, -180.1, -130.2))
    return drawn_on("pelvis", solids, (slices, 512, 512), matrix)


@cache
def _pelvis_solids() -> tuple[tuple[Solid, ...], NDArray[np.float64]]:
    """Return the eight structures and where their frame has its origin, patient mm."""
    drawn = build_pelvis(np.random.default_rng(5))
    # Farther down the canal the roots lie closer together than voxels tell apart.
    roots = [
        Tube(points, np.full(len(points), ROOT_RADIUS_MM))
        for key, points in drawn.roots_patient_mm.items()
        if key.startswith(("nerve_s1", "nerve_s2", "nerve_s3"))
    ]
    vessels = Blend([shape for key, shape in drawn.structures.items() if key.startswith("iliac")])
    tumour = Without(drawn.structures["tumour"], [*roots, vessels], gap_mm=0.5, blend_mm=1.0)
    rectum = Without(drawn.structures["rectum"], [tumour, vessels], gap_mm=0.5, blend_mm=1.0)
    solids = (
        solid("sacrum", Without(drawn.structures["sacrum"], [tumour, *roots, vessels], gap_mm=0.3, blend_mm=1.0)),
        solid("hip_left", drawn.structures["hip_left"]),
        solid("hip_right", drawn.structures["hip_right"]),
        solid("tumour", tumour),
        solid("bladder", Without(drawn.structures["bladder"], [rectum, vessels], gap_mm=0.5, blend_mm=1.0)),
        solid("rectum", rectum),
        solid("iliac vessels", vessels),
        Solid("nerve roots", tuple(Piece.of(root, step_mm=0.25) for root in roots)),
    )
    return solids, drawn.origin_patient_mm


def held_out() -> KnownScene:
    """Return bones of other shapes, 0.7 x 0.7 x 0.8 mm, on a grid oblique to all of them."""
    solids = (
        solid("vertebra_l4", bones.Vertebra(-50.0, 75.0, math.radians(8.0))),
        solid("vertebra_l5", bones.Vertebra(-50.0, -135.0, math.radians(25.0), 27.0, 18.0, 12.5)),
        solid("femur_left", Without(bones.femur(), [Ellipsoid((118, 2, -140), (60, 60, 40))], blend_mm=2.0)),
        solid("hip_right", Mirrored(bones.hip_bone(np.random.default_rng(17).uniform(-4.0, 4.0, (3, 6, 3))))),
        solid("sacrum", _wedge()),
    )
    return drawn_on("other bones", solids, *oblique(solids, (0.7, 0.7, 0.8), (0.21, -0.30, 0.40)))


def thin(*, slice_mm: float = 1.0) -> KnownScene:
    """Return 15 tubes of 1 to 4 mm, 6 small balls and 6 thin shells beside a hip bone, 27 parts in three labels.

    Args:
        slice_mm: distance of the slices; pixels are 0.78 mm.
    """
    solids = _thin_solids()
    box = _box_of(solids).grown(6.0)
    counts = np.ceil((box.high_mm - box.low_mm) / (0.78, 0.78, slice_mm)).astype(int)
    matrix = np.diag([0.78, 0.78, slice_mm, 1.0])
    matrix[:3, 3] = np.add(box.low_mm, (0.13, 0.31, 0.27))
    i, j, k = (int(count) for count in counts)
    return drawn_on(f"thin parts, {slice_mm:g} mm slices", solids, (k, j, i), matrix)


@cache
def _thin_solids() -> tuple[Solid, ...]:
    return (
        solid("hip_left", bones.hip_bone(np.zeros((3, 6, 3)))),
        Solid("nerves", tuple(Piece.of(tube, step_mm=0.2) for tube in _tubes())),
        Solid("crumbs", tuple(Piece.of(ball, step_mm=0.15) for ball in _balls())),
        Solid("shells", tuple(Piece.of(shell, step_mm=0.25) for shell in _shells())),
    )


def drawn_on(
    name: str, solids: tuple[Solid, ...], shape: tuple[int, int, int], matrix: NDArray[np.float64]
) -> KnownScene:
    """Return the scene of solids on a grid: a voxel whose centre lies inside holds the solid's label."""
    transform = AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)
    array = np.zeros(shape, dtype=np.uint16)
    for value, solid in enumerate(solids, start=1):
        for piece in solid.pieces:
            where, distance = piece.on_grid(shape, transform)
            array[where][distance < 0.0] = value
    names = {value: solid.name for value, solid in enumerate(solids, start=1)}
    return KnownScene(name=name, labels=LabelMap(array=array, patient_from_voxel=transform, names=names), solids=solids)


def greys(scene: KnownScene) -> Volume:
    """Return a CT of the scene: every bone with an edge level of its own, trabeculae, 18 HU of noise.

    A bone's grey crosses the middle between soft tissue and its cortex exactly on its surface.
    """
    rng = np.random.default_rng(23)
    array = np.full(scene.labels.array.shape, 45.0, dtype=np.float32)
    for number, solid in enumerate(scene.bones):
        cortex, marrow = 880.0 + 45.0 * number, 190.0 + 15.0 * number
        for piece in solid.pieces:
            where, distance = piece.on_grid(array.shape, scene.labels.patient_from_voxel)
            filled = np.clip(0.5 - distance / RAMP_MM, 0.0, 1.0)
            rind = np.clip(0.5 + (distance + 3.5) / RAMP_MM, 0.0, 1.0)
            value = marrow + (cortex - marrow) * rind
            array[where] += filled * (value - array[where])
    array += NOISE_HU * rng.standard_normal(array.shape, dtype=np.float32)
    return Volume(
        array=np.rint(array).astype(np.int16),
        patient_from_voxel=scene.labels.patient_from_voxel,
        provenance=Provenance(
            modality="CT",
            slices=array.shape[0],
            source_kind=SourceKind.PHANTOM,
            source_digest="0" * 64,
            synthetic=True,
        ),
    )


def label_parts(mask: NDArray[np.bool_], *, corners: bool) -> NDArray[np.uint32]:
    """Return the number, from 1, of the connected part each voxel (K, J, I) belongs to, 0 outside.

    Args:
        mask: of one label.
        corners: voxels that touch at a corner or an edge belong together (26 neighbours), else only at a face (6).
    """
    return sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray(mask.astype(np.uint8)), corners))


def solid(name: str, shape: Shape) -> Solid:
    """Return a shape under a name, sampled every half millimetre."""
    return Solid(name, (Piece.of(shape, step_mm=0.5),))


def _box_of(solids: tuple[Solid, ...]) -> Box:
    return Box.of(
        [
            Box(piece.origin_mm, piece.origin_mm + piece.step_mm * np.array(piece.values.shape[::-1]))
            for solid in solids
            for piece in solid.pieces
        ]
    )


def oblique(
    solids: tuple[Solid, ...], spacing_mm: tuple[float, float, float], turn_rad: tuple[float, float, float]
) -> tuple[tuple[int, int, int], NDArray[np.float64]]:
    """Return shape and patient_from_voxel of a turned grid around all solids."""
    axes = rotation_from_vector(turn_rad)
    box = _box_of(solids).grown(3.0)
    corners = np.array(list(product(*zip(box.low_mm, box.high_mm, strict=True)))) @ axes
    i, j, k = (int(n) for n in np.ceil(np.ptp(corners, axis=0) / spacing_mm))
    matrix = np.eye(4)
    matrix[:3, :3] = axes * spacing_mm
    matrix[:3, 3] = axes @ corners.min(axis=0)
    return (k, j, i), matrix


def _wedge() -> Shape:
    """Return a wedge with ridges, horns and four tunnels, for a sacrum that is none."""
    body = Blend(
        [
            Ellipsoid((0.0, 60.0, 10.0), (52.0, 17.0, 26.0)),
            Ellipsoid((0.0, 68.0, -22.0), (30.0, 13.0, 30.0)),
            Tube.through((0, 86, 24, 5), (0, 92, 0, 4), (0, 84, -40, 2.5)),
            Tube.through((26, 62, 20, 8), (24, 80, 44, 4)),
            Tube.through((-26, 62, 20, 8), (-24, 80, 44, 4)),
        ],
        blend_mm=6.0,
    )
    tunnels = [
        Tube.through((x, 30, z, 3.6), (0.8 * x, 62, z + 5, 3.0), (x, 100, z + 2, 2.6))
        for x in (-17.0, 17.0)
        for z in (12.0, -14.0)
    ]
    return Without(body, tunnels, blend_mm=2.0)


def _tubes() -> list[Tube]:
    """Return tubes of 1, 1.5, 2, 3 and 4 mm: straight along the slices' normal, bent, and oblique to all axes."""
    tubes = []
    for n, diameter in enumerate((1.0, 1.5, 2.0, 3.0, 4.0)):
        radius, x = 0.5 * diameter, -20.0 - 14.0 * n
        nodes = (
            [(x, -60, -60, radius), (x, -60, 0, radius)],
            [(x, -44, -60, radius), (x + 5, -36, -40, radius), (x - 3, -30, -20, radius), (x, -42, 0, radius)],
            [(x - 4, -14, -60, radius), (x + 5, 8, -15, radius)],
        )
        for line in nodes:
            points = tube_points(line, spacing_mm=1.0)
            tubes.append(Tube(points[:, :3], points[:, 3]))
    return tubes


def _balls() -> list[Shape]:
    return [
        Ellipsoid((-20.13 - 12.0 * n, 30.21, -40.37), (0.5 * diameter,) * 3)
        for n, diameter in enumerate((1.5, 2.0, 2.5, 3.0, 4.0, 6.0))
    ]


def _shells() -> list[Shape]:
    """Return plates and bowls 1, 1.5 and 2 mm thick, oblique to the grid."""
    shells: list[Shape] = []
    for n, thick in enumerate((1.0, 1.5, 2.0)):
        x = -26.0 - 26.0 * n
        corners = np.array([(x, 48, -70), (x + 18, 52, -66), (x + 20, 66, -48), (x + 2, 62, -52)], dtype=np.float64)
        shells.append(sheet(np.column_stack([corners, np.full(4, 0.5 * thick)]), [(0, 1, 2), (0, 2, 3)]))
        shells.append(_Bowl((x + 8.0, 60.0, -14.0), 10.0, 0.5 * thick, 1.2))
    return shells


@dataclass(frozen=True, eq=False)
class _Bowl:
    """Part of a hollow ball around its axis (0.3, -0.4, 0.87), with a round rim; the distance is exact.

    Attributes:
        centre_mm: of the ball.
        radius_mm: of the middle of the wall.
        half_mm: half the wall's thickness.
        opening_rad: angle between the axis and the rim.
    """

    centre_mm: tuple[float, float, float]
    radius_mm: float
    half_mm: float
    opening_rad: float

    @property
    def box(self) -> Box:
        return Box.around([self.centre_mm], self.radius_mm + self.half_mm)

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        axis = np.array((0.3, -0.4, 0.87))
        axis /= np.linalg.norm(axis)
        dx, dy, dz = (value - centre for value, centre in zip((x, y, z), self.centre_mm, strict=True))
        along = dx * axis[0] + dy * axis[1] + dz * axis[2]
        away = np.sqrt(np.maximum(dx * dx + dy * dy + dz * dz - along * along, 0.0))
        wall = np.abs(np.hypot(along, away) - self.radius_mm)
        rim = np.hypot(
            along - self.radius_mm * math.cos(self.opening_rad), away - self.radius_mm * math.sin(self.opening_rad)
        )
        return np.asarray(np.where(np.arctan2(away, along) < self.opening_rad, wall, rim) - self.half_mm)
