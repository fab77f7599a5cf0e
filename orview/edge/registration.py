"""Registering a stored case by the beads of a board in its CT: read, decide, store the verdict either way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.edge.case_surfaces import surfaces_of_case
from orview.edge.markups import NamedPoint, read_points
from orview.errors import InputError
from orview.findings import Finding
from orview.markers.board import Board
from orview.model.arrangement import TURNED
from orview.model.case import Case, CaseFiducial
from orview.register.belonging import BESIDE_SKIN_MM, misread
from orview.register.board_in_ct import register_case
from orview.register.check_points import used_already
from orview.register.question import Question
from orview.register.verdict import DEFAULT_LIMIT_MM, Method, Verdict

BEAD_BY_HAND_SIGMA_MM = 0.2
"""How well a person marks the middle of a bead in a CT, one sigma along each axis, where the file does not say."""


@dataclass(frozen=True, kw_only=True)
class Sigmas:
    """What is believed of points whose file does not say it, mm along each axis; None for the usual.

    Attributes:
        in_ct_mm: of beads and landmarks in the CT.
        touch_mm: of touched and traced points.
    """

    in_ct_mm: float | None = None
    touch_mm: float | None = None


USUAL = Sigmas()


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A verdict, and what was odd about the files it was made from."""

    verdict: Verdict
    findings: tuple[Finding, ...] = ()


def register_with_board(
    case_id: str,
    board_name: str,
    *,
    store: CaseStore,
    limit_mm: float = DEFAULT_LIMIT_MM,
    fiducials: Path | None = None,
    frame: str | None = None,
    sigmas: Sigmas = USUAL,
) -> Registered:
    """Register a case by the beads of a board in its CT; a refused verdict replaces an accepted one too.

    Args:
        case_id: which case of the store.
        board_name: a delivered board's name, or the path of a definition.
        store: where the case lives.
        limit_mm: largest expected error, 95 %, at the target that is accepted.
        fiducials: a file of beads instead of those found in the CT.
        frame: "LPS" or "RAS", of a CSV that does not say it.
        sigmas: of the points in the file.

    Raises:
        StoreError: there is no such case, or the store cannot be used.
        InputError: there is no such board, its definition cannot be used, or the file of beads cannot.
    """
    board, case = load_board(board_name), store.case(case_id)
    beads, findings = case.fiducials, tuple[Finding, ...]()
    if fiducials is not None:
        points, findings = read_points(fiducials, frame=frame)
        check_belongs(points, case, store, fiducials, near_mm=BESIDE_SKIN_MM)
        beads = tuple(
            CaseFiducial(
                position_patient_mm=point.position_patient_mm,
                covariance_mm2=covariance_of(point, sigmas.in_ct_mm or BEAD_BY_HAND_SIGMA_MM),
                diameter_mm=board.bead_diameter_mm,
            )
            for point in points
        )
    verdict = refused_as_turned(
        case, board, method=Method.BOARD, known=len(board.beads_board_mm), found=len(beads), limit_mm=limit_mm
    ) or register_case(beads, board, targets=targets_of(case), target_key=case.target_key, limit_mm=limit_mm)
    if fiducials is not None and verdict.board_from_patient is None:
        # What a person marked is not this board; that says nothing of an earlier registration.
        raise InputError(f"{fiducials.name}: {verdict.reasons[0]}", mend=verdict.advice[0])
    return stored(verdict, case, board, store, findings)


def refused_as_turned(
    case: Case, board: Board, *, method: Method, known: int, found: int, limit_mm: float
) -> Verdict | None:
    """Return a refusal where the case's structures contradict the axes of its image (hazard H04), else None.

    Beads turn with the image, so a fit would never show it; but left and right of such an image are not the patient's.
    """
    turned = next((finding for finding in case.findings if finding.code == TURNED), None)
    if turned is None:
        return None
    question = Question(
        method=method,
        targets=targets_of(case),
        target_key=case.target_key,
        limit_mm=limit_mm,
        board_digest=board.digest,
        known=known,
        found=found,
    )
    return question.refused(turned.message, "Export the image again from where it was made, and prepare the case anew.")


def check_belongs(points: Sequence[NamedPoint], case: Case, store: CaseStore, file: Path, *, near_mm: float) -> None:
    """Refuse points that were misread, by where the case's structures lie.

    Raises:
        InputError: they were; the words name the file.
        StoreError: a model is missing or damaged.
    """
    places = np.array([point.position_patient_mm for point in points])
    doubt = misread(places, surfaces_of_case(case, store), near_mm=near_mm)
    if doubt is not None:
        raise InputError(f"{file.name}: {doubt.reason}", mend=doubt.advice)


def covariance_of(point: NamedPoint, sigma_mm: float) -> NDArray[np.float64]:
    """Return the covariance (3, 3) of a point, round with `sigma_mm` where its file does not say."""
    return sigma_mm**2 * np.eye(3) if point.covariance_mm2 is None else point.covariance_mm2


def targets_of(case: Case) -> dict[str, tuple[float, float, float]]:
    """Return where the error of each structure is told: its centre, patient mm."""
    return {structure.key: structure.centroid_patient_mm for structure in case.structures}


def stored(verdict: Verdict, case: Case, board: Board, store: CaseStore, findings: tuple[Finding, ...]) -> Registered:
    """Remember a verdict in place of the earlier one with the same board.

    Raises:
        StoreError: the store cannot be written.
        InputError: it rests on a check point of the case; nothing is stored then.
    """
    for landmark in store.check_plan(case.id).landmarks:
        if used_already(landmark, verdict.used_patient_mm):
            raise InputError(
                f"This registration would rest on the check point {landmark.name}, which then only agrees with itself.",
                mend="Register without it, or choose other check points with `orview checkpoints`.",
            )
    now_utc = datetime.now(UTC).isoformat(timespec="seconds")
    store.put_registration(case.id, board.digest, verdict.to_json(), now_utc)
    return Registered(verdict=verdict, findings=findings)
