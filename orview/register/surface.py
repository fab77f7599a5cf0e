"""Points traced on bone to a verdict: laid onto the bone's surface from landmarks, and doubted.

On smooth skin a fit slides while its misfit stays small, so a small misfit proves nothing here. What decides: how well
the surface holds the points in every direction, how many points lie on it, where and how closely, whether other starts
end elsewhere, and whether the landmarks agree.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.chain import Link, LinkKey
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose, told_about_origin
from orview.mesh.surface import Surface
from orview.register.landmarks import TURNED
from orview.register.paired import chi_square_limit
from orview.register.question import Question
from orview.register.surface_fit import TUKEY, Ground, Laid, lay_points
from orview.register.verdict import DEFAULT_LIMIT_MM, Method, Verdict

LARGEST_MISFIT = 1.4
"""Rms distance of the points on the surface over what touch and surface claim; where points lie, it is below 1.2.

A small misfit proves nothing, but after a fall into a wrong hollow points lie all over the Tukey band: 1.6 and more.
"""

FEWEST_TRACED = 60
"""Fewer points than this hardly cover a bone."""

WORST_CONDITION = 50.0
"""Largest over smallest eigenvalue of the information about a motion, turns taken at the points' rms distance.

Traced over 120 mm, the back of a pelvis has 3 to 22, the skin above it 100 to 1400, a cylinder no end.
"""

LEAST_ON_SURFACE = 0.7
"""Part of the points that lie on the surface; a tenth or two may be soft tissue or lifted tips."""

LEAST_COVERED = 0.85
"""Part of the traced places where most of the points lie on the surface: else only a piece of the bone was matched."""

PLACE_MM, FEWEST_AT_PLACE = 25.0, 4
"""A place is a cell of this size with so many points; fewer are stray ones off the bone."""

THIN_MM, MOST_LAID = 2.0, 1000
"""Points nearer to one another are one touch: a tip that rests tells nothing new. More points cost only time."""

CELL_MM = 10.0
"""Within such a cell the surface is off by the same: it was drawn from the same few voxels."""

_START_SIGMAS = 1.5
_OTHER_COST = 8.0


def thinned(traced_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points (N, 3) of a trace that count one by one: one from each small cell, never too many, in order."""
    _, first = np.unique(np.floor(traced_mm / THIN_MM), axis=0, return_index=True)
    first = np.sort(first)
    return traced_mm[first[:: math.ceil(len(first) / MOST_LAID)]]


def register_surface(
    surface: Surface,
    traced_board_mm: NDArray[np.float64],
    *,
    start: Verdict,
    touch_sigma_mm: float,
    surface_sigma_mm: float,
    targets: Mapping[str, ArrayLike],
    target_key: str,
    limit_mm: float = DEFAULT_LIMIT_MM,
) -> Verdict:
    """Lay traced points onto a bone and say whether that is good enough at the target.

    Args:
        surface: of the bone, patient frame.
        traced_board_mm: (N, 3) points traced on it, in the frame of the board on the patient.
        start: a registration by landmarks; it may have been refused, but for no more than its expected error. What the
            pointer shifted in it, it shifts in the trace: they agree all the same, and the error stays what it was.
        touch_sigma_mm: of a traced point along the surface's normal.
        surface_sigma_mm: of the surface against the bone, likewise.
        targets: structure key to the point (3,), patient mm, where its expected error is told.
        target_key: the structure that decides.
        limit_mm: largest expected error, 95 %, at the target.

    Raises:
        ContractError: the target is not among `targets`, the limit or a sigma is not positive, or the points are no
            (N, 3) array.
    """
    traced = np.asarray(traced_board_mm, dtype=np.float64)
    if traced.ndim != 2 or traced.shape[1:] != (3,):
        raise ContractError("Traced points are an (N, 3) array.")
    if not all(math.isfinite(sigma) and sigma > 0.0 for sigma in (touch_sigma_mm, surface_sigma_mm)):
        raise ContractError("The sigmas of touch and surface are positive numbers of mm.")
    question = Question(
        method=Method.SURFACE,
        targets=targets,
        target_key=target_key,
        limit_mm=limit_mm,
        board_digest=start.board_digest,
        known=len(traced),
        found=len(traced),
    )
    if start.board_from_patient is None:
        return question.refused(
            "The landmarks gave no pose to start from.", "Register by landmarks first, then trace the bone."
        )
    if len(traced) < FEWEST_TRACED:
        return question.refused(
            f"Only {len(traced)} points were traced; {FEWEST_TRACED} are needed.",
            "Trace slowly over the ridges and edges of the bone.",
        )
    if not np.isfinite(traced).all():
        return question.refused("A traced point holds a value that is not a finite number.", "Trace the bone again.")
    return _judged(question, surface, traced, start, touch_sigma_mm, surface_sigma_mm)


def _judged(
    question: Question,
    surface: Surface,
    traced: NDArray[np.float64],
    start: Verdict,
    touch_sigma_mm: float,
    surface_sigma_mm: float,
) -> Verdict:
    if start.board_from_patient is None:
        raise ContractError("A surface is laid from a pose.")
    patient_from_board = start.board_from_patient.transform.inverse()
    points = patient_from_board.apply(traced)
    middle = points.mean(axis=0)
    to_middle = told_about_origin(-middle)
    links = {link.key: to_middle @ link.covariance @ to_middle.T for link in start.chain}
    pointer = links.pop(LinkKey.POINTER, np.zeros((6, 6)))
    prior = sum(links.values(), np.zeros((6, 6)))
    sigma_mm = math.hypot(touch_sigma_mm, surface_sigma_mm)
    laid = lay_points(Ground(surface), points, starts=_starts(prior), prior=prior, sigma_mm=sigma_mm)
    best = int(laid.costs.argmin())
    on = laid.distances_mm[best] <= TUKEY * sigma_mm
    motion = np.concatenate([_vector(laid.rotations[best]), laid.shifts[best]])

    refusal = _doubt(laid, best, on, points - middle, sigma_mm=sigma_mm)
    if refusal is not None:
        return question.refused(*refusal, matched=int(on.sum()))
    parts, by_data = _parts(
        laid.rows[best][on], np.floor(points[on] / CELL_MM), links, touch_sigma_mm, surface_sigma_mm, sigma_mm
    )
    spread = prior - sum(parts.values(), np.zeros((6, 6)))
    if pointer.any():
        # Held otherwise than for the landmarks, the pointer shifts the trace a little otherwise.
        shifted = by_data @ laid.rows[best][on][:, 3:]
        turned = TURNED / (1.0 - TURNED) * shifted @ pointer[3:, 3:] @ shifted.T
        parts[LinkKey.POINTER] = pointer + turned
        spread = spread + turned
    if not _agrees(motion, prior, spread):
        return question.refused(
            "The surface puts the bone elsewhere than the landmarks allow.",
            "Touch the landmarks again, and trace only the bone that is shown.",
            matched=int(on.sum()),
        )
    moved = RigidTransform(
        Frame.PATIENT,
        Frame.PATIENT,
        laid.rotations[best],
        middle + laid.shifts[best] - laid.rotations[best] @ middle,
    )
    back = told_about_origin(middle + laid.shifts[best])
    chain = tuple(Link(key=key, covariance=back @ part @ back.T) for key, part in parts.items())
    pose = UncertainPose(
        moved @ patient_from_board, sum((link.covariance for link in chain), np.zeros((6, 6)))
    ).inverse()
    return question.answered(
        pose,
        chain,
        grounds=f"{on.sum()} of {len(traced)} traced points lie on the bone, it holds them in every direction, "
        "and the landmarks agree.",
        fre_mm=_rms(laid.distances_mm[best][on]),
        scale=None,
        matched=int(on.sum()),
        used_patient_mm=start.used_patient_mm,
        mends={
            LinkKey.TOUCH: "Trace more of the bone, nearer to the target and on all its sides.",
            LinkKey.POINTER: "Find the pointer's tip anew with more and wider swings, and measure both prints.",
            LinkKey.CT_FIDUCIALS: "Segment the bone on thinner slices, and trace more of it.",
        },
    )


def _starts(prior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the landmarks' pose and a pair of starts along each axis of what they leave open, (13, 6)."""
    variances, axes = np.linalg.eigh(prior)
    away = _START_SIGMAS * np.sqrt(np.clip(variances, 0.0, None))[:, None] * axes.T
    return np.vstack([np.zeros((1, 6)), away, -away])


def _doubt(
    laid: Laid, best: int, on: NDArray[np.bool_], arms: NDArray[np.float64], *, sigma_mm: float
) -> tuple[str, str] | None:
    """Return why the best of the fits is not believed, and what to do."""
    if on.mean() < LEAST_ON_SURFACE:
        return (
            f"Only {on.mean():.0%} of the traced points lie on the bone.",
            "Keep the tip on bare bone while tracing, and check that the bone is the one that is shown.",
        )
    if _rms(laid.distances_mm[best][on]) > LARGEST_MISFIT * sigma_mm:
        return (
            "The traced points do not follow the bone as closely as they should.",
            "Touch one more landmark to start nearer to the truth, and trace again with the tip on bare bone.",
        )
    if _covered(arms, on) < LEAST_COVERED:
        return (
            "A part of the traced bone lies nowhere near the surface.",
            "Trace that part again; check that the board did not move on the patient.",
        )
    if _condition(laid.rows[best][on]) > WORST_CONDITION:
        return (
            "The traced surface is so smooth that the fit can slide on it.",
            "Trace over edges, ridges and ends of the bone, not only over its even parts.",
        )
    reach_mm = float(np.sqrt((arms**2).sum(axis=1).mean()))
    apart_mm = np.array(
        [
            np.linalg.norm(laid.shifts[other] - laid.shifts[best])
            + reach_mm * np.linalg.norm(_vector(laid.rotations[other] @ laid.rotations[best].T))
            for other in range(len(laid.costs))
        ]
    )
    if ((apart_mm > 1.0) & (laid.costs - laid.costs[best] < _OTHER_COST)).any():
        return (
            "The traced points fit the bone in two ways.",
            "Trace more of the bone, over ridges and edges that are like no other.",
        )
    return None


def _covered(arms: NDArray[np.float64], on: NDArray[np.bool_]) -> float:
    """Return the part of the traced places where at least half of the points lie on the surface."""
    _, place = np.unique(np.floor(arms / PLACE_MM), axis=0, return_inverse=True)
    counts = np.bincount(place.ravel())
    lying = np.bincount(place.ravel(), weights=on)
    busy = counts >= FEWEST_AT_PLACE
    return float((lying[busy] >= 0.5 * counts[busy]).mean()) if busy.any() else 0.0


def _condition(rows: NDArray[np.float64]) -> float:
    """Return the condition number of the information of rows (N, 6), turns told at the points' rms arm."""
    reach = np.sqrt((rows[:, :3] ** 2).sum(axis=1).mean())
    told = rows / np.array([reach] * 3 + [1.0] * 3)
    variances = np.linalg.eigvalsh(told.T @ told)
    return float(variances[-1] / max(variances[0], 1e-12))


def _parts(
    rows: NDArray[np.float64],
    cells: NDArray[np.float64],
    links: dict[LinkKey, NDArray[np.float64]],
    touch_sigma_mm: float,
    surface_sigma_mm: float,
    sigma_mm: float,
) -> tuple[dict[LinkKey, NDArray[np.float64]], NDArray[np.float64]]:
    """Return what each link adds to the covariance (6, 6) of the motion about the middle, and how it follows points.

    The second (6, N) is the motion by the distance of each point.

    Touches err one by one, the surface alike within a cell, the landmarks as they say: to first order each goes
    through the fit's own normal equations.
    """
    information = np.linalg.inv(sum(links.values(), np.zeros((6, 6))))
    inverse = np.linalg.inv(rows.T @ rows / sigma_mm**2 + information)
    by_data = inverse @ rows.T / sigma_mm**2
    _, cell = np.unique(cells, axis=0, return_inverse=True)
    together = np.stack([by_data[:, cell.ravel() == one].sum(axis=1) for one in range(cell.max() + 1)], axis=1)
    by_prior = inverse @ information
    parts = {key: by_prior @ covariance @ by_prior.T for key, covariance in links.items()}
    for key, part in (
        (LinkKey.TOUCH, touch_sigma_mm**2 * by_data @ by_data.T),
        (LinkKey.CT_FIDUCIALS, surface_sigma_mm**2 * together @ together.T),
    ):
        parts[key] = parts.get(key, np.zeros((6, 6))) + part
    return parts, by_data


def _agrees(motion: NDArray[np.float64], prior: NDArray[np.float64], spread: NDArray[np.float64]) -> bool:
    """Say whether the landmarks could have been so far off: the motion's own covariance is prior less posterior."""
    variances, axes = np.linalg.eigh(prior)
    scaled = axes / np.sqrt(variances)
    left, turned = np.linalg.eigh(scaled.T @ spread @ scaled)
    told = (turned.T @ scaled.T @ motion) ** 2 / np.clip(left, 0.05, None)
    return bool(told.sum() <= chi_square_limit(6))


def _rms(lengths: NDArray[np.float64]) -> float:
    return float(np.sqrt((lengths**2).mean()))


def _vector(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    return RigidTransform(Frame.PATIENT, Frame.PATIENT, rotation, np.zeros(3)).rotation_vector_rad
