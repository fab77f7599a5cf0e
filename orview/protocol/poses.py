"""Poses between the wire (metres, quaternion) and the house (millimetres, named frames)."""

from collections.abc import Sequence

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.units import m_from_mm, mm_from_m


def wire_from_rigid(transform: RigidTransform) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return position (3), m, and unit quaternion (4) x y z w of a transform."""
    position_m = m_from_mm(transform.translation_mm)
    return tuple(float(value) for value in position_m), tuple(float(value) for value in transform.quat_xyzw)


def rigid_from_wire(
    *, to_frame: Frame, from_frame: Frame, position_m: Sequence[float], quat_xyzw: Sequence[float]
) -> RigidTransform:
    """Return `to_frame`_from_`from_frame` of a position, m, and a quaternion.

    Raises:
        NotRigidError: the quaternion has not the length 1, or a value is not finite.
    """
    return RigidTransform.from_quaternion(
        to_frame, from_frame, quat_xyzw, [mm_from_m(float(value)) for value in position_m]
    )
