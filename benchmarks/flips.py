"""How often a pose is shown, and how often a wrong one, over random poses from noisy corners (hazard H07).

Tilt 0 to 80 degrees, distance 0.3 to 2 m, noise 0 to 1 px in x and y. A pose is flipped where it is off by more
than 10 degrees. Boards are seen as a camera would: faces turned away show nothing, corners outside the picture neither.

    python -m benchmarks.flips --board patient_folded --poses 100000
"""

import argparse
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.detect import Sighting
from orview.markers.pose import PoseState, solve_pose

FLIPPED_DEG = 10.0
NEAR_MM, CALM_PX, CALM_DEG = 1000.0, 0.3, 60.0
"""Nearer, with less noise and less tilt than this, a view is not hard."""

LENS = PinholeLens(width_px=1920, height_px=1080, fx_px=1371.0, fy_px=1371.0, cx_px=959.5, cy_px=539.5)
PROFILE = CameraProfile(
    lens=LENS,
    camera="",
    mode="1920x1080",
    serial="",
    calibrated_on=date(2026, 1, 1),
    board_digest="",
    views=25,
    rms_px=0.1,
    covariance=np.diag([1.0, 1.0, 1.0, 1.0, 1e-3, 5e-3, 1e-4, 1e-4, 5e-3]) ** 2,
)
SMALLEST_MARKER_PX = 12.0
"""Markers that look smaller than this are not read."""


@dataclass(kw_only=True)
class Flips:
    """What became of the poses: all of them, and those of the views that are not hard."""

    poses: int = 0
    shown: int = 0
    flipped: int = 0
    ambiguous: int = 0
    easy: int = 0
    easy_shown: int = 0

    @property
    def availability(self) -> float:
        """Share of the views that are not hard in which a pose was shown."""
        return self.easy_shown / max(self.easy, 1)


def sweep(board: Board, poses: int, *, seed: int, profile: CameraProfile = PROFILE) -> Flips:
    """Solve random poses of a board that its camera sees at least six corners of."""
    rng = np.random.default_rng(seed)
    result = Flips()
    while result.poses < poses:
        distance_mm, noise_px = rng.uniform(300.0, 2000.0), rng.uniform(0.0, 1.0)
        # The near-frontal tenth of all tilts is where a flat board is ambiguous: half of the poses lie there.
        tilt_deg = rng.uniform(0.0, 80.0) if rng.random() < 0.5 else rng.uniform(0.0, 20.0)
        truth = _pose(board, rng, distance_mm, tilt_deg)
        sighting = seen_corners(board, truth, profile.lens)
        if sighting is None:
            continue
        noisy = Sighting(
            pixels=sighting.pixels + rng.normal(0.0, noise_px, sighting.pixels.shape),
            points_board_mm=sighting.points_board_mm,
            marker_count=sighting.marker_count,
            faces=sighting.faces,
        )
        solution = solve_pose(noisy, profile, board)
        easy = distance_mm < NEAR_MM and noise_px < CALM_PX and tilt_deg < CALM_DEG
        result.poses += 1
        result.easy += easy
        result.ambiguous += solution.state is PoseState.AMBIGUOUS
        if solution.camera_from_board is not None:
            turn = truth.inverse() @ solution.camera_from_board.transform
            result.shown += 1
            result.easy_shown += easy
            result.flipped += bool(np.degrees(turn.angle_rad) > FLIPPED_DEG)
    return result


def seen_corners(board: Board, camera_from_board: RigidTransform, lens: PinholeLens) -> Sighting | None:
    """Return the exact corners that a detector could find, None for fewer than six."""
    pixels, points, faces = [], [], []
    for number, face in enumerate(board.faces):
        markers = np.array(list(face.marker_corners_mm.values()))
        towards = camera_from_board.rotate(face.normal_board)
        sight = -camera_from_board.apply(markers.mean(axis=(0, 1)))
        if towards @ sight < 0.15 * np.linalg.norm(sight):
            continue
        marker_px = lens.project(camera_from_board.apply(markers))
        height, width = (np.ptp(marker_px[..., axis], axis=1) for axis in (1, 0))
        readable = (np.minimum(width, height) > SMALLEST_MARKER_PX) & _inside(marker_px, lens).all(axis=1)
        if not readable.any():
            continue
        own = face.corners_mm if len(face.corners_mm) else markers[readable].reshape(-1, 3)
        own_px = lens.project(camera_from_board.apply(own))
        inside = _inside(own_px, lens)
        pixels.append(own_px[inside])
        points.append(own[inside])
        faces.append(np.full(int(inside.sum()), number))
    if sum(map(len, pixels)) < 6:
        return None
    return Sighting(
        pixels=np.vstack(pixels), points_board_mm=np.vstack(points), marker_count=9, faces=np.concatenate(faces)
    )


def _inside(pixels: NDArray[np.float64], lens: PinholeLens) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        inside = (pixels > 2.0) & (pixels < np.array([lens.width_px, lens.height_px]) - 3.0)
    return np.asarray(inside.all(axis=-1))


def _pose(board: Board, rng: np.random.Generator, distance_mm: float, tilt_deg: float) -> RigidTransform:
    """Return a pose that looks at the viewer, tilted by so much away from the mean normal of the faces."""
    areas = [face.size_mm[0] * face.size_mm[1] for face in board.faces]
    normal = np.average([face.normal_board for face in board.faces], axis=0, weights=areas)
    normal /= np.linalg.norm(normal)
    middle = np.average(
        [np.mean(list(face.marker_corners_mm.values()), axis=(0, 1)) for face in board.faces], axis=0, weights=areas
    )
    azimuth, roll = rng.uniform(0.0, 2.0 * np.pi, 2)
    axis = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    to_viewer = _turning(normal, np.array([0.0, 0.0, -1.0]))
    rotation = rotation_from_vector(axis * np.radians(tilt_deg)) @ rotation_from_vector((0.0, 0.0, roll)) @ to_viewer
    place = np.array([rng.uniform(-0.3, 0.3) * distance_mm, rng.uniform(-0.15, 0.15) * distance_mm, distance_mm])
    return RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, place - rotation @ middle)


def _turning(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the smallest rotation that carries one unit vector to another."""
    axis = np.cross(start, end)
    sine, cosine = float(np.linalg.norm(axis)), float(start @ end)
    if sine < 1e-9:
        return np.eye(3) if cosine > 0.0 else np.diag([1.0, -1.0, -1.0])
    return rotation_from_vector(axis / sine * np.arctan2(sine, cosine))


def main() -> None:
    """Print one line for each board."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--board", action="append", help="name or file; may be given several times")
    arguments.add_argument("--poses", type=int, default=5000)
    arguments.add_argument("--seed", type=int, default=2026)
    options = arguments.parse_args()
    for name in options.board or ["patient_folded", "patient_raised", "patient_flat"]:
        flips = sweep(load_board(name), options.poses, seed=options.seed)
        print(
            f"{name}: {flips.poses} poses, {flips.shown} shown, {flips.flipped} flipped, "
            f"{flips.ambiguous} ambiguous, available in {flips.availability:.1%} of {flips.easy} views not hard"
        )


if __name__ == "__main__":
    main()
