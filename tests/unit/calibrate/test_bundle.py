"""Bundle adjustment finds the exact answer, its derivatives are those of its errors, priors hold what is open."""

from dataclasses import replace

import numpy as np
import pytest

from orview.calibrate.bundle import Bundle, Corners, Prior, adjust, before_camera, derivatives, normal_equations
from orview.calibrate.projection import project
from orview.calibrate.shape import BoardShape
from orview.errors import RefusedError
from orview.geometry.rigid import rotation_from_vector

POINTS = np.array([(20.0 * x - 70.0, 20.0 * y - 90.0, 0.0) for y in range(10) for x in range(8)])
SHAPE = BoardShape(points_mm=POINTS)
VIEWS = 8


def truth() -> tuple[Bundle, Corners]:
    """Return a lens, a bent board, its views, and the exact corners, some missing in each view."""
    rng = np.random.default_rng(0)
    turns = [rotation_from_vector(rng.normal(0.0, 0.45, 3)) for _ in range(VIEWS)]
    bundle = Bundle(
        lens=np.array([1065.0, 1062.0, 645.0, 352.0, 0.08, -0.15, 0.001, -0.0008, 0.03]),
        shape=0.3 * SHAPE.sigmas_mm * rng.normal(size=SHAPE.size),
        rotations=np.array(turns),
        middles_mm=np.array([(*rng.uniform(-60.0, 60.0, 2), rng.uniform(300.0, 450.0)) for _ in range(VIEWS)]),
    )
    seen = [np.sort(rng.choice(len(POINTS), 70, replace=False)) for _ in range(VIEWS)]
    corners = Corners(
        points_mm=np.vstack([POINTS[k] for k in seen]),
        basis=np.vstack([SHAPE.basis(POINTS)[k] for k in seen]),
        pixels=np.zeros((70 * VIEWS, 2)),
        starts=np.arange(VIEWS + 1) * 70,
        weights=np.ones(70 * VIEWS),
    )
    return bundle, replace(corners, pixels=bundle.errors_px(corners))


BUNDLE, CORNERS = truth()
OPEN = Prior(mean=np.zeros(9 + SHAPE.size), sigma=np.concatenate([np.full(9, np.inf), SHAPE.sigmas_mm * 100.0]))


def nearby(seed: int) -> Bundle:
    rng = np.random.default_rng(seed)
    common = np.concatenate([(20.0, -15.0, 8.0, -6.0, 0.02, 0.05, 1e-3, 1e-3, 0.02), np.zeros(SHAPE.size)])
    poses = np.concatenate([rng.normal(0.0, 0.02, (VIEWS, 3)), rng.normal(0.0, 3.0, (VIEWS, 3))], axis=1)
    return BUNDLE.moved(common, poses)


def test_exact_corners_give_the_exact_lens_and_shape() -> None:
    found = adjust(nearby(1), CORNERS, OPEN, noise_px=0.1)
    np.testing.assert_allclose(found.errors_px(CORNERS), 0.0, atol=2e-4)
    assert found.lens[:4] == pytest.approx(BUNDLE.lens[:4], abs=0.05)
    assert found.shape[: SHAPE.bends] == pytest.approx(BUNDLE.shape[: SHAPE.bends], abs=0.01)


def test_derivatives_are_the_differences_of_the_errors() -> None:
    by_pose, by_common = derivatives(BUNDLE, CORNERS)
    view_of, still = CORNERS.view_of, np.zeros((VIEWS, 6))
    for column in range(6):
        step = still.copy()
        step[:, column] = 1e-6
        moved = BUNDLE.moved(np.zeros(9 + SHAPE.size), step).errors_px(CORNERS) / 1e-6
        np.testing.assert_allclose(by_pose[:, :, column], moved, rtol=1e-3, atol=2e-2)
    assert len(view_of) == len(by_pose)
    for column in range(9 + SHAPE.size):
        common = np.zeros(9 + SHAPE.size)
        common[column] = 1e-5
        moved = BUNDLE.moved(common, still).errors_px(CORNERS) / 1e-5
        np.testing.assert_allclose(by_common[:, :, column], moved, rtol=1e-3, atol=2e-2)


def test_what_the_corners_leave_open_is_held_by_the_prior() -> None:
    one = np.array([0])
    corners = replace(
        CORNERS,
        points_mm=CORNERS.points_mm[:70],
        basis=CORNERS.basis[:70],
        pixels=CORNERS.pixels[:70],
        starts=np.array([0, 70]),
        weights=np.ones(70),
    )
    bundle = Bundle(
        lens=BUNDLE.lens, shape=BUNDLE.shape, rotations=BUNDLE.rotations[one], middles_mm=BUNDLE.middles_mm[one]
    )
    sigma = np.concatenate([np.array([50.0, 50.0, 20.0, 20.0, 0.1, 0.1, 0.01, 0.01, 0.1]), SHAPE.sigmas_mm])
    prior = Prior(mean=np.concatenate([BUNDLE.lens, np.zeros(SHAPE.size)]), sigma=sigma)
    information = normal_equations(bundle, corners, prior, noise_px=0.1, weights=corners.weights).information
    claimed = np.sqrt(np.diag(np.linalg.inv(information)))
    assert (claimed <= sigma * (1.0 + 1e-9)).all()
    # One view of a board does not tell the focal length.
    assert claimed[0] > 0.05 * sigma[0]


def test_gross_corners_lose_their_pull_with_a_tolerance() -> None:
    wrong = CORNERS.pixels.copy()
    wrong[::9] += 40.0
    found = adjust(nearby(2), replace(CORNERS, pixels=wrong), OPEN, noise_px=0.1, tolerance_px=0.5)
    assert np.abs(found.errors_px(CORNERS)).max() < 0.3


def test_a_start_behind_the_camera_is_refused() -> None:
    behind = replace(BUNDLE, middles_mm=-BUNDLE.middles_mm)
    with pytest.raises(RefusedError, match="No lens"):
        adjust(behind, CORNERS, OPEN, noise_px=0.1)
    middles = BUNDLE.middles_mm * np.where(np.arange(VIEWS) == 3, -1.0, 1.0)[:, None]
    one_behind = replace(BUNDLE, middles_mm=middles)
    assert before_camera(one_behind, CORNERS).tolist() == [0, 1, 2, 4, 5, 6, 7]


def test_the_projection_is_the_one_of_the_lens() -> None:
    points = (POINTS + SHAPE.basis(POINTS) @ BUNDLE.shape) @ BUNDLE.rotations[0].T + BUNDLE.middles_mm[0]
    wanted = project(BUNDLE.lens, points)[0]
    first = [int(np.flatnonzero((point == POINTS).all(axis=1))[0]) for point in CORNERS.points_mm[:70]]
    np.testing.assert_allclose(CORNERS.pixels[:70], wanted[first], atol=1e-9)
