"""Where a board will be when the next picture is taken, and how far that can be trusted.

Constant velocity: the board turns about its own middle and its middle moves on. What a hand can do besides is told
as an acceleration nobody knows, which lets the uncertainty grow with the time.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.geometry.rigid import RigidTransform, rotation_from_vector, skew
from orview.geometry.uncertain import UncertainPose
from orview.units import NS_PER_S, s_from_ns

ACCELERATION_MM_S2 = 4000.0
"""One standard deviation along each axis; a hand that stops a tool within a tenth of a second."""

TURN_ACCELERATION_RAD_S2 = 25.0
"""One standard deviation about each axis."""

SPEED_MM_S = 500.0
"""One standard deviation along each axis of a board whose velocity nobody has seen."""

TURN_SPEED_RAD_S = 2.0
FASTEST_SIGMAS = 4.0

STALE_NS = NS_PER_S // 2
"""Older poses predict nothing."""

_ALIKE = np.eye(3)


@dataclass(frozen=True, kw_only=True, eq=False)
class Prediction:
    """Where a board is expected.

    Attributes:
        camera_from_board: the pose with the uncertainty of the prediction alone.
        velocity: (6,) left motion per second, rad/s and mm/s in the camera frame, as `geometry.uncertain` has it.
        velocity_per_motion: 1/s, by how much a pose that differs from the expected one changes the velocity: of the
            parabola through it and the poses before.
    """

    camera_from_board: UncertainPose
    velocity: NDArray[np.float64]
    velocity_per_motion: float

    def distance2(self, pose: RigidTransform) -> float:
        """Return Mahalanobis' squared distance of a pose from this one; six degrees of freedom."""
        motion = motion_between(self.camera_from_board.transform, pose)
        return float(motion @ np.linalg.solve(self.camera_from_board.covariance, motion))


@dataclass(frozen=True, kw_only=True, eq=False)
class Since:
    """How a board moved between two pictures.

    Attributes:
        apart_s: time between them.
        velocity: (6,) mean left motion per second, rad/s and mm/s in the camera frame.
    """

    apart_s: float
    velocity: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Sight:
    taken_ns: int
    transform: RigidTransform
    noise: NDArray[np.float64]


class Motion:
    """Remembers the last two poses of one board.

    Args:
        middle_board_mm: (3,) the point of the board it turns about.
    """

    def __init__(self, middle_board_mm: ArrayLike) -> None:
        self._middle = np.asarray(middle_board_mm, dtype=np.float64)
        self._last: _Sight | None = None
        self._before: _Sight | None = None

    def take(self, camera_from_board: RigidTransform, noise_covariance: NDArray[np.float64], *, taken_ns: int) -> None:
        """Take the pose of the newest picture and the (6, 6) covariance of what is new in every picture."""
        if self._last is not None and taken_ns <= self._last.taken_ns:
            self.forget()
        self._before, self._last = self._last, _Sight(taken_ns, camera_from_board, noise_covariance)

    @property
    def sights(self) -> int:
        """How many poses are remembered, two at most."""
        return (self._last is not None) + (self._before is not None)

    def put_right(self, error: NDArray[np.float64]) -> None:
        """Take an error (6,), a left motion, out of the last pose."""
        if self._last is not None:
            self._last = replace(self._last, transform=moved(self._last.transform, -error))

    def since(self, camera_from_board: RigidTransform, *, taken_ns: int) -> Since | None:
        """Return how the board moved since the last pose; None where that is too old or the board is another way."""
        if self._last is None or not 0 < taken_ns - self._last.taken_ns <= STALE_NS:
            return None
        apart_s = s_from_ns(taken_ns - self._last.taken_ns)
        way_mm = camera_from_board.apply(self._middle) - self._last.transform.apply(self._middle)
        motion = motion_between(self._last.transform, camera_from_board)
        too_far = np.linalg.norm(way_mm) > FASTEST_SIGMAS * SPEED_MM_S * apart_s
        if too_far or np.linalg.norm(motion[:3]) > FASTEST_SIGMAS * TURN_SPEED_RAD_S * apart_s:
            return None
        return Since(apart_s=apart_s, velocity=motion / apart_s)

    def forget(self) -> None:
        """Remember nothing."""
        self._last = self._before = None

    def predict(self, taken_ns: int) -> Prediction | None:
        """Return what is expected at a time, None where the last pose is too old or not older."""
        last, before = self._last, self._before
        if last is None or not 0 < taken_ns - last.taken_ns <= STALE_NS:
            return None
        ahead_s = s_from_ns(taken_ns - last.taken_ns)
        turn, drift = np.zeros(3), np.zeros(3)
        noise = last.noise
        spread_mm, spread_rad = SPEED_MM_S * ahead_s, TURN_SPEED_RAD_S * ahead_s
        bend_per_s = 1.0 / ahead_s
        if before is not None and last.taken_ns - before.taken_ns <= STALE_NS:
            apart_s = s_from_ns(last.taken_ns - before.taken_ns)
            turned = RigidTransform(
                last.transform.to_frame,
                last.transform.to_frame,
                last.transform.rotation @ before.transform.rotation.T,
                np.zeros(3),
            )
            turn = turned.rotation_vector_rad / apart_s
            drift = (last.transform.apply(self._middle) - before.transform.apply(self._middle)) / apart_s
            # x(t) = last + (last - before) ahead / apart: both noises come along.
            ratio = ahead_s / apart_s
            noise = (1.0 + ratio) ** 2 * last.noise + ratio**2 * before.noise
            # The velocity is a mean over the time between the two: 1/2 a t (t + apart) is what it cannot know.
            reach_s2 = 0.5 * ahead_s * (ahead_s + apart_s)
            spread_mm, spread_rad = reach_s2 * ACCELERATION_MM_S2, reach_s2 * TURN_ACCELERATION_RAD_S2
            bend_per_s += 1.0 / (ahead_s + apart_s)
        middle = last.transform.apply(self._middle)
        rotation = rotation_from_vector(turn * ahead_s) @ last.transform.rotation
        place = middle + drift * ahead_s
        transform = RigidTransform(
            last.transform.to_frame, last.transform.from_frame, rotation, place - rotation @ self._middle
        )
        return Prediction(
            camera_from_board=UncertainPose(transform, noise + _about(place, spread_rad, spread_mm)),
            velocity=np.concatenate([turn, drift - skew(turn) @ place]),
            velocity_per_motion=bend_per_s,
        )


def motion_between(first: RigidTransform, second: RigidTransform) -> NDArray[np.float64]:
    """Return the left motion (6,), rad and mm in `to_frame`, that carries `first` to `second`."""
    rotation = second.rotation @ first.rotation.T
    turn = RigidTransform(first.to_frame, first.to_frame, rotation, np.zeros(3))
    return np.concatenate([turn.rotation_vector_rad, second.translation_mm - rotation @ first.translation_mm])


def moved(pose: RigidTransform, motion: NDArray[np.float64]) -> RigidTransform:
    """Return a pose after a left motion (6,), rad and mm in `to_frame`."""
    step = RigidTransform.from_rotation_vector(pose.to_frame, pose.to_frame, motion[:3], motion[3:])
    return step @ pose


def unknown_velocity(middle_camera_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (6, 6) covariance of the velocity of a board nobody has seen moving, its middle at (3,) mm."""
    return _about(middle_camera_mm, TURN_SPEED_RAD_S, SPEED_MM_S)


def unknown_change(middle_camera_mm: NDArray[np.float64], within_s: float) -> NDArray[np.float64]:
    """Return the (6, 6) covariance of how a velocity changes within a time."""
    return _about(middle_camera_mm, TURN_ACCELERATION_RAD_S2 * within_s, ACCELERATION_MM_S2 * within_s)


def _about(place: NDArray[np.float64], turn: float, shift: float) -> NDArray[np.float64]:
    """Return the (6, 6) covariance of a left motion that turns about a place (3,) and shifts it, alike on all axes."""
    # A turn about the place is one about the origin with the shift place x turn.
    carried = skew(place)
    covariance = np.empty((6, 6))
    covariance[:3, :3] = turn**2 * _ALIKE
    covariance[3:, :3] = turn**2 * carried
    covariance[:3, 3:] = covariance[3:, :3].T
    covariance[3:, 3:] = turn**2 * (carried @ carried.T) + shift**2 * _ALIKE
    return covariance
