"""Beads found in a CT and a board to a verdict: match, fit, doubt, predict the error where it matters, decide."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import RefusedError
from orview.geometry.accuracy import fre_mm, radius_95_mm
from orview.geometry.chain import Link, LinkKey, about
from orview.geometry.uncertain import UncertainPose
from orview.markers.board import Board
from orview.register import size
from orview.register.constellation import FEWEST_MATCHED, Match, NoMatch, match_constellation
from orview.register.paired import LocatedPoint, PairedFit, fit_points, misplaced_point
from orview.register.question import Question
from orview.register.verdict import DEFAULT_LIMIT_MM, Method, Verdict

BEAD_PLACEMENT_SIGMA_MM = 0.1
"""How far a bead of the built board may lie from its place in the definition: one sigma along each axis.

Drilled or printed seats with a ball pressed in are good to about this; it is most of the error of a registration,
so a board that was measured after building deserves a definition with the measured places.
"""

MOUNT_SIGMA_MM = 0.1
"""How far the print may sit from its place on the plate that holds the beads: one sigma along each axis, and as much
again at the beads' mean distance by a turn. No bead can tell, and no number of beads averages it away."""

TOLERANCE_RANGE_MM = (0.5, 1.5)
"""Bounds of the matching tolerance. Delivered boards keep 2 mm between any two ways to name their beads."""

NEAR_MM = 6.0
"""A bead found this near to an empty place of the board is that bead, displaced."""

MOST_MISPLACED = 1
"""One bent post can be left out; when two beads are off, which ones are right is anybody's guess."""

_TOLERANCE_SIGMAS = 4.5
_PRINT_SCALES = tuple(1.0 / (1.0 + step / 200.0) for step in range(-24, 25) if step)


def register_case(
    fiducials: Sequence[LocatedPoint],
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
    question = Question(
        method=Method.BOARD,
        targets=targets,
        target_key=target_key,
        limit_mm=limit_mm,
        board_digest=board.digest,
        known=len(board.beads_board_mm),
        found=len(fiducials),
    )
    if len(board.beads_board_mm) < FEWEST_MATCHED:
        return question.refused(
            "This board has no beads that a CT shows.", "Use a patient board with four beads or more."
        )
    match = _match(fiducials, board.beads_board_mm)
    if isinstance(match, NoMatch):
        scale = _other_scale(fiducials, board.beads_board_mm)
        if scale is not None:
            return question.refused(_scale_words(scale), size.scale_advice(scale), scale=scale)
        return question.refused(match.reason, match.advice)

    beads = [fiducials[index] for index in match.found_index]
    try:
        fit = _fit(beads, board.beads_board_mm[match.board_index])
    except RefusedError as error:
        return question.refused(error.message, error.mend, matched=len(beads))
    if 3.0 * fit.scale_sigma > size.TOLERANCE:
        return question.refused(
            "The matched beads lie too close together to check the size of the board.",
            "Use a board with its beads spread wider, and scan all of it.",
            scale=fit.scale,
            matched=len(beads),
        )
    if abs(fit.scale - 1.0) > size.TOLERANCE:
        return question.refused(
            _scale_words(fit.scale), size.scale_advice(fit.scale), scale=fit.scale, matched=len(beads)
        )

    used, places, fit, misplaced = _without_misplaced(fiducials, board.beads_board_mm, match, fit)
    if len(misplaced) > MOST_MISPLACED or not fit.misfit_is_plausible:
        return question.refused(
            "The beads do not lie to one another as the board says.",
            "Check the board for bent posts or loose beads, and that it did not move during the scan.",
            scale=fit.scale,
            matched=len(used),
        )
    pose, chain = _with_mount(fit, places)
    advice = [f"Bead {name + 1} is not where the board has it and was left out: check its post." for name in misplaced]
    missing = len(board.beads_board_mm) - len(used)
    if missing:
        beads_are = "bead of the board was" if missing == 1 else "beads of the board were"
        advice.append(f"{missing} {beads_are} not used: scan the whole board.")
    return question.answered(
        pose,
        chain,
        grounds=f"{len(used)} of {len(board.beads_board_mm)} beads are where the board has them, "
        "and its size is right.",
        fre_mm=fre_mm(fit.residuals_mm),
        scale=fit.scale,
        matched=len(used),
        used_patient_mm=[bead.position_patient_mm for bead in used],
        advice=[*advice, *_advice(pose, places, question)],
        mends={
            LinkKey.CT_FIDUCIALS: "Scan with thinner slices.",
            LinkKey.BOARD_BUILD: "Measure the built board and put the measured places into its definition.",
        },
    )


def _fit(beads: Sequence[LocatedPoint], places: NDArray[np.float64]) -> PairedFit:
    return fit_points(beads, places, covariances_board_mm2=_placement(len(beads)))


def _placement(count: int) -> NDArray[np.float64]:
    return np.tile(BEAD_PLACEMENT_SIGMA_MM**2 * np.eye(3), (count, 1, 1))


def _with_mount(fit: PairedFit, places: NDArray[np.float64]) -> tuple[UncertainPose, tuple[Link, ...]]:
    """Return the pose that also knows how the print may sit on its plate, and its links."""
    transform, middle = fit.board_from_patient.transform, places.mean(axis=0)
    reach_mm = float(np.linalg.norm(places - middle, axis=1).mean())
    mount = about(middle, sigma_rad=MOUNT_SIGMA_MM / reach_mm, sigma_mm=MOUNT_SIGMA_MM)
    built = fit.by_places + mount
    return UncertainPose(transform, fit.by_found + built), (
        Link.of(LinkKey.CT_FIDUCIALS, UncertainPose(transform, fit.by_found)),
        Link.of(LinkKey.BOARD_BUILD, UncertainPose(transform, built)),
    )


def _without_misplaced(
    fiducials: Sequence[LocatedPoint], board_mm: NDArray[np.float64], match: Match, fit: PairedFit
) -> tuple[list[LocatedPoint], NDArray[np.float64], PairedFit, list[int]]:
    """Return the beads that agree, their places (N, 3), their fit, and which beads of the board are displaced."""
    pairs = list(zip(match.board_index.tolist(), match.found_index.tolist(), strict=True))
    misplaced: list[int] = []
    if len(pairs) > _fewest(board_mm):
        odd = misplaced_point(
            [fiducials[seen] for _, seen in pairs],
            board_mm[match.board_index],
            covariances_board_mm2=_placement(len(pairs)),
        )
        if odd is not None:
            misplaced.append(pairs.pop(odd)[0])
    used, places = [fiducials[seen] for _, seen in pairs], board_mm[[name for name, _ in pairs]]
    if misplaced:
        fit = _fit(used, places)
    spare = [bead.position_patient_mm for index, bead in enumerate(fiducials) if index not in match.found_index]
    if spare:
        empty = [name for name in range(len(board_mm)) if name not in match.board_index]
        apart_mm = np.linalg.norm(
            board_mm[empty][:, None] - fit.board_from_patient.transform.apply(np.array(spare)), axis=-1
        )
        misplaced += [name for name, near in zip(empty, (apart_mm < NEAR_MM).any(axis=1), strict=True) if near]
    return used, places, fit, misplaced


def _match(fiducials: Sequence[LocatedPoint], board_mm: NDArray[np.float64], *, scale: float = 1.0) -> Match | NoMatch:
    """Match found beads, made `scale` times as large, to the board."""
    positions = np.array([bead.position_patient_mm for bead in fiducials], dtype=np.float64).reshape(-1, 3)
    variances = [float(np.linalg.eigvalsh(bead.covariance_mm2)[2]) for bead in fiducials]
    sigma_mm = math.sqrt(2.0 * (max(variances, default=0.0) + BEAD_PLACEMENT_SIGMA_MM**2))
    tolerance_mm = float(np.clip(_TOLERANCE_SIGMAS * sigma_mm, *TOLERANCE_RANGE_MM))
    return match_constellation(positions * scale, board_mm, tolerance_mm=tolerance_mm, fewest=_fewest(board_mm))


def _fewest(board_mm: NDArray[np.float64]) -> int:
    # Half of the beads: with fewer, most of the board is unseen and chance has too many beads to choose from.
    return max(FEWEST_MATCHED, math.ceil(len(board_mm) / 2))


def _other_scale(fiducials: Sequence[LocatedPoint], board_mm: NDArray[np.float64]) -> float | None:
    """Return the size of the board over that in the CT at which the beads would match, None where at none."""
    for scale in (*size.UNITS, *sorted(_PRINT_SCALES, key=lambda scale: abs(scale - 1.0))):
        match = _match(fiducials, board_mm, scale=scale)
        if isinstance(match, Match):
            positions = np.array([fiducials[index].position_patient_mm for index in match.found_index])
            places = board_mm[match.board_index]
            return math.sqrt(_spread(places) / _spread(positions))
    return None


def _spread(points: NDArray[np.float64]) -> float:
    return float(((points - points.mean(axis=0)) ** 2).sum())


def _scale_words(scale: float) -> str:
    return size.scale_words(scale, points="beads", lie_as="on this board")


def _advice(pose: UncertainPose, places: NDArray[np.float64], question: Question) -> list[str]:
    """Say where the layout is what costs most at a target that misses its limit."""
    target = np.asarray(question.targets[question.target_key], dtype=np.float64)
    middle = pose.transform.inverse().apply(places.mean(axis=0))
    at_target = pose.covariance_at(target)
    if radius_95_mm(at_target) > question.limit_mm and np.trace(at_target) > 2.0 * np.trace(pose.covariance_at(middle)):
        return ["Spread the beads wider, or place the board nearer to the target: the turn costs most."]
    return []
