"""Two boards on one patient watch each other: one that is bumped moves against the other (hazard H10).

The place of the second board's middle and its turn, both told by the first board, are compared with what they were
when watching began: means over windows of up to a second, against their own covariance. The errors of neighbouring
pictures are taken to hang together for a tenth of a second, and what is systematic (lens, print, flatness) to change
with the view, so that a walk of the camera is no bump. With `SIGMAS_NEEDED` sigma of three directions, each of the
`WINDOWS` in every picture and place and turn apart, noise alone raises less than one alarm in four hours at 30
pictures a second: 4 h x 30 Hz x 2 x 4 x P(chi2 with 3 degrees > 36) = 0.26, whatever hangs together (Boole).
"""

import math
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.geometry.rigid import RigidTransform, skew
from orview.geometry.uncertain import UncertainPose, adjoint_of
from orview.track.predict import motion_between
from orview.units import NS_PER_S, deg_from_rad, rad_from_deg

SIGMAS_NEEDED = 6.0
TOLERATED_MM = 0.5
"""What nobody needs an alarm for."""

TOLERATED_RAD = rad_from_deg(0.25)
WINDOWS = (1, 4, 12, 30)
"""Pictures over which the mean is taken."""

WINDOW_NS = NS_PER_S
BASE_PICTURES = 30
TOGETHER_PICTURES = 3.0
"""After so many pictures the errors of two have only 1/e in common."""

VIEW_RAD = rad_from_deg(25.0)
"""By so much another view of the boards leaves 1/e in common of what is systematic."""

_CAUGHT_SIGMAS = SIGMAS_NEEDED + 2.33
_FLOOR_MM, _FLOOR_RAD = 0.01, rad_from_deg(0.005)


class PairState(StrEnum):
    """What two boards say of each other."""

    LEARNING = "learning"
    HOLDS = "holds"
    UNSEEN = "unseen"
    BUMPED = "bumped"


@dataclass(frozen=True, kw_only=True)
class PairVerdict:
    """How two boards stand to each other.

    Attributes:
        state: `BUMPED` stays until `PairWatch.begin`.
        moved_mm, turned_deg: of the second board against the first since the beginning, mean of the last second, or
            of the shortest window that told of the bump.
        catches_mm, catches_deg: the smallest bump that 99 of 100 times is told within a second, from what is seen now;
            infinite while nothing is.
        reason: one short sentence where the boards do not hold, else empty.
    """

    state: PairState
    moved_mm: float = 0.0
    turned_deg: float = 0.0
    catches_mm: float = math.inf
    catches_deg: float = math.inf
    reason: str = ""


@dataclass(frozen=True, eq=False)
class _Sample:
    """One picture: change since the first one, its covariance by noise and by what is systematic, and the view."""

    taken_ns: int
    change: NDArray[np.float64]
    noise: NDArray[np.float64]
    systematic: NDArray[np.float64]
    view: NDArray[np.float64]


class PairWatch:
    """Watches whether two boards keep their places to each other.

    Args:
        middle_board_mm: (3,) the middle of the second board, in its own frame.
    """

    def __init__(self, middle_board_mm: ArrayLike) -> None:
        self._middle = np.asarray(middle_board_mm, dtype=np.float64)
        self.begin()

    def begin(self) -> None:
        """Take the boards as they stand now for right."""
        self._first: RigidTransform | None = None
        self._base: list[_Sample] = []
        self._recent: deque[_Sample] = deque(maxlen=max(WINDOWS))
        self._bumped: PairVerdict | None = None
        self._mean = np.zeros(6)
        self._mean_noise = np.zeros((6, 6))

    def take(
        self,
        first: UncertainPose | None,
        second: UncertainPose | None,
        *,
        first_noise: NDArray[np.float64] | None,
        second_noise: NDArray[np.float64] | None,
        taken_ns: int,
    ) -> PairVerdict:
        """Take what one picture says of both boards.

        Args:
            first: `camera_from_board` of the first board with its whole covariance, None where it is not tracked.
            second: that of the second board.
            first_noise: (6, 6) the part of the first covariance that is new in every picture.
            second_noise: that of the second board.
            taken_ns: when the picture was taken.
        """
        if self._bumped is not None:
            return self._bumped
        if first is None or second is None or first_noise is None or second_noise is None:
            return PairVerdict(state=PairState.UNSEEN, reason="The two boards are not both in sight.")
        sample = self._sample(first, second, first_noise + second_noise, taken_ns=taken_ns)
        if len(self._base) < BASE_PICTURES:
            self._base.append(sample)
            if len(self._base) == BASE_PICTURES:
                self._mean = np.mean([s.change for s in self._base], axis=0)
                self._mean_noise = np.mean([s.noise for s in self._base], axis=0) * mean_variance(BASE_PICTURES)
            return PairVerdict(state=PairState.LEARNING, reason="The boards' places are being learned.")
        while self._recent and not 0 < taken_ns - self._recent[0].taken_ns <= WINDOW_NS:
            self._recent.popleft()
        self._recent.append(sample)
        return self._judged(sample)

    def _sample(
        self, first: UncertainPose, second: UncertainPose, noise: NDArray[np.float64], *, taken_ns: int
    ) -> _Sample:
        board_from_camera = first.transform.inverse()
        first_from_second = RigidTransform(
            board_from_camera.to_frame,
            second.transform.from_frame,
            board_from_camera.rotation @ second.transform.rotation,
            board_from_camera.apply(second.transform.translation_mm),
        )
        if self._first is None:
            self._first = first_from_second
        # Motions told in the first board's frame, and the shift where the second board's middle is.
        to_middle = np.eye(6)
        to_middle[3:, :3] = -skew(self._first.apply(self._middle))
        told = to_middle @ adjoint_of(board_from_camera)
        total = first.covariance + second.covariance
        camera = board_from_camera.translation_mm
        sight = camera / np.linalg.norm(camera)
        aim = first.transform.translation_mm / np.linalg.norm(first.transform.translation_mm)
        return _Sample(
            taken_ns=taken_ns,
            change=to_middle @ motion_between(self._first, first_from_second),
            noise=told @ noise @ told.T,
            systematic=told @ (total - noise) @ told.T,
            view=np.concatenate([sight, aim, [math.log(float(np.linalg.norm(camera)))]]),
        )

    def _judged(self, newest: _Sample) -> PairVerdict:
        base = self._base[-1]
        apart = float(np.linalg.norm(newest.view - base.view)) / VIEW_RAD
        drift = (newest.systematic + base.systematic) * (1.0 - math.exp(-0.5 * apart * apart))
        samples = list(self._recent)
        verdict = PairVerdict(state=PairState.HOLDS)
        for count in WINDOWS:
            if count > len(samples):
                break
            window = samples[-count:]
            change = np.mean([s.change for s in window], axis=0) - self._mean
            noise = np.mean([s.noise for s in window], axis=0) * mean_variance(count)
            covariance = noise + self._mean_noise + drift
            turned, turn_sigma = _along(change[:3], covariance[:3, :3], floor=_FLOOR_RAD)
            moved, move_sigma = _along(change[3:], covariance[3:, 3:], floor=_FLOOR_MM)
            bumped = moved > TOLERATED_MM + SIGMAS_NEEDED * move_sigma
            bumped |= turned > TOLERATED_RAD + SIGMAS_NEEDED * turn_sigma
            verdict = PairVerdict(
                state=PairState.BUMPED if bumped else PairState.HOLDS,
                moved_mm=moved,
                turned_deg=deg_from_rad(turned),
                catches_mm=TOLERATED_MM + _CAUGHT_SIGMAS * _widest(covariance[3:, 3:]),
                catches_deg=deg_from_rad(TOLERATED_RAD + _CAUGHT_SIGMAS * _widest(covariance[:3, :3])),
                reason=_words(moved, turned) if bumped else "",
            )
            if bumped:
                # Longer windows hold pictures from before the bump: they would make it look small.
                self._bumped = verdict
                break
        return verdict


def mean_variance(count: int) -> float:
    """Return the variance of the mean of so many pictures, of which each alone has 1 and neighbours hang together."""
    lags = np.arange(1, count)
    common = np.exp(-lags / TOGETHER_PICTURES)
    return float((1.0 + 2.0 * ((1.0 - lags / count) * common).sum()) / count)


def _along(change: NDArray[np.float64], covariance: NDArray[np.float64], *, floor: float) -> tuple[float, float]:
    """Return how long a change (3,) is, and the sigma by which Mahalanobis' distance measures it."""
    size = float(np.linalg.norm(change))
    if size == 0.0:
        return 0.0, floor
    # |change| / sigma is the root of a chi-square with three degrees; along the direction alone it would be smaller.
    distance2 = float(change @ np.linalg.solve(covariance + floor**2 * np.eye(3), change))
    return size, size / math.sqrt(distance2)


def _widest(covariance: NDArray[np.float64]) -> float:
    return math.sqrt(float(np.linalg.eigvalsh(covariance)[-1]))


def _words(moved_mm: float, turned_rad: float) -> str:
    return f"One of the two boards was bumped: by about {moved_mm:.1f} mm and {deg_from_rad(turned_rad):.1f} degrees."
