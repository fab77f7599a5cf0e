"""The BARD data set as orview sees it: its marker board, its webcam, its phantom (shared data, BSD-3-Clause, UCL)."""

from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.markers.camera import CameraProfile

REFERENCE_CAMERA_FROM_BOARD = "reference_to_camera_mm"


def reference_board(folder: Path) -> Board:
    """Return the board of 12 loose markers; each line of the body file is an id, a centre and four corners, mm."""
    rows = np.loadtxt(folder / "reference.txt")
    markers = {int(row[0]): row[4:].reshape(4, 3) for row in rows}
    return Board(
        name="reference", dictionary="DICT_ARUCO_ORIGINAL", charuco=None, markers=markers, outline_mm=(49.5, 67.0)
    )


def webcam(folder: Path) -> CameraProfile:
    """Return the webcam's profile; the data set gives no covariance, so it counts as exact."""
    matrix = np.loadtxt(folder / "calib.intrinsics.txt")
    k1, k2, p1, p2, k3 = np.loadtxt(folder / "calib.distortion.txt").tolist()
    lens = PinholeLens(
        width_px=640,
        height_px=480,
        fx_px=matrix[0, 0],
        fy_px=matrix[1, 1],
        cx_px=matrix[0, 2],
        cy_px=matrix[1, 2],
        distortion=(k1, k2, p1, p2, k3),
    )
    return CameraProfile(
        lens=lens,
        camera="",
        mode="640x480",
        serial="",
        calibrated_on=date(2020, 1, 1),
        board_digest="",
        views=12,
        rms_px=0.0,
        covariance=np.zeros((9, 9)),
    )


def reference_pose(truth: dict[str, object]) -> RigidTransform:
    """Return the pose of frame 0 that the data set's own tests expect, `camera_from_board`."""
    frame = truth["multipattern.avi"]
    assert isinstance(frame, dict)
    matrix = np.array(frame[REFERENCE_CAMERA_FROM_BOARD])
    # The regression values are printed to 8 digits: make the rotation orthonormal again.
    u, _, vt = np.linalg.svd(matrix[:3, :3])
    return RigidTransform(Frame.CAMERA, Frame.BOARD, u @ vt, matrix[:3, 3])


def board_from_model(folder: Path) -> NDArray[np.float64]:
    """Return the (4, 4) matrix, mm, of `reference_to_model.txt`.

    In spite of its name the source applies it to the model's points (it registers it as "model2modelreference"),
    and it came into the source together with another board. The source's own configuration for
    `multipattern.avi` with the pelvis names the identity instead.
    """
    return np.loadtxt(folder / "reference_to_model.txt")


def read_legacy_vtk(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return points (N, 3), mm, and triangles (M, 3) of a legacy ASCII VTK polydata file."""
    words = iter(path.read_text(encoding="ascii", errors="replace").split())
    points, triangles = np.empty((0, 3)), np.empty((0, 3), np.int64)
    for word in words:
        if word == "POINTS":
            count = int(next(words))
            next(words)
            points = np.array([next(words) for _ in range(3 * count)], dtype=np.float64).reshape(-1, 3)
        elif word == "POLYGONS":
            count, _ = int(next(words)), next(words)
            cells = np.array([next(words) for _ in range(4 * count)], dtype=np.int64).reshape(-1, 4)
            assert (cells[:, 0] == 3).all()
            triangles = cells[:, 1:]
            break
    return points, triangles
