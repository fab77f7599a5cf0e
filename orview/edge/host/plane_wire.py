"""Osteotomy planes as they cross the wire, in metres, and back."""

import numpy as np
from numpy.typing import NDArray

from orview.plan.cut_plane import CutPlane
from orview.protocol.planning import PlanPlane
from orview.units import m_from_mm, mm_from_m


def wire_from_plane(plane: CutPlane) -> PlanPlane:
    """Return a plane as it goes to clients."""
    return PlanPlane(
        key=plane.key,
        name=plane.name,
        center_patient_m=tuple(m_from_mm(plane.center_mm).tolist()),
        kept_normal=_direction(plane.kept_normal),
        along=_direction(plane.along),
        width_mm=plane.width_mm,
        height_mm=plane.height_mm,
    )


def plane_from_wire(told: PlanPlane) -> CutPlane:
    """Return the plane a client told.

    Raises:
        InputError: its numbers make no rectangle.
    """
    return CutPlane.of(
        key=told.key,
        name=told.name,
        center_mm=[mm_from_m(value) for value in told.center_patient_m],
        kept_normal=told.kept_normal,
        along=told.along,
        width_mm=told.width_mm,
        height_mm=told.height_mm,
    )


def _direction(unit: NDArray[np.float64]) -> tuple[float, ...]:
    # The last digit of a unit vector may stand over 1, where the wire ends.
    return tuple(np.clip(unit, -1.0, 1.0).tolist())
