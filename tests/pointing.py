"""A pointer and a board on a patient in one picture, with where the tip truly is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.printed import Print
from orview.sim.real_camera import RealCamera, Scene
from orview.track.tip_sight import Tip
from tests.board_pictures import CLEAN, board_pose

MEASURED = Print(scale_sigma=0.0005, flatness_mm=0.0)
"""Of a print that was measured with a ruler, on glass."""

PATIENT = replace(load_board("patient_flat"), printed=MEASURED)
POINTER = replace(load_board("pointer"), printed=MEASURED)

TIP = Tip(position_pointer_mm=np.array([48.0, 140.0, 30.0]), covariance_mm2=0.1**2 * np.eye(3))
TIP_FILE = {
    "board_digest": POINTER.digest,
    "tip_in_board_mm": TIP.position_pointer_mm.tolist(),
    "covariance_mm2": TIP.covariance_mm2.tolist(),
}
"""As `orview calibrate pivot --json` prints it."""

LENS = PinholeLens(width_px=800, height_px=600, fx_px=760.0, fy_px=760.0, cx_px=399.5, cy_px=299.5)
PROFILE = CameraProfile(
    lens=LENS,
    camera="Test",
    mode="800x600",
    serial="",
    calibrated_on=date(2026, 1, 1),
    board_digest="",
    views=20,
    rms_px=0.1,
    covariance=np.diag([0.5, 0.5, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0]),
)
MOST_GRAINS = 8
"""The noise of so many pictures is drawn; it costs more than following the boards in them."""

CAMERA_FROM_BOARD = board_pose(PATIENT, distance_mm=480.0, tilt_deg=25.0, azimuth_deg=30.0, aside_mm=(-110.0, 95.0))


def pointer_at(
    tip_board_mm: NDArray[np.float64],
    *,
    lean_rad: tuple[float, float, float] = (0.45, 0.25, -0.3),
    tip_mm: NDArray[np.float64] = TIP.position_pointer_mm,
) -> RigidTransform:
    """Return `camera_from_pointer` with the tip at a place (3,) of the patient's board."""
    rotation = rotation_from_vector(lean_rad)
    place = CAMERA_FROM_BOARD.apply(tip_board_mm) - rotation @ tip_mm
    return RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, place)


class TwoBoards:
    """Pictures of the patient's board and a pointer's by a lens, each printed so many times too large."""

    def __init__(self, lens: PinholeLens = LENS, *, scales: tuple[float, float] = (1.0, 1.0), seed: int = 0) -> None:
        self._scales = dict(zip((PATIENT.name, POINTER.name), scales, strict=True))
        self._camera = RealCamera(lens=lens, chain=CLEAN)
        self._rng = np.random.default_rng(seed)
        nowhere = RigidTransform(Frame.CAMERA, Frame.BOARD, np.eye(3), np.array([0.0, 0.0, -1000.0]))
        self._wall = self._paint(PATIENT, nowhere)
        self._patient = self._paint(PATIENT, CAMERA_FROM_BOARD) - self._wall

    def _paint(self, board: Board, pose: RigidTransform) -> NDArray[np.float64]:
        scene = Scene(board=board, camera_from_board=lambda _: pose, print_scale=self._scales.get(board.name, 1.0))
        return self._camera.shoot(scene, 0.0).image.astype(np.float64)

    def still(
        self,
        camera_from_pointer: RigidTransform | None,
        *,
        count: int,
        second: tuple[Board, RigidTransform] | None = None,
    ) -> list[NDArray[np.uint8]]:
        """Return pictures (H, W) of a pointer at rest, each with its own noise; without one, of a hidden pointer.

        Args:
            camera_from_pointer: where the pointer's board is.
            count: how many.
            second: another board on the patient, and where it is.
        """
        picture = self._wall + self._patient
        placed = [] if second is None else [second]
        placed += [] if camera_from_pointer is None else [(POINTER, camera_from_pointer)]
        for board, pose in placed:
            more = self._paint(board, pose) - self._wall
            assert not (np.abs(more) * np.abs(picture - self._wall) > 400.0).any(), "the boards cover one another"
            picture = picture + more
        grain = self._rng.normal(0.0, 1.5, (min(count, MOST_GRAINS), *picture.shape))
        pictures = np.clip(20.0 + picture * 0.85 + grain, 0, 255).astype(np.uint8)
        return [pictures[number % MOST_GRAINS] for number in range(count)]


def film_of(folder: Path, places_board_mm: Mapping[str, NDArray[np.float64]], *, pictures: int) -> Path:
    """Write pictures of a tip that is seen, then rests at one place (3,) after another; returns their folder."""
    folder.mkdir()
    room = TwoBoards()
    first = next(iter(places_board_mm.values()))
    number = 0
    for place, count in (
        (first + np.array([0.0, -30.0, 0.0]), 4),
        *((place, pictures) for place in places_board_mm.values()),
    ):
        for picture in room.still(pointer_at(place), count=count):
            cv2.imwrite(str(folder / f"{number:04}.png"), picture, [cv2.IMWRITE_PNG_COMPRESSION, 0])
            number += 1
    return folder
