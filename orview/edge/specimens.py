"""The specimen of a case against its plan: cut faces touched in the frame of the specimen's own board.

The specimen carries a board of its own, which is registered like that of a patient (`orview register` with landmarks or
a trace). Its verdict tells where the touches lie in the CT, and how wrong that may be.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.edge.board_points import BoardPoint, read_touched, read_traced
from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.edge.case_surfaces import surfaces_of_case
from orview.edge.point_checks import text_of
from orview.edge.registration_points import TRACE_SIGMA_MM
from orview.edge.specimen_checks import KIND, keep_check
from orview.errors import InputError, RefusedError
from orview.geometry.chain import LinkKey
from orview.geometry.uncertain import UncertainPose
from orview.mesh.measure import joined
from orview.mesh.surface import Surface
from orview.model.case import Case
from orview.plan.clearance import clearance
from orview.plan.cut_plane import CutPlane
from orview.plan.names import key_of, stem_of
from orview.plan.plan import Plan
from orview.plan.specimen import CutError, cut_error, shared_error
from orview.register.surface import thinned
from orview.register.touching import SHARED_PART, SPOT_SIGMA_MM, TOUCH_SIGMA_MM
from orview.register.verdict import Method, Verdict
from orview.segment.anatomy import Kind

Floats = NDArray[np.float64]

FINEST_TIP_MM = 0.2
"""No tip is believed to be known better across a face."""


def check_specimen(
    case_id: str, board_name: str, touched: Sequence[str], *, store: CaseStore, now: datetime | None = None
) -> dict[str, Any]:
    """Compare touched cut faces with the plan of a case, keep the result with the case and return it.

    Args:
        case_id: of the store.
        board_name: of the board on the specimen: a delivered name or a definition's path.
        touched: files, or KEY=FILE where a file's name does not say the plane.
        store: where the case lives.
        now: when; None for now.

    Raises:
        StoreError: there is no such case, or the store cannot be used.
        InputError: there is no plan or no such plane, a file cannot be used, or the board is not registered.
        RefusedError: the board's registration cannot be that of a specimen, or was refused.
    """
    case, board = store.case(case_id), load_board(board_name)
    plan = store.plan(case.id)
    if plan is None or not plan.planes:
        raise InputError("The case has no planned cut to compare with.", mend="Give a plan: orview plan CASE plan.toml")
    patient_from_board = _patient_from_specimen(store.registration(case.id, board.digest))
    faces = _faces(touched, plan)
    tumour = _tumour(case, store)
    utc = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    planes = [
        _told(plan.plane(key), points, sigma_mm, patient_from_board, tumour)
        for key, (points, sigma_mm) in faces.items()
    ]
    document = {
        "kind": KIND,
        "utc": utc,
        "plan_digest": plan.digest,
        "plan_version": plan.version,
        "board_digest": board.digest,
        "planes": planes,
        "not_touched": [plane.key for plane in plan.planes if plane.key not in faces],
    }
    keep_check(case.id, document, store=store)
    return document


def words_of(plane: Mapping[str, Any]) -> str:
    """Return in a sentence what a check found of one plane."""
    off, within = plane["offset_mm"], plane["offset_95_mm"]
    where = "farther from the tumour than planned" if off >= 0.0 else "nearer to the tumour than planned"
    told = f"{plane['name']}: cut {abs(off):.1f} ± {within:.1f} mm {where}"
    if abs(off) <= within:
        told = f"{plane['name']}: cut as planned to what can be told ({off:+.1f} ± {within:.1f} mm)"
    return (
        f"{told}, tilted by {plane['tilt_deg']:.1f} ± {plane['tilt_95_deg']:.1f} degrees; "
        f"{plane['tumour_least_mm']:.1f} mm to the tumour, {plane['planned_least_mm']:.1f} mm were planned."
    )


def _patient_from_specimen(text: str | None) -> UncertainPose:
    if text is None:
        raise InputError(
            "The board on the specimen is not registered.",
            mend="Touch landmarks of the specimen, then: orview register CASE --board NAME --landmarks --touched",
        )
    verdict = Verdict.from_json(text)
    if verdict.method is Method.BOARD:
        raise RefusedError(
            "This board was in the CT: it is the one on the patient.", mend="Name the board on the specimen."
        )
    # The same pointer touched the landmarks: what it is off by alike, it is off by here.
    pose = verdict.pose_beside(LinkKey.POINTER)
    if not verdict.accepted or pose is None:
        raise RefusedError(
            "The registration of the specimen was refused.", mend="Register its board again with more landmarks."
        )
    return pose.inverse()


def _told(
    plane: CutPlane, points_board_mm: Floats, sigma_mm: float, patient_from_board: UncertainPose, tumour: Surface
) -> dict[str, Any]:
    touched = patient_from_board.transform.apply(points_board_mm)
    found = cut_error(plane, touched, touch_sigma_mm=sigma_mm, shared=shared_error(plane, patient_from_board))
    told = {
        **_rounded(found),
        "name": plane.name,
        "planned_least_mm": round(clearance(tumour, plane).least_mm, 2),
        "tumour_least_mm": round(clearance(tumour, found.face_of(plane)).least_mm, 2),
    }
    return {**told, "words": words_of(told)}


def _rounded(found: CutError) -> dict[str, Any]:
    told = {name: value for name, value in asdict(found).items() if name != "normal"}
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in told.items()}


def _tumour(case: Case, store: CaseStore) -> Surface:
    surfaces = surfaces_of_case(case, store)
    tumours = [surfaces[one.key] for one in case.structures if one.kind is Kind.TUMOUR]
    if not tumours:
        raise RefusedError("The case has no tumour.", mend="Outline it and prepare the case again.")
    return joined(tumours)


def _faces(touched: Sequence[str], plan: Plan) -> dict[str, tuple[Floats, float]]:
    """Return the touches of each plane in the frame of the board, and the sigma of one across the face."""
    gathered: dict[str, list[tuple[Floats, float]]] = {}
    for given in touched:
        key, equals, name = given.partition("=")
        path = Path(name if equals else given)
        for plane_key, points, sigma_mm in _of_file(path, key if equals else "", plan):
            gathered.setdefault(plane_key, []).append((points, sigma_mm))
    return {
        key: (np.concatenate([points for points, _ in parts]), max(sigma_mm for _, sigma_mm in parts))
        for key, parts in gathered.items()
    }


def _of_file(path: Path, key: str, plan: Plan) -> list[tuple[str, Floats, float]]:
    if _is_trace(path):
        return [(_plane_named(key or path.stem, path, plan), thinned(read_traced(path)), TRACE_SIGMA_MM)]
    points = read_touched(path)
    if key:
        return [(_plane_named(key, path, plan), *_touches(points))]
    named: dict[str | None, list[BoardPoint]] = {}
    for point in points:
        named.setdefault(None if point.name is None else _found(stem_of(point.name), plan), []).append(point)
    if set(named) == {None}:
        return [(_plane_named(path.stem, path, plan), *_touches(points))]
    if None in named:
        odd = named[None][0]
        raise InputError(
            f"{path.name}, {odd.where}: {odd.name or 'a touch without a name'} is of no plane of the plan.",
            mend=f"The planes are: {', '.join(plane.key for plane in plan.planes)}.",
        )
    return [(str(found), *_touches(some)) for found, some in named.items()]


def _is_trace(path: Path) -> bool:
    """Say whether a file is one of `orview touch --trace`: its points have no names and no sigma."""
    lines = (line.strip() for line in text_of(path).splitlines())
    return next((line for line in lines if line and not line.startswith("#")), "").lower() == "x,y,z"


def _touches(points: Sequence[BoardPoint]) -> tuple[Floats, float]:
    """Return touches (N, 3), and the sigma of one across the face it is on.

    What a hand sets the tip beside the spot that is meant lies along the face: only the tip itself counts, and of that
    not what is the same in all touches of one pointer.
    """
    variances = [_tip_variance(point) for point in points]
    return np.array([point.position_board_mm for point in points]), math.sqrt(float(np.mean(variances)))


def _tip_variance(point: BoardPoint) -> float:
    sigma_mm = TOUCH_SIGMA_MM if point.sigma_mm is None else point.sigma_mm
    shared_mm = SHARED_PART * sigma_mm if point.shared_mm is None else point.shared_mm
    return max(sigma_mm**2 - shared_mm**2 - SPOT_SIGMA_MM**2, FINEST_TIP_MM**2)


def _found(name: str, plan: Plan) -> str | None:
    wanted = key_of(name)
    return next((plane.key for plane in plan.planes if wanted in (plane.key, key_of(plane.name))), None)


def _plane_named(name: str, path: Path, plan: Plan) -> str:
    found = _found(name, plan)
    if found is None:
        raise InputError(
            f"{path.name}: the plan has no plane {name[:40]!r}.",
            mend=f"Name the file after a plane, or give KEY=FILE, of {', '.join(one.key for one in plan.planes)}.",
        )
    return found
