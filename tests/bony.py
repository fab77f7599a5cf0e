"""A bone with bumps and a ridge, known exactly: as a distance, as a surface the product makes, and as a stored case."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orview.edge.case_store import CaseStore
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.geometry.rigid import RigidTransform
from orview.image.field import Field
from orview.mesh.measure import centroid_mm
from orview.mesh.refine import refine
from orview.mesh.surface import Surface
from orview.model.case import Case, CaseFiducial, Level, LevelError, ModelLevel
from orview.model.glb import write_glb
from orview.model.scene import Scene, ScenePart
from orview.segment.anatomy import anatomy_of
from tests.cases import a_case, a_structure

CENTRE = np.array([20.0, -150.0, -820.0])
TARGET = CENTRE + np.array([0.0, -10.0, 0.0])
BOARD_FROM_PATIENT = RigidTransform.from_rotation_vector(
    Frame.BOARD, Frame.PATIENT, [0.8, -1.1, 1.7], [140.0, -60.0, 30.0]
)

Away = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def bony(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far (...) points (..., 3) are out of an ellipsoid with two bumps and a ridge."""
    arms = points - CENTRE
    body = np.linalg.norm(arms / (60.0, 30.0, 45.0), axis=-1) * 30.0 - 30.0
    bumps = [np.linalg.norm(arms - place, axis=-1) - 14.0 for place in ((38.0, 20.0, 20.0), (-30.0, 22.0, -18.0))]
    x, y, z = np.moveaxis(arms, -1, 0)
    ridge = np.linalg.norm(np.stack([x + 0.2 * z, y - 29.0, 0.4 * z], axis=-1), axis=-1) - 7.0
    return np.asarray(np.min([body, *bumps, ridge], axis=0))


def cylinder(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm((points - CENTRE)[..., :2], axis=-1) - 40.0)


def ball(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(points - CENTRE, axis=-1) - 45.0)


def surface_of(away: Away) -> Surface:
    """Return the surface the product makes of a shape on a grid of 1.5 mm."""
    low = CENTRE - (75.0, 50.0, 65.0)
    k, j, i = np.mgrid[:87, :67, :101]
    inside = away(low + 1.5 * np.stack([i, j, k], axis=-1)) < 0.0
    matrix = np.diag([1.5, 1.5, 1.5, 1.0])
    matrix[:3, 3] = low
    grid = AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)
    return refine(Field(array=inside, level=0.5, outside=0.0, patient_from_voxel=grid)).finest


def places_on(away: Away, surface: Surface) -> NDArray[np.float64]:
    """Return places (N, 3) on the true shape that are reached from behind."""
    points = surface.vertices_mm
    for _ in range(4):
        slope = np.stack([(away(points + e) - away(points - e)) / 0.2 for e in 0.1 * np.eye(3)], axis=1)
        points = points - away(points)[:, None] * slope / np.maximum((slope**2).sum(axis=1), 0.1)[:, None]
    inner = (np.abs(points - CENTRE) < (65.0, 60.0, 50.0)).all(axis=1)
    return np.asarray(points[inner & (slope[:, 1] > 0.25)])


def landmarks_of(places: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return named places that lie far from one another; left is +x."""
    arms = places - CENTRE
    along = {
        "wing_left": arms[:, 0],
        "wing_right": -arms[:, 0],
        "top": arms[:, 2] + 0.3 * arms[:, 0],
        "tip": -arms[:, 2],
        "bump_left": -np.linalg.norm(arms - (38.0, 34.0, 20.0), axis=1),
        "bump_right": -np.linalg.norm(arms - (-30.0, 36.0, -18.0), axis=1),
        "ridge": -np.linalg.norm(arms - (0.0, 36.0, 0.0), axis=1),
    }
    return {name: places[int(score.argmax())] for name, score in along.items()}


def bony_case(store: CaseStore, bone: Surface, *, beads_patient_mm: NDArray[np.float64] | None = None) -> Case:
    """Store a case of that bone, called sacrum, and a tumour before it."""
    tumour = surface_of(lambda points: np.linalg.norm(points - TARGET, axis=-1) - 12.0)
    return stored_case(store, {"sacrum": bone, "tumour": tumour}, beads_patient_mm=beads_patient_mm)


def stored_case(
    store: CaseStore, parts: Mapping[str, Surface], *, beads_patient_mm: NDArray[np.float64] | None = None
) -> Case:
    """Store a case of some surfaces by their keys, with its finest model alone."""
    error = LevelError(rms_mm=0.1, hausdorff_mm=0.3)
    glb = write_glb(
        Scene(
            level=Level.FULL,
            parts=tuple(
                ScenePart(anatomy=anatomy_of(key), surface=surface, error=error) for key, surface in parts.items()
            ),
            synthetic=True,
        ),
        compressed=False,
    )
    name = hashlib.sha256(glb).hexdigest()
    triangles = {key: len(surface.triangles) for key, surface in parts.items()}
    case = replace(
        a_case(),
        structures=tuple(
            replace(
                a_structure(key, kind=anatomy_of(key).kind), centroid_patient_mm=tuple(centroid_mm(surface).tolist())
            )
            for key, surface in parts.items()
        ),
        levels=(
            ModelLevel(
                level=Level.FULL,
                sha256=name,
                bytes=len(glb),
                plain_sha256=name,
                plain_bytes=len(glb),
                triangles=sum(triangles.values()),
                structure_triangles=triangles,
                errors=dict.fromkeys(parts, error),
            ),
        ),
        fiducials=tuple(
            CaseFiducial(position_patient_mm=place, covariance_mm2=0.0009 * np.eye(3), diameter_mm=4.0)
            for place in (() if beads_patient_mm is None else beads_patient_mm)
        ),
    )
    store.add(case, {name: glb})
    return case


def write_points(
    path: Path,
    points: Mapping[str, NDArray[np.float64]],
    *,
    frame: str,
    named: bool = True,
    sigma_mm: float | None = None,
    shared_mm: float | None = None,
) -> Path:
    """Write points as CSV, mm."""
    known = {"sigma": sigma_mm, "shared": shared_mm}
    told = {column: value for column, value in known.items() if value is not None}
    header = ["name"] * named + ["x", "y", "z", *told]
    lines = [f"# frame = {frame}", ",".join(header)]
    for name, place in points.items():
        cells = [*(f"{value:.3f}" for value in place), *map(str, told.values())]
        lines.append(",".join([name] * named + cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
