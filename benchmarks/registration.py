"""Registration: the fit and the matching of beads beside the usual tools, how honest the prediction is, and the goals.

    python -m benchmarks.registration [--record] [--trials 10000] [--rooms 150] [--starts 2000] [--seed 2]

Ends in one table of what registration is to reach and whether it does. Each task runs ours and the rival's in the
same run on the same numbers. Ratios are the result; times are this machine's. Matching with 1 or 2 beads missing and 1
to 3 false is what hazard H08 asks for.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import open3d
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

from benchmarks.registration_layouts import LAYOUTS, Honesty, honesty, layouts, peer
from benchmarks.registration_rooms import BOARDS, MEASURED, Rooms, rooms_of
from benchmarks.registration_rooms import show as show_rooms
from benchmarks.registration_surface import WRONG_MM, Traced, scenes
from benchmarks.registration_surface import show as show_traced
from orview import __version__
from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.accuracy import expected_rms_mm
from orview.geometry.fit import fit_rigid
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.register.constellation import Match, match_constellation
from orview.register.landmarks import Landmark, Touch
from orview.register.touched import register_touched

RESULTS = Path(__file__).resolve().parent / "results" / "registration.md"
HEADER = (
    "# Registration: ours beside the usual tools, made by `python -m benchmarks.registration`\n\n"
    "| version | machine | fit ours / SimpleITK | fit ours / Open3D | largest difference of the fits, mm | "
    "matching ours: wrong, refused, of | matching Open3D RANSAC: wrong of | median ms ours / Open3D | "
    "error predicted / simulated, of 30 layouts | one of 7 touches 5 mm off: found, error | "
    "CT to tumour at 0.6 m: median, 95 % mm, within the claim | traced: accepted and off by 3 mm, accepted, of | "
    "goals reached |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n"
)
BEADS = np.array(load_board("patient_flat").beads_board_mm)
PLACE = RigidTransform.from_rotation_vector(Frame.PATIENT, Frame.BOARD, [0.9, -1.4, 0.6], [-180.0, 340.0, -1290.0])
SIGMA_MM = 0.12
TOLERANCE_MM = 0.7
TOUCH_SIGMA_MM = 0.3
REPEATS = 2000
RIVAL_TRIALS = 300


def fit_ours(points_to: NDArray[np.float64], points_from: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (4, 4) to_from_from by `fit_rigid`."""
    return fit_rigid(points_to, points_from, to_frame=Frame.PATIENT, from_frame=Frame.BOARD).transform.matrix


def fit_simpleitk(points_to: NDArray[np.float64], points_from: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (4, 4) to_from_from by LandmarkBasedTransformInitializer."""
    start = sitk.VersorRigid3DTransform()
    fitted = sitk.VersorRigid3DTransform(
        sitk.LandmarkBasedTransformInitializer(start, points_from.ravel().tolist(), points_to.ravel().tolist())
    )
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(fitted.GetMatrix()).reshape(3, 3)
    matrix[:3, 3] = fitted.TransformPoint((0.0, 0.0, 0.0))
    return matrix


def fit_open3d(points_to: NDArray[np.float64], points_from: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (4, 4) to_from_from by TransformationEstimationPointToPoint."""
    pairs = open3d.utility.Vector2iVector(np.repeat(np.arange(len(points_to)), 2).reshape(-1, 2))
    estimation = open3d.pipelines.registration.TransformationEstimationPointToPoint()
    return np.asarray(estimation.compute_transformation(_cloud(points_from), _cloud(points_to), pairs))


def _cloud(points: NDArray[np.float64]) -> "open3d.geometry.PointCloud":
    return open3d.geometry.PointCloud(open3d.utility.Vector3dVector(points))


def microseconds(fit: Callable[..., NDArray[np.float64]], points_to: NDArray[np.float64]) -> float:
    """Return the median time of one fit."""
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter_ns()
        fit(points_to, BEADS)
        times.append(time.perf_counter_ns() - begin)
    return float(np.median(times)) / 1e3


def scene(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.intp], RigidTransform]:
    """Return found beads (M, 3), which bead each is (-1: false), and the true patient_from_board."""
    kept = rng.permutation(len(BEADS))[int(rng.integers(1, 3)) :]
    false = int(rng.integers(1, 4))
    stray = rng.uniform((-40.0, -40.0, -50.0), (190.0, 150.0, 30.0), (false, 3))
    beads = np.vstack([BEADS[kept] + rng.normal(0.0, SIGMA_MM, (len(kept), 3)), stray])
    axis = rng.normal(size=3)
    truth = RigidTransform(
        Frame.PATIENT,
        Frame.BOARD,
        rotation_from_vector(axis / np.linalg.norm(axis) * rng.uniform(0.0, np.pi)),
        rng.uniform(-900.0, 900.0, 3),
    )
    order = rng.permutation(len(beads))
    return truth.apply(beads)[order], np.concatenate([kept, np.full(false, -1)])[order], truth


def match_ours(trials: int) -> tuple[int, int, float]:
    """Return how many of the trials were answered wrongly, how many refused, and the median ms."""
    rng = np.random.default_rng(1)
    wrong, refused, times = 0, 0, []
    for _ in range(trials):
        found, names, _ = scene(rng)
        begin = time.perf_counter()
        match = match_constellation(found, BEADS, tolerance_mm=TOLERANCE_MM)
        times.append(time.perf_counter() - begin)
        if not isinstance(match, Match):
            refused += 1
        elif (names[match.found_index] != match.board_index).any():
            wrong += 1
    return wrong, refused, float(np.median(times)) * 1e3


def match_open3d(trials: int) -> tuple[int, float]:
    """Return how often RANSAC over all pairs of beads ends more than 2 mm off at a bead, and the median ms."""
    rng = np.random.default_rng(1)
    registration = open3d.pipelines.registration
    wrong, times = 0, []
    for _ in range(trials):
        found, _, truth = scene(rng)
        pairs = np.stack(np.meshgrid(np.arange(len(BEADS)), np.arange(len(found))), axis=-1).reshape(-1, 2)
        begin = time.perf_counter()
        result = registration.registration_ransac_based_on_correspondence(
            _cloud(BEADS),
            _cloud(found),
            open3d.utility.Vector2iVector(pairs),
            2.0 * TOLERANCE_MM,
            registration.TransformationEstimationPointToPoint(),
            3,
            [registration.CorrespondenceCheckerBasedOnEdgeLength(0.98)],
            registration.RANSACConvergenceCriteria(100_000, 0.999),
        )
        times.append(time.perf_counter() - begin)
        placed = BEADS @ result.transformation[:3, :3].T + result.transformation[:3, 3]
        wrong += bool(np.linalg.norm(placed - truth.apply(BEADS), axis=1).max() > 2.0)
    return wrong, float(np.median(times)) * 1e3


def show_honesty(trials: int) -> tuple[str, dict[str, Honesty]]:
    """Print how honest the prediction is for random layouts beside scikit-surgerycore; return a cell, and ours."""
    print(f"predicted / simulated error at a target, {LAYOUTS} random layouts in CT coordinates, {trials} trials each")
    print("  errors      ours            held in 95 %     scikit-surgerycore")
    cells, kinds = [], {}
    for name, even, seed in (("round", True, 20), ("ellipsoids", False, 21)):
        drawn = layouts(seed, even=even)
        ours = honesty(drawn, trials=trials, seed=seed)
        rival = peer(drawn)
        simulated = np.array([expected_rms_mm(layout.claimed) for layout in drawn]) / ours.ratios
        told = f"{ours.ratios.min():.3f} to {ours.ratios.max():.3f}"
        held = f"{ours.held.min():.1%} to {ours.held.max():.1%}"
        theirs = "not measured"
        if rival is not None:
            ratios = rival.predicted_mm / simulated
            theirs = (
                f"{ratios.min():.2f} to {ratios.max():.2f}, fit {rival.us:.0f} us, {rival.apart_mm:.0e} mm off ours"
            )
        print(f"  {name:10s}  {told}  {held}  {theirs}")
        cells.append(f"{name}: {told}, held {held}; scikit-surgerycore {theirs}")
        kinds[name] = ours
    return "; ".join(cells), kinds


def wrong_touches(trials: int) -> tuple[float, float, int, int]:
    """Touch seven landmarks, one of them 5 mm off; leave out what does not agree.

    Returns:
        The rms error 150 mm deep of the plain fit of all, of the accepted registrations, in how many the wrong
        touch was left out, and in how many another one or none was, and the pose accepted.
    """
    rng = np.random.default_rng(3)
    names = [f"landmark {number}" for number in range(7)]
    places, deep = PLACE.apply(BEADS[:7]), PLACE.apply([75.0, 55.0, 150.0])
    covariance = TOUCH_SIGMA_MM**2 / 2.0 * np.eye(3)
    landmarks = [
        Landmark(name=name, position_patient_mm=place, covariance_mm2=covariance)
        for name, place in zip(names, places, strict=True)
    ]
    plain, errors, found, wrong = [], [], 0, 0
    for trial in range(trials):
        touched = BEADS[:7] + rng.normal(0.0, TOUCH_SIGMA_MM, (7, 3))
        away = rng.normal(size=3)
        touched[trial % 7] += 5.0 * away / np.linalg.norm(away)
        fit = fit_rigid(touched, places, to_frame=Frame.BOARD, from_frame=Frame.PATIENT)
        plain.append(np.linalg.norm(fit.transform.apply(deep) - PLACE.inverse().apply(deep)))
        verdict = register_touched(
            landmarks,
            [
                Touch(name=name, position_board_mm=place, covariance_mm2=covariance)
                for name, place in zip(names, touched, strict=True)
            ],
            targets={"deep": deep},
            target_key="deep",
            board_digest="",
        )
        if f"{names[trial % 7]} was left out: touch it again." in verdict.advice:
            found += 1
        else:
            wrong += verdict.accepted
        if verdict.board_from_patient is not None:
            off = verdict.board_from_patient.transform.apply(deep) - PLACE.inverse().apply(deep)
            errors.append(np.linalg.norm(off))
    before, after = (float(np.sqrt(np.mean(np.square(lengths)))) for lengths in (plain, errors))
    return before, after, found, wrong


def show_chain(rooms: int, *, seed: int) -> dict[str, Rooms]:
    """Print how wrong the whole chain is at the tumour, for each delivered board with its bars measured."""
    print(f"beads in the CT to the tumour before the camera, {rooms} rooms of each board")
    came = {name: rooms_of(name, printed=MEASURED, count=rooms, seed=seed) for name in BOARDS}
    for name, outcome in came.items():
        show_rooms(name, MEASURED, outcome)
    return came


def goals(
    *, wrong: int, kinds: dict[str, Honesty], chain: dict[str, Rooms], traced: dict[str, Traced]
) -> list[tuple[str, bool, str]]:
    """Return each goal, whether it was reached, and the number."""
    lines = [("no wrong match accepted", wrong == 0, str(wrong))]
    for name, honest in kinds.items():
        low, high = honest.ratios.min(), honest.ratios.max()
        lines.append(
            (
                f"error predicted within 2 % of simulated, {name}",
                bool(low >= 0.98 and high <= 1.02),
                f"{low:.3f} to {high:.3f}",
            )
        )
        low, high = honest.held.min(), honest.held.max()
        lines.append(
            (
                f"94 to 96 % within the 95 % radius, {name}",
                bool(low >= 0.94 and high <= 0.96),
                f"{low:.1%} to {high:.1%}",
            )
        )
    for name, rooms in chain.items():
        lines.append((f"median at the tumour below 1 mm, {name}", rooms.median_mm < 1.0, f"{rooms.median_mm:.2f} mm"))
        lines.append((f"95 % at the tumour below 2 mm, {name}", rooms.p95_mm < 2.0, f"{rooms.p95_mm:.2f} mm"))
        # Two standard errors of so many rooms.
        least = 0.95 - 2.0 * float(np.sqrt(0.95 * 0.05 / len(rooms.errors_mm)))
        lines.append((f"the 95 % claim holds there, {name}", rooms.held >= least, f"{rooms.held:.1%}"))
    for name, outcome in traced.items():
        told = f"{outcome.wrong} of {outcome.accepted} accepted, {outcome.trials} starts"
        lines.append((f"no accepted trace off by {WRONG_MM:.0f} mm, {name}", outcome.wrong == 0, told))
    return lines


def main() -> None:
    """Run every task, print the ratios and the goals, and add a row to the results when asked."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--record", action="store_true", help="add a row to results/registration.md")
    arguments.add_argument("--trials", type=int, default=10_000, help="of matching; twice as many a prediction")
    arguments.add_argument("--rooms", type=int, default=150, help="of each board")
    arguments.add_argument("--starts", type=int, default=2000, help="of traces, over three scenes")
    arguments.add_argument("--seed", type=int, default=2, help="of rooms and traces; the gates were set on 1")
    options = arguments.parse_args()

    noisy = PLACE.apply(BEADS) + np.random.default_rng(0).normal(0.0, SIGMA_MM, BEADS.shape)
    ours_us, itk_us, open3d_us = (microseconds(fit, noisy) for fit in (fit_ours, fit_simpleitk, fit_open3d))
    apart_mm = max(
        float(np.abs(fit_ours(noisy, BEADS) - other(noisy, BEADS)).max()) for other in (fit_simpleitk, fit_open3d)
    )
    print(f"fit of {len(BEADS)} points: ours {ours_us:.0f} us, SimpleITK {itk_us:.0f} us, Open3D {open3d_us:.0f} us")
    print(f"  ratio: {ours_us / itk_us:.2f} of SimpleITK, {ours_us / open3d_us:.2f} of Open3D; apart {apart_mm:.1e} mm")

    open3d.utility.random.seed(0)
    wrong, refused, ours_ms = match_ours(options.trials)
    rival_wrong, rival_ms = match_open3d(min(RIVAL_TRIALS, options.trials))
    available = 1.0 - refused / options.trials
    print(f"matching: ours {wrong} wrong and {refused} refused of {options.trials}, {ours_ms:.1f} ms")
    print(f"  available in {available:.2%}; Open3D RANSAC {rival_wrong} wrong of", end=" ")
    print(f"{min(RIVAL_TRIALS, options.trials)}, {rival_ms:.1f} ms", flush=True)

    touches = options.trials // 5
    before_mm, after_mm, found, wrong_ones = wrong_touches(touches)
    print(f"one of seven touches 5 mm off: found in {found} of {touches}, accepted otherwise in {wrong_ones}")
    print(f"  error 150 mm deep: {before_mm:.2f} mm with all touches, {after_mm:.2f} mm as registered", flush=True)

    predicted, kinds = show_honesty(2 * options.trials)
    chain = show_chain(options.rooms, seed=options.seed)
    each = -(-options.starts // 3)
    traced = {scene.name: show_traced(scene, trials=each, seed=options.seed) for scene in scenes()}

    lines = goals(wrong=wrong, kinds=kinds, chain=chain, traced=traced)
    reached = f"{sum(there for _, there, _ in lines)} of {len(lines)}"
    print(f"goals: {reached}")
    for goal, there, number in lines:
        print(f"  {'yes' if there else 'NO ':3s}  {goal}: {number}")
    if options.record:
        if not RESULTS.exists():
            RESULTS.parent.mkdir(parents=True, exist_ok=True)
            RESULTS.write_text(HEADER, encoding="utf-8")
        rooms_cell = "; ".join(
            f"{name} {rooms.median_mm:.2f}, {rooms.p95_mm:.2f}, {rooms.held:.1%}" for name, rooms in chain.items()
        )
        traced_cell = "; ".join(f"{name} {one.wrong}, {one.accepted}, {one.trials}" for name, one in traced.items())
        with RESULTS.open("a", encoding="utf-8") as results:
            results.write(
                f"| {__version__} | {platform.machine()}, {os.cpu_count()} cores | "
                f"{ours_us:.0f} / {itk_us:.0f} us = {ours_us / itk_us:.2f} | "
                f"{ours_us:.0f} / {open3d_us:.0f} us = {ours_us / open3d_us:.2f} | {apart_mm:.0e} | "
                f"{wrong}, {refused}, {options.trials} | {rival_wrong} of {min(RIVAL_TRIALS, options.trials)} | "
                f"{ours_ms:.1f} / {rival_ms:.1f} = {ours_ms / rival_ms:.2f} | {predicted} | "
                f"{found} of {touches}; {before_mm:.2f} to {after_mm:.2f} mm | {rooms_cell} | "
                f"{traced_cell} | {reached} |\n"
            )


if __name__ == "__main__":
    main()
