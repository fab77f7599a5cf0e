"""From a file of points to the check points of a stored case."""

from pathlib import Path

from orview.edge.case_store import CaseStore
from orview.edge.markups import read_points
from orview.errors import InputError
from orview.register.check_points import MOST_POINTS, CheckPlan, round_covariance, used_already
from orview.register.landmarks import Landmark


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
        InputError: the file cannot be used, names points twice or not at all, or one is a bead of the registration.
    """
    case = store.case(case_id)
    found, _ = read_points(points, frame=frame)
    if len(found) > MOST_POINTS:
        raise InputError(
            f"{points.name} holds {len(found)} points; one to three check points are touched, {MOST_POINTS} at most.",
            mend="Leave out what nobody will touch.",
        )
    names = [point.name for point in found]
    if not all(names) or len(set(names)) != len(names) or max(map(len, names)) > 80:
        raise InputError(
            f"The points of {points.name} need names of their own, up to 80 letters.",
            mend="Name them as people in the room will know them.",
        )
    landmarks = tuple(
        Landmark(
            name=point.name,
            position_patient_mm=point.position_patient_mm,
            covariance_mm2=round_covariance(sigma_mm) if point.covariance_mm2 is None else point.covariance_mm2,
        )
        for point in found
    )
    beads = [bead.position_patient_mm for bead in case.fiducials]
    used = next((landmark for landmark in landmarks if used_already(landmark, beads)), None)
    if used is not None:
        raise InputError(
            f"The point {used.name} is a bead the registration rests on: it would only agree with itself.",
            mend="Choose landmarks that take no part in the registration.",
        )
    plan = CheckPlan(landmarks=landmarks, max_age_min=max_age_min)
    store.put_check_plan(case.id, plan)
    return plan
