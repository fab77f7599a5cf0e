"""Vessels, bowel, bladder, tumour and the body's outline as solids in the pelvis frame (see `bones`)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.sim.bones import smooth_minimum
from orview.sim.curves import spline, tube_points
from orview.sim.sacrum import Bend
from orview.sim.shapes import Blend, Box, Ellipsoid, Floats, Shape, Tube

# x, y, z, radius; the left side, from the fork of aorta and vena cava down to groin and pelvic floor.
_ARTERY_STEM = [(8, -5, 158, 5.5), (15, -4, 132, 5.4), (27, 1, 110, 5.2), (42, 14, 84, 5)]
_ARTERY_FORWARD = [
    (42, 14, 84, 5),
    (54, 1, 62, 4.6),
    (65, -24, 40, 4.5),
    (73, -47, 14, 4.4),
    (76, -59, -10, 4.2),
    (77, -61, -40, 4),
]
_ARTERY_DOWN = [(42, 14, 84, 5), (32, 25, 67, 3.8), (34, 38, 50, 3.3), (41, 48, 26, 2.8), (47, 48, 2, 2.4)]
_VEIN_FORWARD = [
    (45, 37, 66, 5.6),
    (56, 17, 46, 5.2),
    (60, -10, 31, 5.2),
    (58, -40, 21, 5),
    (57, -53, 11, 4.8),
    (57, -60, -2, 4.8),
    (60, -62, -18, 4.7),
    (62, -61, -40, 4.6),
]
_VEIN_DOWN = [(45, 37, 66, 5.6), (47, 47, 52, 4), (51, 54, 34, 3.4), (54, 56, 12, 3)]
# The vena cava lies right of the midline, so the left common vein crosses over and the right one goes straight.
_VEIN_STEM_LEFT = [(-3, 10, 128, 6), (8, 13, 112, 6), (24, 20, 94, 6), (40, 33, 76, 5.8), (45, 37, 66, 5.6)]
_VEIN_STEM_RIGHT = [(17, 10, 128, 6), (22, 15, 112, 6), (31, 23, 94, 6), (41, 33, 76, 5.8), (45, 37, 66, 5.6)]


def iliac_artery() -> Shape:
    """Return the left common, external and internal iliac artery."""
    stem = _tube(_ARTERY_STEM)
    return Blend([stem, _tube(_ARTERY_FORWARD), _tube(_ARTERY_DOWN)], blend_mm=2.0)


def iliac_vein(*, crossing: bool) -> Shape:
    """Return a common, external and internal iliac vein on the left; `crossing` where it crosses the midline."""
    stem = _tube(_VEIN_STEM_LEFT if crossing else _VEIN_STEM_RIGHT)
    return Blend([stem, _tube(_VEIN_FORWARD), _tube(_VEIN_DOWN)], blend_mm=2.0)


def rectum() -> Shape:
    """Return the rectum from the sigmoid bend to the anal canal."""
    return _tube(
        [
            (34, 12, 42, 11),
            (15, 27, 44, 12),
            (-4, 42, 30, 13),
            (-9, 50, 10, 14.5),
            (-5, 50, -12, 15),
            (0, 46, -34, 14),
            (0, 36, -54, 10),
            (0, 44, -78, 8),
        ]
    )


def bladder() -> Shape:
    """Return the half-full bladder behind the pubis."""
    return Blend(
        [Ellipsoid((-2.0, -14.0, 4.0), (36.0, 27.0, 25.0)), Ellipsoid((0.0, -16.0, -14.0), (20.0, 18.0, 18.0))],
        blend_mm=8.0,
    )


def tumour(bend: Bend, *, size: float, lobes_mm: NDArray[np.float64]) -> Shape:
    """Return a lobed tumour in S3 and S4, left of the midline and out in front of the bone.

    Args:
        bend: of the sacrum it grows in.
        size: 1 for about 45 mm.
        lobes_mm: (4, 3) shifts of the lobes (x, t, s), see `sacrum`.
    """
    straight = np.array([(15.0, -1.0, 72.0), (18.0, -15.0, 78.0), (10.0, -6.0, 88.0), (20.0, -6.0, 62.0)]) + lobes_mm
    radii = np.array([18.0, 13.0, 12.0, 11.0]) * size
    lobes = [
        Ellipsoid((float(x), float(y), float(z)), (float(r), 0.94 * float(r), float(r)))
        for (x, y, z), r in zip(bend.bent(straight), radii, strict=True)
    ]
    return Blend(lobes, blend_mm=5.0)


def pelvic_fat() -> Shape:
    """Return the space between the organs, filled with fat."""
    return Ellipsoid((0.0, 10.0, 12.0), (50.0, 52.0, 62.0))


def _tube(nodes: Sequence[tuple[float, float, float, float]]) -> Tube:
    points = tube_points(np.array(nodes, dtype=np.float64), spacing_mm=4.0)
    return Tube(points[:, :3], points[:, 3])


# z, half the width, front y, back y
_OUTLINE = spline(
    np.array(
        [
            (-150, 156, -62, 96),
            (-105, 160, -68, 104),
            (-50, 165, -76, 121),
            (0, 166, -80, 129),
            (40, 166, -82, 131),
            (80, 165, -83, 126),
            (120, 160, -82, 114),
            (165, 150, -80, 106),
        ],
        dtype=np.float64,
    ),
    steps=8,
)
_SQUARENESS = 3.6


@dataclass(frozen=True, eq=False)
class Body:
    """The patient's outline from the small of the back to the thighs, lying on the belly; endless up and down."""

    buttock_mm: float = 68.0

    @property
    def box(self) -> Box:
        """Where the solid lies."""
        return Box(np.array([-170.0, -90.0, -150.0]), np.array([170.0, 150.0, 165.0]))

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the signed distance, mm."""
        kind = np.result_type(x, y, z)
        half, front, back = (np.interp(z, _OUTLINE[:, 0], _OUTLINE[:, n]).astype(kind) for n in (1, 2, 3))
        depth, n = 0.5 * (back - front), _SQUARENESS
        u, v = np.abs(x) / half, np.abs(y - 0.5 * (back + front)) / depth
        near = np.maximum(u**n + v**n, 1e-9) ** (1.0 / n)
        steep = np.sqrt((u ** (n - 1) / half) ** 2 + (v ** (n - 1) / depth) ** 2) * near ** (1.0 - n)
        trunk = (near - 1.0) / np.maximum(steep, 1e-3)
        distance = trunk
        for side in (-1.0, 1.0):
            buttock = Ellipsoid((side * 60.0, 72.0, -45.0), (66.0, self.buttock_mm, 70.0))
            distance = smooth_minimum(distance, buttock.distance_mm(x, y, z), 12.0)
        # A shallow furrow runs along the spinous processes.
        furrow = 4.0 * np.exp(-((x / 11.0) ** 2)) / (1.0 + np.exp((45.0 - z) / 12.0))
        return np.asarray(distance + furrow * (y > 60.0))
