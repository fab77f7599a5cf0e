"""Named landmarks of a patient: which to touch next, and which touched point is which.

Landmarks are bony points, skin fiducials or corners of a board, found in the CT and touched with a tracked pointer,
a finger or a controller. Touches come named or not; an order is believed only where no other explains them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import ContractError
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.fit import closed_poses
from orview.geometry.uncertain import motion_jacobian

FEWEST = 4
"""Three touched points always fit somewhere; the fourth is the first that can disagree."""

MARGIN = 20.0
"""By how much the misfit of any other order must be worse: odds of e^10, 20,000 to 1."""

TURNED = 0.2
"""A pointer is not held alike in all touches: so much of what they share counts as if each erred for itself.

The tip's error turns with the pointer; leant by 20 to 30 degrees each time, a tenth to a fifth of its variance differs.
"""

_GATE_SIGMAS = 4.5
_MOST_ORDERS = 5000
_NO_IDEA_RAD, _NO_IDEA_MM = 1.0, 300.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Landmark:
    """A point of the patient that was found in the CT and can be touched.

    Attributes:
        name: what it is called, once in a case.
        position_patient_mm: (3,) where it is.
        covariance_mm2: (3, 3) of how well it was found, patient axes.
    """

    name: str
    position_patient_mm: NDArray[np.float64]
    covariance_mm2: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Touch:
    """A point that was touched.

    Attributes:
        name: of the landmark, None where nobody said.
        position_board_mm: (3,) where the tip was, in the frame of the board on the patient.
        covariance_mm2: (3, 3) of the tip and of the touching hand, board axes.
        shared_mm2: (3, 3) the part of it that is the same in all touches with one pointer: a tip that was calibrated
            wrong, prints, lens.
    """

    name: str | None
    position_board_mm: NDArray[np.float64]
    covariance_mm2: NDArray[np.float64]
    shared_mm2: NDArray[np.float64] = field(default_factory=lambda: np.zeros((3, 3)))

    @property
    def common_mm2(self) -> NDArray[np.float64]:
        """(3, 3) what moves all touches alike."""
        return (1.0 - TURNED) * self.shared_mm2

    @property
    def own_mm2(self) -> NDArray[np.float64]:
        """(3, 3) what is left to each touch alone."""
        return self.covariance_mm2 - self.common_mm2


@dataclass(frozen=True, kw_only=True)
class Order:
    """Which landmark each touch is: `landmarks[i]` indexes the landmark of touch i."""

    landmarks: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class NoOrder:
    """Why it cannot be told which touch is which, and what to do."""

    reason: str
    advice: str


def suggest_order(
    landmarks: Sequence[Landmark], target_patient_mm: ArrayLike, *, touch_sigma_mm: float, touched: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the landmarks not touched yet, each next one the one that makes the error at the target least.

    Args:
        landmarks: of the case.
        target_patient_mm: (3,) where it matters.
        touch_sigma_mm: of a touch along each axis.
        touched: names touched already.

    Raises:
        ContractError: the sigma is not positive, or a name is not among the landmarks.
    """
    if not (np.isfinite(touch_sigma_mm) and touch_sigma_mm > 0.0):
        raise ContractError("The sigma of a touch is a positive number of mm.")
    left = {landmark.name: _information(landmark, target_patient_mm, touch_sigma_mm) for landmark in landmarks}
    if set(touched) - left.keys():
        raise ContractError("Only landmarks of the case can have been touched.")
    # Before three points a pose is only known to lie somewhere in the room.
    known = np.diag([_NO_IDEA_RAD**-2] * 3 + [_NO_IDEA_MM**-2] * 3)
    for name in touched:
        known = known + left.pop(name)
    order = []
    while left:
        # About the target a pose's translation is the target's own error.
        best = min(left, key=lambda name: float(np.trace(np.linalg.inv(known + left[name])[3:, 3:])))
        known = known + left.pop(best)
        order.append(best)
    return tuple(order)


def promised_error_mm(
    landmarks: Sequence[Landmark], target_patient_mm: ArrayLike, *, touch_sigma_mm: float, shared_sigma_mm: float = 0.0
) -> float:
    """Return the expected error, 95 %, at a target when all of these landmarks are touched.

    Args:
        landmarks: that will be touched.
        target_patient_mm: (3,) where it matters.
        touch_sigma_mm: of a touch along each axis.
        shared_sigma_mm: the part of it that is the same in all touches (`Touch.shared_mm2`).

    Raises:
        ContractError: the landmarks fix no pose.
    """
    common_mm2 = (1.0 - TURNED) * shared_sigma_mm**2
    own_mm = float(np.sqrt(touch_sigma_mm**2 - common_mm2))
    known = sum((_information(one, target_patient_mm, own_mm) for one in landmarks), np.zeros((6, 6)))
    try:
        return radius_95_mm(np.linalg.inv(known)[3:, 3:] + common_mm2 * np.eye(3))
    except np.linalg.LinAlgError:
        raise ContractError("These landmarks fix no pose.") from None


def _information(landmark: Landmark, target_patient_mm: ArrayLike, touch_sigma_mm: float) -> NDArray[np.float64]:
    arm = landmark.position_patient_mm - np.asarray(target_patient_mm, dtype=np.float64)
    jacobian = motion_jacobian(arm)
    return jacobian.T @ np.linalg.solve(landmark.covariance_mm2 + touch_sigma_mm**2 * np.eye(3), jacobian)


def name_touches(landmarks: Sequence[Landmark], touches: Sequence[Touch]) -> Order | NoOrder:
    """Tell which landmark each touch is, from names where they were said and from distances where not.

    Args:
        landmarks: of the case, at least as many as touches.
        touches: `FEWEST` or more where one has no name.
    """
    index = {landmark.name: number for number, landmark in enumerate(landmarks)}
    said = [None if touch.name is None else index[touch.name] for touch in touches]
    if None not in said:
        return Order(landmarks=tuple(number for number in said if number is not None))
    orders = _orders(landmarks, touches, said)
    if not orders:
        return NoOrder(
            reason="The touched points do not lie to one another as any of the landmarks do.",
            advice="Name each landmark as it is touched, and touch the doubtful ones again.",
        )
    if len(orders) > _MOST_ORDERS:
        return _ambiguous()
    misfits = _misfits(landmarks, touches, np.array(orders))
    ranked = np.argsort(misfits)
    if len(ranked) > 1 and misfits[ranked[1]] - misfits[ranked[0]] < MARGIN:
        return _ambiguous()
    return Order(landmarks=orders[int(ranked[0])])


def _ambiguous() -> NoOrder:
    return NoOrder(
        reason="The touched points fit the landmarks in two orders.",
        advice="Name each landmark as it is touched; left and right sides look alike to a computer.",
    )


def _orders(
    landmarks: Sequence[Landmark], touches: Sequence[Touch], said: Sequence[int | None]
) -> list[tuple[int, ...]]:
    """Return all orders whose distances agree with those of the landmarks within the errors of both."""
    places = np.array([touch.position_board_mm for touch in touches])
    known = np.array([landmark.position_patient_mm for landmark in landmarks])
    touch_mm2 = np.array([np.linalg.eigvalsh(touch.covariance_mm2)[2] for touch in touches])
    known_mm2 = np.array([np.linalg.eigvalsh(landmark.covariance_mm2)[2] for landmark in landmarks])
    between_places = np.linalg.norm(places[:, None] - places, axis=-1)
    between_known = np.linalg.norm(known[:, None] - known, axis=-1)
    orders: list[tuple[int, ...]] = []

    def grow(order: tuple[int, ...]) -> None:
        touch = len(order)
        if touch == len(touches) or len(orders) > _MOST_ORDERS:
            orders.append(order)
            return
        name = said[touch]
        for candidate in range(len(landmarks)) if name is None else (name,):
            if candidate in order:
                continue
            before = list(order)
            apart = np.abs(between_places[touch, :touch] - between_known[candidate, before])
            variance = touch_mm2[touch] + touch_mm2[:touch] + known_mm2[candidate] + known_mm2[before]
            if (apart <= _GATE_SIGMAS * np.sqrt(variance)).all():
                grow((*order, candidate))

    grow(())
    return orders


def _misfits(landmarks: Sequence[Landmark], touches: Sequence[Touch], orders: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the misfit (O,) of orders (O, K): squared residuals in units of the claimed errors."""
    found = np.array([landmark.position_patient_mm for landmark in landmarks])[orders]
    found_mm2 = np.array([landmark.covariance_mm2 for landmark in landmarks])[orders]
    places = np.broadcast_to([touch.position_board_mm for touch in touches], found.shape)
    places_mm2 = np.broadcast_to([touch.covariance_mm2 for touch in touches], found_mm2.shape)
    variances = np.trace(places_mm2, axis1=2, axis2=3) + np.trace(found_mm2, axis1=2, axis2=3)
    rotations, translations = closed_poses(places, found, 1.0 / variances)
    residuals = places - found @ np.swapaxes(rotations, 1, 2) - translations[:, None]
    turned = rotations[:, None]
    information = np.linalg.inv(places_mm2 + turned @ found_mm2 @ np.swapaxes(turned, -1, -2))
    return np.asarray(np.einsum("oki,okij,okj->o", residuals, information, residuals))


def side_fault(landmarks: Sequence[Landmark]) -> str | None:
    """Return the names that contradict the sides of the patient, None where none do.

    A file that says LPS and holds RAS turns the patient by half a turn about the long axis: a rigid motion that every
    fit accepts without a trace. Names know better: what is called left lies farther along +x (hazard H04).
    """
    places: Mapping[str, float] = {one.name.lower(): float(one.position_patient_mm[0]) for one in landmarks}
    for name, x_mm in places.items():
        for left, right in _SIDES:
            other = _exchanged(name, left, right)
            if other is not None and other in places and x_mm < places[other]:
                return f"{name} and {other}"
    return None


_SIDES = (("left", "right"), ("l", "r"))


def _exchanged(name: str, left: str, right: str) -> str | None:
    """Return a name with its word `left` made `right`, None where it has no such word."""
    words, separators = [""], []
    for letter in name:
        if letter in " _-.":
            separators.append(letter)
            words.append("")
        else:
            words[-1] += letter
    if left not in words:
        return None
    swapped = [right if word == left else word for word in words]
    return "".join(word + separator for word, separator in zip(swapped, [*separators, ""], strict=True))
