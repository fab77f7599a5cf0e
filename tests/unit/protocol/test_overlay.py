"""The client's own judgement where its clock misbehaves; what both languages share is in the vectors."""

from dataclasses import replace

import pytest

from orview.protocol.clock import ClockEstimate
from orview.protocol.codec import decode_binary
from orview.protocol.messages import HideReason
from orview.protocol.overlay import Overlay
from orview.units import ns_from_s
from tests.wire.messages import GOOD_BINARY, SESSION


@pytest.mark.hazard("H12")
@pytest.mark.parametrize("jump_s", [-3600.0, -0.3])
def test_a_clock_that_went_back_hides_and_tells_no_age(jump_s: float):
    overlay = Overlay()
    overlay.link_up()
    overlay.take_session(SESSION)
    came_ns = ns_from_s(10_000.0)
    pose = replace(decode_binary(GOOD_BINARY["pose_live"][0]), send_ns=came_ns, capture_ns=came_ns)
    overlay.take_pose(pose, received_ns=came_ns)
    clock = ClockEstimate(offset_ns=0, uncertainty_ns=0, round_trip_ns=0, exchanges=1)
    decision = overlay.decide(now_ns=came_ns + ns_from_s(jump_s), clock=clock)
    assert decision.why is HideReason.LINK_STALE
    assert decision.pose_age_ms is None
