"""An osteotomy plane: a bounded rectangle in the patient, and how far points lie from it."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import InputError

Floats = NDArray[np.float64]

UNIT_TOLERANCE = 1e-3
"""How far the length of a direction may stand from 1, and two directions from a right angle (its cosine)."""
_AS_GOOD_AS_EXACT = 1e-12
"""What is off by no more stays as it is: a plane that was made once comes back bit by bit, and so does its digest."""
LEAST_SIDE_MM, LONGEST_SIDE_MM = 1.0, 500.0
FARTHEST_MM = 5000.0
"""No patient is farther from the origin of an image."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CutPlane:
    """One osteotomy as a bounded plane, patient frame.

    Attributes:
        key: lower_snake_case, stable.
        name: what staff read.
        center_mm: (3,) the middle of the rectangle.
        kept_normal: (3,) unit; points from the specimen to what stays in the patient.
        along: (3,) unit, in the plane: the direction of the width.
        width_mm, height_mm: sides of the rectangle.
    """

    key: str
    name: str
    center_mm: Floats
    kept_normal: Floats
    along: Floats
    width_mm: float
    height_mm: float

    @classmethod
    def of(
        cls,
        *,
        key: str,
        name: str,
        center_mm: ArrayLike,
        kept_normal: ArrayLike,
        along: ArrayLike,
        width_mm: float,
        height_mm: float,
    ) -> "CutPlane":
        """Make a plane of what a person or a file gave; directions are brought to length 1 and to a right angle.

        Raises:
            InputError: numbers that are none or make no rectangle.
        """
        center, normal, across = (_three(value, name) for value in (center_mm, kept_normal, along))
        if np.abs(center).max() > FARTHEST_MM:
            raise InputError(f"The plane {name} lies outside any patient.", mend="Give its centre in patient mm (LPS).")
        for direction in (normal, across):
            if abs(np.linalg.norm(direction) - 1.0) > UNIT_TOLERANCE:
                raise InputError(f"A direction of the plane {name} has not the length 1.", mend="Give unit vectors.")
        normal = _unit(normal)
        if abs(normal @ across) > UNIT_TOLERANCE:
            raise InputError(
                f"The width of the plane {name} does not lie in it.",
                mend="Give `along` at a right angle to the normal.",
            )
        if abs(across @ normal) > _AS_GOOD_AS_EXACT:
            across -= (across @ normal) * normal
        for side_mm in (width_mm, height_mm):
            if not LEAST_SIDE_MM <= side_mm <= LONGEST_SIDE_MM:
                raise InputError(
                    f"The plane {name} is {side_mm:g} mm wide or high.",
                    mend=f"Give {LEAST_SIDE_MM:g} to {LONGEST_SIDE_MM:g} mm.",
                )
        return cls(
            key=key,
            name=name,
            center_mm=center,
            kept_normal=normal,
            along=_unit(across),
            width_mm=float(width_mm),
            height_mm=float(height_mm),
        )

    @cached_property
    def upward(self) -> Floats:
        """(3,) unit, in the plane: the direction of the height; width, height and normal are right-handed."""
        return np.cross(self.kept_normal, self.along)

    @property
    def corners_mm(self) -> Floats:
        """(4, 3) corners, counter-clockwise seen from the side that is kept."""
        half_width, half_height = 0.5 * self.width_mm * self.along, 0.5 * self.height_mm * self.upward
        return np.array(
            [
                self.center_mm - half_width - half_height,
                self.center_mm + half_width - half_height,
                self.center_mm + half_width + half_height,
                self.center_mm - half_width + half_height,
            ]
        )

    @property
    def rows(self) -> Floats:
        """(5, 3) the rectangle as compiled loops take it (`plan.plane_loops`)."""
        return np.array([self.center_mm, self.kept_normal, self.along, self.upward, [*self._half_sides_mm, 0.0]])

    def heights_mm(self, points_mm: Floats) -> Floats:
        """Return how far points (..., 3) lie beyond the infinite plane, positive on the side that is kept: (...)."""
        return np.asarray((points_mm - self.center_mm) @ self.kept_normal)

    def flat_mm(self, points_mm: Floats) -> Floats:
        """Return points (..., 3) as seen in the plane: along the width and along the height, (..., 2)."""
        offsets = points_mm - self.center_mm
        return np.stack([offsets @ self.along, offsets @ self.upward], axis=-1)

    def within(self, points_mm: Floats) -> NDArray[np.bool_]:
        """Say for points (..., 3) whether their foot on the infinite plane lies in the rectangle."""
        return np.asarray((np.abs(self.flat_mm(points_mm)) <= self._half_sides_mm).all(axis=-1))

    def offsets_mm(self, points_mm: Floats) -> Floats:
        """Return the vectors (..., 3) from the nearest point of the rectangle to each point."""
        flat = self.flat_mm(points_mm)
        beyond = flat - np.clip(flat, -self._half_sides_mm, self._half_sides_mm)
        return np.asarray(
            self.heights_mm(points_mm)[..., None] * self.kept_normal
            + beyond[..., :1] * self.along
            + beyond[..., 1:] * self.upward
        )

    def distances_mm(self, points_mm: Floats) -> Floats:
        """Return how far points (..., 3) lie from the rectangle: (...)."""
        return np.asarray(np.linalg.norm(self.offsets_mm(points_mm), axis=-1))

    @cached_property
    def _half_sides_mm(self) -> Floats:
        return np.array([0.5 * self.width_mm, 0.5 * self.height_mm])


def angle_deg(a: Floats, b: Floats) -> float:
    """Return the angle between two planes by their normals (3,), 0 to 90 degrees."""
    return math.degrees(math.atan2(float(np.linalg.norm(np.cross(a, b))), abs(float(a @ b))))


def _unit(direction: Floats) -> Floats:
    length = np.linalg.norm(direction)
    return direction if abs(length - 1.0) <= _AS_GOOD_AS_EXACT else direction / length


def _three(value: ArrayLike, name: str) -> Floats:
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"The plane {name} has a number that is none.", mend="Give three numbers.") from error
    if array.shape != (3,) or not np.isfinite(array).all():
        raise InputError(f"The plane {name} has a number that is none.", mend="Give three numbers.")
    return array
