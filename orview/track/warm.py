"""Compiling all that follows boards before the first picture, so that no picture waits for it.

Loops are compiled at their first call and kept on disk; even reading them back takes as long as some pictures. So a
small picture of a board is followed once.
"""

from datetime import date

import cv2
import numpy as np

from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board, Charuco, Face
from orview.markers.camera import CameraProfile
from orview.markers.print_png import raster_of
from orview.markers.sheet import lay_out
from orview.track.align import Aligner
from orview.track.patches import Patches
from orview.units import MM_PER_INCH

_DPI, _SHRINK = 254, 2
"""A pixel of the sheet is a tenth of a millimetre, so that its borders are exact; one of the picture is two."""

_FOCAL_PX = 1000.0


def warm() -> bool:
    """Call every compiled loop of following once, and return whether they found what they had to."""
    pattern = Charuco(squares_x=6, squares_y=6, square_mm=10.0, marker_mm=7.2)
    face = Face(name="front", dictionary="DICT_4X4_50", pattern=pattern, outline_mm=(70.0, 70.0))
    board = Board(name="warm", faces=(face,))
    page = lay_out(board)[0]
    sheet = raster_of(page, dpi=_DPI)
    height, width = sheet.shape[0] // _SHRINK, sheet.shape[1] // _SHRINK
    small = cv2.resize(sheet[: height * _SHRINK, : width * _SHRINK], (width, height), interpolation=cv2.INTER_AREA)
    picture = np.asarray(cv2.GaussianBlur(small, (0, 0), 0.8), np.uint8)
    profile = CameraProfile(
        lens=PinholeLens(width_px=width, height_px=height, fx_px=_FOCAL_PX, fy_px=_FOCAL_PX, cx_px=0.0, cy_px=0.0),
        camera="",
        mode="",
        serial="",
        calibrated_on=date(2026, 1, 1),
        board_digest="",
        views=1,
        rms_px=0.1,
        covariance=np.zeros((9, 9)),
        readout_ms=10.0,
    )
    # The sheet as a picture: a frontal view whose focal length and distance make the print's own scale.
    (left_mm, top_mm) = page.faces[0][1]
    pixel_mm = _SHRINK * MM_PER_INCH / _DPI
    place_mm = np.array([left_mm - 0.5 * pixel_mm, top_mm - 0.5 * pixel_mm, _FOCAL_PX * pixel_mm])
    pose = RigidTransform(Frame.CAMERA, Frame.BOARD, np.eye(3), place_mm)
    aligner = Aligner(board, profile, linear_light=False)
    # The second look starts from what the first has learnt, as pictures of a film do.
    reasons = [aligner.align(picture, pose).reason for _ in range(2)]
    corners_px = profile.lens.project(pose.apply(board.chessboard_corners_mm))
    rests = Patches(picture, corners_px, step_px=2).rest_in(picture)
    return rests and not any(reasons)
