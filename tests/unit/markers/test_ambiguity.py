"""No flipped pose is shown, of no board, and good views are not thrown away for that."""

import pytest

from benchmarks.flips import sweep
from orview.edge.boards import load_board


@pytest.mark.slow
@pytest.mark.hazard("H07")
@pytest.mark.parametrize("name", ["patient_folded", "patient_raised", "patient_flat"])
def test_no_flipped_pose_is_shown_of_any_board(name: str) -> None:
    flips = sweep(load_board(name), 700, seed=7)
    assert flips.flipped == 0
    assert flips.shown > 0.4 * flips.poses
    assert flips.availability > 0.9
