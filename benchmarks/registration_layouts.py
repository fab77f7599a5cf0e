"""Random layouts of fiducials in CT coordinates: the predicted error at a target beside the simulated one."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.accuracy import expected_rms_mm, pose_covariance, radius_95_mm
from orview.geometry.fit import best_rotation, fit_rigid, likely_poses
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose

HERE = Path(__file__).resolve().parent
PYTHON = HERE / ".peers" / "bin" / "python"
LAYOUTS = 30
BATCH = 2000
FLATTEST = 0.2
"""Layouts narrower than this part of their length are drawn again: no registration would be built on them."""

HERE_FROM_HERE = RigidTransform.identity(Frame.PATIENT, Frame.PATIENT)


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """Fiducials (N, 3) and a target (3,), patient mm, with the covariances (N, 3, 3) of the fiducials' errors."""

    points: NDArray[np.float64]
    target: NDArray[np.float64]
    covariances: NDArray[np.float64]

    @property
    def claimed(self) -> NDArray[np.float64]:
        """The predicted covariance (3, 3) at the target."""
        return UncertainPose(HERE_FROM_HERE, pose_covariance(self.points, self.covariances)).covariance_at(self.target)

    def simulated(self, trials: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return how far, mm, the target lands off in each trial of the product's own fit."""
        roots = np.linalg.cholesky(self.covariances)
        lengths = []
        for begin in range(0, trials, BATCH):
            count = min(BATCH, trials - begin)
            noise = np.einsum("nij,tnj->tni", roots, rng.normal(size=(count, *self.points.shape)))
            shape = (count, *self.covariances.shape)
            rotations, translations = likely_poses(
                self.points + noise,
                np.broadcast_to(self.points, noise.shape),
                np.broadcast_to(self.covariances, shape),
                np.zeros(shape),
            )
            lengths.append(np.linalg.norm(rotations @ self.target + translations - self.target, axis=1))
        return np.concatenate(lengths)


@dataclass(frozen=True, kw_only=True)
class Honesty:
    """Predicted over simulated rms error of each layout, and the part of its errors within the claimed 95 % radius."""

    ratios: NDArray[np.float64]
    held: NDArray[np.float64]


def layouts(seed: int, *, even: bool) -> list[Layout]:
    """Draw layouts of 4 to 10 fiducials on a back, far from the origin, each with a target 40 to 160 mm deep.

    Args:
        seed: of the draw.
        even: round errors alike for all; else an ellipsoid for each, up to six times as long as wide.
    """
    rng = np.random.default_rng(seed)
    drawn: list[Layout] = []
    while len(drawn) < LAYOUTS:
        count = int(rng.integers(4, 11))
        points = rng.uniform((-80.0, -60.0, -15.0), (80.0, 60.0, 15.0), (count, 3))
        spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        if spread[1] < FLATTEST * spread[0]:
            continue
        place = RigidTransform(
            Frame.PATIENT, Frame.BOARD, best_rotation(rng.normal(size=(3, 3))), rng.uniform(-1400.0, 1400.0, 3)
        )
        if even:
            covariances = np.tile(rng.uniform(0.1, 0.6) ** 2 * np.eye(3), (count, 1, 1))
        else:
            axes = best_rotation(rng.normal(size=(count, 3, 3)))
            variances = rng.uniform(0.1, 0.6, (count, 3)) ** 2
            covariances = axes @ (variances[:, :, None] * np.swapaxes(axes, 1, 2))
            covariances = 0.5 * (covariances + np.swapaxes(covariances, 1, 2))
        target = place.apply([rng.uniform(-40.0, 40.0), rng.uniform(-40.0, 40.0), rng.uniform(40.0, 160.0)])
        drawn.append(Layout(points=place.apply(points), target=target, covariances=covariances))
    return drawn


def honesty(drawn: list[Layout], *, trials: int, seed: int) -> Honesty:
    """Simulate every layout and hold the prediction against it."""
    rng = np.random.default_rng(seed)
    ratios, held = [], []
    for layout in drawn:
        lengths = layout.simulated(trials, rng)
        ratios.append(expected_rms_mm(layout.claimed) / np.sqrt((lengths**2).mean()))
        held.append((lengths <= radius_95_mm(layout.claimed)).mean())
    return Honesty(ratios=np.array(ratios), held=np.array(held))


@dataclass(frozen=True, kw_only=True)
class Peer:
    """scikit-surgerycore on the same layouts.

    Attributes:
        predicted_mm: (L,) its rms error at each target.
        apart_mm: largest difference of its fit from ours at a target.
        us: median time of one of its fits.
    """

    predicted_mm: NDArray[np.float64]
    apart_mm: float
    us: float


def peer(drawn: list[Layout]) -> Peer | None:
    """Ask scikit-surgerycore; None, with a word, where its environment is not there."""
    if not PYTHON.exists() or subprocess.run([PYTHON, "-c", "import sksurgerycore"], capture_output=True).returncode:
        line = (HERE / "peers" / "requirements.txt").read_text(encoding="utf-8").splitlines()[1].removeprefix("#")
        print(f"scikit-surgerycore is not measured; it needs:{line}")
        return None
    most = max(len(layout.points) for layout in drawn)
    rng = np.random.default_rng(9)
    points, noisy = (np.full((len(drawn), most, 3), np.nan) for _ in range(2))
    for number, layout in enumerate(drawn):
        roots = np.linalg.cholesky(layout.covariances)
        noise = (roots @ rng.normal(size=(*layout.points.shape, 1)))[..., 0]
        points[number, : len(noise)], noisy[number, : len(noise)] = layout.points, layout.points + noise
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "layouts.npz"
        fle2 = [np.trace(layout.covariances, axis1=1, axis2=2).mean() for layout in drawn]
        np.savez(file, points=points, noisy=noisy, targets=[layout.target for layout in drawn], fle2=fle2)
        answer = json.loads(
            subprocess.run(
                [PYTHON, HERE / "peers" / "predictor.py", file], capture_output=True, check=True, text=True
            ).stdout
        )
    apart = []
    for number, layout in enumerate(drawn):
        count = len(layout.points)
        fit = fit_rigid(
            noisy[number, :count], layout.points, to_frame=Frame.PATIENT, from_frame=Frame.PATIENT
        ).transform
        matrix = np.array(answer["matrices"][number])
        apart.append(np.linalg.norm(matrix[:3, :3] @ layout.target + matrix[:3, 3] - fit.apply(layout.target)))
    return Peer(predicted_mm=np.array(answer["predicted_mm"]), apart_mm=float(max(apart)), us=answer["us"])
