"""Check points: landmarks that took no part in a registration, touched to see whether the overlay is where it says.

The misfit of a touch is compared with what the chain promises there: the registration, the camera, the headset that
touched, the landmark in the CT and the touching tip each add their covariance. What is shown as expected is how far
off, 95 %, a touch may lie in the direction in which it does lie off, so that the misfit and the number beside it
decide: `misfit <= expected` is the chi-square test with three degrees of freedom.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import ContractError, InputError
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.uncertain import UncertainPose
from orview.register.landmark_list import canonical, check_landmarks, document_of, landmarks_of
from orview.register.landmarks import Landmark

FORMAT = 1
"""Version of the JSON of a plan; another one is refused."""

MOST_POINTS = 16
"""One to three are touched in a session; more than this nobody looks through."""

DEFAULT_MAX_AGE_MIN = 30.0
"""How long a check is good for unless the case says otherwise: long retraction and turning the table move things."""

DEFAULT_LANDMARK_SIGMA_MM = 0.7
"""One sigma along each axis of a bony landmark picked by hand in a CT of millimetre slices."""

COARSEST_MM = 10.0
"""A touch that may be farther off than this when all is well says nothing of an error of millimetres."""

FLOOR_MM = 0.05
"""One sigma along each axis that is added to every touch: no touch is better, and no test divides by nothing."""

SAME_POINT_MM = 3.0
"""One landmark marked twice by hand lies 1.7 mm from itself (root mean square): nearer than this two are one."""

AGAIN_CHI2, NEVER_CHI2 = 7.814728, 16.266236
"""Chi-square of three degrees of freedom at 95 % and at 99.9 %: one honest touch in 20, one in 1000 lies beyond."""


class CheckWord(StrEnum):
    """What a touch says of the overlay."""

    AGREES = "agrees"
    AGAIN = "again"
    """Off more than 19 of 20 honest touches are: touch it again."""
    DISAGREES = "disagrees"
    """Off more than 999 of 1000 honest touches are: do not use."""
    TOO_COARSE = "too_coarse"
    """Too unsure a touch to say anything."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """What came of one touch.

    Attributes:
        landmark: its name.
        misfit_mm: from where the overlay shows the landmark to where it was touched.
        expected_mm: the misfit that 95 % of touches in this direction keep within when all is well.
        word: what that means.
    """

    landmark: str
    misfit_mm: float
    expected_mm: float
    word: CheckWord

    @property
    def words(self) -> str:
        """The result in one sentence for people."""
        off = f"{self.landmark}: {self.misfit_mm:.1f} mm off"
        match self.word:
            case CheckWord.AGREES:
                return f"{off}, up to {self.expected_mm:.1f} mm were expected: agrees."
            case CheckWord.AGAIN:
                return f"{off} where {self.expected_mm:.1f} mm were expected: touch it again."
            case CheckWord.DISAGREES:
                return f"{off} where {self.expected_mm:.1f} mm were expected: do not use."
            case CheckWord.TOO_COARSE:
                return (
                    f"{self.landmark}: this touch may be {self.expected_mm:.0f} mm off by itself and checks nothing; "
                    "use a finer tip."
                )


def check_touch(
    landmark: Landmark,
    touched_mm: ArrayLike,
    *,
    touch_covariance_mm2: ArrayLike,
    told_from_patient: UncertainPose,
) -> Check:
    """Compare a touched point with where the overlay shows the landmark.

    Args:
        landmark: as found in the CT.
        touched_mm: (3,) where the tip was, in the frame the touch is told in: the room, or the board on the patient.
        touch_covariance_mm2: (3, 3) of that, same frame: the tip, the hand, and how well the toucher knows the frame.
        told_from_patient: where the overlay stands in that frame, with what may be wrong about it there: in the room
            registration, board pose and camera, on the board the registration alone.

    Raises:
        ContractError: a value is not finite, or a shape or covariance is none.
    """
    touched = np.asarray(touched_mm, dtype=np.float64)
    touch = np.asarray(touch_covariance_mm2, dtype=np.float64)
    if touched.shape != (3,) or touch.shape != (3, 3) or not (np.isfinite(touched).all() and np.isfinite(touch).all()):
        raise ContractError("A touch is three finite numbers with a finite 3x3 covariance.")
    rotation = told_from_patient.transform.rotation
    covariance = (
        told_from_patient.covariance_at(landmark.position_patient_mm)
        + rotation @ landmark.covariance_mm2 @ rotation.T
        + touch
        + FLOOR_MM**2 * np.eye(3)
    )
    off = touched - told_from_patient.transform.apply(landmark.position_patient_mm)
    misfit_mm = float(np.linalg.norm(off))
    chi2 = float(off @ np.linalg.solve(covariance, off))
    # Where nothing is off there is no direction: the ball of the same 95 % stands for it.
    expected_mm = misfit_mm * math.sqrt(AGAIN_CHI2 / chi2) if chi2 > 0.0 else radius_95_mm(covariance)
    if radius_95_mm(covariance) > COARSEST_MM and chi2 <= NEVER_CHI2:
        return Check(
            landmark=landmark.name,
            misfit_mm=misfit_mm,
            expected_mm=radius_95_mm(covariance),
            word=CheckWord.TOO_COARSE,
        )
    word = CheckWord.AGREES if chi2 <= AGAIN_CHI2 else CheckWord.AGAIN if chi2 <= NEVER_CHI2 else CheckWord.DISAGREES
    return Check(landmark=landmark.name, misfit_mm=misfit_mm, expected_mm=expected_mm, word=word)


@dataclass(frozen=True, kw_only=True)
class CheckPlan:
    """The check points of a case and how long a check is good for.

    Attributes:
        landmarks: none of them used for registration, with names of their own.
        max_age_min: after how many minutes one must be touched again.

    Raises:
        ContractError: names twice, no name, too many points, a point that is not finite, or an age that is none.
    """

    landmarks: tuple[Landmark, ...]
    max_age_min: float = DEFAULT_MAX_AGE_MIN

    def __post_init__(self) -> None:
        check_landmarks(self.landmarks, most=MOST_POINTS)
        if not (math.isfinite(self.max_age_min) and 1.0 <= self.max_age_min <= 24 * 60.0):
            raise ContractError("A check is good for 1 minute to 24 hours.")

    def landmark(self, name: str) -> Landmark | None:
        """Return the check point of a name, None where there is none."""
        return next((landmark for landmark in self.landmarks if landmark.name == name), None)

    def to_json(self) -> str:
        """Return the plan as canonical JSON text."""
        return canonical({"version": FORMAT, "max_age_min": self.max_age_min, "landmarks": document_of(self.landmarks)})

    @classmethod
    def from_json(cls, text: str) -> "CheckPlan":
        """Rebuild a plan written by `to_json`.

        Raises:
            InputError: it is none.
        """
        try:
            document = json.loads(text)
            if document["version"] != FORMAT or document.keys() != {"version", "max_age_min", "landmarks"}:
                raise ValueError("another version")
            return cls(landmarks=landmarks_of(document["landmarks"]), max_age_min=float(document["max_age_min"]))
        except (ValueError, TypeError, KeyError, ContractError):
            raise InputError(
                "The check points of the case cannot be read.", mend="Give them again with `orview checkpoints`."
            ) from None


NO_CHECK_POINTS = CheckPlan(landmarks=())
"""Of a case that names none."""


def round_covariance(sigma_mm: float) -> NDArray[np.float64]:
    """Return the (3, 3) covariance of an error alike along all axes, one sigma each."""
    return sigma_mm**2 * np.eye(3)


def used_already(landmark: Landmark, used_patient_mm: Sequence[ArrayLike]) -> bool:
    """Return whether a landmark is one of the points (3,) a registration rests on: it would only agree with itself."""
    place = landmark.position_patient_mm
    return any(float(np.linalg.norm(np.asarray(used) - place)) < SAME_POINT_MM for used in used_patient_mm)
