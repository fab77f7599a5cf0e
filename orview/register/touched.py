"""Touched landmarks to a verdict: sizes, sides and names are doubted before the fit is believed."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import RefusedError
from orview.geometry.accuracy import fre_mm
from orview.geometry.chain import Link, LinkKey
from orview.geometry.fit import checked_pairs
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.register import size
from orview.register.landmarks import (
    FEWEST,
    Landmark,
    NoOrder,
    Touch,
    name_touches,
    promised_error_mm,
    side_fault,
    suggest_order,
)
from orview.register.paired import PairedFit, chi_square_limit, fit_points
from orview.register.question import Question
from orview.register.verdict import DEFAULT_LIMIT_MM, Method, Verdict

SAME_PLACE_MM = 1.0
"""Two touches or landmarks nearer than this are one, taken twice."""

SMALLEST_PART = 1.0 / 15.0
"""Touches spread over less than this part of the landmarks are in another unit; neighbours are never that near."""

DOUBT_SIGMAS = 3.09
"""A touch is left out where chance would put it so far off once in 1000 times: touching it again costs little."""

FARTHEST_OUT = 12.0
"""By how much the misfit must be better without the wrong point than without any other: odds of e^6, 400 to 1."""

SCALE_SIGMAS = 3.3
"""A size is wrong where chance would make it so once in 1000 registrations."""


SAME_FRAME_RAD, SAME_FRAME_MM = 0.02, 3.0
"""A board and a CT whose axes agree so closely are one frame, written down twice."""

_UNIT_ADVICE = "One of the two files is in another unit than mm: write both in millimetres."


def register_touched(
    landmarks: Sequence[Landmark],
    touches: Sequence[Touch],
    *,
    targets: Mapping[str, ArrayLike],
    target_key: str,
    board_digest: str,
    limit_mm: float = DEFAULT_LIMIT_MM,
) -> Verdict:
    """Find where the patient stands to the board from touched landmarks, and say whether that is good enough.

    Args:
        landmarks: found in the CT.
        touches: some or all of them touched, named or not.
        targets: structure key to the point (3,), patient mm, where its expected error is told.
        target_key: the structure that decides.
        board_digest: of the board on the patient.
        limit_mm: largest expected error, 95 %, at the target.

    Raises:
        ContractError: the target is not among `targets`, or the limit is not positive.
    """
    question = Question(
        method=Method.POINTS,
        targets=targets,
        target_key=target_key,
        limit_mm=limit_mm,
        board_digest=board_digest,
        known=len(landmarks),
        found=len(touches),
    )
    fault = _fault_of_points(landmarks, touches)
    if fault is not None:
        return question.refused(*fault, unusable=True)
    order = name_touches(landmarks, touches)
    if isinstance(order, NoOrder):
        return question.refused(order.reason, order.advice)
    pairs = _Pairs([landmarks[number] for number in order.landmarks], touches)
    try:
        return _judged(question, pairs, landmarks)
    except RefusedError as error:
        return question.refused(error.message, error.mend, unusable=True)


class _Pairs:
    """Landmarks and their touches, in the same order."""

    def __init__(self, landmarks: Sequence[Landmark], touches: Sequence[Touch]) -> None:
        self.landmarks, self.touches = list(landmarks), list(touches)
        self.places = np.array([touch.position_board_mm for touch in touches], dtype=np.float64)
        self.places_mm2 = np.array([touch.own_mm2 for touch in touches], dtype=np.float64)
        self.shared_mm2 = np.array([touch.common_mm2 for touch in touches], dtype=np.float64)

    def fit(self, *, factor: float = 1.0, mirrored: bool = False) -> PairedFit | None:
        """Fit the landmarks, made so many times as large or mirrored, to the touches; None where no pose fits."""
        flip = factor * np.diag([-1.0 if mirrored else 1.0, 1.0, 1.0])
        found = [
            Landmark(
                name=one.name,
                position_patient_mm=flip @ one.position_patient_mm,
                covariance_mm2=flip @ one.covariance_mm2 @ flip.T,
            )
            for one in self.landmarks
        ]
        try:
            return fit_points(
                found, self.places, covariances_board_mm2=self.places_mm2, shared_board_mm2=self.shared_mm2
            )
        except RefusedError:
            return None

    def agree(self, *, factor: float = 1.0, mirrored: bool = False) -> bool:
        """Say whether the claimed errors explain how the pairs fit."""
        fit = self.fit(factor=factor, mirrored=mirrored)
        return fit is not None and fit.misfit_is_plausible

    def without(self, left_out: int) -> "_Pairs":
        return _Pairs(
            [one for number, one in enumerate(self.landmarks) if number != left_out],
            [one for number, one in enumerate(self.touches) if number != left_out],
        )

    def exchanged(self, first: int, second: int) -> "_Pairs":
        touches = list(self.touches)
        touches[first], touches[second] = touches[second], touches[first]
        return _Pairs(self.landmarks, touches)


def _judged(question: Question, pairs: _Pairs, landmarks: Sequence[Landmark]) -> Verdict:
    """Return the verdict on pairs.

    Raises:
        RefusedError: the points fix no pose.
    """
    positions = np.array([one.position_patient_mm for one in pairs.landmarks])
    scale = _spread(pairs.places) / _spread(positions)
    if size.is_another_unit(scale):
        return question.refused(_scale_words(scale), _UNIT_ADVICE, scale=scale, unusable=True)
    checked_pairs(pairs.places, positions)
    wrong = _wrong_pair(pairs)
    used = pairs if wrong is None else pairs.without(wrong)
    fit, count = used.fit(), len(used.landmarks)
    if fit is None or not fit.misfit_is_plausible:
        if abs(scale - 1.0) > size.TOLERANCE and pairs.agree(factor=scale):
            return question.refused(_scale_words(scale), size.scale_advice(scale), scale=scale)
        if pairs.agree(mirrored=True):
            return question.refused(
                "The touched points are the mirror image of the landmarks.",
                "Check which side of the patient is left in the CT and in the landmark file.",
                scale=scale,
                unusable=True,
            )
        return question.refused(*_why_not(pairs), scale=scale)
    if abs(fit.scale - 1.0) > max(size.TOLERANCE, SCALE_SIGMAS * fit.scale_sigma):
        return question.refused(_scale_words(fit.scale), size.scale_advice(fit.scale), scale=fit.scale, matched=count)
    if used.agree(mirrored=True):
        return question.refused(
            "The touched points lie so flat that a mirrored CT would fit them as well.",
            "Touch a landmark that lies well above or below the others.",
            scale=fit.scale,
            matched=count,
        )
    transform = fit.board_from_patient.transform
    if _is_the_same_frame(transform):
        return question.refused(
            "The touched points are the coordinates of the landmarks in the CT, not places in the board's frame.",
            "Measure the landmarks with a tracked pointer, in the frame of the board on the patient.",
            scale=fit.scale,
            unusable=True,
        )
    parts = {LinkKey.CT_FIDUCIALS: fit.by_found, LinkKey.TOUCH: fit.by_places}
    if fit.by_shared.any():
        parts[LinkKey.POINTER] = fit.by_shared
    chain = [Link.of(key, UncertainPose(transform, part)) for key, part in parts.items()]
    names = {one.name for one in used.landmarks}
    advice = [] if wrong is None else [f"{pairs.landmarks[wrong].name} was left out: touch it again."]
    return question.answered(
        fit.board_from_patient,
        chain,
        grounds=f"{count} of {len(landmarks)} landmarks lie where they were touched, "
        f"and sizes agree within {max(SCALE_SIGMAS * fit.scale_sigma, size.TOLERANCE):.1%}.",
        fre_mm=fre_mm(fit.residuals_mm),
        scale=fit.scale,
        matched=count,
        used_patient_mm=[one.position_patient_mm for one in used.landmarks],
        advice=[*advice, *_layout_advice(question, landmarks, names, used, wrong is not None)],
        mends={
            LinkKey.CT_FIDUCIALS: "Find the landmarks again on thinner slices.",
            LinkKey.TOUCH: "Touch each landmark several times, or use a sharper pointer nearer to the camera.",
            LinkKey.POINTER: "Find the pointer's tip anew with more and wider swings, and measure both prints.",
        },
    )


def _is_the_same_frame(board_from_patient: RigidTransform) -> bool:
    """Say whether board and patient axes seem to coincide, in LPS or RAS: nobody could mount a board so by chance."""
    for turn in (np.eye(3), np.diag([-1.0, -1.0, 1.0])):
        cosine = 0.5 * (float(np.trace(board_from_patient.rotation @ turn)) - 1.0)
        same = cosine > math.cos(SAME_FRAME_RAD)
        if same and float(np.linalg.norm(board_from_patient.translation_mm)) < SAME_FRAME_MM:
            return True
    return False


def _wrong_pair(pairs: _Pairs) -> int | None:
    """Return the one pair without which all others agree, None where there is none or it could be another one."""
    count = len(pairs.landmarks)
    if count <= FEWEST:
        return None
    fits = [pairs.fit(), *(pairs.without(number).fit() for number in range(count))]
    whole, *rest = (math.inf if fit is None else fit.misfit for fit in fits)
    first, second = np.argsort(rest)[:2]
    believed = (
        whole - rest[first] > chi_square_limit(3, sigmas=DOUBT_SIGMAS)
        and rest[first] <= chi_square_limit(3 * (count - 1) - 6)
        and rest[second] - rest[first] >= FARTHEST_OUT
    )
    return int(first) if believed else None


def _why_not(pairs: _Pairs) -> tuple[str, str]:
    """Return what would explain touches that do not fit, and what to do."""
    for first, second in combinations(range(len(pairs.landmarks)), 2):
        if pairs.exchanged(first, second).agree():
            names = f"{pairs.landmarks[first].name} and {pairs.landmarks[second].name}"
            return f"{names} seem to have been touched the other way round.", "Touch both again, each by its name."
    return (
        "The touched points do not lie to one another as the landmarks in the CT.",
        "Touch all landmarks again, each by its name; check that the board did not move on the patient.",
    )


def _fault_of_points(landmarks: Sequence[Landmark], touches: Sequence[Touch]) -> tuple[str, str] | None:
    """Return what makes points useless before any fit, and what to do."""
    if len(touches) < FEWEST:
        return (
            f"Only {len(touches)} landmarks were touched; {FEWEST} are needed.",
            "Touch landmarks on all sides of the target.",
        )
    names = [one.name or f"point {number}" for number, one in enumerate(touches, start=1)]
    known = [one.name for one in landmarks]
    fault = _fault_of_values(
        "landmark", [(one.name, one.position_patient_mm, one.covariance_mm2) for one in landmarks]
    ) or _fault_of_values(
        "touch of",
        [(name, one.position_board_mm, one.own_mm2) for name, one in zip(names, touches, strict=True)],
    )
    if fault is not None:
        return fault
    for name in (*known, *names):
        if known.count(name) > 1 or names.count(name) > 1:
            return f"{name} stands twice among the points.", "Give and touch every landmark once."
    unknown = [one.name for one in touches if one.name is not None and one.name not in known]
    if unknown:
        return f"{unknown[0]} is no landmark of this case.", "Name the landmarks as in the landmark file."
    if len(touches) > len(landmarks):
        return "More points were touched than the case has landmarks.", "Touch every landmark once."
    ratio = _width(one.position_board_mm for one in touches) / _width(one.position_patient_mm for one in landmarks)
    if not SMALLEST_PART < ratio < 1.0 / SMALLEST_PART:
        return _scale_words(ratio), _UNIT_ADVICE
    for (one, touch), (other, second) in combinations(zip(names, touches, strict=True), 2):
        if np.linalg.norm(touch.position_board_mm - second.position_board_mm) < SAME_PLACE_MM:
            return f"{one} and {other} were touched at the same place.", "Touch both again."
    sides = side_fault(landmarks)
    if sides is not None:
        return (
            f"{sides} lie on the wrong sides of the patient.",
            "The landmark file is in RAS where it says LPS, or its names are exchanged: export it again.",
        )
    return None


def _fault_of_values(
    what: str, points: Sequence[tuple[str, NDArray[np.float64], NDArray[np.float64]]]
) -> tuple[str, str] | None:
    for name, place, covariance in points:
        if not (np.isfinite(place).all() and np.isfinite(covariance).all()):
            return f"The {what} {name} holds a value that is not a finite number.", "Take the point again."
        if np.linalg.eigvalsh(covariance)[0] <= 0.0:
            return f"The {what} {name} claims to have no error of its own.", "Say how well the point is known."
    return None


def _width(points: Iterable[NDArray[np.float64]]) -> float:
    return max(float(np.linalg.norm(np.ptp(np.array(list(points)), axis=0))), 1e-9)


def _layout_advice(
    question: Question, landmarks: Sequence[Landmark], names: set[str], used: _Pairs, again: bool
) -> list[str]:
    """Say which landmark would help most, where the expected error misses the limit."""
    target = np.asarray(question.targets[question.target_key], dtype=np.float64)
    sigma_mm, shared_mm = (
        float(np.sqrt(np.mean([np.trace(covariance) for covariance in covariances]) / 3.0))
        for covariances in zip(*((one.covariance_mm2, one.shared_mm2) for one in used.touches), strict=True)
    )
    promised_mm = promised_error_mm(used.landmarks, target, touch_sigma_mm=sigma_mm, shared_sigma_mm=shared_mm)
    if promised_mm <= question.limit_mm or again:
        return []
    left = suggest_order(landmarks, target, touch_sigma_mm=sigma_mm, touched=sorted(names))
    if not left:
        return ["Choose landmarks that are spread wider, and on all sides of the target."]
    more = [one for one in landmarks if one.name in names or one.name == left[0]]
    promised_mm = promised_error_mm(more, target, touch_sigma_mm=sigma_mm, shared_sigma_mm=shared_mm)
    return [f"Touch {left[0]} too: {promised_mm:.1f} mm could be expected then."]


def _scale_words(scale: float) -> str:
    return size.scale_words(scale, points="landmarks", lie_as="they were touched")


def _spread(points: NDArray[np.float64]) -> float:
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum()))
