"""Board tracking: orview's follower beside plain OpenCV, turn about in one run.

    python -m benchmarks.tracking [--poses 100000] [--record]

"Plain" is what the tutorials do: `CharucoDetector.detectBoard` with its defaults on the whole picture, then
`solvePnP` (films) or the better of the two `SOLVEPNP_IPPE` solutions (sweep). Ratios are the result, times are this
machine's. The films are rendered pictures with exact truth, so the errors in mm are better than any real camera's.
The sweep is corner level: 0 to 80 degrees, 0.3 to 2 m, noise 0 to 1 px, half of it within 20 degrees of frontal.
"""

import argparse
import math
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from orview import __version__
from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.camera import CameraProfile
from orview.markers.detect import Sighting
from orview.markers.pose import solve_pose
from orview.track.follow import Follower
from tests.board_pictures import board_pose, picture_of, pose_error

FRAMES = 40
ROUNDS = 3
TARGET_MM = np.array([70.0, 50.0, 100.0])
"""In the body, 100 mm behind the middle of the print."""

FLIPPED_DEG = 10.0
BOARD = load_board("patient_flat")
CORNERS = BOARD.chessboard_corners_mm
LENS = PinholeLens(width_px=1280, height_px=720, fx_px=1065.0, fy_px=1065.0, cx_px=639.5, cy_px=359.5)
PROFILE = CameraProfile(
    lens=LENS,
    camera="",
    mode="1280x720",
    serial="",
    calibrated_on=date(2026, 1, 1),
    board_digest="",
    views=20,
    rms_px=0.1,
    covariance=np.zeros((9, 9)),
)
RESULTS = Path(__file__).resolve().parent / "results" / "tracking.md"
HEADER = (
    "| version | machine | calm film: ms, error ours / plain | hard film: ms, error, found ours / plain | "
    "sweep: shown, flipped ours | sweep: shown, flipped plain | within the claimed 95 % |\n"
    "|---|---|---|---|---|---|---|\n"
)

Track = Callable[[NDArray[np.uint8]], RigidTransform | None]


@dataclass(kw_only=True)
class Score:
    """Times and errors of one way through one film."""

    times_ms: list[float] = field(default_factory=list)
    errors_mm: list[float] = field(default_factory=list)
    frames: int = 0

    def add(self, truth: RigidTransform, found: RigidTransform | None, milliseconds: float) -> None:
        """Count one picture."""
        self.frames += 1
        self.times_ms.append(milliseconds)
        if found is not None:
            self.errors_mm.append(pose_error(truth, found, TARGET_MM)[0])

    def __str__(self) -> str:
        if not self.errors_mm:
            return f"{np.median(self.times_ms):6.1f} ms   nothing found"
        median, p95 = np.percentile(self.errors_mm, (50, 95))
        return (
            f"{np.median(self.times_ms):6.1f} ms   error {median:.3f} mm, 95 % {p95:.3f}   "
            f"found {100 * len(self.errors_mm) / self.frames:.0f} %"
        )


def plain() -> Track:
    """Return the tutorials' way."""
    assert BOARD.charuco is not None
    pattern = cv2.aruco.CharucoBoard(
        (BOARD.charuco.squares_x, BOARD.charuco.squares_y),
        BOARD.charuco.square_mm,
        BOARD.charuco.marker_mm,
        cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, BOARD.dictionary)),
    )
    detector = cv2.aruco.CharucoDetector(pattern)

    def track(picture: NDArray[np.uint8]) -> RigidTransform | None:
        pixels, ids, _, _ = detector.detectBoard(picture)
        if ids is None or len(ids) < 6:
            return None
        points = CORNERS[np.ravel(ids)]
        found, rotation, translation = cv2.solvePnP(points, np.reshape(pixels, (-1, 2)), LENS.matrix, np.zeros(5))
        if not found:
            return None
        return RigidTransform.from_rotation_vector(Frame.CAMERA, Frame.BOARD, np.ravel(rotation), np.ravel(translation))

    return track


def ours() -> Track:
    """Return orview's way, with nothing remembered yet."""
    follower = Follower(BOARD, PROFILE)

    def track(picture: NDArray[np.uint8]) -> RigidTransform | None:
        pose = follower.step(picture, taken_ns=0).camera_from_board
        return None if pose is None else pose.transform

    return track


def film(*, hard: bool) -> list[tuple[RigidTransform, NDArray[np.uint8]]]:
    """Return poses and pictures: a slow arm at 0.6 m; hard is dim, blurred, noisy and a fifth covered."""
    shots = []
    for k in range(FRAMES):
        pose = board_pose(
            BOARD,
            distance_mm=600.0,
            tilt_deg=12.0 + 12.0 * math.sin(k / 5.0),
            azimuth_deg=30.0,
            roll_deg=20.0,
            aside_mm=(60.0 * math.sin(k / 6.0), 20.0 * math.cos(k / 5.0)),
        )
        picture = picture_of(BOARD, pose, LENS, noise=0.0 if hard else 2.0, blur_px=1.2 if hard else 0.6, seed=k)
        if hard:
            middle = LENS.project(pose.apply(np.array([110.0, 75.0, 0.0]))).astype(int)
            picture[middle[1] - 40 : middle[1] + 40, middle[0] - 50 : middle[0] + 50] = 90
            grain = np.random.default_rng(k).normal(0.0, 3.0, picture.shape)
            picture = np.clip(picture * 0.45 + grain, 0, 255).astype(np.uint8)
        shots.append((pose, picture))
    return shots


def compare(shots: list[tuple[RigidTransform, NDArray[np.uint8]]]) -> tuple[Score, Score]:
    """Run both ways through a film, turn about, and return ours and plain."""
    scores = Score(), Score()
    for _ in range(ROUNDS):
        for score, track in zip(scores, (ours(), plain()), strict=True):
            for truth, picture in shots:
                started = time.perf_counter()
                found = track(picture)
                score.add(truth, found, 1e3 * (time.perf_counter() - started))
    return scores


@dataclass(kw_only=True)
class Sweep:
    """How often each way showed a pose, and a flipped one."""

    poses: int
    shown: int = 0
    flipped: int = 0
    plain_flipped: int = 0
    covered: int = 0


def sweep(poses: int, *, seed: int) -> Sweep:
    """Solve random poses from noisy corners both ways."""
    rng = np.random.default_rng(seed)
    result = Sweep(poses=poses)
    for _ in range(poses):
        distance_mm, noise_px = rng.uniform(300.0, 2000.0), rng.uniform(0.0, 1.0)
        truth = board_pose(
            BOARD,
            distance_mm=distance_mm,
            tilt_deg=rng.uniform(0.0, 80.0) if rng.random() < 0.5 else rng.uniform(0.0, 20.0),
            azimuth_deg=rng.uniform(0.0, 360.0),
            roll_deg=rng.uniform(0.0, 360.0),
            aside_mm=(rng.uniform(-0.2, 0.2) * distance_mm, rng.uniform(-0.1, 0.1) * distance_mm),
        )
        pixels = LENS.project(truth.apply(CORNERS)) + rng.normal(0.0, noise_px, (len(CORNERS), 2))
        seen = Sighting(pixels=pixels, points_board_mm=CORNERS, marker_count=17)
        pose = solve_pose(seen, PROFILE, BOARD).camera_from_board
        if pose is not None:
            result.shown += 1
            result.flipped += pose_error(truth, pose.transform, TARGET_MM)[1] > FLIPPED_DEG
            error_mm = pose.transform.apply(TARGET_MM) - truth.apply(TARGET_MM)
            result.covered += error_mm @ np.linalg.solve(pose.covariance_at(TARGET_MM), error_mm) < 7.815
        _, rotations, translations, _ = cv2.solvePnPGeneric(
            CORNERS, pixels, LENS.matrix, np.zeros(5), flags=cv2.SOLVEPNP_IPPE
        )
        nearest = RigidTransform.from_rotation_vector(
            Frame.CAMERA, Frame.BOARD, np.ravel(rotations[0]), np.ravel(translations[0])
        )
        result.plain_flipped += pose_error(truth, nearest, TARGET_MM)[1] > FLIPPED_DEG
    return result


def main() -> None:
    """Measure, print the ratios, and add a row to the results when asked."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--poses", type=int, default=5000, help="poses of the sweep")
    arguments.add_argument("--seed", type=int, default=2026, help="of the sweep")
    arguments.add_argument("--record", action="store_true", help="add a row to results/tracking.md")
    options = arguments.parse_args()
    cv2.setNumThreads(1)
    cells = []
    for name, hard in (("calm", False), ("hard", True)):
        mine, theirs = compare(film(hard=hard))
        print(f"{name} film, {FRAMES} pictures of 1280x720, {ROUNDS} rounds turn about")
        print(f"  orview  {mine}")
        print(f"  plain   {theirs}")
        time_ratio = np.median(mine.times_ms) / np.median(theirs.times_ms)
        error_ratio = np.median(mine.errors_mm or [np.nan]) / np.median(theirs.errors_mm or [np.nan])
        print(f"  ratio   time {time_ratio:.2f}, error {error_ratio:.2f}")
        cell = f"time {time_ratio:.2f}, error {error_ratio:.2f}"
        if hard:
            cell += f", found {len(mine.errors_mm) / mine.frames:.2f} / {len(theirs.errors_mm) / theirs.frames:.2f}"
        cells.append(cell)
    swept = sweep(options.poses, seed=options.seed)
    print(f"sweep of {swept.poses} poses; flipped: turned by more than {FLIPPED_DEG:.0f} degrees")
    print(f"  orview  shown {100 * swept.shown / swept.poses:.1f} %, flipped {swept.flipped}")
    print(f"  plain   shown 100.0 %, flipped {swept.plain_flipped}")
    print(f"  orview  {100 * swept.covered / max(swept.shown, 1):.1f} % of the shown lie within the claimed 95 %")
    if options.record:
        if not RESULTS.exists():
            RESULTS.parent.mkdir(parents=True, exist_ok=True)
            RESULTS.write_text(
                f"# Tracking: ours beside plain OpenCV, made by `python -m benchmarks.tracking`\n\n{HEADER}"
            )
        with RESULTS.open("a", encoding="utf-8") as results:
            results.write(
                f"| {__version__} | {platform.machine()}, {os.cpu_count()} cores | {cells[0]} | {cells[1]} | "
                f"{100 * swept.shown / swept.poses:.1f} %, {swept.flipped} of {swept.poses} (seed {options.seed}) | "
                f"100 %, {swept.plain_flipped} of {swept.poses} | "
                f"{100 * swept.covered / max(swept.shown, 1):.1f} % |\n"
            )


if __name__ == "__main__":
    main()
