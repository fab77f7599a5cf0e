"""From files of points to the check points and the landmarks of a stored case: nothing is touched for both."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from numpy.typing import ArrayLike

from orview.edge.case_store import CaseStore
from orview.edge.markups import read_points
from orview.edge.registration import Sigmas
from orview.edge.registration_points import landmarks_of_file
from orview.errors import InputError
from orview.register.check_points import MOST_POINTS, CheckPlan, round_covariance, used_already
from orview.register.landmark_list import LONGEST_NAME, MOST_LANDMARKS, LandmarkList
from orview.register.landmarks import FEWEST, Landmark
from orview.register.verdict import Verdict


def store_check_plan(
    case_id: str,
    points: Path,
    *,
    store: CaseStore,
    max_age_min: float,
    sigma_mm: float,
    frame: str | None = None,
) -> CheckPlan:
    """Read the points of a file, store them as the case's check points in place of earlier ones, and return them.

    Args:
        case_id: which case.
        points: a file `read_points` reads.
        store: where the case lives.
        max_age_min: minutes a touch is good for.
        sigma_mm: how well they were picked, 1 sigma along each axis.
        frame: of a CSV that does not say it.

    Raises:
        StoreError: there is no such case.
        InputError: the file cannot be used, names points twice or not at all, or one takes part in the
            registration: a bead, a landmark that is touched, whatever a stored verdict rests on.
    """
    case = store.case(case_id)
    found, _ = read_points(points, frame=frame)
    if len(found) > MOST_POINTS:
        raise InputError(
            f"{points.name} holds {len(found)} points; one to three check points are touched, {MOST_POINTS} at most.",
            mend="Leave out what nobody will touch.",
        )
    check_names([point.name for point in found], points)
    landmarks = tuple(
        Landmark(
            name=point.name,
            position_patient_mm=point.position_patient_mm,
            covariance_mm2=round_covariance(sigma_mm) if point.covariance_mm2 is None else point.covariance_mm2,
        )
        for point in found
    )
    beads = [bead.position_patient_mm for bead in case.fiducials]
    touched = [landmark.position_patient_mm for landmark in store.landmarks(case.id).landmarks]
    rested_on: list[ArrayLike] = []
    for text in store.registrations(case.id):
        # One that cannot be read any more is used by nobody.
        with contextlib.suppress(InputError):
            rested_on += Verdict.from_json(text).used_patient_mm
    for what, places in (
        ("bead the registration rests on", beads),
        ("landmark that is touched to register", touched),
        ("point the registration rests on", rested_on),
    ):
        used = next((landmark for landmark in landmarks if used_already(landmark, places)), None)
        if used is not None:
            raise InputError(
                f"The point {used.name} is a {what}: it would only agree with itself.",
                mend="Choose landmarks that take no part in the registration.",
            )
    plan = CheckPlan(landmarks=landmarks, max_age_min=max_age_min)
    store.put_check_plan(case.id, plan)
    return plan


def store_landmarks(
    case_id: str,
    points: Path,
    *,
    store: CaseStore,
    sigma_mm: float | None = None,
    frame: str | None = None,
) -> LandmarkList:
    """Read the points of a file, store them as the landmarks that register a case by touch, and return them.

    Args:
        case_id: which case.
        points: a file `read_points` reads.
        store: where the case lives.
        sigma_mm: how well they were picked, 1 sigma along each axis; None for the usual.
        frame: of a CSV that does not say it.

    Raises:
        StoreError: there is no such case.
        InputError: the file cannot be used, names points twice or not at all, holds too few or too many, points that
            do not lie on the case's bones, or a check point of the case.
    """
    case = store.case(case_id)
    known, _ = landmarks_of_file(points, case, store, frame=frame, sigmas=Sigmas(in_ct_mm=sigma_mm))
    if not FEWEST <= len(known) <= MOST_LANDMARKS:
        raise InputError(
            f"{points.name} holds {len(known)} landmarks; {FEWEST} to {MOST_LANDMARKS} are used.",
            mend="Mark seven or so, on all sides of the target.",
        )
    check_names([landmark.name for landmark in known], points)
    checked = [landmark.position_patient_mm for landmark in store.check_plan(case.id).landmarks]
    used = next((landmark for landmark in known if used_already(landmark, checked)), None)
    if used is not None:
        raise InputError(
            f"The landmark {used.name} is a check point of the case: touched for both it would only agree with itself.",
            mend="Leave it out here, or choose other check points with `orview checkpoints`.",
        )
    landmarks = LandmarkList(landmarks=tuple(known))
    store.put_landmarks(case.id, landmarks)
    return landmarks


def check_names(names: Sequence[str], points: Path) -> None:
    """Refuse names by which people in the room could not call the points.

    Raises:
        InputError: they are missing, double or too long.
    """
    if not all(names) or len(set(names)) != len(names) or max(map(len, names)) > LONGEST_NAME:
        raise InputError(
            f"The points of {points.name} need names of their own, up to {LONGEST_NAME} letters.",
            mend="Name them as people in the room will know them.",
        )
