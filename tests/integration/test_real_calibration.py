"""A real webcam and a printed chessboard: six poor pictures are solved and judged poor, the paper is not flat."""

from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest

from orview.calibrate.intrinsics import Calibration, calibrate_intrinsics
from orview.markers.detect import Sighting
from tests.data import shared_data

NUMBERS = (0, 1, 3, 4, 7, 9)


@pytest.fixture(scope="module")
def folder() -> Path:
    return shared_data("markers_bard")


@pytest.fixture(scope="module")
def sightings(folder: Path) -> list[Sighting]:
    return [
        Sighting(
            pixels=np.loadtxt(folder / f"calib.image_points.{k}.txt"),
            points_board_mm=np.loadtxt(folder / f"calib.object_points.{k}.txt"),
            marker_count=0,
        )
        for k in NUMBERS
    ]


@pytest.fixture(scope="module")
def calibration(sightings: list[Sighting]) -> Calibration:
    return calibrate_intrinsics(
        sightings,
        width_px=640,
        height_px=480,
        camera="",
        mode="640x480",
        serial="",
        calibrated_on=date(2026, 1, 1),
        board_digest="",
    )


def test_the_paper_fits_better_than_a_flat_board(sightings: list[Sighting], calibration: Calibration) -> None:
    points = [view.points_board_mm.astype(np.float32) for view in sightings]
    pixels = [view.pixels.astype(np.float32) for view in sightings]
    flat_px, matrix, *_ = cv2.calibrateCamera(points, pixels, (640, 480), np.eye(3), np.zeros(5))
    profile = calibration.profile
    assert profile.views == len(NUMBERS)
    assert profile.rms_px < 0.85 * flat_px
    assert profile.board_bow_mm is not None
    assert 0.2 < profile.board_bow_mm < 1.0
    # Pixels of a webcam are square, which nothing told the fit: two focal lengths that agree are right about it.
    ours, plain = profile.lens.fx_px / profile.lens.fy_px, matrix[0, 0] / matrix[1, 1]
    assert abs(ours - 1.0) < 0.001 < abs(plain - 1.0)


def test_six_small_pictures_are_refused_with_advice(calibration: Calibration) -> None:
    assert calibration.verdict == "refused"
    codes = {finding.code for finding in calibration.findings}
    assert {"CALIBRATION_TOO_UNCERTAIN", "CALIBRATION_FEW_VIEWS", "CALIBRATION_ERRORS_ALIKE"} <= codes
