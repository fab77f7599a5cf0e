"""Where nothing was measured, nothing can be built upon."""

import math

from orview.track.alignment import no_alignment


def test_no_alignment_says_why_and_carries_nothing() -> None:
    none = no_alignment("Too little of the board is in sight.")
    assert none.reason
    assert none.camera_from_board is None
    assert none.noise_covariance is None
    assert none.velocity is None
    assert len(none.points_board_mm) == len(none.sigmas_px) == none.sample_count == 0
    assert math.isnan(none.rms_px)
