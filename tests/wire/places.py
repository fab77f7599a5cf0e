"""Where a headset must draw points of a patient: the chain from a model to the headset's world, worked out here.

The patient's points are those of a phantom whose left, front and top all differ, so that no other way to read the axes,
and no other unit, brings all of them to their places (hazards H04, H05).
"""

from typing import Any

import numpy as np

from orview.frames import Frame
from orview.geometry.affine import MODEL_FROM_PATIENT
from orview.geometry.rigid import RigidTransform
from orview.units import MM_PER_M

PLACES_PATIENT_MM = {
    "sacrum": (0.0, 176.0, -850.0),
    "hip_left": (62.0, 130.0, -875.0),
    "hip_right": (-62.0, 130.0, -875.0),
    "vertebra_l5": (2.0, 140.0, -806.0),
    "tumour": (14.0, 172.0, -845.0),
    "bead": (55.0, 246.0, -838.0),
}
ROOM_FROM_PATIENT = RigidTransform.from_rotation_vector(
    Frame.ROOM, Frame.PATIENT, [1.3, -0.4, 0.9], [120.0, -310.0, 905.0]
)
WORLD_FROM_ROOM = RigidTransform.from_rotation_vector(
    Frame.WORLD, Frame.ROOM, [-0.8, 1.9, 0.2], [400.0, 1510.0, -730.0]
)


def document() -> dict[str, Any]:
    """Return the vectors: both poses as they cross the wire, and each point in the model (m) and in the world (m)."""
    world_from_patient = WORLD_FROM_ROOM @ ROOM_FROM_PATIENT
    return {
        "world_from_room": _pose(WORLD_FROM_ROOM),
        "room_from_patient": _pose(ROOM_FROM_PATIENT),
        "points": [
            {
                "name": name,
                "model_m": _rounded(MODEL_FROM_PATIENT.apply(place)),
                "world_m": _rounded(world_from_patient.apply(place) / MM_PER_M),
            }
            for name, place in PLACES_PATIENT_MM.items()
        ],
    }


def _pose(pose: RigidTransform) -> dict[str, list[float]]:
    return {"position": _rounded(pose.translation_mm / MM_PER_M), "quat_xyzw": _rounded(pose.quat_xyzw)}


def _rounded(values: Any) -> list[float]:
    return [round(float(value), 9) for value in np.asarray(values)]
