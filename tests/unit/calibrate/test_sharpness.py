"""The width of an edge is told within a fifth, whether blur or motion made it."""

import cv2
import numpy as np
import pytest

from orview.calibrate.sharpness import edge_width_px
from orview.edge.boards import load_board
from orview.geometry.pinhole import PinholeLens
from orview.markers.detect import Sighting, detect_board
from tests.board_pictures import board_pose, picture_of

BOARD = load_board("calibration_a4")
LENS = PinholeLens(width_px=800, height_px=600, fx_px=760.0, fy_px=760.0, cx_px=399.5, cy_px=299.5)
SHARP = picture_of(BOARD, board_pose(BOARD, distance_mm=330.0, tilt_deg=20.0), LENS, blur_px=0.6)
_seen = detect_board(SHARP, BOARD)
assert _seen is not None
SIGHTING: Sighting = _seen


def test_a_sharp_picture_has_narrow_edges() -> None:
    assert edge_width_px(SHARP, SIGHTING) < 2.5


@pytest.mark.parametrize("sigma_px", [1.5, 2.0])
def test_blur_is_two_and_a_half_sigma_wide(sigma_px: float) -> None:
    blurred = np.asarray(cv2.GaussianBlur(SHARP, (0, 0), sigma_px), dtype=np.uint8)
    assert edge_width_px(blurred, SIGHTING) == pytest.approx(2.507 * np.hypot(sigma_px, 0.7), rel=0.2)


def test_noise_does_not_pass_for_sharpness() -> None:
    grain = np.random.default_rng(0).normal(0.0, 4.0, SHARP.shape)
    blurred = cv2.GaussianBlur(SHARP, (0, 0), 2.5)
    noisy = np.clip(blurred + grain, 0, 255).astype(np.uint8)
    assert edge_width_px(noisy, SIGHTING) > 4.0


def test_corners_without_room_tell_nothing() -> None:
    edge = Sighting(pixels=np.array([[1.0, 1.0]]), points_board_mm=np.zeros((1, 3)), marker_count=1)
    assert edge_width_px(SHARP, edge) == np.inf
