"""The tip of a pointer: the one point of its board that rests while the pointer is swung about it.

Every pose says R t + p = q for the tip t on the board and the pivot q before the camera; both follow by weighted least
squares (algebraic one-step method; Yaniv 2015, doi 10.1117/12.2081348, which finds it as good as any).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.calibrate.turns import turn_spread_rad
from orview.errors import RefusedError
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.uncertain import UncertainPose
from orview.units import deg_from_rad

MIN_POSES = 8
"""Below this a wrong pose cannot be told from a right one."""

MIN_SWING_DEG = 10.0
"""Root mean square turn between poses about two axes; a narrower cone leaves the tip's depth to the noise."""

MIN_AGREEING = 0.6
"""Where fewer poses than this agree on a tip, it slipped."""

MAX_RMS_MM = 3.0
"""Tips that scatter more than this do not rest."""

_TRIALS = 60
_SUBSET = 4
_GATE = 16.27
"""Squared distance that 99.9 % of three normal variables keep within."""

_MEDIAN = 2.366
"""Median of the squared length of three normal variables."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pivot:
    """Where a pointer's tip is.

    Attributes:
        tip_in_board_mm: (3,) the tip, in the frame of the pointer's board.
        covariance_mm2: (3, 3) of it.
        pivot_in_camera_mm: (3,) the point it rested on.
        used: which poses agreed.
        rms_mm: how far the tips of those poses scatter, root mean square; says how steady the hand was, not the error.
        swing_deg: turn between poses about the second axis, root mean square.
    """

    tip_in_board_mm: NDArray[np.float64]
    covariance_mm2: NDArray[np.float64]
    pivot_in_camera_mm: NDArray[np.float64]
    used: tuple[bool, ...]
    rms_mm: float
    swing_deg: float

    @property
    def error_mm(self) -> float:
        """95 % of tips lie no farther than this from where they are said to be."""
        return radius_95_mm(self.covariance_mm2)


def calibrate_pivot(poses: Sequence[UncertainPose], *, noise_known: bool = True) -> Pivot:
    """Find the tip of a pointer from poses `camera_from_board` of its board, swung about the resting tip.

    Args:
        poses: with the covariance of each.
        noise_known: whether those covariances are more than a guess; they are widened where the poses scatter more,
            and narrowed where they scatter less only if they are a guess.

    Raises:
        RefusedError: too few poses, too narrow a cone, or poses that agree on no tip.
    """
    if len(poses) < MIN_POSES:
        raise RefusedError(
            f"{len(poses)} poses are too few to find the tip.", mend=f"Swing the pointer for at least {MIN_POSES}."
        )
    rotations = np.array([pose.transform.rotation for pose in poses])
    places = np.array([pose.transform.translation_mm for pose in poses])
    tip, used = _agreed_start(rotations, places)
    for _ in range(20):
        weights = np.linalg.inv(np.array([pose.covariance_at(tip) for pose in poses]))
        solution, inverse = _solve(rotations[used], places[used], weights[used])
        tip = solution[:3]
        misses = np.einsum("nij,j->ni", rotations, tip) + places - solution[3:]
        squares = np.einsum("ni,nij,nj->n", misses, weights, misses)
        wider = float(np.median(squares)) / _MEDIAN
        kept = squares <= _GATE * (max(wider, 1.0) if noise_known else wider)
        if np.array_equal(kept, used) or kept.sum() < _SUBSET:
            break
        used = kept
    rms_mm = float(np.sqrt(np.square(misses[used]).sum(axis=1).mean()))
    if used.mean() < MIN_AGREEING or rms_mm > MAX_RMS_MM:
        raise RefusedError(
            f"{int(used.sum())} of {len(poses)} poses agree on where the tip is, within {rms_mm:.1f} mm: it slipped.",
            mend="Rest the tip in a dimple, swing slowly, and do not lift it.",
        )
    swing_deg = deg_from_rad(float(turn_spread_rad(rotations[used])[1]))
    if swing_deg < MIN_SWING_DEG:
        raise RefusedError(
            f"The cone is too narrow: the pointer was swung by {swing_deg:.0f} degrees across, "
            f"{MIN_SWING_DEG:.0f} are needed.",
            mend="Swing the pointer as far as the camera can follow, to all sides and not only to and fro.",
        )
    scale = float(squares[used].sum()) / max(3 * int(used.sum()) - 6, 1)
    return Pivot(
        tip_in_board_mm=tip,
        covariance_mm2=inverse[:3, :3] * (max(scale, 1.0) if noise_known else scale),
        pivot_in_camera_mm=solution[3:],
        used=tuple(used.tolist()),
        rms_mm=rms_mm,
        swing_deg=swing_deg,
    )


def _solve(
    rotations: NDArray[np.float64], places: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return tip and pivot (6,) and their covariance (6, 6)."""
    rows = np.concatenate([rotations, np.broadcast_to(-np.eye(3), rotations.shape)], axis=2)
    weighted = np.swapaxes(rows, 1, 2) @ weights
    information = (weighted @ rows).sum(axis=0)
    right = -(weighted @ places[:, :, None]).sum(axis=0)[:, 0]
    # Where the cone has no width a direction stays open; it is refused by its width, not by a division by zero.
    inverse = np.linalg.pinv(information, rcond=1e-15, hermitian=True)
    return inverse @ right, inverse


def _agreed_start(
    rotations: NDArray[np.float64], places: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the tip that most poses agree on, and which those are (least median of squares, Rousseeuw 1984)."""
    rng = np.random.default_rng(0)
    some = np.array([rng.choice(len(rotations), _SUBSET, replace=False) for _ in range(_TRIALS)])
    rows = np.concatenate([rotations, np.broadcast_to(-np.eye(3), rotations.shape)], axis=2)[some].reshape(
        _TRIALS, -1, 6
    )
    normal = np.swapaxes(rows, 1, 2) @ rows + 1e-9 * np.eye(6)
    right = -np.swapaxes(rows, 1, 2) @ places[some].reshape(_TRIALS, -1, 1)
    solutions = np.linalg.solve(normal, right)[:, :, 0]
    ends = np.einsum("nij,tj->tni", rotations, solutions[:, :3]) + places - solutions[:, None, 3:]
    lengths = np.linalg.norm(ends, axis=2)
    medians = np.median(lengths, axis=1)
    best = int(np.argmin(medians))
    return solutions[best, :3], lengths[best] <= 3.0 * medians[best]
