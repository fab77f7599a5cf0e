"""Touching landmarks one after the other: which is next, and whether a touch can be the one that was asked for.

Whoever touches does not press a button, so a pointer laid aside or a landmark mistaken for another looks like a touch.
Distances between touches tell: they are those between the landmarks in the CT, wherever the patient lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.register.landmarks import Landmark, Touch

SPOT_SIGMA_MM = 0.6
"""How far beside the spot that was marked in the CT a person sets the tip, one sigma along each axis."""

TOUCH_SIGMA_MM = 0.7
"""How well a person touches a bony landmark with a tracked pointer: the tip itself and the spot that is meant."""

SHARED_PART = 0.4
"""Of the sigma of a touch so much is the same in all touches with one pointer, where nobody says it: with lens, prints
and tip drawn anew a folded pointer lay 0.24 mm off along each axis (docs/accuracy.md)."""

AGAIN_MM = 5.0
"""A touch so near to one that was doubted says the same again."""

DOUBT_SIGMAS = 4.5
"""A right distance is doubted once in 150,000 touches."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """What became of a touch.

    Attributes:
        touch: with the error of the touching hand in its covariance.
        taken: whether it counts; `reason` says why not.
        reason: one short sentence and what to do, empty where it counts.
        forgotten: an earlier touch that is to be made again, None for none.
    """

    touch: Touch
    taken: bool
    reason: str = ""
    forgotten: str | None = None


class Touching:
    """Gathers the touches of landmarks.

    Args:
        landmarks: found in the CT.
        order: their names, as they are to be touched (`suggest_order`).
        spot_sigma_mm: how well a person meets the spot that is meant, along each axis.
        before: what was taken already.
    """

    def __init__(
        self,
        landmarks: Sequence[Landmark],
        order: Sequence[str],
        *,
        spot_sigma_mm: float = SPOT_SIGMA_MM,
        before: Sequence[Touch] = (),
    ) -> None:
        self._known = {landmark.name: landmark for landmark in landmarks}
        self._spot_sigma_mm = spot_sigma_mm
        self._order = tuple(order)
        self._touches = {str(touch.name): touch for touch in before if touch.name in self._known}
        self._asked: str | None = None
        self._doubted: Touch | None = None

    @property
    def next_name(self) -> str | None:
        """Which landmark to touch now, None when all are."""
        if self._asked is not None:
            return self._asked
        return next((name for name in self._order if name not in self._touches), None)

    @property
    def touches(self) -> tuple[Touch, ...]:
        """What was touched, in the order of touching."""
        return tuple(self._touches.values())

    def ask(self, name: str) -> None:
        """Ask for a landmark next, whatever the order; an earlier touch of it is forgotten.

        Raises:
            ContractError: there is no such landmark.
        """
        if name not in self._known:
            raise ContractError("Only landmarks of the case can be touched.")
        self._touches.pop(name, None)
        self._asked = name

    def take(
        self,
        position_board_mm: NDArray[np.float64],
        covariance_mm2: NDArray[np.float64],
        *,
        shared_mm2: NDArray[np.float64] | None = None,
    ) -> Answer | None:
        """Take a rest of the tip for the landmark that is next; None when none is.

        Where one earlier touch alone contradicts, and the same spot is touched again, it is the earlier one that is
        to be made again.

        Args:
            position_board_mm: (3,) in the frame of the board on the patient.
            covariance_mm2: (3, 3) of the tip.
            shared_mm2: (3, 3) the part of it that is the same in all rests of this pointer; None for none.
        """
        name = self.next_name
        if name is None:
            return None
        hand = self._spot_sigma_mm**2 * np.eye(3)
        touch = Touch(
            name=name,
            position_board_mm=position_board_mm,
            covariance_mm2=covariance_mm2 + hand,
            shared_mm2=np.zeros((3, 3)) if shared_mm2 is None else shared_mm2,
        )
        answer = Answer(touch=touch, taken=True)
        wrong = [earlier for earlier in self._touches.values() if not self._agree(touch, earlier)]
        if wrong:
            if len(wrong) > 1 or not self._is_told_again(touch):
                self._doubted = touch
                return replace(answer, taken=False, reason=self._doubt(touch, wrong))
            answer = replace(answer, forgotten=wrong[0].name)
            del self._touches[str(wrong[0].name)]
        self._doubted = self._asked = None
        self._touches[name] = touch
        return answer

    def _is_told_again(self, touch: Touch) -> bool:
        before = self._doubted
        if before is None or before.name != touch.name:
            return False
        return float(np.linalg.norm(touch.position_board_mm - before.position_board_mm)) < AGAIN_MM

    def _agree(self, touch: Touch, earlier: Touch) -> bool:
        """Say whether two touches lie as far apart as their landmarks, within the errors of both."""
        apart_mm, marked_mm = self._apart_mm(touch, earlier)
        places = [self._known[str(one.name)].covariance_mm2 for one in (touch, earlier)]
        covariances = (touch.covariance_mm2, earlier.covariance_mm2, *places)
        variance = sum(float(np.linalg.eigvalsh(covariance)[-1]) for covariance in covariances)
        return abs(apart_mm - marked_mm) <= DOUBT_SIGMAS * float(np.sqrt(variance))

    def _apart_mm(self, touch: Touch, earlier: Touch) -> tuple[float, float]:
        one, other = self._known[str(touch.name)], self._known[str(earlier.name)]
        return (
            float(np.linalg.norm(touch.position_board_mm - earlier.position_board_mm)),
            float(np.linalg.norm(one.position_patient_mm - other.position_patient_mm)),
        )

    def _doubt(self, touch: Touch, wrong: Sequence[Touch]) -> str:
        apart_mm, marked_mm = self._apart_mm(touch, wrong[0])
        words = (
            f"The tip rested {apart_mm:.0f} mm from {wrong[0].name}, and {touch.name} lies {marked_mm:.0f} mm from it "
            f"in the CT. Lift the tip and touch {touch.name} again"
        )
        if len(wrong) == 1:
            return f"{words}; touched at the same place, {wrong[0].name} is asked for anew."
        return f"{words}. If it was right, the board moved on the patient: begin anew."
