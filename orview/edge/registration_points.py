"""Registering a stored case by touched landmarks and traced bone.

What a person gives in files is checked first; points that cannot be used end in words, and nothing is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from orview.edge.board_points import BoardPoint, read_touched, read_traced
from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.edge.case_surfaces import bone_of
from orview.edge.markups import read_points
from orview.edge.registration import (
    USUAL,
    Registered,
    Sigmas,
    check_belongs,
    covariance_of,
    refused_as_turned,
    stored,
    targets_of,
)
from orview.errors import InputError
from orview.findings import Finding
from orview.model.case import Case
from orview.register.belonging import ON_BONE_MM
from orview.register.landmarks import FEWEST, Landmark, Touch, promised_error_mm, suggest_order
from orview.register.surface import register_surface, thinned
from orview.register.touched import register_touched
from orview.register.touching import SHARED_PART, TOUCH_SIGMA_MM
from orview.register.verdict import DEFAULT_LIMIT_MM, Method

LANDMARK_SIGMA_MM = 0.7
"""How well a bony landmark, an edge or tip, is marked in a CT, one sigma along each axis; where no file says it."""

TRACE_SIGMA_MM = 0.4
"""How well a tip that slides over bare bone tells its surface: easier than to meet a spot."""

SURFACE_SIGMA_MM, SURFACE_SIGMA_VOXELS = 0.3, 0.3
"""How far a segmented surface is off the bone: the larger of so many mm and that part of the largest voxel side."""


@dataclass(frozen=True, kw_only=True)
class NextTouch:
    """A landmark to touch next.

    Attributes:
        name: of the landmark.
        promised_error_mm: expected error, 95 %, at the target once it is touched too; None with too few.
    """

    name: str
    promised_error_mm: float | None


def register_with_points(
    case_id: str,
    board_name: str,
    *,
    store: CaseStore,
    landmarks: Path,
    touched: Path,
    traced: Path | None = None,
    traced_on: Sequence[str] = (),
    frame: str | None = None,
    sigmas: Sigmas = USUAL,
    limit_mm: float = DEFAULT_LIMIT_MM,
) -> Registered:
    """Register a case by touched landmarks, and from there by traced bone where a trace is given.

    Args:
        case_id: which case of the store.
        board_name: of the board on the patient, as in `register_with_board`.
        store: where the case lives.
        landmarks: a file of points in the CT.
        touched: a file of some or all of them, measured in the board's frame.
        traced: a file of points traced on bone, likewise.
        traced_on: keys of the structures that were traced; every bone where none is named.
        frame: "LPS" or "RAS", of a CSV of landmarks that does not say it.
        sigmas: of points whose file does not say it.
        limit_mm: largest expected error, 95 %, at the target that is accepted.

    Raises:
        StoreError: there is no such case, or the store cannot be used.
        InputError: there is no such board or structure, or the points of a file cannot be used; nothing is stored then.
    """
    board, case = load_board(board_name), store.case(case_id)
    known, findings = landmarks_of_file(landmarks, case, store, frame=frame, sigmas=sigmas)
    points = read_touched(touched)
    _check_names(points, known, touched, landmarks)
    trace = None if traced is None else read_traced(traced)
    targets = targets_of(case)
    verdict = refused_as_turned(
        case, board, method=Method.POINTS, known=len(known), found=len(points), limit_mm=limit_mm
    ) or register_touched(
        known,
        [_touch(point, sigmas) for point in points],
        targets=targets,
        target_key=case.target_key,
        board_digest=board.digest,
        limit_mm=limit_mm,
    )
    if verdict.unusable:
        raise InputError(f"{touched.name} with {landmarks.name}: {verdict.reasons[0]}", mend=verdict.advice[0])
    # A trace is laid from the landmarks' pose; without one, why there is none is the answer.
    if trace is not None and verdict.board_from_patient is not None:
        verdict = register_surface(
            bone_of(case, store, keys=traced_on),
            thinned(trace),
            start=verdict,
            touch_sigma_mm=sigmas.touch_mm or TRACE_SIGMA_MM,
            surface_sigma_mm=max(SURFACE_SIGMA_MM, SURFACE_SIGMA_VOXELS * max(case.source.spacing_mm)),
            targets=targets,
            target_key=case.target_key,
            limit_mm=limit_mm,
        )
    return stored(verdict, case, board, store, findings)


def register_with_touches(case_id: str, board_name: str, touches: Sequence[Touch], *, store: CaseStore) -> Registered:
    """Register a case by touches of the landmarks the store knows of it.

    Args:
        case_id: which case of the store.
        board_name: of the board on the patient, as in `register_with_board`.
        touches: named, in the frame of that board.
        store: where the case lives.

    Raises:
        StoreError: there is no such case, or the store cannot be used.
        InputError: there is no such board, or the touches cannot be those of the landmarks; nothing is stored then.
    """
    board, case = load_board(board_name), store.case(case_id)
    known = store.landmarks(case.id).landmarks
    verdict = refused_as_turned(
        case, board, method=Method.POINTS, known=len(known), found=len(touches), limit_mm=DEFAULT_LIMIT_MM
    ) or register_touched(
        known,
        touches,
        targets=targets_of(case),
        target_key=case.target_key,
        board_digest=board.digest,
    )
    if verdict.unusable:
        raise InputError(verdict.reasons[0], mend=verdict.advice[0])
    return stored(verdict, case, board, store, ())


def order_of_touching(
    case_id: str,
    *,
    store: CaseStore,
    landmarks: Path,
    frame: str | None = None,
    sigmas: Sigmas = USUAL,
) -> tuple[NextTouch, ...]:
    """Return the landmarks in the order that makes the error at the target small soonest. Stores nothing.

    Raises:
        StoreError: there is no such case, or the store cannot be read.
        InputError: the file of landmarks cannot be used.
    """
    case = store.case(case_id)
    known, _ = landmarks_of_file(landmarks, case, store, frame=frame, sigmas=sigmas)
    target = np.array(case.structure(case.target_key).centroid_patient_mm)
    touch_mm = sigmas.touch_mm or TOUCH_SIGMA_MM
    by_name = {landmark.name: landmark for landmark in known}
    order = suggest_order(known, target, touch_sigma_mm=touch_mm)
    return tuple(
        NextTouch(
            name=name,
            promised_error_mm=promised_error_mm(
                [by_name[before] for before in order[:number]],
                target,
                touch_sigma_mm=touch_mm,
                shared_sigma_mm=SHARED_PART * touch_mm,
            )
            if number >= FEWEST
            else None,
        )
        for number, name in enumerate(order, start=1)
    )


def landmarks_of_file(
    file: Path, case: Case | None, store: CaseStore | None, *, frame: str | None, sigmas: Sigmas = USUAL
) -> tuple[list[Landmark], tuple[Finding, ...]]:
    """Read landmarks marked in the CT, and what was odd about their file; with a case, they must lie on its bones.

    Raises:
        StoreError: the store cannot be read.
        InputError: the file cannot be used.
    """
    points, findings = read_points(file, frame=frame)
    if case is not None and store is not None:
        check_belongs(points, case, store, file, near_mm=ON_BONE_MM)
    sigma_mm = sigmas.in_ct_mm or LANDMARK_SIGMA_MM
    return [
        Landmark(
            name=point.name,
            position_patient_mm=point.position_patient_mm,
            covariance_mm2=covariance_of(point, sigma_mm),
        )
        for point in points
    ], findings


def _touch(point: BoardPoint, sigmas: Sigmas) -> Touch:
    sigma_mm = point.sigma_mm or sigmas.touch_mm or TOUCH_SIGMA_MM
    shared_mm = SHARED_PART * sigma_mm if point.shared_mm is None else point.shared_mm
    return Touch(
        name=point.name,
        position_board_mm=point.position_board_mm,
        covariance_mm2=sigma_mm**2 * np.eye(3),
        shared_mm2=shared_mm**2 * np.eye(3),
    )


def _check_names(points: Sequence[BoardPoint], known: Sequence[Landmark], touched: Path, landmarks: Path) -> None:
    names = {landmark.name for landmark in known}
    for point in points:
        if point.name is not None and point.name not in names:
            raise InputError(
                f"{touched.name}, {point.where}: {point.name} is no landmark of {landmarks.name}.",
                mend="Name it as there, or leave the name empty.",
            )
    if not FEWEST <= len(points) <= len(known):
        raise InputError(
            f"{touched.name} holds {len(points)} touched points, {landmarks.name} {len(known)} landmarks.",
            mend=f"Touch {FEWEST} landmarks or more, each once.",
        )
