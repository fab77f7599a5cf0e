"""Sights of a worn board are placed where the head was: first only at rest, and by the lag once that is known."""

import numpy as np
import pytest

from orview.sim.worn import HEADSET_FROM_WORN
from tests.unit.edge.host.worn import WornOne


@pytest.mark.hazard("H13")
def test_sights_of_a_moving_head_are_placed_by_the_lag_and_none_before() -> None:
    one = WornOne(np.random.default_rng(3))
    # In the simulated wearer's clock the head looks around from 10 s to 16 s.
    early = one.go_on(0.8)
    assert not any(answer.placed for answer in early)
    assert "in sight of the room" in early[-1].words
    placed = [placed for answer in one.go_on(6.0) for placed in answer.placed]
    assert len(placed) >= 8
    world_from_room = one.room.world_from_room
    for sight in placed:
        seen = sight.sight.room_from_worn.transform
        room = sight.world_from_headset.transform @ HEADSET_FROM_WORN @ seen.inverse()
        off = room.apply(seen.translation_mm) - world_from_room.apply(seen.translation_mm)
        # At the head itself: a millisecond of lag is a tenth of a millimetre at these speeds.
        assert np.linalg.norm(off) < 6.0


def test_another_place_of_the_board_or_of_the_camera_begins_anew() -> None:
    one = WornOne(np.random.default_rng(4))
    one.go_on(4.0)
    lag = one.looker.lag_of(1)
    assert lag is not None
    assert abs(lag.lag_ms + 1e3 * one.room.lag_s) < 4.0 * lag.sigma_ms + 0.5
    one.told = type(one.told)(
        board=one.told.board,
        headset_from_board=one.told.headset_from_board,
        place_sigma_mm=0.9,
        place_sigma_rad=one.told.place_sigma_rad,
    )
    one.go_on(0.2)
    assert one.looker.lag_of(1) is None
