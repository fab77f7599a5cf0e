"""Traced points laid onto bone, smooth skin and a cylinder: what is accepted, what is refused, how wrong it is.

    python -m benchmarks.registration_surface [--trials 2000] [--seed 0]

All scenes are SYNTHETIC: the phantom's pelvis and back, and a cylinder, traced where a surgeon could reach them. Each
trial draws its points, a fifth of them off the surface, and a start as wrong as landmarks say they may be, up to 5
degrees and 10 mm (one sigma); a third of the starts is half as wrong again as they say.
"""

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.geometry.chain import Link, LinkKey, about
from orview.geometry.fit import best_rotation
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.geometry.uncertain import UncertainPose
from orview.image.field import Field
from orview.mesh.refine import refine
from orview.mesh.surface import Surface
from orview.register.surface import register_surface
from orview.register.verdict import Method, Verdict
from orview.sim.pelvis import build_pelvis
from orview.sim.shapes import Box, Shape, Tube, distance_at

TOUCH_SIGMA_MM, SURFACE_SIGMA_MM = 0.4, 0.3
OUTLIERS = 0.2
WRONG_MM = 3.0
MOST_PLACES = 5000
LANDMARKS_DEG_MM = ((1.0, 1.5), (2.0, 3.0), (5.0, 10.0))
"""What landmarks may leave open, one sigma along each axis: good, poor and hardly any."""

HIDDEN = (1.0, 1.0, 1.5)
"""How much more wrong than they say starts are, in turn."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """A surface, the places on it (N, 3) where it can be traced, and a target (3,), patient mm."""

    name: str
    surface: Surface
    reachable: NDArray[np.float64]
    target: NDArray[np.float64]


def scenes() -> Iterator[Scene]:
    """Make the three scenes, one after the other."""
    pelvis = build_pelvis(np.random.default_rng(4))
    tumour = np.array(pelvis.landmarks_patient_mm["s1_endplate"])

    def beside(x_mm: float, y_mm: float, z_mm: float) -> NDArray[np.float64]:
        return np.asarray(tumour + np.array([x_mm, y_mm, z_mm]))

    bones = [pelvis.structures[key] for key in ("sacrum", "hip_left", "hip_right", "vertebra_l5")]
    around = Box(beside(-85.0, -20.0, -110.0), beside(85.0, 90.0, 45.0))
    yield _scene("bone", bones, around, tumour, spacing_mm=1.0)
    yield _scene("smooth skin", [pelvis.body], Box(around.low_mm, beside(85.0, 150.0, 45.0)), tumour, spacing_mm=1.5)
    ends = np.array([beside(0.0, 20.0, -250.0), beside(0.0, 20.0, 250.0)])
    cylinder = Tube(ends, np.array([60.0, 60.0]))
    yield _scene("cylinder", [cylinder], around, tumour, spacing_mm=1.5)


def _scene(name: str, shapes: list[Shape], box: Box, target: NDArray[np.float64], *, spacing_mm: float) -> Scene:
    """Voxelise shapes, take their surface as the product does, and see where a pointer from behind reaches it."""
    counts = np.ceil((box.high_mm - box.low_mm) / spacing_mm).astype(int)
    axes = [low + spacing_mm * np.arange(count) for low, count in zip(box.low_mm, counts, strict=True)]
    x, y, z = axes[0][None, None, :], axes[1][None, :, None], axes[2][:, None, None]
    inside = np.any([shape.distance_mm(x, y, z) < 0.0 for shape in shapes], axis=0)
    matrix = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    matrix[:3, 3] = box.low_mm
    surface = refine(
        Field(
            array=inside,
            level=0.5,
            outside=0.0,
            patient_from_voxel=AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix),
        )
    ).finest
    corners = surface.vertices_mm[surface.triangles]
    middles = corners.mean(axis=1)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    inner = ((middles > box.low_mm + 6.0) & (middles < box.high_mm - 6.0)).all(axis=1)
    middles = middles[inner & (normals[:, 1] > 0.25)]
    middles = middles[:: max(1, len(middles) // MOST_PLACES)]
    return Scene(name=name, surface=surface, reachable=_onto(shapes, middles), target=target)


def _onto(shapes: list[Shape], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points moved onto the true surface: the mesh is off it as a segmented bone is."""

    def away(at: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.min([distance_at(shape, at) for shape in shapes], axis=0)

    for _ in range(4):
        slope = np.stack([(away(points + e) - away(points - e)) / 0.2 for e in 0.1 * np.eye(3)], axis=1)
        points = points - away(points)[:, None] * slope / np.maximum((slope**2).sum(axis=1), 0.1)[:, None]
    return points


def trace(scene: Scene, rng: np.random.Generator, *, count: int = 150, reach_mm: float = 60.0) -> NDArray[np.float64]:
    """Return points (N, 3), patient mm, as traced within reach of some place, a fifth of them off the surface."""
    middle = scene.reachable[rng.integers(len(scene.reachable))]
    near = scene.reachable[np.linalg.norm(scene.reachable - middle, axis=1) < reach_mm]
    points = near[rng.integers(len(near), size=count)] + rng.normal(0.0, TOUCH_SIGMA_MM, (count, 3))
    lifted = rng.permutation(count)[: int(OUTLIERS * count)]
    points[lifted] += rng.normal(0.0, 2.0, (len(lifted), 3)) + np.outer(rng.uniform(2.0, 25.0, len(lifted)), (0, 1, 0))
    return np.asarray(points)


def trial(scene: Scene, rng: np.random.Generator, number: int) -> tuple[Verdict, float]:
    """Trace and register once; return the verdict and how far, mm, the target then is off (infinite: no pose)."""
    board_from_patient = RigidTransform(
        Frame.BOARD, Frame.PATIENT, best_rotation(rng.normal(size=(3, 3))), rng.uniform(-500.0, 500.0, 3)
    )
    points = trace(scene, rng)
    deg, mm = LANDMARKS_DEG_MM[number % len(LANDMARKS_DEG_MM)]
    hidden = HIDDEN[number // len(LANDMARKS_DEG_MM) % len(HIDDEN)]
    turn = hidden * np.radians(deg) * rng.normal(size=3)
    middle = points.mean(axis=0)
    rotation = rotation_from_vector(turn)
    wrong = RigidTransform(
        Frame.PATIENT, Frame.PATIENT, rotation, middle - rotation @ middle + hidden * mm * rng.normal(size=3)
    )
    claimed = about(board_from_patient.apply(middle), sigma_rad=float(np.radians(deg)), sigma_mm=mm)
    pose = UncertainPose(board_from_patient @ wrong, claimed)
    start = Verdict(
        method=Method.POINTS,
        accepted=False,
        board_from_patient=pose,
        chain=(Link.of(LinkKey.TOUCH, pose),),
        expected_error_mm={},
        links={},
        target_key="tumour",
        limit_mm=2.0,
        fre_mm=1.0,
        scale=1.0,
        matched=4,
        known=4,
        found=4,
        board_digest="",
        reasons=(),
        advice=(),
    )
    verdict = register_surface(
        scene.surface,
        board_from_patient.apply(points),
        start=start,
        touch_sigma_mm=TOUCH_SIGMA_MM,
        surface_sigma_mm=SURFACE_SIGMA_MM,
        targets={"tumour": scene.target},
        target_key="tumour",
    )
    if verdict.board_from_patient is None:
        return verdict, np.inf
    off = verdict.board_from_patient.transform.apply(scene.target) - board_from_patient.apply(scene.target)
    return verdict, float(np.linalg.norm(off))


@dataclass(frozen=True, kw_only=True)
class Traced:
    """What came of the trials of a scene: how many there were, were accepted, and of these were off by too much."""

    trials: int
    accepted: int
    wrong: int


def show(scene: Scene, *, trials: int, seed: int) -> Traced:
    """Run the trials of a scene, print what came of them, and count them."""
    rng = np.random.default_rng([seed, len(scene.name)])
    errors, held, refusals, seconds = [], [], Counter[str](), []
    for number in range(trials):
        begin = time.process_time()
        verdict, error_mm = trial(scene, rng, number)
        seconds.append(time.process_time() - begin)
        if verdict.accepted:
            errors.append(error_mm)
            held.append(error_mm <= verdict.expected_error_mm["tumour"])
        else:
            # Reasons differ in their numbers alone.
            refusals[re.sub(r"[0-9.]+", "N", verdict.reasons[0])] += 1
    wrong = int((np.array(errors) > WRONG_MM).sum())
    print(f"{scene.name}: {trials} trials, {len(errors)} accepted, {wrong} of them more than {WRONG_MM:.0f} mm off")
    if errors:
        print(
            f"  accepted: median {np.median(errors):.2f}, 95 % {np.quantile(errors, 0.95):.2f}, worst "
            f"{max(errors):.2f} mm; {np.mean(held):.1%} within the expected error"
        )
    for reason, count in refusals.most_common():
        print(f"  refused {count}: {reason}")
    print(f"  {1e3 * np.median(seconds):.0f} ms of processor time each", flush=True)
    return Traced(trials=trials, accepted=len(errors), wrong=wrong)


def main() -> None:
    """Run all scenes."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--trials", type=int, default=2000, help="of each scene")
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    wrong = sum(show(scene, trials=options.trials, seed=options.seed).wrong for scene in scenes())
    print(f"accepted and wrong: {wrong}")


if __name__ == "__main__":
    main()
