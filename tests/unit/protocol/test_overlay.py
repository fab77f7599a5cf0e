"""The client's own judgement where its clock misbehaves; what both languages share is in the vectors."""

from dataclasses import replace

import pytest

from orview.protocol.clock import ClockEstimate, ClockEstimator
from orview.protocol.codec import decode_binary
from orview.protocol.messages import HideReason
from orview.protocol.overlay import Overlay
from orview.units import ns_from_s
from tests.wire.messages import GOOD_BINARY, SESSION


@pytest.mark.hazard("H12")
@pytest.mark.parametrize("jump_s", [-3600.0, -0.3, -0.02])
def test_a_clock_that_went_back_makes_no_old_pose_fresh(jump_s: float):
    """Nothing comes for 0.35 s and the clock goes back meanwhile: by the clock alone the pose would be young again."""
    overlay = Overlay()
    overlay.link_up()
    overlay.take_session(SESSION)
    came_ns = ns_from_s(10_000.0)
    pose = replace(decode_binary(GOOD_BINARY["pose_live"][0]), send_ns=came_ns, capture_ns=came_ns)
    overlay.take_pose(pose, received_ns=came_ns)
    clock = ClockEstimate(offset_ns=0, uncertainty_ns=0, round_trip_ns=0, exchanges=1)
    assert overlay.decide(now_ns=came_ns + ns_from_s(0.1), clock=clock).why is not HideReason.NO_POSE
    for passed_s in (0.11, 0.35):
        decision = overlay.decide(now_ns=came_ns + ns_from_s(passed_s + jump_s), clock=clock)
        assert (decision.why, decision.pose_age_ms) == (HideReason.NO_POSE, None)


@pytest.mark.hazard("H12")
def test_a_clock_that_went_back_knows_nothing_of_the_host_s():
    """Else a pose that was on its way all the time would be taken for a young one."""
    estimator = ClockEstimator()
    estimator.add(client_sent_ns=1_000_000, host_ns=5_000_000, client_received_ns=2_000_000)
    assert estimator.estimate(3_000_000) is not None
    assert estimator.estimate(2_500_000) is None
    estimator.add(client_sent_ns=3_000_000, host_ns=7_500_000, client_received_ns=4_000_000)
    assert estimator.estimate(4_000_000) is not None
