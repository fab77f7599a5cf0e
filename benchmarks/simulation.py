"""The simulated room: what evaluating solids in their boxes and filming only the board finely buy.

    python -m benchmarks.simulation [--record]

Everything is SYNTHETIC. Ratios are the result; times are this machine's. One thread of OpenCV throughout.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from orview import __version__
from orview.edge.boards import load_board
from orview.markers.board import Board
from orview.sim.lens import LENS
from orview.sim.patient import LyingPatient
from orview.sim.phantom import build_phantom
from orview.sim.printed_face import PAPER
from orview.sim.room import SimulatedRoom
from orview.sim.shapes import Box, distance_at
from orview.sim.voxels import Canvas, Grid

RESULTS = Path(__file__).resolve().parent / "results" / "simulation.md"
HEADER = (
    "# Simulated room: ours beside the plain way, made by `python -m benchmarks.simulation` (SYNTHETIC)\n\n"
    "| version | machine | phantom, s | phantom / one copy of its voxels | solids: everywhere / in their boxes | "
    "picture ms, p50 and p99 | print alone on every pixel / our whole picture | "
    "corners off by, px rms: ours with noise, every pixel without |\n"
    "|---|---|---|---|---|---|---|---|\n"
)
COARSE_MM = 8.0
TIMES_S = np.arange(0.0, 8.0, 0.25)
SAMPLES = 3
TEXELS_PER_MM = 10


def seconds(work: Callable[[], object], *, repeats: int) -> list[float]:
    """Return how long each of some runs took."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return times


def solids_ratio(patient: LyingPatient) -> float:
    """Return the time of every solid at every voxel over that of every solid in its own box."""
    low = patient.pelvis.patient_from_pelvis(np.array([-170.0, -90.0, -95.0]))
    high = patient.pelvis.patient_from_pelvis(np.array([170.0, 140.0, 145.0]))
    grid = Grid.prone(Box(low, high), spacing_mm=COARSE_MM)
    canvas = Canvas(grid)
    k, j, i = np.indices(grid.shape)
    points = grid.patient_from_voxel.apply(np.stack([i, j, k], axis=-1).reshape(-1, 3))
    solids = list(patient.pelvis.structures.values())
    boxed = np.median(seconds(lambda: [canvas.distance(solid) for solid in solids], repeats=3))
    everywhere = np.median(seconds(lambda: [distance_at(solid, points) for solid in solids], repeats=1))
    return float(everywhere / boxed)


class EveryPixel:
    """The plain way: the printed page carried to every pixel of the picture, nine samples each."""

    def __init__(self, board: Board) -> None:
        assert board.charuco is not None
        size = (board.charuco.squares_x, board.charuco.squares_y)
        page = tuple(round(count * board.charuco.square_mm * TEXELS_PER_MM) for count in size)
        self._page = np.asarray(_detector(board).getBoard().generateImage(page), dtype=np.uint8)
        fine = (np.arange(LENS.width_px * SAMPLES) + 0.5) / SAMPLES - 0.5
        down = (np.arange(LENS.height_px * SAMPLES) + 0.5) / SAMPLES - 0.5
        # The rays are straight between pixels to far below a hundredth of a pixel.
        pixels = np.stack(np.meshgrid(np.arange(LENS.width_px), np.arange(LENS.height_px)), axis=-1)
        rays = LENS.unproject(pixels).astype(np.float32)
        self._rays = cv2.resize(rays, (len(fine), len(down)), interpolation=cv2.INTER_LINEAR)

    def picture(self, room: SimulatedRoom, t_s: float) -> NDArray[np.uint8]:
        """Return the grey picture (H, W)."""
        board_from_camera = room.motion.camera_from_board(t_s).inverse()
        start, turned = board_from_camera.translation_mm, board_from_camera.rotation.astype(np.float32)
        ray = self._rays @ turned.T
        scale = np.float32(-start[2]) / ray[..., 2]
        texel = [(np.float32(start[n]) + ray[..., n] * scale) * TEXELS_PER_MM - np.float32(0.5) for n in (0, 1)]
        fine = cv2.remap(self._page, texel[0], texel[1], cv2.INTER_LINEAR, borderValue=round(255 * PAPER))
        small = cv2.resize(fine, (LENS.width_px, LENS.height_px), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.GaussianBlur(small, (5, 5), 0.6), dtype=np.uint8)


def _detector(board: Board) -> cv2.aruco.CharucoDetector:
    assert board.charuco is not None
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, board.dictionary))
    size = (board.charuco.squares_x, board.charuco.squares_y)
    return cv2.aruco.CharucoDetector(
        cv2.aruco.CharucoBoard(size, board.charuco.square_mm, board.charuco.marker_mm, dictionary)
    )


def corner_rms_px(room: SimulatedRoom, board: Board, pictures: Callable[[float], NDArray[np.uint8]]) -> float:
    """Return how far off OpenCV finds the chessboard corners in grey pictures, rms."""
    detector, errors = _detector(board), []
    for t_s in TIMES_S[::4]:
        found, ids, _, _ = detector.detectBoard(pictures(float(t_s)))
        truly = room.motion.camera_from_board(float(t_s)).apply(board.chessboard_corners_mm[ids.ravel()])
        errors.append(found.reshape(-1, 2) - LENS.project(truly))
    return float(np.sqrt((np.vstack(errors) ** 2).sum(axis=1).mean()))


def main() -> None:
    """Run, print and, when asked, keep the row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--record", action="store_true", help="append the row to benchmarks/results/simulation.md")
    record = parser.parse_args().record
    cv2.setNumThreads(1)
    board = load_board("patient_flat")
    phantom = build_phantom(board=board)
    built_s = float(np.median(seconds(lambda: build_phantom(board=board), repeats=3)))
    copied_s = float(np.median(seconds(phantom.volume.array.copy, repeats=9)))
    room = SimulatedRoom(phantom.patient, board)
    frames = [seconds(lambda t=t: room.render(float(t)), repeats=1)[0] for t in np.tile(TIMES_S, 4)]
    plain = EveryPixel(board)
    plain_s = float(np.median(seconds(lambda: plain.picture(room, 1.0), repeats=9)))
    ours_px = corner_rms_px(room, board, lambda t: np.asarray(cv2.cvtColor(room.render(t).image, cv2.COLOR_BGR2GRAY)))
    plain_px = corner_rms_px(room, board, lambda t: plain.picture(room, t))
    p50, p99 = (float(np.percentile(frames, share)) * 1e3 for share in (50, 99))
    row = (
        f"| {__version__} | {platform.machine()}, {os.cpu_count()} cores | {built_s:.1f} | {built_s / copied_s:.0f} | "
        f"{solids_ratio(phantom.patient):.0f} | {p50:.1f}, {p99:.1f} | {plain_s * 1e3 / p50:.1f} | "
        f"{ours_px:.3f}, {plain_px:.3f} |\n"
    )
    print(HEADER + row, end="")
    if record:
        text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else HEADER
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(text + row, encoding="utf-8")


if __name__ == "__main__":
    main()
