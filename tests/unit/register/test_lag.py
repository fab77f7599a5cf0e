"""A lag added to pictures is found again, from a resting board and a moving head."""

import numpy as np
import pytest

from orview.errors import RefusedError
from orview.frames import Frame
from orview.geometry.chain import about
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.register import lag as lag_module
from orview.register.lag import FIXED_MM, FIXED_RAD, TimedSight, estimate_lag
from orview.register.pose_history import PoseHistory
from orview.units import NS_PER_MS
from tests.unit.register.heads import drawn, moved

WORLD_FROM_BOARD = RigidTransform.from_rotation_vector(Frame.WORLD, Frame.BOARD, [1.4, 0.2, 0.1], [0.0, -600.0, -550.0])


def head_at(time_ns: int, *, speed: float = 1.0) -> RigidTransform:
    """A head that sways: up to 0.35 m/s and 50 deg/s at full speed."""
    t = time_ns / 1e9
    turn = speed * np.array([0.12 * np.sin(4.1 * t), 0.25 * np.sin(3.1 * t + 0.4), 0.08 * np.sin(2.3 * t)])
    place = speed * np.array([90.0 * np.sin(3.3 * t), 25.0 * np.sin(2.1 * t), 60.0 * np.sin(2.7 * t + 1.0)])
    return RigidTransform.from_rotation_vector(Frame.WORLD, Frame.HEADSET, turn, place)


def heads(*, seconds: float = 6.0, speed: float = 1.0, without: tuple[float, float] = (0.0, 0.0)) -> PoseHistory:
    times = [int(t * 1e9) for t in np.arange(0.0, seconds, 1.0 / 72.0) if not without[0] < t < without[1]]
    return PoseHistory(times, [head_at(time, speed=speed) for time in times])


def sights(
    lag_ms: float,
    *,
    seed: int,
    count: int = 60,
    mm: float = 0.5,
    speed: float = 1.0,
    gross: float = 0.05,
    jitter_ms: float = 0.0,
    fixed: float = 0.0,
) -> list[TimedSight]:
    """Pictures stamped so much later than they were exposed, some of them grossly wrong.

    Single stamps jitter, and the camera sits otherwise than told by so many of the sigmas that are allowed for.
    """
    rng = np.random.default_rng(seed)
    found = []
    askew = fixed * rng.normal(size=6) * ([FIXED_RAD] * 3 + [FIXED_MM] * 3)
    for exposed_s in np.linspace(0.6, 5.4, count):
        exposed_ns = int(exposed_s * 1e9)
        headset_from_board = head_at(exposed_ns, speed=speed).inverse() @ WORLD_FROM_BOARD
        noise = about(headset_from_board.apply([70.0, 50.0, 0.0]), sigma_rad=0.003, sigma_mm=mm)
        wrong = drawn(rng, noise)
        if rng.random() < gross:
            wrong = wrong + rng.normal(size=6) * [0.3, 0.3, 0.3, 80.0, 80.0, 80.0]
        pose = UncertainPose(moved(moved(headset_from_board, wrong), askew), noise)
        late_ms = lag_ms + rng.normal(0.0, jitter_ms)
        found.append(TimedSight(stamped_ns=exposed_ns + round(late_ms * NS_PER_MS), headset_from_board=pose))
    return found


@pytest.mark.hazard("H13")
@pytest.mark.parametrize("lag_ms", [30.0, 60.0, 100.0, -20.0, 0.0])
def test_a_constant_lag_is_found_within_3_ms(lag_ms: float) -> None:
    for seed in range(2):
        lag = estimate_lag(sights(lag_ms, seed=seed), heads())
        assert abs(lag.lag_ms - lag_ms) <= 3.0
        assert abs(lag.lag_ms - lag_ms) <= 4.0 * lag.sigma_ms + 0.05
        assert lag.exposed_ns(round(lag_ms * NS_PER_MS)) == pytest.approx(0, abs=3 * NS_PER_MS)


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(("jitter_ms", "fixed", "count"), [(0.0, 0.0, 8), (1.0, 1.0, 20)], ids=["noise alone", "askew"])
def test_the_claimed_sigma_is_honest(monkeypatch, jitter_ms: float, fixed: float, count: int) -> None:
    """Also where single pictures jitter about the lag, and where the camera sits otherwise on the head than told."""
    monkeypatch.setattr(lag_module, "LONGEST_MS", 80.0)
    heads_felt, misses = heads(), []
    for seed in range(30, 30 + count):
        lag = estimate_lag(sights(60.0, seed=seed, count=40, jitter_ms=jitter_ms, fixed=fixed), heads_felt)
        misses.append((lag.lag_ms - 60.0) / lag.sigma_ms)
    assert (0.8 if fixed else 0.5) < np.sqrt(np.mean(np.square(misses))) < 1.3


@pytest.mark.hazard("H13")
def test_pairs_across_a_gap_of_the_head_are_dropped() -> None:
    whole = estimate_lag(sights(60.0, seed=1), heads())
    gappy = estimate_lag(sights(60.0, seed=1), heads(without=(2.0, 2.6)))
    assert whole.dropped == 0
    assert gappy.dropped >= 6
    assert abs(gappy.lag_ms - 60.0) <= 3.0


def test_a_head_that_hardly_moves_tells_no_lag() -> None:
    with pytest.raises(RefusedError, match="moved too little"):
        estimate_lag(sights(60.0, seed=2, speed=0.002), heads(speed=0.002))


def test_too_few_sights_tell_no_lag() -> None:
    with pytest.raises(RefusedError, match="Too few looks"):
        estimate_lag(sights(60.0, seed=3, count=8), heads())
