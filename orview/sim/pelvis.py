"""The anatomy of one phantom: every structure as a solid in the patient frame, varied by a seed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from orview.sim import bones, sacrum, soft
from orview.sim.shapes import Mirrored, Placed, Shape, Without

SACROILIAC_GAP_MM = 2.0
FACET_GAP_MM = 1.5
ROOT_GROOVE_MM = 0.8


@dataclass(frozen=True, kw_only=True, eq=False)
class Pelvis:
    """The solids of one phantom, patient frame, mm.

    Attributes:
        structures: by anatomy key, in the order in which they are laid over one another: the last wins.
        body: everything under the skin.
        pelvic_fat: what fills the pelvis between the organs.
        origin_patient_mm: (3,) where the pelvis frame (see `bones`) has its origin.
        scale: how much larger than the drawn pelvis.
        landmarks_patient_mm: named points (3,).
        roots_patient_mm: the centre line (N, 3) of each nerve root by key.
    """

    structures: Mapping[str, Shape]
    body: Shape
    pelvic_fat: Shape
    origin_patient_mm: NDArray[np.float64]
    scale: float
    landmarks_patient_mm: Mapping[str, NDArray[np.float64]]
    roots_patient_mm: Mapping[str, NDArray[np.float64]]

    def patient_from_pelvis(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Carry points (..., 3) of the pelvis frame into the patient frame."""
        return np.asarray(points_mm, dtype=np.float64) * self.scale + self.origin_patient_mm


def build_pelvis(rng: np.random.Generator) -> Pelvis:
    """Draw one pelvis: size, sacral curve, wings of the hips and the tumour vary."""
    scale = float(rng.uniform(0.96, 1.03))
    origin = np.array([rng.uniform(-8, 8), rng.uniform(-25, 5), rng.uniform(-430, -380)])
    bend = sacrum.Bend(math.radians(45.0 + rng.uniform(-2.5, 2.5)), math.radians(62.0 + rng.uniform(-4.0, 4.0)))

    def wobble() -> NDArray[np.float64]:
        return rng.uniform(-1.5, 1.5, size=(3, 6, 3))

    left, right = bones.hip_bone(wobble()), Mirrored(bones.hip_bone(wobble()))
    upper = sacrum.sacrum(bend)
    l5 = Without(bones.Vertebra(46.0, 100.0, math.radians(25.0)), [upper], gap_mm=FACET_GAP_MM)
    l4 = Without(bones.Vertebra(35.6, 135.7, math.radians(8.0)), [l5.solid], gap_mm=FACET_GAP_MM)
    tumour = soft.tumour(bend, size=float(rng.uniform(0.94, 1.06)), lobes_mm=rng.uniform(-1.5, 1.5, size=(4, 3)))
    roots = {
        f"nerve_s{n}_{name}": sacrum.root(bend, n, side=side)
        for n in range(1, 6)
        for name, side in (("left", 1.0), ("right", -1.0))
    }
    # The last roots leave around the tip and lie in grooves of the bone.
    bone = Without(
        Without(upper, [left, right], gap_mm=SACROILIAC_GAP_MM),
        [roots["nerve_s5_left"], roots["nerve_s5_right"]],
        gap_mm=ROOT_GROOVE_MM,
    )
    drawn: dict[str, Shape] = {
        "bladder": soft.bladder(),
        "rectum": soft.rectum(),
        "hip_left": left,
        "hip_right": right,
        "femur_left": bones.femur(),
        "femur_right": Mirrored(bones.femur()),
        "vertebra_l4": l4,
        "vertebra_l5": l5,
        "sacrum": bone,
        "iliac_vein_left": soft.iliac_vein(crossing=True),
        "iliac_vein_right": Mirrored(soft.iliac_vein(crossing=False)),
        "iliac_artery_left": soft.iliac_artery(),
        "iliac_artery_right": Mirrored(soft.iliac_artery()),
        "tumour": Without(tumour, [left], gap_mm=SACROILIAC_GAP_MM),
        **roots,
    }
    landmarks = {
        f"{name}_{side_name}": np.array(point) * (side, 1.0, 1.0) * scale + origin
        for name, point in bones.LANDMARKS_LEFT_MM.items()
        for side_name, side in (("left", 1.0), ("right", -1.0))
    }
    straight = {
        "promontory": (0.0, -17.5, 0.0),
        "s1_endplate": (0.0, 0.0, 0.0),
        "sacral_tip": (0.0, 0.0, sacrum.LENGTH_MM),
    }
    landmarks |= {name: bend.bent(point) * scale + origin for name, point in straight.items()}
    return Pelvis(
        structures=MappingProxyType({key: Placed(solid, scale, origin) for key, solid in drawn.items()}),
        body=Placed(soft.Body(buttock_mm=float(rng.uniform(66.0, 70.0))), scale, origin),
        pelvic_fat=Placed(soft.pelvic_fat(), scale, origin),
        origin_patient_mm=origin,
        scale=scale,
        landmarks_patient_mm=MappingProxyType(landmarks),
        roots_patient_mm=MappingProxyType({key: tube.points_mm * scale + origin for key, tube in roots.items()}),
    )
