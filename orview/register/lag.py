"""How much later than its time stamp a headset's picture was exposed, from a resting board and a moving head.

A browser stamps a picture when it gets it, not when it was exposed: 40 to 60 ms later, told by nobody. A head at
0.5 m/s and 60 deg/s then puts the board 1 mm off for every millisecond. But the board rests, so the one lag that
makes all sights agree is the lag (hazard H13). The lag is constant here; how far single pictures jitter about it is
told by the sights themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.errors import RefusedError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose, adjoint_of
from orview.register.pose_history import PoseHistory
from orview.register.world_mean import motions_from
from orview.units import ns_from_ms

FEWEST = 12
"""Sights a lag is worth estimating from."""

LONGEST_MS, COARSE_MS, STEP_MS = 240.0, 20.0, 5.0
"""Lags that are looked for, to both sides, and the steps of the search, coarse and fine."""

MOST_SIGMA_MS = 2.0
"""A lag less certain than this is no use: the head hardly moved."""

JITTERS_MS = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
"""By how much the lag of single pictures may differ from the mean, one sigma: that which makes the sights likeliest."""

FIXED_RAD, FIXED_MM = 0.0015, 1.0
"""One sigma of what is fixed in the headset: by how much its camera, or a board it wears, sits otherwise than told."""

_FIXED = np.diag(1.0 / np.square([FIXED_RAD] * 3 + [FIXED_MM] * 3))
_MEDIAN, _GATE = 5.348, 22.46
_ROUNDS = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class TimedSight:
    """What a picture says: where its camera saw the board, and when the picture says it was taken, headset clock."""

    stamped_ns: int
    headset_from_board: UncertainPose


@dataclass(frozen=True, kw_only=True)
class Lag:
    """How long before its stamp a picture was exposed.

    Attributes:
        lag_ms: stamp less exposure.
        sigma_ms: one standard deviation of that.
        used: sights that agree.
        dropped: sights for which no pose of the head is known then.
    """

    lag_ms: float
    sigma_ms: float
    used: int
    dropped: int

    def exposed_ns(self, stamped_ns: int) -> int:
        """Return when a picture with this stamp was exposed."""
        return stamped_ns - ns_from_ms(self.lag_ms)


def estimate_lag(sights: Sequence[TimedSight], heads: PoseHistory) -> Lag:
    """Find the lag that makes sights of a resting board agree.

    Args:
        sights: while the head moved and turned.
        heads: `world_from_headset`, headset clock; pairs across a gap of more than 50 ms are dropped.

    Raises:
        RefusedError: too few sights, none that agree, or a head that hardly moved.
    """
    best_ms, least = 0.0, np.inf
    for step_ms, reach_ms in ((COARSE_MS, LONGEST_MS), (STEP_MS, COARSE_MS)):
        around_ms = best_ms
        for lag_ms in np.arange(around_ms - reach_ms, around_ms + reach_ms + 1.0, step_ms):
            cost = _scatter(_placed(sights, heads, float(lag_ms)), fewest=max(FEWEST, len(sights) // 2))
            if cost < least:
                best_ms, least = float(lag_ms), cost
    if not np.isfinite(least):
        raise RefusedError(
            "Too few looks at the board belong to a known pose of the head.",
            mend=f"Look at the resting board and move the head for some seconds: at least {FEWEST} looks are needed.",
        )
    return _refined(sights, heads, best_ms)


def _refined(sights: Sequence[TimedSight], heads: PoseHistory, lag_ms: float) -> Lag:
    """Solve for the lag together with the board, and with what is fixed in the headset and no sight of its own tells.

    A camera that sits a little otherwise than told shifts the board by another way from each place of the head: taken
    for noise of each sight, which averages away, it would leave the lag nearly twice as sure as it is.
    """
    board = _agreed(_placed(sights, heads, lag_ms))[1]
    fixed, jitter_ms = np.zeros(6), 0.0
    used, scale, sigma_ms = 0, 1.0, np.inf
    for round_number in range(_ROUNDS):
        placed = _placed(sights, heads, lag_ms)
        noises, motions = np.array([one.noise for one in placed]), _motions(placed, heads)
        leaning = np.array([one.adjoint for one in placed])
        misses = _off(placed, board) - (leaning @ fixed)
        squares = _squares(misses, noises + _spread(motions, jitter_ms))
        scale = max(float(np.median(squares)) / _MEDIAN, 1.0)
        kept = squares <= _GATE * scale
        if round_number > 0:
            jitter_ms = _likeliest_jitter_ms(misses[kept], scale * noises[kept], motions[kept])
        jacobians = np.concatenate([np.broadcast_to(np.eye(6), noises.shape), leaning, motions[:, :, None]], axis=2)
        weighted = jacobians[kept].transpose(0, 2, 1) @ np.linalg.inv(
            scale * noises[kept] + _spread(motions, jitter_ms)[kept]
        )
        normal = (weighted @ jacobians[kept]).sum(axis=0)
        normal[6:12, 6:12] += _FIXED
        pulled = (weighted @ misses[kept][:, :, None]).sum(axis=0)[:, 0]
        pulled[6:12] -= _FIXED @ fixed
        covariance = np.linalg.pinv(normal)
        change = covariance @ pulled
        board = RigidTransform.from_rotation_vector(Frame.WORLD, Frame.WORLD, change[:3], change[3:6]) @ board
        fixed = fixed + change[6:12]
        lag_ms += float(np.clip(change[12], -STEP_MS, STEP_MS))
        used, sigma_ms = int(kept.sum()), float(np.sqrt(covariance[12, 12]))
        if round_number > 1 and abs(change[12]) < 1e-3:
            break
    if used < FEWEST or sigma_ms > MOST_SIGMA_MS or abs(lag_ms) > LONGEST_MS:
        raise RefusedError(
            "The head moved too little to tell how late its pictures are.",
            mend="Move and turn the head while looking at the resting board.",
        )
    return Lag(lag_ms=lag_ms, sigma_ms=sigma_ms, used=used, dropped=len(sights) - len(placed))


def _likeliest_jitter_ms(
    misses: NDArray[np.float64], noises: NDArray[np.float64], motions: NDArray[np.float64]
) -> float:
    """Return by how much the lag of single pictures most likely differs from the mean, one sigma."""
    costs = []
    for jitter_ms in JITTERS_MS:
        spread = noises + _spread(motions, jitter_ms)
        costs.append(float(np.linalg.slogdet(spread)[1].sum() + _squares(misses, spread).sum()))
    return JITTERS_MS[int(np.argmin(costs))]


def _spread(motions: NDArray[np.float64], jitter_ms: float) -> NDArray[np.float64]:
    """Return the (N, 6, 6) covariances by which a jitter of the lag moves the placed board."""
    return np.asarray(jitter_ms**2 * motions[:, :, None] * motions[:, None, :])


@dataclass(frozen=True, kw_only=True, eq=False)
class _Placed:
    """A sight put into the world: when it was exposed, the board, its noise there, and the head's adjoint."""

    exposed_ns: int
    pose: RigidTransform
    noise: NDArray[np.float64]
    adjoint: NDArray[np.float64]


def _placed(sights: Sequence[TimedSight], heads: PoseHistory, lag_ms: float) -> list[_Placed]:
    placed = []
    for sight in sights:
        exposed_ns = sight.stamped_ns - ns_from_ms(lag_ms)
        head = heads.at(exposed_ns)
        if head is not None:
            adjoint = adjoint_of(head)
            noise = adjoint @ sight.headset_from_board.covariance @ adjoint.T
            pose = head @ sight.headset_from_board.transform
            placed.append(_Placed(exposed_ns=exposed_ns, pose=pose, noise=noise, adjoint=adjoint))
    return placed


def _motions(placed: Sequence[_Placed], heads: PoseHistory) -> NDArray[np.float64]:
    """Return how far a lag taken too small puts the placed board off (N, 6), per ms: the head went on meanwhile."""
    motions = [heads.motion_at(one.exposed_ns) for one in placed]
    return np.array([np.zeros(6) if motion is None else 1e-3 * motion for motion in motions])


def _scatter(placed: Sequence[_Placed], *, fewest: int) -> float:
    """Return how far sights lie apart: the mean cost of the sight the others agree with best."""
    return _agreed(placed)[0] / len(placed) if len(placed) >= fewest else np.inf


def _agreed(placed: Sequence[_Placed]) -> tuple[float, RigidTransform]:
    """Return the board of the sight the others agree with best, and how badly they do.

    Distances are summed, not their squares: a gross error weighs no more than it must.
    """
    noises = np.array([one.noise for one in placed])
    costs = {
        number: float(np.sqrt(_squares(_off(placed, placed[number].pose), noises + noises[number])).sum())
        for number in range(0, len(placed), max(1, len(placed) // 8))
    }
    best = min(costs, key=lambda number: costs[number])
    return costs[best], placed[best].pose


def _off(placed: Sequence[_Placed], board: RigidTransform) -> NDArray[np.float64]:
    rotations = np.array([one.pose.rotation for one in placed])
    return motions_from(rotations, np.array([one.pose.translation_mm for one in placed]), board)


def _squares(misses: NDArray[np.float64], covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((misses * np.linalg.solve(covariances, misses[:, :, None])[:, :, 0]).sum(axis=1))
