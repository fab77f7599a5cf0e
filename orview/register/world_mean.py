"""The mean of many sights of where the room stands in a headset's world, and how far to trust it.

Each sight is off by noise of its own and by what is the same in all of them: the lens of the headset's camera and its
place on the head. That bias rests in the headset, not in the world, so looking longer from one place mends nothing of
it, and looking from many places some. Both are solved for together: with x the correction of the mean, b the bias,
e_i = x + A_i b + n_i, where A_i tells the headset's frame in the world (adjoint), b has the covariance it was
calibrated with as prior, and the covariance of x is what is left with b unknown (Schur complement). What a lens or a
print does to a look depends on the view (`geometry.shared_error`); its columns stand in A_i beside those of the place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from orview.errors import RefusedError
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose, adjoint_of

FEWEST = 5
"""Sights that may be averaged: of fewer, one wrong one cannot be told."""

MIN_AGREEING = 0.6
"""Where fewer sights than this agree, the headset lost its place or the board was moved meanwhile."""

_GATE = 22.46
"""Squared distance that 99.9 % of six normal variables keep within."""
_MEDIAN = 5.348
"""Median of the squared length of six normal variables."""
_CANDIDATES = 16
_ROUNDS = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class Sight:
    """One look that says where the room stands in the headset's world.

    Attributes:
        world_from_room: as seen, with the covariance of what is new in every look: corner noise, the head's jitter.
        world_from_bias: the frame in which the fixed bias rests, as it stood then: the headset or its camera.
        shared: (6, K) by what left motion of that frame the look follows one sigma of each further thing that is the
            same in all looks.
    """

    world_from_room: UncertainPose
    world_from_bias: RigidTransform
    shared: NDArray[np.float64] = field(default_factory=lambda: np.zeros((6, 0)))

    def leaning(self, bias_root: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return A_i (6, M): left motions in the world by one sigma of each thing all looks share.

        Args:
            bias_root: (6, 6) root of the covariance of the fixed error.
        """
        return np.asarray(adjoint_of(self.world_from_bias) @ np.hstack([bias_root, self.shared]))


@dataclass(frozen=True, kw_only=True, eq=False)
class WorldMean:
    """Where the room stands in the headset's world.

    Attributes:
        world_from_room: with its covariance, bias and all.
        used: which sights agreed.
        excess: how much more the sights scatter than they claim, in sigmas; 1 or more.
        leaning: (6, M) mean of what the used sights share (`Sight.leaning`): another sight is off against this mean by
            the difference of its own to it.
        response: (6, M) by what left motion the mean follows one sigma of each of these things: what of it the
            looks tell by themselves, seen from several places, is taken out.
    """

    world_from_room: UncertainPose
    used: tuple[bool, ...]
    excess: float
    leaning: NDArray[np.float64]
    response: NDArray[np.float64]


def robust_mean(sights: Sequence[Sight], *, bias_covariance: NDArray[np.float64]) -> WorldMean:
    """Average sights, leaving out the wrong ones.

    Args:
        sights: of a room that rests.
        bias_covariance: (6, 6) of the fixed error, rotation (rad) first, then translation (mm), left, in the frame
            `Sight.world_from_bias` comes from; may be singular.

    Raises:
        RefusedError: too few sights, or too few that agree.
    """
    if len(sights) < FEWEST:
        raise RefusedError(
            f"{len(sights)} looks at the board are too few to place the headset.",
            mend=f"Look at the board for a moment longer: at least {FEWEST} looks are needed.",
        )
    root = root_of(bias_covariance)
    noises = np.array([sight.world_from_room.covariance for sight in sights])
    leaning = np.array([sight.leaning(root) for sight in sights])
    poses = [sight.world_from_room.transform for sight in sights]
    rotations = np.array([pose.rotation for pose in poses])
    places = np.array([pose.translation_mm for pose in poses])
    mean = _agreed_start(poses, noises, leaning)
    used, scale = np.ones(len(sights), dtype=np.bool_), 1.0
    covariance, response = np.zeros((6, 6)), np.zeros((6, leaning.shape[2]))
    for round_number in range(_ROUNDS):
        misses = motions_from(rotations, places, mean)
        if round_number == 0:
            spread = noises + leaning @ leaning.transpose(0, 2, 1)
            used = _squares(misses, spread) <= _GATE
            if used.sum() < FEWEST:
                break
        change, bias, covariance, response = _solved(misses[used], scale * noises[used], leaning[used])
        squares = _squares(misses - change - leaning @ bias, noises)
        mean = _moved(mean, change)
        scale = max(float(np.median(squares[used])) / _MEDIAN, 1.0)
        kept = squares <= _GATE * scale
        if np.array_equal(kept, used) and float(np.abs(change[3:]).max()) < 1e-6:
            break
        used = kept
        if used.sum() < FEWEST:
            break
    if used.sum() < FEWEST or used.mean() < MIN_AGREEING:
        raise RefusedError(
            f"Only {int(used.sum())} of {len(sights)} looks at the board agree.",
            mend="Let the board rest, look at it calmly, and align again.",
        )
    return WorldMean(
        world_from_room=UncertainPose(mean, covariance),
        used=tuple(used.tolist()),
        excess=float(np.sqrt(scale)),
        leaning=leaning[used].mean(axis=0),
        response=response,
    )


def together(sights: Sequence[Sight]) -> Sight:
    """Return sights of one moment as one sight: noise of their own averages away, what they share stays.

    Args:
        sights: one or more, the newest last; it stands for where the head was.
    """
    newest = sights[-1]
    reference = newest.world_from_room.transform
    informations = np.linalg.inv([sight.world_from_room.covariance for sight in sights])
    misses = np.array([motion_between(sight.world_from_room.transform, reference) for sight in sights])
    covariance = np.linalg.inv(informations.sum(axis=0))
    motion = covariance @ (informations @ misses[:, :, None]).sum(axis=0)[:, 0]
    pose = UncertainPose(_moved(reference, motion), 0.5 * (covariance + covariance.T))
    return Sight(world_from_room=pose, world_from_bias=newest.world_from_bias, shared=newest.shared)


def motion_between(after: RigidTransform, before: RigidTransform) -> NDArray[np.float64]:
    """Return the small left motion (6,), rotation (rad) first, that turns `before` into `after`."""
    return np.asarray(motions_from(after.rotation[None], after.translation_mm[None], before)[0])


def motions_from(
    rotations: NDArray[np.float64], translations_mm: NDArray[np.float64], before: RigidTransform
) -> NDArray[np.float64]:
    """Return the left motions (N, 6) that turn `before` into poses of rotations (N, 3, 3) and translations (N, 3)."""
    turns = rotations @ before.rotation.T
    skewed = 0.5 * (turns - turns.transpose(0, 2, 1))
    vectors = np.stack([skewed[:, 2, 1], skewed[:, 0, 2], skewed[:, 1, 0]], axis=1)
    sines = np.linalg.norm(vectors, axis=1)
    angles = np.arctan2(sines, 0.5 * (np.trace(turns, axis1=1, axis2=2) - 1.0))
    factors = np.where(sines > 1e-9, angles / np.maximum(sines, 1e-9), 1.0)
    return np.hstack([vectors * factors[:, None], translations_mm - turns @ before.translation_mm])


def _solved(
    misses: NDArray[np.float64], noises: NDArray[np.float64], leaning: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return correction (6,), bias (M,) in units of its sigmas, and the correction's covariance (6, 6) and response."""
    informations = np.linalg.inv(noises)
    jacobians = np.concatenate([np.broadcast_to(np.eye(6), (len(leaning), 6, 6)), leaning], axis=2)
    weighted = jacobians.transpose(0, 2, 1) @ informations
    normal = (weighted @ jacobians).sum(axis=0)
    normal[6:, 6:] += np.eye(leaning.shape[2])
    covariance = np.linalg.inv(normal)
    answer = covariance @ (weighted @ misses[:, :, None]).sum(axis=0)[:, 0]
    found = covariance[:6, :6]
    # With d = sum J^T N^-1 (A b + n) the answer moves by normal^-1 d; of a bias of one sigma each, this stays in x.
    response = (covariance @ (weighted @ leaning).sum(axis=0))[:6]
    return answer[:6], answer[6:], 0.5 * (found + found.T), response


def _agreed_start(
    poses: Sequence[RigidTransform], noises: NDArray[np.float64], leaning: NDArray[np.float64]
) -> RigidTransform:
    """Return the sight most others agree with: every sight counts at most as much as one at the gate."""
    spread = noises + leaning @ leaning.transpose(0, 2, 1)
    rotations = np.array([pose.rotation for pose in poses])
    places = np.array([pose.translation_mm for pose in poses])
    step = max(1, -(-len(poses) // _CANDIDATES))
    best, least = poses[0], np.inf
    for number in range(0, len(poses), step):
        squares = _squares(motions_from(rotations, places, poses[number]), spread + spread[number])
        cost = float(np.minimum(squares, _GATE).sum())
        if cost < least:
            best, least = poses[number], cost
    return best


def _misses(poses: Sequence[RigidTransform], mean: RigidTransform) -> NDArray[np.float64]:
    back = mean.inverse()
    return np.array(
        [np.concatenate([m.rotation_vector_rad, m.translation_mm]) for m in (pose @ back for pose in poses)]
    )


def _squares(misses: NDArray[np.float64], covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((misses * np.linalg.solve(covariances, misses[:, :, None])[:, :, 0]).sum(axis=1))


def _moved(pose: RigidTransform, motion: NDArray[np.float64]) -> RigidTransform:
    return RigidTransform.from_rotation_vector(pose.to_frame, pose.to_frame, motion[:3], motion[3:]) @ pose


def root_of(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return R (6, 6) with R R^T the covariance; a singular one has a root all the same."""
    scale = np.sqrt(np.maximum(covariance.diagonal(), 1e-30))
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    return np.asarray(scale[:, None] * vectors * np.sqrt(np.maximum(values, 0.0)))
