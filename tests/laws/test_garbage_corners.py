"""Whatever corners a detector may hand over, a solver answers with a whole pose or none (hazard H30)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orview.markers.detect import Sighting
from orview.markers.pose import PoseState, solve_pose
from tests.board_pictures import board_pose
from tests.laws.test_pose import BOARD, LENS, PROFILE

kinds = st.sampled_from(["noise", "infinite", "huge", "same", "line", "behind", "true", "half", "denormal"])


@pytest.mark.hazard("H30")
@given(
    kind=kinds,
    count=st.integers(0, 200),
    seed=st.integers(0, 2**32 - 1),
    flat=st.booleans(),
    sigma=st.sampled_from([0.0, 1e-300, 0.1, 1e9, np.inf, np.nan, -1.0]),
)
@settings(max_examples=150, deadline=None)
def test_no_corners_give_half_a_pose(kind: str, count: int, seed: int, flat: bool, sigma: float) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(-200.0, 200.0, (count, 3)) * (1.0, 1.0, 0.0 if flat else 1.0)
    truth = board_pose(BOARD, distance_mm=700.0, tilt_deg=rng.uniform(0.0, 80.0), roll_deg=rng.uniform(0.0, 360.0))
    pixels = LENS.project(truth.apply(points)) + rng.normal(0.0, 0.2, (count, 2))
    if kind == "noise":
        pixels = rng.uniform(-1e3, 3e3, (count, 2))
    elif kind == "infinite" and count:
        pixels[rng.integers(count)] = rng.choice([np.inf, -np.inf, np.nan])
        points[rng.integers(count)] = rng.choice([np.inf, -np.inf, np.nan])
    elif kind == "huge":
        pixels *= 10.0 ** rng.uniform(3, 300)
    elif kind == "same" and count:
        pixels[:], points[:] = pixels[0], points[0]
    elif kind == "line" and count:
        points = np.linspace((0.0, 0.0, 0.0), (90.0, 30.0, 0.0), count)
        pixels = LENS.project(truth.apply(points))
    elif kind == "behind":
        pixels = LENS.project(np.abs(truth.apply(points))) * -1.0
    elif kind == "half":
        pixels[: count // 2] = rng.uniform(0.0, 1e3, (count // 2, 2))
    elif kind == "denormal":
        points *= 1e-310
    sighting = Sighting(pixels=pixels, points_board_mm=points, marker_count=count // 4, sigmas_px=np.full(count, sigma))
    solution = solve_pose(sighting, PROFILE, BOARD)
    assert (solution.state is PoseState.TRACKED) == (solution.camera_from_board is not None) == (solution.reason == "")
    if solution.camera_from_board is not None:
        assert np.isfinite(solution.camera_from_board.transform.matrix).all()
        assert np.isfinite(solution.camera_from_board.covariance).all()
        assert solution.noise_covariance is not None
        assert np.isfinite(solution.noise_covariance).all()
        assert np.linalg.eigvalsh(solution.camera_from_board.covariance).min() > 0.0
