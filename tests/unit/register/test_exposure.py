"""Pictures of a moving head are placed where they were exposed, or not at all, and claim what they do not know."""

import numpy as np
import pytest

from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.chain import about
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.register.exposure import Exposures
from orview.register.lag import TimedSight
from orview.units import NS_PER_MS
from tests.unit.register.heads import drawn, moved

WORLD_FROM_BOARD = RigidTransform.from_rotation_vector(Frame.WORLD, Frame.BOARD, [1.4, 0.2, 0.1], [0.0, -600.0, -550.0])
TARGET_BOARD_MM = np.array([70.0, 50.0, 140.0])
MIDDLE_MM = np.array([70.0, 50.0, 0.0])


def head_at(t_s: float) -> RigidTransform:
    """A head that looks around for six of ten seconds, up to 0.2 m/s and 35 deg/s, and rests for four."""
    share = float(np.clip(min(t_s % 10.0, 6.0 - t_s % 10.0), 0.0, 1.0))
    turn = share * np.array([0.10 * np.sin(4.1 * t_s), 0.16 * np.sin(3.1 * t_s + 0.4), 0.06 * np.sin(2.3 * t_s)])
    place = share * np.array([55.0 * np.sin(3.3 * t_s), 20.0 * np.sin(2.1 * t_s), 40.0 * np.sin(2.7 * t_s + 1.0)])
    return RigidTransform.from_rotation_vector(Frame.WORLD, Frame.HEADSET, turn, place)


class Wearer:
    """Sends pictures five times a second, stamped `lag_ms` after their exposure, and 72 heads a second."""

    def __init__(self, *, lag_ms: float, seed: int, begins_s: float = 0.0) -> None:
        self.exposures = Exposures()
        self._lag_ms, self._rng, self._now_s = lag_ms, np.random.default_rng(seed), begins_s
        self._felt_s = begins_s - 0.5
        self._waiting: list[tuple[int, UncertainPose]] = []
        self.errors_mm: list[float] = []
        self.claims_mm: list[float] = []
        self.naive_mm: list[float] = []
        self.known: list[bool] = []

    def wear(self, seconds: float) -> "Wearer":
        for _ in range(round(5 * seconds)):
            self._now_s += 0.2
            self._look()
        return self

    def _look(self) -> None:
        stamped_ns = round(self._now_s * 1e9)
        exposed_s = self._now_s - 1e-3 * (self._lag_ms + self._rng.normal(0.0, 1.0))
        truly = head_at(exposed_s).inverse() @ WORLD_FROM_BOARD
        noise = about(truly.apply(MIDDLE_MM), sigma_rad=0.001, sigma_mm=0.15)
        seen = UncertainPose(moved(truly, drawn(self._rng, noise)), noise)
        times_s = np.arange(self._felt_s, self._now_s + 0.02, 1.0 / 72.0)[1:]
        self._felt_s = float(times_s[-1])
        heads = [moved(head_at(t), self._rng.normal(size=6) * ([1e-4] * 3 + [0.05] * 3)) for t in times_s]
        self.exposures.take_heads([round(t * 1e9) for t in times_s], heads)
        self.exposures.take_sight(TimedSight(stamped_ns=stamped_ns, headset_from_board=seen))
        self._waiting.append((stamped_ns, seen))
        while self._waiting and self.exposures.is_due(self._waiting[0][0]):
            self._place(*self._waiting.pop(0))

    def _place(self, stamped_ns: int, seen: UncertainPose) -> None:
        naive = head_at(stamped_ns / 1e9) @ seen.transform
        self.naive_mm.append(self._off(naive))
        exposure = self.exposures.place(stamped_ns)
        if exposure is None:
            return
        placed = exposure.world_from_headset @ seen
        self.errors_mm.append(self._off(placed.transform))
        self.claims_mm.append(radius_95_mm(placed.covariance_at(TARGET_BOARD_MM)))
        self.known.append(exposure.lag_ms is not None)

    def _off(self, world_from_board: RigidTransform) -> float:
        return float(np.linalg.norm(world_from_board.apply(TARGET_BOARD_MM) - WORLD_FROM_BOARD.apply(TARGET_BOARD_MM)))


@pytest.mark.hazard("H13")
@pytest.mark.parametrize("lag_ms", [30.0, 60.0, 100.0])
def test_before_the_lag_is_known_only_a_head_at_rest_counts_and_claims_what_it_may_be_off(lag_ms: float) -> None:
    """It begins at rest, so no lag can be told."""
    wearer = Wearer(lag_ms=lag_ms, seed=1, begins_s=6.0).wear(4.5)
    assert wearer.exposures.lag is None
    assert len(wearer.errors_mm) >= 10
    assert np.mean(np.array(wearer.errors_mm) <= wearer.claims_mm) >= 0.9
    assert max(wearer.errors_mm) < 2.0


@pytest.mark.hazard("H13")
@pytest.mark.parametrize("lag_ms", [30.0, 60.0, 100.0])
def test_a_moving_head_tells_the_lag_within_3_ms_and_its_pictures_then_claim_the_truth(lag_ms: float) -> None:
    """The lag holds the offset between the two clocks too, as far as that is wrong."""
    wearer = Wearer(lag_ms=lag_ms, seed=2).wear(26.0)
    lag = wearer.exposures.lag
    assert lag is not None
    assert abs(lag.lag_ms - lag_ms) <= min(3.0, 4.0 * lag.sigma_ms + 0.3)
    errors, claims = np.array(wearer.errors_mm)[wearer.known], np.array(wearer.claims_mm)[wearer.known]
    assert len(errors) >= 40
    assert 0.9 <= np.mean(errors <= claims) <= 1.0
    assert np.percentile(wearer.naive_mm, 95) > 5.0 * np.percentile(errors, 95)


def test_heads_too_far_apart_place_nothing() -> None:
    exposures = Exposures()
    exposures.take_heads([0, 100 * NS_PER_MS, 500 * NS_PER_MS], [head_at(7.0)] * 3)
    assert exposures.is_due(300 * NS_PER_MS)
    assert exposures.place(300 * NS_PER_MS) is None


def test_a_picture_waits_for_the_heads_around_its_exposure() -> None:
    exposures = Exposures()
    assert not exposures.is_due(0)
    exposures.take_heads([n * 14 * NS_PER_MS for n in range(40)], [head_at(7.0)] * 40)
    assert exposures.is_due(500 * NS_PER_MS)
    assert not exposures.is_due(530 * NS_PER_MS)


def test_heads_told_twice_are_taken_once_and_out_of_order_not_at_all() -> None:
    exposures = Exposures()
    times = [n * 14 * NS_PER_MS for n in range(40)]
    exposures.take_heads(times, [head_at(7.0)] * 40)
    exposures.take_heads(times[20:], [head_at(1.0)] * 20)
    placed = exposures.place(300 * NS_PER_MS)
    assert placed is not None
    assert np.allclose(placed.world_from_headset.transform.matrix, head_at(7.0).matrix)
    with pytest.raises(ContractError, match="ascend"):
        exposures.take_heads([5, 4], [head_at(7.0)] * 2)
