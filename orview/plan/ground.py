"""What a plan is drawn on: the structures of a case as surfaces, and what is measured of them once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from orview.errors import RefusedError
from orview.mesh.measure import centroid_mm, joined, used_only
from orview.mesh.surface import Surface
from orview.plan.reference import ReferencePlane, midline, s1_end_plate
from orview.plan.solid import Solid
from orview.segment.anatomy import Kind, Side

Floats = NDArray[np.float64]

JOINT_GAP_MM = 6.0
"""The sacroiliac joint is where sacrum and hip bone come so near to each other (cartilage of 1 to 5 mm: Vleeming et
al. 2012, doi 10.1111/j.1469-7580.2012.01564.x)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Body:
    """One structure.

    Attributes:
        key, name, kind, side, rigid: as the case has them.
        surface: patient frame; of a joint it is open.
    """

    key: str
    name: str
    kind: Kind
    side: Side
    rigid: bool
    surface: Surface


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """Everything a plan is measured on.

    Attributes:
        bodies: by key, in the order of the case.
        joints: sacroiliac joints that the case does not outline itself, by key.
        tumour: all that is tumour, as one surface.
        tumour_solid: says how far points lie from it.
        midline, end_plate: what angles are told against; None where the case does not show it.
    """

    bodies: Mapping[str, Body]
    joints: Mapping[str, Body]
    tumour: Surface
    midline: ReferencePlane | None
    end_plate: ReferencePlane | None
    tumour_solid: Solid = field(repr=False)

    @classmethod
    def of(cls, bodies: Mapping[str, Body]) -> "Ground":
        """Measure the structures of a case.

        Raises:
            RefusedError: there is no tumour to plan for.
        """
        tumours = [body.surface for body in bodies.values() if body.kind is Kind.TUMOUR]
        if not tumours:
            raise RefusedError("The case has no tumour to plan for.", mend="Outline it and prepare the case again.")
        tumour = joined(tumours)
        sacrum = bodies.get("sacrum") or bodies.get("vertebra_s1")
        l5 = bodies.get("vertebra_l5")
        return cls(
            bodies=MappingProxyType(dict(bodies)),
            joints=MappingProxyType({body.key: body for body in _joints(bodies)}),
            tumour=tumour,
            midline=midline({key: centroid_mm(body.surface) for key, body in bodies.items()}),
            end_plate=None if sacrum is None or l5 is None else s1_end_plate(sacrum.surface, l5.surface),
            tumour_solid=Solid(tumour),
        )

    @cached_property
    def cuttable(self) -> tuple[Body, ...]:
        """Everything a plane may cut, the joints too."""
        return tuple(body for body in (*self.bodies.values(), *self.joints.values()) if len(body.surface.triangles))

    @cached_property
    def cuttable_middles_mm(self) -> Floats:
        """(N, 3) the middle of the box round each thing a plane may cut."""
        return np.asarray(self._boxes_mm.mean(axis=1))

    @cached_property
    def cuttable_radii_mm(self) -> Floats:
        """(N,) how far no point of each lies farther from that middle."""
        return np.asarray(0.5 * np.linalg.norm(self._boxes_mm[:, 1] - self._boxes_mm[:, 0], axis=1))

    @cached_property
    def _boxes_mm(self) -> Floats:
        corners = (body.surface.vertices_mm for body in self.cuttable)
        return np.array([[points.min(axis=0), points.max(axis=0)] for points in corners])


def _joints(bodies: Mapping[str, Body]) -> list[Body]:
    """Return each side's sacroiliac joint as the part of the sacrum's surface that is near the hip bone."""
    sacrum, found = bodies.get("sacrum"), []
    for side in (Side.LEFT, Side.RIGHT):
        key = f"sacroiliac_joint_{side.value}"
        hip = bodies.get(f"ilium_{side.value}") or bodies.get(f"hip_{side.value}")
        if sacrum is None or hip is None or key in bodies:
            continue
        near = _near(sacrum.surface, hip.surface)
        if len(near.triangles):
            found.append(
                Body(
                    key=key,
                    name=f"Sacroiliac joint {side.value}",
                    kind=Kind.OTHER,
                    side=side,
                    rigid=True,
                    surface=near,
                )
            )
    return found


def _near(surface: Surface, other: Surface) -> Surface:
    """Return the triangles of a surface all of whose corners are within `JOINT_GAP_MM` of another."""
    low, high = other.vertices_mm.min(axis=0) - JOINT_GAP_MM, other.vertices_mm.max(axis=0) + JOINT_GAP_MM
    close = ((surface.vertices_mm > low) & (surface.vertices_mm < high)).all(axis=1)
    rows = np.flatnonzero(close)
    points = surface.vertices_mm[rows]
    close[rows] = np.linalg.norm(Solid(other).nearest_mm(points) - points, axis=1) < JOINT_GAP_MM
    return used_only(surface.vertices_mm, surface.triangles[close[surface.triangles].all(axis=1)])
