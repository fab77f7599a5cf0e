"""The lens model by hand, and against OpenCV's."""

import cv2
import numpy as np
import pytest

from orview.errors import ContractError
from orview.geometry.pinhole import PinholeLens

LENS = PinholeLens(width_px=1280, height_px=720, fx_px=1000.0, fy_px=990.0, cx_px=640.0, cy_px=360.0)


def _bent(*coefficients: float) -> PinholeLens:
    return PinholeLens(
        width_px=1280,
        height_px=720,
        fx_px=1000.0,
        fy_px=990.0,
        cx_px=640.0,
        cy_px=360.0,
        distortion=coefficients,  # type: ignore[arg-type]
    )


def test_a_straight_lens_by_hand() -> None:
    np.testing.assert_allclose(LENS.project([0.0, 0.0, 500.0]), [640.0, 360.0])
    np.testing.assert_allclose(LENS.project([50.0, -100.0, 500.0]), [740.0, 162.0])
    np.testing.assert_allclose(LENS.unproject([740.0, 162.0]), [0.1, -0.2, 1.0])
    np.testing.assert_allclose(LENS.matrix, [[1000, 0, 640], [0, 990, 360], [0, 0, 1]])


def test_distortion_is_opencvs() -> None:
    lens = _bent(-0.21, 0.07, 0.002, -0.001, 0.01)
    points = np.random.default_rng(0).uniform((-250, -130, 400), (250, 130, 900), (200, 3))
    expected, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), lens.matrix, np.array(lens.distortion))
    np.testing.assert_allclose(lens.project(points), np.asarray(expected).reshape(-1, 2), atol=1e-9)


def test_points_behind_the_camera_are_not_in_the_picture() -> None:
    pixels = LENS.project([[0.0, 0.0, -5.0], [1.0, 1.0, 0.0], [0.0, 0.0, 5.0]])
    assert np.isnan(pixels[:2]).all()
    assert np.isfinite(pixels[2]).all()


def test_pixels_the_lens_cannot_see_have_no_ray_and_spoil_no_other() -> None:
    # r (1 - 0.3 r^2) peaks at 0.703: no ray ends further out than that.
    lens = _bent(-0.3, 0.0, 0.0, 0.0, 0.0)
    rays = lens.unproject([[640.0 + 900.0, 360.0], [700.0, 400.0]])
    assert np.isnan(rays[0, :2]).all()
    np.testing.assert_allclose(lens.project(rays[1]), [700.0, 400.0], atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"width_px": 0},
        {"fx_px": -1.0},
        {"fy_px": 0.0},
        {"cx_px": float("nan")},
        {"distortion": (0.0, 0.0, 0.0, 0.0)},
        {"distortion": (0.0, 0.0, float("inf"), 0.0, 0.0)},
    ],
    ids=str,
)
def test_a_lens_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    values = {"width_px": 1280, "height_px": 720, "fx_px": 1000.0, "fy_px": 990.0, "cx_px": 640.0, "cy_px": 360.0}
    with pytest.raises(ContractError):
        PinholeLens(**(values | change))  # type: ignore[arg-type]
