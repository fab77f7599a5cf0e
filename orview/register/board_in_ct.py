"""Beads found in a CT and a board to a verdict: match, fit, doubt, predict the error where it matters, decide."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import ContractError, RefusedError
from orview.geometry.accuracy import fre_mm, radius_95_mm
from orview.markers.board import Board
from orview.register.constellation import FEWEST_MATCHED, Match, NoMatch, match_constellation
from orview.register.paired import BEAD_PLACEMENT_SIGMA_MM, LocatedBead, PairedFit, fit_beads, misplaced_bead
from orview.register.verdict import DEFAULT_LIMIT_MM, Verdict

SCALE_TOLERANCE = 0.005
"""How far the size of the board in the CT may be from its definition: half of the 1 % that must be noticed (H06)."""

TOLERANCE_RANGE_MM = (0.5, 1.5)
"""Bounds of the matching tolerance. Delivered boards keep 2 mm between any two ways to name their beads."""

NEAR_MM = 6.0
"""A bead found this near to an empty place of the board is that bead, displaced."""

MOST_MISPLACED = 1
"""One bent post can be left out; when two beads are off, which ones are right is anybody's guess."""

_TOLERANCE_SIGMAS = 4.5
_UNIT_SCALES = (0.001, 0.01, 0.1, 1 / 25.4, 10.0, 25.4, 100.0, 1000.0)
_PRINT_SCALES = tuple(1.0 / (1.0 + step / 200.0) for step in range(-24, 25) if step)


def register_case(
    fiducials: Sequence[LocatedBead],
    board: Board,
    *,
    targets: Mapping[str, ArrayLike],
    target_key: str,
    limit_mm: float = DEFAULT_LIMIT_MM,
) -> Verdict:
    """Find where the board stands in the CT and say whether that is good enough at the target.

    Args:
        fiducials: beads found in the CT, any order; some may be missing, some false.
        board: the board that was scanned.
        targets: structure key to the point (3,), patient mm, where its expected error is told.
        target_key: the structure that decides.
        limit_mm: largest expected error, 95 %, at the target.

    Raises:
        ContractError: the target is not among `targets`, or the limit is not positive.
    """
    if target_key not in targets:
        raise ContractError("The target must be one of the structures.")
    if not (math.isfinite(limit_mm) and limit_mm > 0.0):
        raise ContractError("The limit of the expected error is a positive number of mm.")

    def verdict(
        *reasons: str,
        fit: PairedFit | None = None,
        scale: float | None = None,
        matched: int = 0,
        errors_mm: Mapping[str, float] | None = None,
        advice: Sequence[str] = (),
        accepted: bool = False,
    ) -> Verdict:
        return Verdict(
            accepted=accepted,
            board_from_patient=None if fit is None else fit.board_from_patient,
            expected_error_mm=dict(errors_mm or {}),
            target_key=target_key,
            limit_mm=limit_mm,
            fre_mm=None if fit is None else fre_mm(fit.residuals_mm),
            scale=scale if fit is None else fit.scale,
            matched=matched,
            beads_on_board=len(board.beads_board_mm),
            beads_found=len(fiducials),
            board_digest=board.digest,
            reasons=reasons,
            advice=tuple(advice),
        )

    if len(board.beads_board_mm) < FEWEST_MATCHED:
        return verdict(
            "This board has no beads that a CT shows.", advice=["Use a patient board with four beads or more."]
        )
    match = _match(fiducials, board.beads_board_mm)
    if isinstance(match, NoMatch):
        scale = _other_scale(fiducials, board.beads_board_mm)
        if scale is not None:
            return verdict(_scale_words(scale), scale=scale, advice=[_scale_advice(scale)])
        return verdict(match.reason, advice=[match.advice])

    beads = [fiducials[index] for index in match.found_index]
    places = board.beads_board_mm[match.board_index]
    try:
        fit = fit_beads(beads, places)
    except RefusedError as error:
        return verdict(error.message, matched=len(beads), advice=[error.mend])
    if 3.0 * fit.scale_sigma > SCALE_TOLERANCE:
        return verdict(
            "The matched beads lie too close together to check the size of the board.",
            scale=fit.scale,
            matched=len(beads),
            advice=["Use a board with its beads spread wider, and scan all of it."],
        )
    if abs(fit.scale - 1.0) > SCALE_TOLERANCE:
        return verdict(_scale_words(fit.scale), scale=fit.scale, matched=len(beads), advice=[_scale_advice(fit.scale)])

    used, places, fit, misplaced = _without_misplaced(fiducials, board.beads_board_mm, match, fit)
    if len(misplaced) > MOST_MISPLACED or not fit.misfit_is_plausible:
        return verdict(
            "The beads do not lie to one another as the board says.",
            scale=fit.scale,
            matched=len(used),
            advice=["Check the board for bent posts or loose beads, and that it did not move during the scan."],
        )

    errors_mm = {key: radius_95_mm(fit.board_from_patient.covariance_at(point)) for key, point in targets.items()}
    target_mm = errors_mm[target_key]
    accepted = target_mm <= limit_mm
    found = f"{len(used)} of {len(board.beads_board_mm)} beads are where the board has them, and its size is right."
    expectation = (
        f"Expected error at the {target_key.replace('_', ' ')}: {target_mm:.1f} mm in 95 % of cases, "
        f"{'within' if accepted else 'above'} the limit of {limit_mm:.1f} mm."
    )
    return verdict(
        *((found, expectation) if accepted else (expectation, found)),
        fit=fit,
        matched=len(used),
        errors_mm=errors_mm,
        advice=[
            *(f"Bead {name + 1} is not where the board has it and was left out: check its post." for name in misplaced),
            *_advice(used, places, board, fit, targets[target_key], accepted=accepted),
        ],
        accepted=accepted,
    )


def _without_misplaced(
    fiducials: Sequence[LocatedBead], board_mm: NDArray[np.float64], match: Match, fit: PairedFit
) -> tuple[list[LocatedBead], NDArray[np.float64], PairedFit, list[int]]:
    """Return the beads that agree, their places (N, 3), their fit, and which beads of the board are displaced."""
    pairs = list(zip(match.board_index.tolist(), match.found_index.tolist(), strict=True))
    misplaced: list[int] = []
    if len(pairs) > _fewest(board_mm):
        odd = misplaced_bead([fiducials[seen] for _, seen in pairs], board_mm[match.board_index])
        if odd is not None:
            misplaced.append(pairs.pop(odd)[0])
    used, places = [fiducials[seen] for _, seen in pairs], board_mm[[name for name, _ in pairs]]
    if misplaced:
        fit = fit_beads(used, places)
    spare = [bead.position_patient_mm for index, bead in enumerate(fiducials) if index not in match.found_index]
    if spare:
        empty = [name for name in range(len(board_mm)) if name not in match.board_index]
        apart_mm = np.linalg.norm(
            board_mm[empty][:, None] - fit.board_from_patient.transform.apply(np.array(spare)), axis=-1
        )
        misplaced += [name for name, near in zip(empty, (apart_mm < NEAR_MM).any(axis=1), strict=True) if near]
    return used, places, fit, misplaced


def _match(fiducials: Sequence[LocatedBead], board_mm: NDArray[np.float64], *, scale: float = 1.0) -> Match | NoMatch:
    """Match found beads, made `scale` times as large, to the board."""
    positions = np.array([bead.position_patient_mm for bead in fiducials], dtype=np.float64).reshape(-1, 3)
    variances = [float(np.linalg.eigvalsh(bead.covariance_mm2)[2]) for bead in fiducials]
    sigma_mm = math.sqrt(2.0 * (max(variances, default=0.0) + BEAD_PLACEMENT_SIGMA_MM**2))
    tolerance_mm = float(np.clip(_TOLERANCE_SIGMAS * sigma_mm, *TOLERANCE_RANGE_MM))
    return match_constellation(positions * scale, board_mm, tolerance_mm=tolerance_mm, fewest=_fewest(board_mm))


def _fewest(board_mm: NDArray[np.float64]) -> int:
    # Half of the beads: with fewer, most of the board is unseen and chance has too many beads to choose from.
    return max(FEWEST_MATCHED, math.ceil(len(board_mm) / 2))


def _other_scale(fiducials: Sequence[LocatedBead], board_mm: NDArray[np.float64]) -> float | None:
    """Return the size of the board over that in the CT at which the beads would match, None where at none."""
    for scale in (*_UNIT_SCALES, *sorted(_PRINT_SCALES, key=lambda scale: abs(scale - 1.0))):
        match = _match(fiducials, board_mm, scale=scale)
        if isinstance(match, Match):
            positions = np.array([fiducials[index].position_patient_mm for index in match.found_index])
            places = board_mm[match.board_index]
            return math.sqrt(_spread(places) / _spread(positions))
    return None


def _spread(points: NDArray[np.float64]) -> float:
    return float(((points - points.mean(axis=0)) ** 2).sum())


def _scale_words(scale: float) -> str:
    if 0.8 < scale < 1.25:
        more = "larger" if scale < 1.0 else "smaller"
        return f"The beads in the CT lie as on this board, but {abs(1.0 / scale - 1.0):.1%} {more}."
    return f"The beads in the CT lie as on this board, but the CT is {1.0 / scale:.4g} times as large."


def _scale_advice(scale: float) -> str:
    if 0.8 < scale < 1.25:
        return "Measure the 100 mm bar on the board: print and build it in true size, without 'fit to page'."
    return "The voxel spacing of the CT is in another unit than mm: export it again from its source."


def _advice(
    beads: Sequence[LocatedBead],
    places: NDArray[np.float64],
    board: Board,
    fit: PairedFit,
    target: ArrayLike,
    *,
    accepted: bool,
) -> list[str]:
    """Say what would make the expected error at the target smaller, most useful first."""
    advice = []
    missing = len(board.beads_board_mm) - len(beads)
    if missing:
        beads_are = "bead of the board was" if missing == 1 else "beads of the board were"
        advice.append(f"{missing} {beads_are} not used: scan the whole board.")
    if accepted:
        return advice
    found_mm2 = float(np.mean([np.trace(bead.covariance_mm2) for bead in beads])) / 3.0
    if found_mm2 > BEAD_PLACEMENT_SIGMA_MM**2:
        advice.append("Scan with thinner slices: the beads' places in the CT cost most.")
    middle = fit.board_from_patient.transform.inverse().apply(places.mean(axis=0))
    at_middle = np.trace(fit.board_from_patient.covariance_at(middle))
    if np.trace(fit.board_from_patient.covariance_at(np.asarray(target, dtype=np.float64))) > 2.0 * at_middle:
        advice.append("Spread the beads wider, or place the board nearer to the target: the turn costs most.")
    return advice
